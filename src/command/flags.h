/* Command-line flags: one table a command gives its parsing, its --help text and its man page. */
#ifndef COMMAND_FLAGS_H
#define COMMAND_FLAGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

/* Words of the command line, in order; the texts are argv's, items is freed with free(). */
typedef struct words {
    const char **items;
    size_t count;
} words;

typedef enum flag_type {
    FLAG_SWITCH,  /* bool */
    FLAG_TEXT,    /* const char *, argv's; NULL where not given */
    FLAG_WORDS,   /* words: may be given several times */
    FLAG_INTEGER, /* int; where there are choices, an index into them */
    FLAG_REAL     /* double */
} flag_type;

/* One long flag. A table ends with an entry whose name is NULL; --help and -h belong to every
 * table. */
typedef struct flag {
    const char *name; /* without the dashes */
    char letter;      /* its short form, "-o"; 0 for none */
    flag_type type;
    size_t size;                /* of the structure that is filled */
    size_t offset;              /* of its value in that */
    const char *argument;       /* what the help calls its value; NULL for SWITCH and choices */
    const char *const *choices; /* NULL-terminated, for INTEGER; or NULL */
    double least, most;         /* inclusive, for INTEGER and REAL */
    const char *help;           /* a phrase without a final period */
} flag;

/* clang-format off */ /* whose versions differ on braces in macros */
/*
 * A row that fills FIELD of the structure OF: the field's C type is the flag's. Behind the argument
 * comes the help, and then what else the row has: FLAG(..., "N", "train N times", .least = 1, ...).
 */
#define FLAG(NAME, OF, FIELD, ARGUMENT, ...)                                                       \
    {                                                                                              \
        .name = (NAME), .type = FLAG_TYPE(((OF *)0)->FIELD), .size = sizeof(OF),                   \
        .offset = offsetof(OF, FIELD), .argument = (ARGUMENT), .help = __VA_ARGS__                 \
    }
/* clang-format on */
#define FLAG_TYPE(VALUE)                                                                           \
    _Generic((VALUE),                                                                              \
        bool: FLAG_SWITCH,                                                                         \
        const char *: FLAG_TEXT,                                                                   \
        words: FLAG_WORDS,                                                                         \
        int: FLAG_INTEGER,                                                                         \
        double: FLAG_REAL)

/* clang-format off */ /* whose versions differ on braces in macros */
#define FLAG_END                                                                                   \
    {                                                                                              \
        .name = NULL                                                                               \
    }
/* clang-format on */

/* The bytes that a structure needs for the table to fill it: of its rows' the largest begins with
 * the others. */
size_t flags_size(const flag *flags);

/*
 * Reads argv[1] ... argv[argc - 1]; argv[0] is the command's name. Fills the fields of *values that
 * flags names, leaves the others (so the caller's defaults stand), and collects the operands. Flags
 * and operands may be mixed; after "--" all are operands. Names cannot be abbreviated: a later flag
 * must not change the meaning of a script. At --help, *help is set and the rest is not read.
 * DAM_USAGE: unknown flag (with the closest one), missing or needless value, wrong number.
 */
dam_status parse_flags(const flag *flags, int argc, char **argv, void *values, words *operands,
                       bool *help);

/* Frees the words that parse_flags put into *values. */
void free_flags(const flag *flags, void *values);

#endif
