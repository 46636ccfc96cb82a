/* One dataset of an HDF5 file. */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "store/hdf5_apart.h"
#include "store/hdf5_dataset.h"
#include "store/reader.h"

enum { LISTED = 8 };

/* The signature stands at the beginning, or behind a block of the user's, whose size doubles. */
dam_status dam__hdf5_is(const char *path, bool *is)
{
    static const unsigned char signature[8] = {0x89, 'H', 'D', 'F', '\r', '\n', 0x1a, '\n'};
    enum { FIRST_BLOCK = 512 };
    unsigned char there[sizeof signature];
    int file = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    *is = false;
    for (off_t at = 0; file >= 0 && !*is; at = at == 0 ? FIRST_BLOCK : 2 * at) {
        if (pread(file, there, sizeof there, at) != (ssize_t)sizeof there)
            break;
        *is = memcmp(there, signature, sizeof there) == 0;
    }
    if (file >= 0)
        (void)close(file);
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
static dam__element element_of_number(hid_t type)
{
    size_t bits = H5Tget_precision(type);
    bool is_signed = H5Tget_sign(type) != H5T_SGN_NONE;
    if (H5Tget_class(type) == H5T_FLOAT)
        return bits <= 32 ? DAM__F32 : DAM__F64;
    if (!is_signed && bits <= 8)
        return DAM__U8;
    return bits < 32 || (bits == 32 && is_signed) ? DAM__I32 : DAM__I64;
}

/* The same of h5py's booleans, which are an enumeration of two bytes. */
static dam__element element_of(hid_t type)
{
    if (H5Tget_class(type) == H5T_ENUM) {
        hid_t of = H5Tget_super(type);
        dam__element element = of < 0 ? DAM__I64 : element_of_number(of);
        if (of > 0)
            (void)H5Tclose(of);
        return element == DAM__I32 && H5Tget_nmembers(type) == 2 ? DAM__U8 : element;
    }
    return element_of_number(type);
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

/* --- in a copy of this process (hdf5_apart.h) ---------------------------------------------------- */

/* What goes before the items; words are shape[0] of them, each ended by a zero, in shape[1] bytes.
 */
typedef struct head {
    uint32_t element, rank;
    uint64_t shape[DAM__MAX_RANK];
} head;

enum { WORDS = DAM__F64 + 1 };

/* How many of the first axis are handed on at a time: whole chunks, which HDF5 unpacks whole. */
static size_t rows_at_once(const dam__hdf5_dataset *from, size_t row_bytes)
{
    enum { BLOCK_BYTES = 1 << 25 };
    hsize_t chunk[DAM__MAX_RANK] = {1};
    size_t rows = BLOCK_BYTES / (row_bytes + 1) + 1;
    if (H5Pget_layout(from->properties) != H5D_CHUNKED ||
        H5Pget_chunk(from->properties, DAM__MAX_RANK, chunk) != from->rank || chunk[0] == 0)
        return rows;
    return rows <= chunk[0] ? (size_t)chunk[0] : rows / (size_t)chunk[0] * (size_t)chunk[0];
}

/* So many rows from `first` on, or a scalar. */
static dam_status read_rows(const dam__hdf5_dataset *from, dam__element element, size_t first,
                            size_t rows, void *items)
{
    dam_status status = DAM_OK;
    bool clamped = false, integers = H5Tget_class(from->type) == H5T_INTEGER;
    hsize_t start[DAM__MAX_RANK] = {first}, count[DAM__MAX_RANK] = {rows};
    hid_t transfer = H5Pcreate(H5P_DATASET_XFER), memory = H5S_ALL, place = H5S_ALL;
    for (int axis = 1; axis < from->rank; axis++)
        count[axis] = from->shape[axis];
    if (from->rank > 0) {
        memory = H5Screate_simple(from->rank, count, NULL);
        place = H5Scopy(from->space);
    }
    bool ready = transfer >= 0 && memory >= 0 && place >= 0 &&
                 (from->rank == 0 ||
                  H5Sselect_hyperslab(place, H5S_SELECT_SET, start, NULL, count, NULL) >= 0) &&
                 (!integers || H5Pset_type_conv_cb(transfer, refuse_clamping, &clamped) >= 0);
    if (!ready ||
        H5Dread(from->dataset, dam__hdf5_native_type(element), memory, place, transfer, items) < 0)
        status = clamped
                     ? dam__fail(DAM_INPUT, "it holds an integer that does not fit int64; write it "
                                            "as float64")
                     : dam__hdf5_fail("it cannot be read");
    if (place > 0)
        (void)H5Sclose(place);
    if (memory > 0)
        (void)H5Sclose(memory);
    if (transfer >= 0)
        (void)H5Pclose(transfer);
    return status;
}

static dam_status send_items(const dam__hdf5_dataset *from, dam__element element, int out)
{
    dam_status status = DAM_OK;
    unsigned char *block = NULL;
    size_t rows = from->rank > 0 ? from->shape[0] : 1, row_bytes = dam__element_size(element);
    for (int axis = 1; axis < from->rank; axis++)
        DAM_TRY(dam__multiply(row_bytes, from->shape[axis], &row_bytes));
    if (rows == 0 || row_bytes == 0)
        return DAM_OK;
    size_t most = from->rank > 0 ? rows_at_once(from, row_bytes) : 1;
    most = most < rows ? most : rows;
    DAM_TRY(dam__alloc(most, row_bytes, &block));
    for (size_t first = 0; first < rows; first += most) {
        size_t count = most < rows - first ? most : rows - first;
        DAM_TRY_CLEANUP(read_rows(from, element, first, count, block));
        DAM_TRY_CLEANUP(dam__pipe_write(out, block, count * row_bytes));
    }
cleanup:
    free(block);
    return status;
}

static dam_status send_words(const dam__hdf5_dataset *from, int out)
{
    dam_status status = DAM_OK;
    dam__names words = {0};
    dam__text text = {0};
    head first = {.element = WORDS, .rank = 2};
    DAM_TRY_CLEANUP(dam__hdf5_words(from, &words));
    for (size_t i = 0; i < words.count; i++)
        dam__text_append_bytes(&text, words.items[i], strlen(words.items[i]) + 1);
    DAM_TRY_CLEANUP(dam__text_status(&text));
    first.shape[0] = words.count;
    first.shape[1] = text.length;
    DAM_TRY_CLEANUP(dam__pipe_write(out, &first, sizeof first));
    if (text.length > 0)
        DAM_TRY_CLEANUP(dam__pipe_write(out, text.data, text.length));
cleanup:
    dam__names_free(&words);
    dam__text_free(&text);
    return status;
}

static dam_status send_dataset(hid_t file, const char *inner, bool words, int out)
{
    dam_status status = DAM_OK;
    dam__hdf5_dataset from;
    head first = {0};
    DAM_TRY_CLEANUP(dam__hdf5_dataset_open(file, inner, words, &from));
    if (from.is_words) {
        status = send_words(&from, out);
        goto cleanup;
    }
    dam__element element = element_of(from.type);
    first.element = (uint32_t)element;
    first.rank = (uint32_t)from.rank;
    for (int axis = 0; axis < from.rank; axis++)
        first.shape[axis] = from.shape[axis];
    DAM_TRY_CLEANUP(dam__pipe_write(out, &first, sizeof first));
    DAM_TRY_CLEANUP(send_items(&from, element, out));
cleanup:
    dam__hdf5_dataset_close(&from);
    return status;
}

struct reading {
    const char *path, *name, *inner; /* name: of the file, for messages */
    dam__reading *reading;
    dam__array array;
};

static dam_status read_apart(void *user, int out)
{
    const struct reading *r = user;
    dam_status status = DAM_OK;
    char *only = NULL;
    hid_t file = H5Fopen(r->path, H5F_ACC_RDONLY, H5P_DEFAULT);
    if (file < 0)
        DAM_TRY_CLEANUP(dam__hdf5_fail("cannot open '%s' as HDF5", r->name));
    if (r->inner == NULL)
        DAM_TRY_CLEANUP(find_only(file, r->name, &only));
    const char *inner = r->inner == NULL ? only : r->inner;
    status = send_dataset(file, inner, r->reading->as_words, out);
    if (status != DAM_OK)
        status = dam__fail_within(status, "dataset '%s' of '%s'", inner, r->name);
cleanup:
    if (file >= 0)
        (void)H5Fclose(file);
    free(only);
    return status;
}

/* --- in this one ------------------------------------------------------------------------------------ */

static dam_status receive_words(struct reading *r, const head *first, int in)
{
    dam_status status = DAM_OK;
    char *bytes = NULL;
    dam__names words = {0};
    int32_t *places = NULL;
    size_t length = first->shape[1];
    DAM_TRY_CLEANUP(dam__alloc(length, 1, &bytes));
    DAM_TRY_CLEANUP(dam__pipe_read(in, bytes, length));
    for (size_t at = 0; at < length && memchr(bytes + at, 0, length - at) != NULL;
         at += strlen(bytes + at) + 1)
        DAM_TRY_CLEANUP(dam__names_add(&words, bytes + at, strlen(bytes + at)));
    if (words.count != first->shape[0])
        DAM_FAIL(DAM_INPUT, "'%s' holds what is no list of words", r->name);
    DAM_TRY_CLEANUP(dam__names_sort(&words, &r->reading->words, &places));
    r->array = (dam__array){.element = DAM__I32, .rank = 1, .shape = {words.count}, .data = places};
cleanup:
    free(bytes);
    dam__names_free(&words);
    return status;
}

static dam_status receive(void *user, int in)
{
    struct reading *r = user;
    size_t shape[DAM__MAX_RANK] = {0};
    head first;
    DAM_TRY(dam__pipe_read(in, &first, sizeof first));
    if (first.element == WORDS)
        return receive_words(r, &first, in);
    if (first.element > DAM__F64 || first.rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT, "'%s' holds what is no array", r->name);
    for (uint32_t axis = 0; axis < first.rank; axis++)
        shape[axis] = first.shape[axis];
    DAM_TRY(dam__array_create((dam__element)first.element, (int)first.rank, shape, &r->array));
    return dam__pipe_read(in, r->array.data,
                          dam__array_items(&r->array) * dam__element_size(r->array.element));
}

/* MATLAB's files (-v7.3) say so in their first block. */
static bool is_matlab(const char *path)
{
    static const char text[] = "MATLAB 7.3 MAT-file";
    char there[sizeof text - 1];
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is = file >= 0 && pread(file, there, sizeof there, 0) == (ssize_t)sizeof there &&
              memcmp(there, text, sizeof there) == 0;
    if (file >= 0)
        (void)close(file);
    return is;
}

/*
 * MATLAB counts the first axis fastest. Of its matrices the rows are the samples, as it shows them;
 * of arrays of more axes, such as images side by side, the last counts the samples.
 */
static dam_status turn(const char *path, dam__array *array)
{
    if (array->rank < 2 || !is_matlab(path))
        return DAM_OK;
    return dam__array_reverse(array->rank == 2 ? 0 : 1, array);
}

dam_status dam__hdf5_read(const char *path, const char *name, const char *inner,
                          dam__reading *reading, dam__array *out)
{
    struct reading r = {.path = path, .name = name, .inner = inner, .reading = reading};
    const dam__hdf5_work work = {
        .run = read_apart, .take = receive, .user = &r, .subject = name, .damaged = DAM_INPUT};
    dam_status status = dam__hdf5_apart(&work);
    if (status == DAM_OK)
        status = turn(path, &r.array);
    if (status == DAM_OK)
        *out = r.array;
    else
        dam__array_free(&r.array);
    return status;
}
