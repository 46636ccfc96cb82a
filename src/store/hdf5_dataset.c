#include "store/hdf5_dataset.h"

#include <stdint.h>

/* HDF5 asks before it follows a link into another file. */
static herr_t refuse_link(const char *file, const char *group, const char *target_file,
                          const char *target, unsigned *flags, hid_t access, void *user)
{
    (void)file;
    (void)group;
    (void)target_file;
    (void)target;
    (void)access;
    *flags = H5F_ACC_RDONLY;
    *(bool *)user = true;
    return -1;
}

static dam_status open_by_name(hid_t file, const char *name, hid_t *dataset)
{
    dam_status status = DAM_OK;
    bool refused = false;
    hid_t access = H5Pcreate(H5P_DATASET_ACCESS);
    /* From no cache HDF5 reads a chunk that has no filter by its size, not by the file's word. */
    if (access < 0 || H5Pset_elink_cb(access, refuse_link, &refused) < 0 ||
        H5Pset_chunk_cache(access, 0, 0, 0) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5 does not start"));
    *dataset = H5Dopen2(file, name, access);
    if (refused)
        DAM_FAIL(DAM_INPUT, "an external link leads from it to another file; copy the data into "
                            "this one (h5copy -f ext)");
    if (*dataset < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("it cannot be opened"));
cleanup:
    if (access >= 0)
        (void)H5Pclose(access);
    return status;
}

/*
 * HDF5 loads a library from disk for a filter that it does not know. Its own three others, n-bit,
 * scale-offset and szip, unpack by parameters of the file's that it does not check.
 */
static bool is_known(H5Z_filter_t filter)
{
    return filter == H5Z_FILTER_DEFLATE || filter == H5Z_FILTER_SHUFFLE ||
           filter == H5Z_FILTER_FLETCHER32;
}

/* By its registered number. */
static dam_status refuse_filter(H5Z_filter_t filter)
{
    static const struct {
        H5Z_filter_t filter;
        const char *name;
    } names[] = {{H5Z_FILTER_SZIP, "szip"},
                 {H5Z_FILTER_NBIT, "n-bit"},
                 {H5Z_FILTER_SCALEOFFSET, "scale-offset"},
                 {307, "bzip2"},
                 {32000, "lzf, h5py's own"},
                 {32001, "Blosc"},
                 {32004, "LZ4"},
                 {32008, "bitshuffle"},
                 {32013, "ZFP"},
                 {32015, "zstd"},
                 {32026, "Blosc2"}};
    const char *name = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].filter == filter)
            name = names[i].name;
    return dam__fail(DAM_INPUT,
                     "it is packed by filter %d%s%s%s, which is not read; pack it by gzip (h5py: "
                     "compression=\"gzip\"; h5repack -f GZIP=6)",
                     (int)filter, name != NULL ? " (" : "", name != NULL ? name : "",
                     name != NULL ? ")" : "");
}

/* Whether its data are in this file, and only HDF5's own code is needed for them. */
static dam_status check_reach(hid_t properties)
{
    if (H5Pget_layout(properties) == H5D_VIRTUAL || H5Pget_external_count(properties) != 0)
        return dam__fail(DAM_INPUT, "it keeps its data in other files; copy it whole into one file "
                                    "(h5repack)");
    int filters = H5Pget_nfilters(properties);
    for (int i = 0; i < filters; i++) {
        unsigned flags = 0;
        size_t values = 0;
        /* Asked for more about it, HDF5 would load it here. */
        H5Z_filter_t filter =
            H5Pget_filter2(properties, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        if (!is_known(filter))
            return refuse_filter(filter);
    }
    return DAM_OK;
}

static dam_status find_shape(dam__hdf5_dataset *from)
{
    hsize_t axes[H5S_MAX_RANK] = {0};
    H5S_class_t kind = H5Sget_simple_extent_type(from->space);
    int rank = H5Sget_simple_extent_ndims(from->space);
    if ((kind != H5S_SIMPLE && kind != H5S_SCALAR) || rank < 0 || rank > H5S_MAX_RANK ||
        H5Sget_simple_extent_dims(from->space, axes, NULL) < 0)
        return dam__fail(DAM_INPUT, "it has no shape (a null dataspace)");
    if (rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT, "it has %d axes; at most %d are read", rank,
                         (int)DAM__MAX_RANK);
    for (int axis = 0; axis < rank; axis++) {
        if (axes[axis] > SIZE_MAX)
            return dam__fail(DAM_INPUT, "it is too large for this machine");
        from->shape[axis] = (size_t)axes[axis];
    }
    from->rank = rank;
    return DAM_OK;
}

/* Whether its items are of a kind that is read; what they are where they are not. */
static dam_status check_kind(bool words, dam__hdf5_dataset *from)
{
    const char *what = "neither integers nor floating-point numbers; write it as uint8, int32 or "
                       "float32";
    switch (H5Tget_class(from->type)) {
    case H5T_INTEGER:
    case H5T_FLOAT:
    case H5T_ENUM: /* h5py's booleans */
        return DAM_OK;
    case H5T_STRING:
        from->is_words = words;
        if (words)
            return DAM_OK;
        what = "words, which are read as labels (data.labels) alone";
        break;
    case H5T_COMPOUND:
        what = "records, such as complex numbers; write one field of them alone";
        break;
    case H5T_REFERENCE:
        what = "references, as MATLAB's cells and strings are; save a matrix of numbers";
        break;
    default:
        break;
    }
    return dam__fail(DAM_INPUT, "it holds %s", what);
}

dam_status dam__hdf5_dataset_open(hid_t file, const char *name, bool words, dam__hdf5_dataset *out)
{
    *out = (dam__hdf5_dataset){0};
    DAM_TRY(open_by_name(file, name, &out->dataset));
    out->properties = H5Dget_create_plist(out->dataset);
    if (out->properties < 0)
        return dam__hdf5_fail("it cannot be read");
    /* Before its shape is asked for, which a virtual dataset looks up in the other files. */
    DAM_TRY(check_reach(out->properties));
    out->space = H5Dget_space(out->dataset);
    out->type = out->space < 0 ? -1 : H5Dget_type(out->dataset);
    if (out->type < 0)
        return dam__hdf5_fail("it cannot be read");
    DAM_TRY(check_kind(words, out));
    DAM_TRY(find_shape(out));
    return dam__hdf5_check(out);
}

void dam__hdf5_dataset_close(dam__hdf5_dataset *dataset)
{
    if (dataset->type > 0)
        (void)H5Tclose(dataset->type);
    if (dataset->space > 0)
        (void)H5Sclose(dataset->space);
    if (dataset->properties > 0)
        (void)H5Pclose(dataset->properties);
    if (dataset->dataset > 0)
        (void)H5Dclose(dataset->dataset);
    *dataset = (dam__hdf5_dataset){0};
}
