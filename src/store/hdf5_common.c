#include "store/hdf5_common.h"

#include <pthread.h>
#include <stdio.h>

static pthread_mutex_t hdf5_mutex = PTHREAD_MUTEX_INITIALIZER;

dam__hdf5_settings dam__hdf5_enter(void)
{
    dam__hdf5_settings before = {.plugins = H5PL_ALL_PLUGIN};
    (void)pthread_mutex_lock(&hdf5_mutex);
    (void)H5Eget_auto2(H5E_DEFAULT, &before.print, &before.print_data);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    (void)H5PLget_loading_state(&before.plugins);
    (void)H5PLset_loading_state(0);
    return before;
}

void dam__hdf5_leave(dam__hdf5_settings before)
{
    (void)H5PLset_loading_state(before.plugins);
    (void)H5Eset_auto2(H5E_DEFAULT, before.print, before.print_data);
    (void)pthread_mutex_unlock(&hdf5_mutex);
}

hid_t dam__hdf5_native_type(dam__element element)
{
    switch (element) {
    case DAM__U8:
        return H5T_NATIVE_UINT8;
    case DAM__I32:
        return H5T_NATIVE_INT32;
    case DAM__I64:
        return H5T_NATIVE_INT64;
    case DAM__F32:
        return H5T_NATIVE_FLOAT;
    case DAM__F64:
        return H5T_NATIVE_DOUBLE;
    }
    return H5I_INVALID_HID;
}

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *reason)
{
    if (n == 0 && error->desc != NULL)
        (void)snprintf(reason, DAM__HDF5_REASON_BYTES, "%s", error->desc);
    return 0;
}

const char *dam__hdf5_reason(char reason[DAM__HDF5_REASON_BYTES])
{
    (void)snprintf(reason, DAM__HDF5_REASON_BYTES, "no reason given");
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, reason);
    for (char *at = reason; *at != '\0'; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    return reason;
}
