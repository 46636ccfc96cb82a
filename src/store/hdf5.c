/* One dataset of an HDF5 file. */
#include <stdlib.h>

#include "base/text.h"
#include "store/hdf5_dataset.h"
#include "store/reader.h"

enum { LISTED = 8 };

dam_status dam__hdf5_is(const char *path, bool *is)
{
    dam__hdf5_settings before;
    DAM_TRY(dam__hdf5_enter(&before));
    *is = H5Fis_hdf5(path) > 0;
    dam__hdf5_leave(before);
    return DAM_OK;
}

typedef struct listing {
    size_t count;
    dam__text names; /* of the first LISTED */
} listing;

static herr_t list_dataset(hid_t file, const char *name, const H5O_info_t *info, void *user)
{
    (void)file;
    listing *list = user;
    if (info->type != H5O_TYPE_DATASET)
        return 0;
    if (list->count++ < LISTED)
        dam__text_append(&list->names, "%s/%s", list->count > 1 ? ", " : "", name);
    else if (list->count == LISTED + 1)
        dam__text_append(&list->names, ", ...");
    return 0;
}

/* *inner = the path of the file's only dataset; DAM_INPUT, with what there is, otherwise. */
static dam_status find_only(hid_t file, const char *path, char **inner)
{
    dam_status status = DAM_OK;
    listing list = {0};
    herr_t visited = H5Ovisit(file, H5_INDEX_NAME, H5_ITER_INC, list_dataset, &list);
    DAM_TRY_CLEANUP(dam__text_status(&list.names));
    if (visited < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("cannot list '%s'", path));
    if (list.count == 0)
        DAM_FAIL(DAM_INPUT, "'%s' is an HDF5 file without any dataset", path);
    if (list.count > 1)
        DAM_FAIL(DAM_INPUT, "'%s' holds %zu datasets (%s); name one as '%s:/PATH'", path,
                 list.count, list.names.data, path);
    DAM_TRY_CLEANUP(dam__text_take(&list.names, inner));
cleanup:
    dam__text_free(&list.names);
    return status;
}

/* The element type nearest to the file's: one that holds all its values, as far as there is one. */
static dam__element element_of(hid_t type)
{
    size_t bits = H5Tget_precision(type);
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    if (H5Tget_class(type) == H5T_FLOAT)
        return bits <= 32 ? DAM__F32 : DAM__F64;
    if (!is_signed && bits <= 8)
        return DAM__U8;
    return bits < 32 || (bits == 32 && is_signed) ? DAM__I32 : DAM__I64;
}

/* Integers beyond int64 would be clamped in silence; reading stops there instead. */
static H5T_conv_ret_t refuse_clamping(H5T_conv_except_t kind, hid_t from, hid_t to, void *value,
                                      void *converted, void *user)
{
    (void)from;
    (void)to;
    (void)value;
    (void)converted;
    if (kind != H5T_CONV_EXCEPT_RANGE_HI && kind != H5T_CONV_EXCEPT_RANGE_LOW)
        return H5T_CONV_UNHANDLED;
    *(bool *)user = true;
    return H5T_CONV_ABORT;
}

static dam_status read_items(const dam__hdf5_dataset *from, dam__array *array)
{
    dam_status status = DAM_OK;
    bool clamped = false, integers = H5Tget_class(from->type) == H5T_INTEGER;
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER);
    bool ready = transfer >= 0 &&
                 (!integers || H5Pset_type_conv_cb(transfer, refuse_clamping, &clamped) >= 0);
    if (!ready || H5Dread(from->dataset, dam__hdf5_native_type(array->element), H5S_ALL, H5S_ALL,
                          transfer, array->data) < 0)
        status = clamped
                     ? dam__fail(DAM_INPUT, "it holds an integer that does not fit int64; write it "
                                            "as float64")
                     : dam__hdf5_fail("it cannot be read");
    if (transfer >= 0)
        (void)H5Pclose(transfer);
    return status;
}

static dam_status read_dataset(hid_t file, const char *inner, dam__array *out)
{
    dam_status status = DAM_OK;
    dam__hdf5_dataset from;
    DAM_TRY_CLEANUP(dam__hdf5_dataset_open(file, inner, &from));
    DAM_TRY_CLEANUP(dam__array_create(element_of(from.type), from.rank, from.shape, out));
    if (dam__array_items(out) > 0)
        DAM_TRY_CLEANUP(read_items(&from, out));
cleanup:
    dam__hdf5_dataset_close(&from);
    return status;
}

dam_status dam__hdf5_read(const char *path, const char *inner, dam__array *out)
{
    dam_status status = DAM_OK;
    char *only = NULL;
    dam__array array = {0};
    dam__hdf5_settings before;
    DAM_TRY(dam__hdf5_enter(&before));
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("cannot open '%s' as HDF5", path));
    if (inner == NULL)
        DAM_TRY_CLEANUP(find_only(file, path, &only));
    inner = inner == NULL ? only : inner;
    status = read_dataset(file, inner, &array);
    if (status != DAM_OK)
        DAM_TRY_CLEANUP(dam__fail_within(status, "dataset '%s' of '%s'", inner, path));
    *out = array;
    array = (dam__array){0};
cleanup:
    dam__array_free(&array);
    if (file >= 0)
        (void)H5Fclose(file);
    free(only);
    dam__hdf5_leave(before);
    return status;
}
