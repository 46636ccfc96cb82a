#include "store/container.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/hdf5_apart.h"
#include "store/hdf5_file.h"
#include "store/seal.h"

enum { CHUNK_BYTES = 1 << 20 }; /* at most: HDF5's cache of chunks, so that one always fits */

/* Creates the groups that name's slashes ask for; HDF5 by itself would give them timestamps. */
static dam_status create_groups(hid_t file, const char *name)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    hid_t creation = H5Pcreate(H5P_GROUP_CREATE), group = H5I_INVALID_HID;
    DAM_TRY_CLEANUP(dam__format(&path, "%s", name));
    if (creation < 0 || H5Pset_obj_track_times(creation, false) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("HDF5"));
    for (char *slash = strchr(path, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        htri_t exists = H5Lexists(file, path, H5P_DEFAULT);
        if (exists == 0)
            group = H5Gcreate2(file, path, H5P_DEFAULT, creation, H5P_DEFAULT);
        if (exists < 0 || (exists == 0 && (group < 0 || H5Gclose(group) < 0)))
            DAM_TRY_CLEANUP(dam__hdf5_fail("group '%s'", path));
        *slash = '/';
    }
cleanup:
    if (creation >= 0)
        (void)H5Pclose(creation);
    free(path);
    return status;
}

/* Whole rows as far as they fit, from the last axis on: the order in which arrays lie in memory. */
static herr_t set_chunks(hid_t creation, const dam__array *array)
{
    hsize_t chunk[DAM__MAX_RANK];
    size_t budget = CHUNK_BYTES / dam__element_size(array->element);
    for (int i = array->rank - 1; i >= 0; i--) {
        size_t side = array->shape[i] < budget ? array->shape[i] : budget;
        chunk[i] = side;
        budget = budget / side;
    }
    herr_t chunked = H5Pset_chunk(creation, array->rank, chunk);
    return chunked < 0 ? chunked : H5Pset_fletcher32(creation);
}

static dam_status store_array(hid_t file, const char *name, const dam__array *array)
{
    dam_status status = DAM_OK;
    hid_t space = H5I_INVALID_HID, dataset = H5I_INVALID_HID;
    hid_t creation = H5Pcreate(H5P_DATASET_CREATE);
    hsize_t shape[DAM__MAX_RANK] = {0};
    size_t items = dam__array_items(array);
    DAM_TRY_CLEANUP(create_groups(file, name));
    for (int i = 0; i < array->rank; i++)
        shape[i] = array->shape[i];
    space = array->rank == 0 ? H5Screate(H5S_SCALAR) : H5Screate_simple(array->rank, shape, NULL);
    if (creation < 0 || space < 0 || H5Pset_obj_track_times(creation, false) < 0 ||
        (array->rank > 0 && items > 0 && set_chunks(creation, array) < 0))
        DAM_TRY_CLEANUP(dam__hdf5_fail("array '%s'", name));
    dataset = H5Dcreate2(file, name, dam__hdf5_stored_type(array->element), space, H5P_DEFAULT,
                         creation, H5P_DEFAULT);
    if (dataset < 0 || (items > 0 && H5Dwrite(dataset, dam__hdf5_native_type(array->element),
                                              H5S_ALL, H5S_ALL, H5P_DEFAULT, array->data) < 0))
        DAM_TRY_CLEANUP(dam__hdf5_fail("array '%s'", name));
cleanup:
    if (dataset >= 0 && H5Dclose(dataset) < 0 && status == DAM_OK)
        status = dam__hdf5_fail("array '%s'", name);
    if (space >= 0)
        (void)H5Sclose(space);
    if (creation >= 0)
        (void)H5Pclose(creation);
    return status;
}

static int compare_arrays(const void *a, const void *b)
{
    const struct dam__container_array *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static int compare_texts(const void *a, const void *b)
{
    const struct dam__container_text *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

static int compare_lists(const void *a, const void *b)
{
    const struct dam__container_list *const *first = a, *const *second = b;
    return strcmp((*first)->name, (*second)->name);
}

/* Words of one size, the longest one's and its end, behind each other. */
static dam_status pack_words(const char *const *words, size_t count, char **packed, size_t *size)
{
    *size = 1;
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i]) + 1 > *size)
            *size = strlen(words[i]) + 1;
    DAM_TRY(dam__alloc(count, *size, packed));
    for (size_t i = 0; i < count; i++)
        memcpy(*packed + i * *size, words[i], strlen(words[i]));
    return DAM_OK;
}

