/*
 * The arguments of a launch, each of the kind that its C type says:
 *
 *     DAM_ARGUMENTS(&weights, losses, weights.rows, weights.ld, batch->rows != NULL, 0.5)
 *
 * A matrix or a buffer is a pointer of the kernel; an int, bool, uint32_t or size_t is its int or
 * uint, and a double its real of the device's precision: for a real write 1.0, not 1. A stride
 * beyond an int is that of a matrix alone, which its kernel multiplies by 0.
 */
#ifndef DAM__COMPUTE_ARGUMENTS_H
#define DAM__COMPUTE_ARGUMENTS_H

#include "compute/matrix.h"

typedef enum dam__argument_kind {
    DAM__ARGUMENT_NONE, /* ends a list */
    DAM__ARGUMENT_BUFFER,
    DAM__ARGUMENT_INTEGER,
    DAM__ARGUMENT_REAL
} dam__argument_kind;

typedef struct dam__argument {
    dam__argument_kind kind;
    unsigned count; /* that it is to the kernel: 1, or 2 integers */
    const dam__buffer *buffer;
    int32_t integers[2];
    double real;
} dam__argument;

dam__argument dam__arg_matrix(const dam__matrix *matrix);
dam__argument dam__arg_buffer(const dam__buffer *buffer);
dam__argument dam__arg_integer(int64_t value);
dam__argument dam__arg_size(unsigned long long value);
dam__argument dam__arg_real(double value);

/* Two arguments: ld and stride; the lower and the upper half of a seed. */
dam__argument dam__arg_shape(const dam__matrix *matrix);
dam__argument dam__arg_seed(uint64_t seed);

static inline dam__argument dam__arg_itself(dam__argument argument)
{
    return argument;
}

#define DAM__ARG(x)                                                                                \
    _Generic((x),                                                                                  \
        dam__matrix *: dam__arg_matrix,                                                            \
        const dam__matrix *: dam__arg_matrix,                                                      \
        dam__buffer *: dam__arg_buffer,                                                            \
        const dam__buffer *: dam__arg_buffer,                                                      \
        bool: dam__arg_integer,                                                                    \
        int: dam__arg_integer,                                                                     \
        unsigned: dam__arg_integer,                                                                \
        unsigned long: dam__arg_size,                                                              \
        unsigned long long: dam__arg_size,                                                         \
        double: dam__arg_real,                                                                     \
        dam__argument: dam__arg_itself)(x)

#define DAM_NO_ARGUMENTS (&DAM__END)

/* Up to 24, filled up with ends; of more, the launch says that the kernel takes more. */
#define DAM_ARGUMENTS(...) DAM__FIRST_24(__VA_ARGS__, DAM__END_8, DAM__END_8, DAM__END_8)
#define DAM__END ((dam__argument){.kind = DAM__ARGUMENT_NONE})
#define DAM__END_8 DAM__END, DAM__END, DAM__END, DAM__END, DAM__END, DAM__END, DAM__END, DAM__END
#define DAM__FIRST_24(...) DAM__LIST_24(__VA_ARGS__)
#define DAM__LIST_24(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u, v, w, x, ...)  \
    (const dam__argument[])                                                                        \
    {                                                                                              \
        DAM__ARG(a), DAM__ARG(b), DAM__ARG(c), DAM__ARG(d), DAM__ARG(e), DAM__ARG(f), DAM__ARG(g), \
            DAM__ARG(h), DAM__ARG(i), DAM__ARG(j), DAM__ARG(k), DAM__ARG(l), DAM__ARG(m),          \
            DAM__ARG(n), DAM__ARG(o), DAM__ARG(p), DAM__ARG(q), DAM__ARG(r), DAM__ARG(s),          \
            DAM__ARG(t), DAM__ARG(u), DAM__ARG(v), DAM__ARG(w), DAM__ARG(x), DAM__END              \
    }

#endif
