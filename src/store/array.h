/*
 * A host array as read from a file: any of five element types, up to eight axes, C order. The
 * readers trust nothing: header sizes are checked against the file before allocation.
 */
#ifndef DAM__STORE_ARRAY_H
#define DAM__STORE_ARRAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/names.h"
#include "store/picture.h"

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

/* What happened to pictures while they were read. */
typedef struct dam__picture_facts {
    size_t skipped;   /* files and folders that are no pictures, */
    char *skipped_at; /* and the first of them; owned by the reading */
    size_t blended;   /* pictures with transparent parts */
    size_t resized, greyed;
    bool are; /* whether these were pictures; then whether they are in colour: */
    bool have_colours;
} dam__picture_facts;

/* What to take of a file, and what came with it; zero-initialise, free with dam__reading_free. */
typedef struct dam__reading {
    size_t rows;         /* in: the first so many along the first axis; 0, or more: all */
    const char *without; /* in: of a table, all columns but that of this name; or NULL */
    bool may_lack;       /* in: whether it is no matter where there is no such column */
    bool is_without;     /* out: whether there was such a column */
    bool as_words;       /* in: words may stand for the numbers of classes */
    size_t expected;     /* in: how many rows there should be; 0: that is not known */
    bool fills_gaps;     /* in: of a table, a cell without a number is NaN; else it is refused */
    bool class_by_name;  /* in: classes that come with samples are named, though they are numbers */
    size_t features;     /* in: of a sparse file, the features of a sample; 0: the most it has */
    dam__colour_wish colour;     /* in: of pictures */
    size_t width, height;        /* in: what pictures are made to; 0: they must be alike */
    size_t there;                /* out: rows in the file; 0 for a scalar */
    dam__names columns;          /* out: of a table with a head, the names of the columns taken */
    dam__names words;            /* out: where the file has words, those that differ, in order: the
                                  * array then has their places */
    int32_t *labels;             /* out: of all rows, where a file has classes with its samples; */
    dam__names classes;          /* out: and what they are called, or empty */
    dam__picture_facts pictures; /* out */
} dam__reading;

void dam__reading_free(dam__reading *reading);

/*
 * Reads IDX (plain or gzipped), NPY (1.0-3.0, C order), an array of an NPZ file ("file.npz:name"),
 * an HDF5 dataset ("file.h5:/path/in/file"), a picture or a folder of them (n x height x width, or
 * x 3 where they have colours) or a table (CSV, TSV; "file.csv:column"), of which numbers are all
 * columns. Without a part a file has just one array or is taken whole. The first
 * bytes decide the format; a text is a table by its name's ending. DAM_INPUT names the file, what
 * is wrong and where.
 */
dam_status dam__array_read(const char *location, dam__array *out);

/* The same, taking a part. Rows that are not wanted are not unpacked and not checked. */
dam_status dam__array_read_part(const char *location, dam__reading *reading, dam__array *out);

/* The file of a location, free(), and the part of it that is named, in location, or NULL. */
dam_status dam__location_split(const char *location, char **file, const char **part);

/* Whether a folder has pictures, itself or in folders of its own. */
bool dam__picture_folder_is(const char *folder);

/* Whether a file is a table by its name. */
bool dam__table_is(const char *file);

/* Writes NPY 1.0, atomically. */
dam_status dam__npy_write(const char *path, const dam__array *array);

/* The same readers on bytes in memory (for fuzzing); name is used in messages. */
dam_status dam__idx_parse(const char *name, const void *bytes, size_t length, dam__array *out);
dam_status dam__npy_parse(const char *name, const void *bytes, size_t length, dam__array *out);
dam_status dam__npz_parse(const char *name, const void *bytes, size_t length, dam__array *out);
dam_status dam__table_parse(const char *name, const void *bytes, size_t length, dam__array *out);
dam_status dam__libsvm_parse(const char *name, const void *bytes, size_t length, dam__array *out);
dam_status dam__picture_parse(const char *name, const void *bytes, size_t length, dam__array *out);

#endif
