/* HDF5 as data sets and run files use it. */
#ifndef DAM__STORE_HDF5_COMMON_H
#define DAM__STORE_HDF5_COMMON_H

/* HDF5 1.12 and later keep the names of 1.10 behind this. */
#define H5_USE_110_API
#include <hdf5.h>

#include "store/array.h"

/*
 * HDF5 has global state, and as Debian builds it only one thread at a time may use it: every call
 * stands between these two. Meanwhile it prints no errors and loads no filters from disk; the
 * caller's own settings come back. DAM_NO_MEMORY where there is less memory than HDF5 works in: it
 * crashes where it gets none.
 */
typedef struct dam__hdf5_settings {
    H5E_auto2_t print;
    void *print_data;
    unsigned plugins;
} dam__hdf5_settings;

/* The lock alone: for who copies this process (hdf5_apart.h), to take along no half-done call. */
void dam__hdf5_lock(void);
void dam__hdf5_unlock(void);

dam_status dam__hdf5_enter(dam__hdf5_settings *before);
void dam__hdf5_leave(dam__hdf5_settings before);

/* The type of an element in memory; HDF5's own, not to be freed. */
hid_t dam__hdf5_native_type(dam__element element);

/*
 * Records "what: HDF5's innermost reason" of its last failure, in one line. DAM_NO_MEMORY where
 * that was memory, else DAM_INPUT.
 */
dam_status dam__hdf5_fail(const char *what, ...) __attribute__((format(printf, 1, 2)));

#endif
