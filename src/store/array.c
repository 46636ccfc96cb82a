#include "store/array.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/reader.h"

static const struct {
    const char *name;
    size_t size;
} elements[] = {
    [DAM__U8] = {"uint8", 1},    [DAM__I32] = {"int32", 4},   [DAM__I64] = {"int64", 8},
    [DAM__F32] = {"float32", 4}, [DAM__F64] = {"float64", 8},
};

size_t dam__element_size(dam__element element)
{
    return elements[element].size;
}

bool dam__element_is_real(dam__element element)
{
    return element == DAM__F32 || element == DAM__F64;
}

const char *dam__element_name(dam__element element)
{
    return elements[element].name;
}

size_t dam__array_items(const dam__array *array)
{
    size_t items = 1;
    for (int axis = 0; axis < array->rank; axis++)
        items *= array->shape[axis];
    return items;
}

double dam__array_at(const dam__array *array, size_t i)
{
    switch (array->element) {
    case DAM__U8:
        return ((const uint8_t *)array->data)[i];
    case DAM__I32:
        return ((const int32_t *)array->data)[i];
    case DAM__I64:
        return (double)((const int64_t *)array->data)[i];
    case DAM__F32:
        return (double)((const float *)array->data)[i];
    case DAM__F64:
        return ((const double *)array->data)[i];
    }
    return 0;
}

dam_status dam__array_create(dam__element element, int rank, const size_t *shape, dam__array *out)
{
    dam__array array = {.element = element, .rank = rank};
    *out = (dam__array){0};
    if (rank < 0 || rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT, "an array of %d axes is not supported; at most %d are", rank,
                         DAM__MAX_RANK);
    size_t bytes = dam__element_size(element);
    for (int axis = 0; axis < rank; axis++) {
        array.shape[axis] = shape[axis];
        DAM_TRY(dam__multiply(bytes, shape[axis], &bytes));
    }
    DAM_TRY(dam__alloc(bytes, 1, &array.data));
    *out = array;
    return DAM_OK;
}

void dam__array_free(dam__array *array)
{
    if (array == NULL)
        return;
    free(array->data);
    *array = (dam__array){0};
}

dam_status dam__array_pieces(const dam__array *array, dam__taker *take, void *user)
{
    unsigned char buffer[1 << 14];
    size_t size = dam__element_size(array->element), left = dam__array_items(array) * size;
    const unsigned char *from = array->data;
    while (left > 0) {
        size_t step = left < sizeof buffer ? left : sizeof buffer;
        memcpy(buffer, from, step);
        dam__byte_order(buffer, step / size, size, false);
        DAM_TRY(take(user, buffer, step));
        from += step;
        left -= step;
    }
    return DAM_OK;
}

/*
 * Splits "file.h5:/path". A ':/' belongs to the file's own name where such a file exists; of
 * several, the first that follows a file is taken. *file is freed with free(), *inner points into
 * location or is NULL.
 */
static dam_status split_location(const char *location, char **file, const char **inner)
{
    const char *colon = strstr(location, ":/"), *chosen = colon;
    *inner = NULL;
    if (colon == NULL || dam__file_exists(location) || dam__folder_exists(location))
        return dam__format(file, "%s", location);
    for (; colon != NULL; colon = strstr(colon + 1, ":/")) {
        dam_status status = dam__format(file, "%.*s", (int)(colon - location), location);
        if (status != DAM_OK)
            return status;
        if (dam__file_exists(*file)) {
            *inner = colon + 1;
            return DAM_OK;
        }
        free(*file);
        *file = NULL;
    }
    *inner = chosen + 1;
    return dam__format(file, "%.*s", (int)(chosen - location), location);
}

static dam_status read_hdf5(dam__source *source, const char *inner, dam__array *out)
{
    if (source->packed)
        return dam__fail(DAM_INPUT, "'%s' is a gzipped HDF5 file; gunzip it first", source->name);
    DAM_TRY(dam__hdf5_read(source->name, inner, out));
    source->rows_there = out->rank > 0 ? out->shape[0] : 0;
    if (source->rows == 0 || source->rows >= source->rows_there)
        return DAM_OK;
    out->shape[0] = source->rows;
    return dam__grow(&out->data, dam__array_items(out), dam__element_size(out->element));
}

/* Tells the format and reads it. */
static dam_status dispatch(dam__source *source, const char *inner, dam__array *out)
{
    unsigned char first[8] = {0};
    size_t got = 0;
    DAM_TRY(dam__source_peek(source, first, sizeof first, &got));
    if (got == 0)
        return dam__fail(DAM_INPUT, "'%s' is empty", source->name);
    bool npy = memcmp(first, "\x93NUMPY", 6) == 0;
    bool idx = got >= 4 && first[0] == 0 && first[1] == 0 && first[2] != 0;
    /* An HDF5 file may start with a block of the user's, so the library is asked where it starts.
     */
    bool hdf5 = memcmp(first, "\x89HDF\r\n\x1a\n", 8) == 0;
    if (!hdf5 && !npy && !idx && !source->packed)
        DAM_TRY(dam__hdf5_is(source->name, &hdf5));
    if (hdf5)
        DAM_TRY(read_hdf5(source, inner, out));
    else if (inner != NULL && (npy || idx))
        return dam__fail(DAM_INPUT,
                         "'%s' is no HDF5 file and has nothing called '%s'; leave out ':%s'",
                         source->name, inner, inner);
    else if (npy)
        DAM_TRY(dam__npy_read(source, out));
    else if (idx)
        DAM_TRY(dam__idx_read(source, out));
    else
        return dam__fail(
            DAM_INPUT,
            "'%s' is no IDX, NPY or HDF5 file: it starts with bytes %02x %02x %02x %02x; "
            "convert it to one of them",
            source->name, first[0], first[1], first[2], first[3]);
    return DAM_OK;
}

dam_status dam__array_read(const char *location, dam__array *out)
{
    return dam__array_read_rows(location, 0, out, NULL);
}

dam_status dam__array_read_rows(const char *location, size_t rows, dam__array *out, size_t *there)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    const char *inner = NULL;
    dam__source source = {0};
    *out = (dam__array){0};
    DAM_TRY_CLEANUP(split_location(location, &file, &inner));
    DAM_TRY_CLEANUP(dam__source_open(file, &source));
    source.rows = rows;
    DAM_TRY_CLEANUP(dispatch(&source, inner, out));
    if (there != NULL)
        *there = source.rows_there;
cleanup:
    dam__source_close(&source);
    free(file);
    return status;
}
