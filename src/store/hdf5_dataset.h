/*
 * An open dataset of an HDF5 file, the one way in which data sets and run files come to one. HDF5
 * itself trusts files: it follows them into other files, loads code that they name, and a damaged
 * one makes it run out of memory or crash. So all that is checked before anything is read.
 */
#ifndef DAM__STORE_HDF5_DATASET_H
#define DAM__STORE_HDF5_DATASET_H

#include "store/hdf5_common.h"

typedef struct dam__hdf5_dataset {
    hid_t dataset, properties, type, space; /* not open where not above 0 */
    int rank;
    size_t shape[DAM__MAX_RANK];
    bool is_words;
} dam__hdf5_dataset;

/*
 * Opens the dataset of integers, booleans (an enumeration) or floating-point numbers at name; with
 * `words`, of words, too: then is_words says so. DAM_INPUT, the message saying
 * what is wrong with "it": absent; other numbers or more axes than are read; data in another file
 * (by a link, external storage or as a virtual dataset); a filter whose result cannot be told
 * before; a shape or chunks that need more than the bytes stored unpack to. Close it in either
 * case.
 */
dam_status dam__hdf5_dataset_open(hid_t file, const char *name, bool words, dam__hdf5_dataset *out);
void dam__hdf5_dataset_close(dam__hdf5_dataset *dataset);

/* All words of a dataset that has them, one a sample. DAM_INPUT, DAM_NO_MEMORY. */
dam_status dam__hdf5_words(const dam__hdf5_dataset *from, dam__names *out);

/* Its part that tells whether type, shape and chunks can be what the file stores (hdf5_claims.c).
 */
dam_status dam__hdf5_check(const dam__hdf5_dataset *from);

/*
 * And its part that looks at every chunk of `edges`: *whole = whether each is stored and unpacks to
 * these many bytes, which HDF5 1.10 then reads without looking. DAM_INPUT where one cannot be read,
 * DAM_NO_MEMORY.
 */
dam_status dam__hdf5_check_chunks(const dam__hdf5_dataset *from, const hsize_t *edges,
                                  uint64_t bytes, bool *whole);

#endif
