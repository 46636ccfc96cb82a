/* One dataset of an HDF5 file. */
#include "store/hdf5_claims.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { LISTED = 8 };

/* HDF5 prints its errors by itself; that is switched off while we call it, then put back. No other
 * thread may call it meanwhile. */
typedef struct quiet {
    H5E_auto2_t print;
    void *user;
} quiet;

static quiet hush(void)
{
    quiet before = {0};
    dam__hdf5_lock();
    (void)H5Eget_auto2(H5E_DEFAULT, &before.print, &before.user);
    (void)H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    return before;
}

static void unhush(quiet before)
{
    (void)H5Eset_auto2(H5E_DEFAULT, before.print, before.user);
    dam__hdf5_unlock();
}

bool dam__hdf5_is(const char *path)
{
    quiet before = hush();
    bool is = H5Fis_hdf5(path) > 0;
    unhush(before);
    return is;
}

static void close_all(dam__hdf5 *from)
{
    if (from->transfer > 0)
        (void)H5Pclose(from->transfer);
    if (from->properties > 0)
        (void)H5Pclose(from->properties);
    if (from->type > 0)
        (void)H5Tclose(from->type);
    if (from->space > 0)
        (void)H5Sclose(from->space);
    if (from->dataset > 0)
        (void)H5Dclose(from->dataset);
    if (from->file > 0)
        (void)H5Fclose(from->file);
    free(from->inner);
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

/* from->inner = the path of the file's only dataset; DAM_INPUT, with what there is, otherwise. */
static dam_status find_only(dam__hdf5 *from)
{
    dam_status status = DAM_OK;
    char text[DAM__HDF5_REASON_BYTES];
    listing list = {0};
    herr_t visited = H5Ovisit(from->file, H5_INDEX_NAME, H5_ITER_INC, list_dataset, &list);
    DAM_TRY_CLEANUP(dam__text_status(&list.names));
    if (visited < 0)
        DAM_FAIL(DAM_INPUT, "cannot list '%s': %s", from->path, dam__hdf5_reason(text));
    if (list.count == 0)
        DAM_FAIL(DAM_INPUT, "'%s' is an HDF5 file without any dataset", from->path);
    if (list.count > 1)
        DAM_FAIL(DAM_INPUT, "'%s' holds %zu datasets (%s); name one as '%s:/PATH'", from->path,
                 list.count, list.names.data, from->path);
    DAM_TRY_CLEANUP(dam__text_take(&list.names, &from->inner));
cleanup:
    dam__text_free(&list.names);
    return status;
}

static dam_status open_dataset(dam__hdf5 *from)
{
    char text[DAM__HDF5_REASON_BYTES];
    from->file = H5Fopen(from->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (from->file < 0)
        return dam__fail(DAM_INPUT, "cannot open '%s' as HDF5: %s", from->path,
                         dam__hdf5_reason(text));
    if (from->inner == NULL)
        DAM_TRY(find_only(from));
    from->dataset = H5Dopen2(from->file, from->inner, H5P_DEFAULT);
    if (from->dataset < 0)
        return dam__fail(DAM_INPUT, "cannot open dataset '%s' of '%s': %s", from->inner, from->path,
                         dam__hdf5_reason(text));
    from->space = H5Dget_space(from->dataset);
    from->type = from->space < 0 ? -1 : H5Dget_type(from->dataset);
    from->properties = from->type < 0 ? -1 : H5Dget_create_plist(from->dataset);
    if (from->properties < 0)
        return dam__fail(DAM_INPUT, "cannot read dataset '%s' of '%s': %s", from->inner, from->path,
                         dam__hdf5_reason(text));
    return DAM_OK;
}

/* The element type nearest to the file's: one that holds all its values, as far as there is one. */
static dam_status element_of(const dam__hdf5 *from, dam__element *element)
{
    size_t bits = H5Tget_precision(from->type);
    bool is_signed = H5Tget_sign(from->type) != H5T_SGN_NONE;
    switch (H5Tget_class(from->type)) {
    case H5T_INTEGER:
        if (!is_signed && bits <= 8)
            *element = DAM__U8;
        else
            *element = bits < 32 || (bits == 32 && is_signed) ? DAM__I32 : DAM__I64;
        return DAM_OK;
    case H5T_FLOAT:
        *element = bits <= 32 ? DAM__F32 : DAM__F64;
        return DAM_OK;
    default:
        return dam__fail(DAM_INPUT,
                         "dataset '%s' of '%s' holds neither integers nor floating-point numbers; "
                         "write it as uint8, int32 or float32",
                         from->inner, from->path);
    }
}

static dam_status find_shape(dam__hdf5 *from)
{
    hsize_t axes[H5S_MAX_RANK] = {0};
    H5S_class_t kind = H5Sget_simple_extent_type(from->space);
    int rank = H5Sget_simple_extent_ndims(from->space);
    if ((kind != H5S_SIMPLE && kind != H5S_SCALAR) || rank < 0 || rank > H5S_MAX_RANK ||
        H5Sget_simple_extent_dims(from->space, axes, NULL) < 0)
        return dam__fail(DAM_INPUT, "dataset '%s' of '%s' has no shape (a null dataspace)",
                         from->inner, from->path);
    if (rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT, "dataset '%s' of '%s' has %d axes; at most %d are read",
                         from->inner, from->path, rank, DAM__MAX_RANK);
    for (int axis = 0; axis < rank; axis++) {
        if (axes[axis] > SIZE_MAX)
            return dam__fail(DAM_INPUT, "dataset '%s' of '%s' is too large for this machine",
                             from->inner, from->path);
        from->shape[axis] = (size_t)axes[axis];
    }
    from->rank = rank;
    return DAM_OK;
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

static dam_status read_items(dam__hdf5 *from, dam__array *array)
{
    char text[DAM__HDF5_REASON_BYTES];
    bool clamped = false, integers = H5Tget_class(from->type) == H5T_INTEGER;
    from->transfer = H5Pcreate(H5P_DATASET_XFER);
    bool ready = from->transfer >= 0 &&
                 (!integers || H5Pset_type_conv_cb(from->transfer, refuse_clamping, &clamped) >= 0);
    if (ready && H5Dread(from->dataset, dam__hdf5_native_type(array->element), H5S_ALL, H5S_ALL,
                         from->transfer, array->data) >= 0)
        return DAM_OK;
    if (clamped)
        return dam__fail(DAM_INPUT,
                         "dataset '%s' of '%s' holds an integer that does not fit int64; write it "
                         "as float64",
                         from->inner, from->path);
    return dam__fail(DAM_INPUT, "cannot read dataset '%s' of '%s': %s", from->inner, from->path,
                     dam__hdf5_reason(text));
}

dam_status dam__hdf5_read(const char *path, const char *inner, dam__array *out)
{
    dam_status status = DAM_OK;
    quiet before = hush();
    dam__hdf5 from = {.path = path};
    dam__array array = {0};
    dam__element element = DAM__U8;
    size_t bytes = 0;
    if (inner != NULL)
        DAM_TRY_CLEANUP(dam__format(&from.inner, "%s", inner));
    DAM_TRY_CLEANUP(open_dataset(&from));
    DAM_TRY_CLEANUP(element_of(&from, &element));
    DAM_TRY_CLEANUP(find_shape(&from));
    DAM_TRY_CLEANUP(dam__hdf5_check(&from));
    if (!dam__shape_bytes(element, from.rank, from.shape, &bytes))
        DAM_FAIL(DAM_INPUT, "dataset '%s' of '%s' is too large for this machine", from.inner, path);
    DAM_TRY_CLEANUP(dam__array_create(element, from.rank, from.shape, &array));
    if (bytes > 0)
        DAM_TRY_CLEANUP(read_items(&from, &array));
    *out = array;
    array = (dam__array){0};
cleanup:
    dam__array_free(&array);
    close_all(&from);
    unhush(before);
    return status;
}
