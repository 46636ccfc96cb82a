/*
 * HDF5 on a file that we opened ourselves, through a driver of ours.
 *
 * HDF5 1.10 crashes in its own cleanup after a write that failed (full disk). To HDF5 this driver
 * never fails: it keeps the first error and discards later writes, so that HDF5 closes cleanly and
 * the caller can then get the error. It also takes no file locks, which network file systems
 * refuse, and hides the bytes after the given length (our seal).
 */
#ifndef DAM__STORE_HDF5_FILE_H
#define DAM__STORE_HDF5_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "store/hdf5_common.h"

/* Must stay where it is until dam__hdf5_close. */
typedef struct dam__hdf5_file {
    int descriptor;  /* open for reading, and for writing where it is created; not closed here */
    uint64_t length; /* of what HDF5 may see; grows while it writes */
    int error;       /* errno of the first transfer that failed; 0 while all went well */
    hid_t id;        /* of the open HDF5 file */
    hid_t driver, access;
} dam__hdf5_file;

/*
 * Opens descriptor: as a new, empty file without timestamps (create), or the
 * first length bytes of it for reading. file is zeroed first. DAM_INPUT with HDF5's reason.
 * Call dam__hdf5_close in either case.
 */
dam_status dam__hdf5_open(dam__hdf5_file *file, int descriptor, uint64_t length, bool create);

/*
 * Flushes and closes; accepts a file that did not open. status is that of the work done with it:
 * returned where it is a failure, unless a transfer failed, which then explains it better ("No
 * space left on device"). DAM_INPUT; file->length is then meaningless.
 */
dam_status dam__hdf5_close(dam__hdf5_file *file, dam_status status);

/* The type of an element in the file (little-endian); HDF5's own, not to be freed. */
hid_t dam__hdf5_stored_type(dam__element element);

#endif
