/*
 * A dataset of an HDF5 file, and the check of its metadata before anything is read: HDF5 itself
 * trusts the file, and a damaged one makes it run out of memory or crash.
 */
#ifndef DAM__STORE_HDF5_CLAIMS_H
#define DAM__STORE_HDF5_CLAIMS_H

#include "store/hdf5_common.h"
#include "store/reader.h"

typedef struct dam__hdf5 {
    const char *path;
    char *inner; /* the dataset's path in the file; owned */
    hid_t file, dataset, space, type, properties, transfer;
    int rank;
    size_t shape[DAM__MAX_RANK];
} dam__hdf5;

/*
 * DAM_INPUT where the shape needs more than the bytes stored can unpack to, where the data are in
 * other files, or where type and chunks contradict the rest.
 */
dam_status dam__hdf5_check(const dam__hdf5 *from);

#endif