/* An attribute of the root: one text, or a list of them. */
static dam_status store_words(hid_t file, const char *name, const char *const *words,
                              const size_t *count)
{
    dam_status status = DAM_OK;
    hsize_t items = count != NULL ? *count : 1;
    hid_t space = count != NULL ? H5Screate_simple(1, &items, NULL) : H5Screate(H5S_SCALAR);
    hid_t type = H5Tcopy(H5T_C_S1), attribute = H5I_INVALID_HID;
    char *packed = NULL;
    size_t size = 0;
    DAM_TRY_CLEANUP(pack_words(words, (size_t)items, &packed, &size));
    if (space < 0 || type < 0 || H5Tset_size(type, size) < 0 ||
        H5Tset_cset(type, H5T_CSET_UTF8) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("text '%s'", name));
    attribute = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    if (attribute < 0 || H5Awrite(attribute, type, packed) < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("text '%s'", name));
cleanup:
    if (attribute >= 0)
        (void)H5Aclose(attribute);
    if (type >= 0)
        (void)H5Tclose(type);
    if (space >= 0)
        (void)H5Sclose(space);
    free(packed);
    return status;
}

static dam_status store_texts(const dam__container *container, const dam__hdf5_file *file)
{
    dam_status status = DAM_OK;
    const struct dam__container_text **texts = NULL;
    const struct dam__container_list **lists = NULL;
    DAM_TRY_CLEANUP(dam__alloc(container->text_count, sizeof *texts, &texts));
    DAM_TRY_CLEANUP(dam__alloc(container->list_count, sizeof *lists, &lists));
    for (size_t i = 0; i < container->text_count; i++)
        texts[i] = &container->texts[i];
    for (size_t i = 0; i < container->list_count; i++)
        lists[i] = &container->lists[i];
    qsort(texts, container->text_count, sizeof *texts, compare_texts);
    qsort(lists, container->list_count, sizeof *lists, compare_lists);
    for (size_t i = 0; i < container->text_count && file->error == 0; i++)
        DAM_TRY_CLEANUP(
            store_words(file->id, texts[i]->name, (const char *const[]){texts[i]->value}, NULL));
    for (size_t i = 0; i < container->list_count && file->error == 0; i++)
        DAM_TRY_CLEANUP(store_words(file->id, lists[i]->name,
                                    (const char *const *)lists[i]->words.items,
                                    &lists[i]->words.count));
cleanup:
    free(texts);
    free(lists);
    return status;
}

/* In the order of names, and no further than the first error of the disk. */
static dam_status store_all(const dam__container *container, const dam__hdf5_file *file)
{
    dam_status status = DAM_OK;
    const struct dam__container_array **arrays = NULL;
    DAM_TRY_CLEANUP(store_texts(container, file));
    DAM_TRY_CLEANUP(dam__alloc(container->array_count, sizeof *arrays, &arrays));
    for (size_t i = 0; i < container->array_count; i++)
        arrays[i] = &container->arrays[i];
    qsort(arrays, container->array_count, sizeof *arrays, compare_arrays);
    for (size_t i = 0; i < container->array_count && file->error == 0; i++)
        DAM_TRY_CLEANUP(store_array(file->id, arrays[i]->name, &arrays[i]->array));
cleanup:
    free(arrays);
    return status;
}

struct filling {
    const dam__container *container;
    int descriptor;
};

static dam_status fill(void *user, int out)
{
    const struct filling *to = user;
    dam__hdf5_file file;
    (void)out;
    dam_status status = dam__hdf5_open(&file, to->descriptor, 0, true);
    if (status == DAM_OK)
        status = store_all(to->container, &file);
    status = dam__hdf5_close(&file, status);
    return status == DAM_OK ? dam__seal_write(to->descriptor, file.length) : status;
}

dam_status dam__container_write(const dam__container *container, const char *path)
{
    dam_status status = DAM_OK;
    dam__temporary temporary = {0};
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    const dam__hdf5_work work = {.run = fill,
                                 .user = &(struct filling){container, temporary.descriptor},
                                 .damaged = DAM_NO_MEMORY};
    status = dam__hdf5_apart(&work);
    if (status == DAM_INPUT || status == DAM_NO_MEMORY)
        DAM_FAIL(status, "cannot write '%s': %s; a file there before is unchanged", path,
                 dam_error());
    else if (status != DAM_OK)
        goto cleanup;
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    return status;
}
