#include "store/hdf5_file.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if H5_VERSION_GE(1, 13, 0)
#include <H5FDdevelop.h>
#endif

/* HDF5 sees only base; the rest is ours. */
typedef struct driver_file {
    H5FD_t base;
    dam__hdf5_file *file;
    haddr_t allocated; /* HDF5's "end of allocation" */
} driver_file;

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t access, haddr_t most)
{
    (void)name;
    (void)flags;
    (void)most;
    dam__hdf5_file *const *info = H5Pget_driver_info(access);
    driver_file *opened = info == NULL ? NULL : calloc(1, sizeof *opened);
    if (opened == NULL)
        return NULL;
    opened->file = *info;
    return &opened->base;
}

static herr_t driver_close(H5FD_t *base)
{
    free(base);
    return 0;
}

static herr_t driver_query(const H5FD_t *base, unsigned long *flags)
{
    (void)base;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE |
             H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t driver_get_allocated(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return ((const driver_file *)base)->allocated;
}

static herr_t driver_set_allocated(H5FD_t *base, H5FD_mem_t type, haddr_t end)
{
    (void)type;
    ((driver_file *)base)->allocated = end;
    return 0;
}

static haddr_t driver_get_length(const H5FD_t *base, H5FD_mem_t type)
{
    (void)type;
    return (haddr_t)((const driver_file *)base)->file->length;
}

static herr_t driver_read(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size,
                          void *buffer)
{
    (void)type;
    (void)transfer;
    dam__hdf5_file *file = ((driver_file *)base)->file;
    unsigned char *bytes = buffer;
    while (size > 0 && at < file->length) {
        uint64_t left = file->length - at;
        ssize_t got = pread(file->descriptor, bytes, size < left ? size : (size_t)left, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0) {
            file->error = file->error != 0 ? file->error : got < 0 ? errno : EIO;
            break;
        }
        bytes += got;
        at += (haddr_t)got;
        size -= (size_t)got;
    }
    memset(bytes, 0, size);
    return 0;
}

static herr_t driver_write(H5FD_t *base, H5FD_mem_t type, hid_t transfer, haddr_t at, size_t size,
                           const void *buffer)
{
    (void)type;
    (void)transfer;
    dam__hdf5_file *file = ((driver_file *)base)->file;
    const unsigned char *bytes = buffer;
    while (size > 0 && file->error == 0) {
        ssize_t put = pwrite(file->descriptor, bytes, size, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0) {
            file->error = put < 0 ? errno : EIO;
            break;
        }
        bytes += put;
        at += (haddr_t)put;
        size -= (size_t)put;
        if (at > file->length)
            file->length = at;
    }
    return 0;
}

static herr_t driver_truncate(H5FD_t *base, hid_t transfer, hbool_t closing)
{
    (void)transfer;
    (void)closing;
    const driver_file *opened = (const driver_file *)base;
    dam__hdf5_file *file = opened->file;
    if (opened->allocated == file->length)
        return 0;
    if (file->error == 0 && ftruncate(file->descriptor, (off_t)opened->allocated) != 0)
        file->error = errno;
    file->length = opened->allocated;
    return 0;
}

/* maxaddr: the largest off_t. HDF5 copies this table, and the pointer that is the driver's info. */
static const H5FD_class_t driver_class = {
#if H5_VERSION_GE(1, 13, 0)
    .version = H5FD_CLASS_VERSION,
    .value = 700, /* any in HDF5's range for testing, 256 to 65535 */
#endif
    .name = "denseam",
    .maxaddr = INT64_MAX,
    .fc_degree = H5F_CLOSE_STRONG,
    .fapl_size = sizeof(dam__hdf5_file *),
    .open = driver_open,
    .close = driver_close,
    .query = driver_query,
    .get_eoa = driver_get_allocated,
    .set_eoa = driver_set_allocated,
    .get_eof = driver_get_length,
    .read = driver_read,
    .write = driver_write,
    .truncate = driver_truncate,
    .fl_map = H5FD_FLMAP_DICHOTOMY,
};

dam_status dam__hdf5_open(dam__hdf5_file *file, int descriptor, uint64_t length, bool create)
{
    dam_status status = DAM_OK;
    *file = (dam__hdf5_file){.descriptor = descriptor,
                             .length = length,
                             .id = H5I_INVALID_HID,
                             .driver = H5I_INVALID_HID,
                             .access = H5I_INVALID_HID};
    hid_t creation = H5Pcreate(H5P_FILE_CREATE);
    file->driver = H5FDregister(&driver_class);
    file->access = H5Pcreate(H5P_FILE_ACCESS);
    /* The file format of HDF5 1.8: any later library reads it, and it takes texts over 64 KiB. */
    if (creation < 0 || H5Pset_obj_track_times(creation, false) < 0 ||
        H5Pset_libver_bounds(file->access, H5F_LIBVER_V18, H5F_LIBVER_V18) < 0 ||
        H5Pset_driver(file->access, file->driver, &file) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5 does not start"));
    file->id = create ? H5Fcreate("run", H5F_ACC_TRUNC, creation, file->access)
                      : H5Fopen("run", H5F_ACC_RDONLY, file->access);
    if (file->id < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5"));
cleanup:
    if (creation >= 0)
        (void)H5Pclose(creation);
    return status;
}

dam_status dam__hdf5_close(dam__hdf5_file *file, dam_status status)
{
    if (file->id >= 0 && H5Fflush(file->id, H5F_SCOPE_GLOBAL) < 0 && status == DAM_OK)
        status = dam__hdf5_fail("HDF5 cannot finish it");
    if (file->id >= 0 && H5Fclose(file->id) < 0 && status == DAM_OK)
        status = dam__hdf5_fail("HDF5 cannot close it");
    if (file->access >= 0)
        (void)H5Pclose(file->access);
    if (file->driver >= 0)
        (void)H5FDunregister(file->driver);
    file->id = file->access = file->driver = H5I_INVALID_HID;
    if (file->error != 0)
        status = dam__fail(DAM_INPUT, "%s", strerror(file->error));
    return status;
}

hid_t dam__hdf5_stored_type(dam__element element)
{
    switch (element) {
    case DAM__U8:
        return H5T_STD_U8LE;
    case DAM__I32:
        return H5T_STD_I32LE;
    case DAM__I64:
        return H5T_STD_I64LE;
    case DAM__F32:
        return H5T_IEEE_F32LE;
    case DAM__F64:
        return H5T_IEEE_F64LE;
    }
    return H5I_INVALID_HID;
}
