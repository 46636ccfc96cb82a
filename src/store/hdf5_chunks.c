/* Whether a dataset's chunks unpack to as many bytes as HDF5 will read of them. */
#include <limits.h>
#include <stdlib.h>
#include <zlib.h>

#include "base/memory.h"
#include "store/hdf5_dataset.h"

enum { CHECKSUM = 4, MOST_FILTERS = 32 };

typedef struct chunks {
    const dam__hdf5_dataset *of;
    const hsize_t *edges;
    uint64_t bytes;                     /* of one, unpacked */
    H5Z_filter_t filters[MOST_FILTERS]; /* in the order of writing */
    int filter_count;
    bool deflated;
    bool partial_are_plain; /* what reaches beyond the shape passes no filter */
    unsigned char *data;    /* of one, as stored */
    size_t capacity;
} chunks;

static bool find_filters(chunks *in)
{
    unsigned options = 0;
    hid_t properties = in->of->properties;
    int count = H5Pget_nfilters(properties);
    if (count < 0 || count > MOST_FILTERS || H5Pget_chunk_opts(properties, &options) < 0)
        return false;
    for (int i = 0; i < count; i++) {
        unsigned flags = 0;
        size_t values = 0;
        in->filters[i] =
            H5Pget_filter2(properties, (unsigned)i, &flags, &values, NULL, 0, NULL, NULL);
        in->deflated = in->deflated || in->filters[i] == H5Z_FILTER_DEFLATE;
    }
    in->filter_count = count;
    in->partial_are_plain = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
    return true;
}

/* *size = what the stored deflate stream of *size bytes unpacks to; 0 where it is not whole or too
 * long. */
static dam_status inflate_size(chunks *in, uint64_t *size)
{
    unsigned char unpacked[1 << 14]; /* only counted; small, so that it stays in the cache */
    const uint64_t most = in->bytes + (uint64_t)MOST_FILTERS * CHECKSUM;
    z_stream stream = {.next_in = in->data, .avail_in = (unsigned)*size};
    uint64_t count = 0;
    int code = inflateInit(&stream);
    while (code == Z_OK && count <= most) {
        stream.next_out = unpacked;
        stream.avail_out = sizeof unpacked;
        code = inflate(&stream, Z_SYNC_FLUSH);
        count += sizeof unpacked - stream.avail_out;
    }
    (void)inflateEnd(&stream);
    if (code == Z_MEM_ERROR)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory to unpack it");
    *size = code == Z_STREAM_END && count <= most ? count : 0;
    return DAM_OK;
}

/*
 * Whether a chunk of `size` stored bytes unpacks to all of it. The last filter of the writing is
 * the first to be undone; `skipped` has a bit for each that this chunk did not pass, as writers do
 * it where deflate gains nothing. What deflate made is read as it is stored: only checksums may
 * stand behind it.
 */
static dam_status unpacks_whole(chunks *in, uint32_t skipped, uint64_t size, bool *whole)
{
    bool as_stored = true;
    *whole = false;
    for (int i = in->filter_count - 1; i >= 0; i--) {
        H5Z_filter_t filter = in->filters[i];
        if ((skipped >> i & 1) != 0)
            continue;
        if (filter == H5Z_FILTER_DEFLATE) {
            if (!as_stored)
                return DAM_OK;
            DAM_TRY(inflate_size(in, &size));
        } else if (filter == H5Z_FILTER_FLETCHER32) {
            if (size <= CHECKSUM)
                return DAM_OK;
            size -= CHECKSUM;
        }
        as_stored = as_stored && filter == H5Z_FILTER_FLETCHER32;
    }
    *whole = size == in->bytes;
    return DAM_OK;
}

static bool is_partial(const chunks *in, const hsize_t *corner)
{
    for (int axis = 0; axis < in->of->rank; axis++)
        if (in->of->shape[axis] - corner[axis] < in->edges[axis])
            return true;
    return false;
}

/* Only deflated chunks are read for it: the size of others tells, whatever filters they skipped. */
static dam_status check_chunk(chunks *in, const hsize_t *corner, bool *whole)
{
    uint32_t skipped = 0;
    hsize_t stored = 0;
    hid_t dataset = in->of->dataset;
    *whole = false;
    if (H5Dget_chunk_storage_size(dataset, corner, &stored) < 0 || stored == 0 || stored > UINT_MAX)
        return DAM_OK;
    if (in->partial_are_plain && is_partial(in, corner)) {
        *whole = stored == in->bytes;
        return DAM_OK;
    }
    if (in->deflated) {
        if (stored > in->capacity) {
            DAM_TRY(dam__grow(&in->data, stored, 1));
            in->capacity = stored;
        }
        if (H5Dread_chunk(dataset, H5P_DEFAULT, corner, &skipped, in->data) < 0)
            return dam__hdf5_fail("it cannot be read");
    }
    return unpacks_whole(in, skipped, stored, whole);
}

dam_status dam__hdf5_check_chunks(const dam__hdf5_dataset *from, const hsize_t *edges,
                                  uint64_t bytes, bool *whole)
{
    dam_status status = DAM_OK;
    hsize_t corner[DAM__MAX_RANK] = {0};
    chunks in = {.of = from, .edges = edges, .bytes = bytes};
    *whole = find_filters(&in);
    for (int axis = 0; *whole && axis >= 0;) {
        DAM_TRY_CLEANUP(check_chunk(&in, corner, whole));
        for (axis = from->rank - 1; axis >= 0; axis--) {
            corner[axis] += edges[axis];
            if (corner[axis] < from->shape[axis])
                break;
            corner[axis] = 0;
        }
    }
cleanup:
    free(in.data);
    return status;
}
