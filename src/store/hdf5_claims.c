/* What a dataset claims to hold, against what its file stores. */
#include <stdint.h>

#include "store/hdf5_dataset.h"
#include "store/reader.h"

/* To so many times the stored size filters can unpack: what deflate can do at best. */
enum { LARGEST_RATIO = 1032 };

/* The size of the file that holds the dataset. */
static uint64_t size_of_file(const dam__hdf5_dataset *from)
{
    hsize_t size = 0;
    hid_t file = H5Iget_file_id(from->dataset);
    if (file < 0 || H5Fget_filesize(file, &size) < 0)
        size = 0;
    if (file > 0)
        (void)H5Fclose(file);
    return size;
}

/*
 * HDF5 1.10 builds a node for each chunk, unpacks chunks whole, and believes the file about them: a
 * chunk of another rank than the dataset eats all memory, one that unpacks to less than its bytes
 * is read beyond its end. So there are no more chunks than stored bytes, none larger than the
 * dataset may grow or than all the stored bytes can unpack to, and each is looked at.
 */
static dam_status check_chunks(const dam__hdf5_dataset *from, uint64_t stored, uint64_t most,
                               bool *sound)
{
    hsize_t edges[DAM__MAX_RANK + 1] = {0}, limits[DAM__MAX_RANK] = {0};
    uint64_t count = 1, bytes = H5Tget_size(from->type);
    *sound = false;
    if (from->rank == 0 || H5Pget_chunk(from->properties, DAM__MAX_RANK + 1, edges) != from->rank ||
        H5Sget_simple_extent_dims(from->space, NULL, limits) != from->rank)
        return DAM_OK;
    for (int axis = 0; axis < from->rank; axis++)
        if (edges[axis] == 0 || edges[axis] > limits[axis] ||
            __builtin_mul_overflow(bytes, edges[axis], &bytes) ||
            __builtin_mul_overflow(count, (from->shape[axis] - 1) / edges[axis] + 1, &count))
            return DAM_OK;
    if (count > stored || bytes > most)
        return DAM_OK;
    return dam__hdf5_check_chunks(from, edges, bytes, sound);
}

/* Whether its filters make the data smaller; a checksum or another order do not. */
static bool packs(const dam__hdf5_dataset *from)
{
    unsigned flags = 0;
    return H5Pget_filter_by_id2(from->properties, H5Z_FILTER_DEFLATE, &flags, NULL, NULL, 0, NULL,
                                NULL) >= 0;
}

/* Whether the items' size is the least power of two that holds their bits, as all writers do it. */
static bool type_is_sound(const dam__hdf5_dataset *from, size_t size)
{
    bool is_enum = H5Tget_class(from->type) == H5T_ENUM;
    hid_t of = is_enum ? H5Tget_super(from->type) : from->type;
    size_t bits = of < 0 ? 0 : H5Tget_precision(of);
    if (is_enum && of > 0)
        (void)H5Tclose(of);
    return size > 0 && size <= 16 && (size & (size - 1)) == 0 && bits <= size * 8 &&
           (size == 1 || bits > size * 4);
}

dam_status dam__hdf5_check(const dam__hdf5_dataset *from)
{
    char text[DAM__SHAPE_TEXT];
    uint64_t claimed = H5Tget_size(from->type), most = 0;
    if (!from->is_words && !type_is_sound(from, claimed))
        return dam__fail(DAM_INPUT,
                         "it has items of %zu bits in %ju bytes, which is not read; write it as "
                         "uint8, int32 or float32",
                         H5Tget_precision(from->type), (uintmax_t)claimed);
    dam__shape_text(from->rank, from->shape, text);
    for (int axis = 0; axis < from->rank; axis++)
        if (__builtin_mul_overflow(claimed, from->shape[axis], &claimed))
            return dam__fail(DAM_INPUT, "it is damaged: no file holds its shape, %s", text);
    uint64_t stored = H5Dget_storage_size(from->dataset);
    bool sound = true;
    if (__builtin_mul_overflow(stored, packs(from) ? LARGEST_RATIO : 1, &most))
        most = UINT64_MAX;
    if (stored > size_of_file(from))
        return dam__fail(DAM_INPUT,
                         "it is damaged: it claims %ju stored bytes, more than the file has",
                         (uintmax_t)stored);
    if (most < claimed)
        return dam__fail(DAM_INPUT,
                         "it was never written whole: its shape, %s, needs %ju bytes and %ju are "
                         "stored; write all of it",
                         text, (uintmax_t)claimed, (uintmax_t)stored);
    if (H5Pget_layout(from->properties) == H5D_CHUNKED && claimed > 0)
        DAM_TRY(check_chunks(from, stored, most, &sound));
    if (!sound)
        return dam__fail(DAM_INPUT,
                         "it is damaged or was never written whole: its chunks do not make up its "
                         "shape, %s; write it again",
                         text);
    return DAM_OK;
}
