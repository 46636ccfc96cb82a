/* The arrays that a recall leaves in a folder. */
#ifndef DAM__RECALL_RECALL_FILES_H
#define DAM__RECALL_RECALL_FILES_H

#include "run/experiment.h"
#include "store/array.h"

typedef enum dam__recall_format {
    DAM__RECALL_HDF5,
    DAM__RECALL_NPY,
    DAM__RECALL_NPZ
} dam__recall_format;

/* An array and how it is written: rows x cols, or rows alone where cols is 0. `narrowed`: doubles
 * that are written as float; all others as they are. */
typedef struct dam__recall_item {
    const char *name;
    const void *data;     /* NULL: there is none, and none is written */
    dam__element element; /* of data */
    bool narrowed;
    size_t rows, cols;
} dam__recall_item;

/*
 * Writes the items into folder, atomically: recall.h5 or recall.npz with the experiment that they
 * came of and `kind` as its format's name, or NAME.npy each. DAM_INPUT where a file cannot be
 * written.
 */
dam_status dam__recall_files_write(const char *folder, const char *kind,
                                   const dam__experiment *experiment, dam__recall_format format,
                                   const dam__recall_item *items, int count);

#endif
