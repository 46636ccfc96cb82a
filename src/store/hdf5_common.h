/* HDF5 as data sets and run files use it. */
#ifndef DAM__STORE_HDF5_COMMON_H
#define DAM__STORE_HDF5_COMMON_H

/* HDF5 1.12 and later keep the names of 1.10 behind this. */
#define H5_USE_110_API
#include <hdf5.h>

#include "store/array.h"

enum { DAM__HDF5_REASON_BYTES = 256 };

/*
 * HDF5 has global state, and as Debian builds it only one thread at a time may use it: every call
 * stands between these two. Meanwhile it prints no errors and loads no filters from disk; the
 * caller's own settings come back.
 */
typedef struct dam__hdf5_settings {
    H5E_auto2_t print;
    void *print_data;
    unsigned plugins;
} dam__hdf5_settings;

dam__hdf5_settings dam__hdf5_enter(void);
void dam__hdf5_leave(dam__hdf5_settings before);

/* The type of an element in memory; HDF5's own, not to be freed. */
hid_t dam__hdf5_native_type(dam__element element);

/* HDF5's account of this thread's last failure, innermost first, in one line. Returns reason. */
const char *dam__hdf5_reason(char reason[DAM__HDF5_REASON_BYTES]);

#endif
