#include "store/array.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
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
