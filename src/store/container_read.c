#include "store/container.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/container_pass.h"
#include "store/hdf5_apart.h"
#include "store/hdf5_dataset.h"
#include "store/hdf5_file.h"
#include "store/seal.h"

/* HDF5 calls back for each thing; the status of the first that fails is kept here. */
typedef struct reader {
    int out;         /* where they go: nothing is kept in the copy of this process */
    uint64_t length; /* of the file: nothing in it can be larger */
    dam_status status;
} reader;

static dam_status find_element(hid_t type, dam__element *element)
{
    for (*element = DAM__U8; *element <= DAM__F64; (*element)++)
        if (H5Tequal(type, dam__hdf5_stored_type(*element)) > 0)
            return DAM_OK;
    return dam__fail(DAM_INPUT, "its elements are of another type than denseam writes");
}

static dam_status read_dataset(reader *to, hid_t file, const char *name)
{
    dam_status status = DAM_OK;
    dam__element element = DAM__U8;
    dam__hdf5_dataset from;
    dam__array array = {0};
    DAM_TRY_CLEANUP(dam__hdf5_dataset_open(file, name, false, &from));
    DAM_TRY_CLEANUP(find_element(from.type, &element));
    DAM_TRY_CLEANUP(dam__array_create(element, from.rank, from.shape, &array));
    if (dam__array_items(&array) > 0 && H5Dread(from.dataset, dam__hdf5_native_type(element),
                                                H5S_ALL, H5S_ALL, H5P_DEFAULT, array.data) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5"));
    DAM_TRY_CLEANUP(dam__container_send_array(to->out, name, &array));
cleanup:
    dam__array_free(&array);
    dam__hdf5_dataset_close(&from);
    return status;
}

static herr_t visit_link(hid_t file, const char *name, const H5L_info_t *link, void *data)
{
    reader *to = data;
    /* A link into another file would lead out of what the seal covers. */
    hid_t object = link->type == H5L_TYPE_HARD ? H5Oopen(file, name, H5P_DEFAULT) : H5I_INVALID_HID;
    H5I_type_t kind = object < 0 ? H5I_BADID : H5Iget_type(object);
    if (kind == H5I_DATASET)
        to->status = read_dataset(to, file, name);
    else if (kind != H5I_GROUP)
        to->status = dam__fail(DAM_INPUT, "it is neither an array nor a group");
    if (to->status == DAM_INPUT)
        to->status = dam__fail_within(to->status, "'%s' in it", name);
    if (object >= 0)
        (void)H5Oclose(object);
    return to->status == DAM_OK ? 0 : -1;
}

/* Texts of `size` bytes each, which need not end by a zero. */
static dam_status keep_words(reader *to, const char *name, const char *packed, size_t size,
                             const hsize_t *count)
{
    dam_status status = DAM_OK;
    dam__names words = {0};
    for (size_t i = 0; i < (count != NULL ? *count : 1); i++)
        DAM_TRY_CLEANUP(
            dam__names_add(&words, packed + i * size, strnlen(packed + i * size, size)));
    status = count != NULL ? dam__container_send_list(to->out, name, &words)
                           : dam__container_send_text(to->out, name, words.items[0]);
cleanup:
    dam__names_free(&words);
    return status;
}

/* A text, or a list of them: an attribute without axes, or of one. */
static dam_status read_words(reader *to, hid_t attribute, const char *name)
{
    dam_status status = DAM_OK;
    char *packed = NULL;
    hsize_t count = 1;
    size_t bytes = 0;
    hid_t type = H5Aget_type(attribute), space = H5Aget_space(attribute);
    if (type < 0 || space < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5"));
    H5S_class_t kind = H5Sget_simple_extent_type(space);
    bool is_list = kind == H5S_SIMPLE && H5Sget_simple_extent_ndims(space) == 1;
    if (H5Tget_class(type) != H5T_STRING || H5Tis_variable_str(type) != 0 ||
        (kind != H5S_SCALAR && !is_list) ||
        (is_list && (H5Sget_simple_extent_dims(space, &count, NULL) < 0 || count == 0)))
        DAM_FAIL(DAM_INPUT, "it is not a text as denseam writes them");
    size_t size = H5Tget_size(type);
    if (size == 0 || size > to->length || count > to->length / size)
        DAM_FAIL(DAM_INPUT, "it claims %zu bytes, more than the whole file has", size);
    DAM_TRY_CLEANUP(dam__multiply(size, (size_t)count, &bytes));
    DAM_TRY_CLEANUP(dam__alloc(bytes, 1, &packed));
    if (H5Aread(attribute, type, packed) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5"));
    DAM_TRY_CLEANUP(keep_words(to, name, packed, size, is_list ? &count : NULL));
cleanup:
    free(packed);
    if (space >= 0)
        (void)H5Sclose(space);
    if (type >= 0)
        (void)H5Tclose(type);
    return status;
}

static herr_t visit_attribute(hid_t root, const char *name, const H5A_info_t *info, void *data)
{
    (void)info;
    reader *to = data;
    hid_t attribute = H5Aopen(root, name, H5P_DEFAULT);
    to->status = attribute < 0 ? dam__hdf5_fail("HDF5") : read_words(to, attribute, name);
    if (to->status == DAM_INPUT)
        to->status = dam__fail_within(to->status, "text '%s' in it", name);
    if (attribute >= 0)
        (void)H5Aclose(attribute);
    return to->status == DAM_OK ? 0 : -1;
}

static dam_status read_all(hid_t file, reader *to)
{
    if (H5Aiterate2(file, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, to) < 0 ||
        H5Lvisit(file, H5_INDEX_NAME, H5_ITER_INC, visit_link, to) < 0)
        return to->status != DAM_OK ? to->status : dam__hdf5_fail("HDF5");
    return DAM_OK;
}

/* A sealed file that is open, and what comes of it: in the copy of this process, and here. */
struct reading {
    int descriptor;
    uint64_t length;
    dam__container content;
};

static dam_status read_apart(void *user, int out)
{
    struct reading *r = user;
    dam__hdf5_file file;
    dam_status status = dam__hdf5_open(&file, r->descriptor, r->length, false);
    if (status == DAM_OK)
        status = read_all(file.id, &(reader){.out = out, .length = r->length});
    status = dam__hdf5_close(&file, status);
    return status == DAM_OK ? dam__container_send_end(out) : status;
}

static dam_status receive(void *user, int in)
{
    return dam__container_receive(in, &((struct reading *)user)->content);
}

dam_status dam__container_read(const char *path, dam__container *out)
{
    dam_status status = DAM_OK;
    struct reading r = {0};
    const dam__hdf5_work work = {
        .run = read_apart, .take = receive, .user = &r, .damaged = DAM_NO_MEMORY};
    r.descriptor = open(path, O_RDONLY | O_CLOEXEC);
    *out = (dam__container){0};
    if (r.descriptor < 0)
        DAM_FAIL(DAM_INPUT, "cannot open '%s': %s; give the run.h5 of a training", path,
                 strerror(errno));
    DAM_TRY_CLEANUP(dam__seal_check(r.descriptor, path, &r.length));
    status = dam__hdf5_apart(&work);
    if (status == DAM_INPUT)
        DAM_FAIL(DAM_INPUT, "cannot read '%s' though its seal is whole: %s", path, dam_error());
    else if (status != DAM_OK)
        DAM_TRY_CLEANUP(dam__fail_within(status, "cannot read '%s'", path));
    *out = r.content;
    r.content = (dam__container){0};
cleanup:
    dam__container_free(&r.content);
    if (r.descriptor >= 0)
        (void)close(r.descriptor);
    return status;
}
