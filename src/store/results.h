/*
 * Results for other programs to read: named arrays, texts and lists of words (a dam__container), in
 * the format that a file's name asks for. Every file is replaced atomically.
 */
#ifndef DAM__STORE_RESULTS_H
#define DAM__STORE_RESULTS_H

#include "store/container.h"

typedef enum dam__results_format {
    DAM__RESULTS_HDF5,        /* ".h5": as run.h5 */
    DAM__RESULTS_NPZ,         /* ".npz" */
    DAM__RESULTS_SAFETENSORS, /* ".safetensors" */
    DAM__RESULTS_NPY,         /* ".npy": a table, one structured item a row */
    DAM__RESULTS_CSV,         /* ".csv": a table, one line a row */
    DAM__RESULTS_NUMBERS,     /* ".csv": any arrays, one line a number */
    DAM__RESULTS_FORMATS
} dam__results_format;

/* The format of a path by its ending, one of `wanted` (bit k: format k). DAM_USAGE names those. */
dam_status dam__results_format_of(const char *path, unsigned wanted, dam__results_format *out);

/*
 * Replaces path by the results. In a table every array has a row of one or more numbers for each
 * sample. An array NAME with a list NAME_names counts places in it: the table then has the column
 * NAME_name, too, "none" where there is no such place. DAM_INPUT.
 */
dam_status dam__results_write(const dam__container *results, dam__results_format format,
                              const char *path);

/* The formats that have a file of their own. */
dam_status dam__safetensors_write(const dam__container *container, const char *path);
dam_status dam__table_write_npy(const dam__container *from, const char *path);
dam_status dam__table_write_csv(const dam__container *from, const char *path);
dam_status dam__numbers_write_csv(const dam__container *from, const char *path);

#endif
