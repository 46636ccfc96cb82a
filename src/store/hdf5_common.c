#include "store/hdf5_common.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/mman.h>

/* Several times what it was seen to take: chunks of a MiB and their checksums, and its caches. */
enum { WORKING_BYTES = 16 << 20 };

static pthread_mutex_t hdf5_mutex = PTHREAD_MUTEX_INITIALIZER;

void dam__hdf5_lock(void)
{
    (void)pthread_mutex_lock(&hdf5_mutex);
}

void dam__hdf5_unlock(void)
{
    (void)pthread_mutex_unlock(&hdf5_mutex);
}

dam_status dam__hdf5_enter(dam__hdf5_settings *before)
{
    /* Asked for and given back: then it is there for HDF5, which asks for it in small pieces. */
    void *memory =
        mmap(NULL, WORKING_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED)
        return dam__fail(DAM_NO_MEMORY, "the host has not the %d MiB of memory that HDF5 works in",
                         WORKING_BYTES >> 20);
    (void)munmap(memory, WORKING_BYTES);
    dam__hdf5_lock();
    *before = (dam__hdf5_settings){.plugins = H5PL_ALL_PLUGIN};
    (void)H5Eget_auto2(H5E_DEFAULT, &before->print, &before->print_data);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    (void)H5PLget_loading_state(&before->plugins);
    (void)H5PLset_loading_state(0);
    return DAM_OK;
}

void dam__hdf5_leave(dam__hdf5_settings before)
{
    (void)H5PLset_loading_state(before.plugins);
    (void)H5Eset_auto2(H5E_DEFAULT, before.print, before.print_data);
    dam__hdf5_unlock();
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

typedef struct failure {
    char reason[256];
    bool memory;
} failure;

static herr_t keep_innermost(unsigned n, const H5E_error2_t *error, void *kept)
{
    failure *failed = kept;
    if (n == 0 && error->desc != NULL)
        (void)snprintf(failed->reason, sizeof failed->reason, "%s", error->desc);
    if (n == 0)
        failed->memory = error->maj_num == H5E_RESOURCE &&
                         (error->min_num == H5E_NOSPACE || error->min_num == H5E_CANTALLOC);
    return 0;
}

dam_status dam__hdf5_fail(const char *what, ...)
{
    failure failed = {.reason = "no reason given"};
    char begin[512];
    va_list arguments;
    va_start(arguments, what);
    (void)vsnprintf(begin, sizeof begin, what, arguments);
    va_end(arguments);
    (void)H5Ewalk2(H5E_DEFAULT, H5E_WALK_UPWARD, keep_innermost, &failed);
    for (char *at = failed.reason; *at != '\0'; at++)
        if (*at == '\n' || *at == '\r')
            *at = ' ';
    if (failed.memory)
        return dam__fail(DAM_NO_MEMORY, "%s: the host has no memory for it (HDF5: %s)", begin,
                         failed.reason);
    return dam__fail(DAM_INPUT, "%s: %s", begin, failed.reason);
}
