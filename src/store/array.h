/*
 * A host array as read from a file: any of five element types, up to eight axes, C order. The
 * readers trust nothing: header sizes are checked against the file before allocation.
 */
#ifndef DAM__STORE_ARRAY_H
#define DAM__STORE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/try.h"

typedef enum dam__element { DAM__U8, DAM__I32, DAM__I64, DAM__F32, DAM__F64 } dam__element;

enum { DAM__MAX_RANK = 8 };

typedef struct dam__array {
    dam__element element;
    int rank;
    size_t shape[DAM__MAX_RANK]; /* a scalar has rank 0 */
    void *data;                  /* owned; dam__array_free */
} dam__array;

size_t dam__element_size(dam__element element);
bool dam__element_is_real(dam__element element);     /* float32 or float64 */
const char *dam__element_name(dam__element element); /* "uint8", "int32", "int64", ... */

/* Product of the axes (1 for a scalar). */
size_t dam__array_items(const dam__array *array);

/* Item i (flat index) as a double, whatever the element type. */
double dam__array_at(const dam__array *array, size_t i);

/* Allocates a zeroed array; DAM_NO_MEMORY, DAM_INPUT on a rank over DAM__MAX_RANK. */
dam_status dam__array_create(dam__element element, int rank, const size_t *shape, dam__array *out);

void dam__array_free(dam__array *array);

/* Passes the items on, little-endian whatever the host, in pieces and in their order; ends with the
 * first failure. */
typedef dam_status dam__taker(void *user, const void *bytes, size_t length);
dam_status dam__array_pieces(const dam__array *array, dam__taker *take, void *user);

/*
 * Reads IDX (plain or gzipped), NPY (1.0-3.0, C order) or an HDF5 dataset ("file.h5:/path/in/file";
 * without ":/path" a file with just one dataset). The first bytes decide the format, not the name.
 * DAM_INPUT names the file, what is wrong and where.
 */
dam_status dam__array_read(const char *location, dam__array *out);

/*
 * Its first `rows` along the first axis (0, or more than there are: all), of `*there` rows in the
 * file (0 for a scalar; there may be NULL). Saves unpacking the rest, which then is not checked
 * either.
 */
dam_status dam__array_read_rows(const char *location, size_t rows, dam__array *out, size_t *there);

/* Writes NPY 1.0, atomically. */
dam_status dam__npy_write(const char *path, const dam__array *array);

/* The same readers on bytes in memory (for fuzzing); name is used in messages. */
dam_status dam__idx_parse(const char *name, const void *bytes, size_t length, dam__array *out);
dam_status dam__npy_parse(const char *name, const void *bytes, size_t length, dam__array *out);

#endif
