/* Arrays of languages that count the first axis fastest. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/reader.h"

/* What the axes of a block are long once they are turned, and how far their neighbours stood apart.
 */
typedef struct turning {
    int rank;
    size_t shape[DAM__MAX_RANK], steps[DAM__MAX_RANK], items;
} turning;

static void turn_block(const turning *t, size_t size, const char *from, char *to)
{
    size_t at[DAM__MAX_RANK] = {0}, place = 0;
    for (size_t i = 0; i < t->items; i++) {
        memcpy(to + i * size, from + place * size, size);
        for (int axis = t->rank - 1; axis >= 0; axis--) {
            place += t->steps[axis];
            if (++at[axis] < t->shape[axis])
                break;
            place -= t->steps[axis] * t->shape[axis];
            at[axis] = 0;
        }
    }
}

dam_status dam__array_reverse(int first, dam__array *array)
{
    dam__array out = {0};
    size_t shape[DAM__MAX_RANK] = {0}, size = dam__element_size(array->element);
    turning t = {.rank = array->rank - first, .items = 1};
    for (int axis = 0; axis < t.rank; axis++) {
        t.shape[axis] = array->shape[array->rank - 1 - axis];
        t.steps[axis] = t.items;
        t.items *= t.shape[axis];
    }
    for (int axis = 0; axis < array->rank; axis++)
        shape[axis] = axis < first ? array->shape[axis] : t.shape[axis - first];
    DAM_TRY(dam__array_create(array->element, array->rank, shape, &out));
    for (size_t at = 0; at < dam__array_items(array); at += t.items)
        turn_block(&t, size, (const char *)array->data + at * size, (char *)out.data + at * size);
    dam__array_free(array);
    *array = out;
    return DAM_OK;
}

dam_status dam__array_keep(size_t rows, dam__array *array)
{
    if (rows == 0 || array->rank == 0 || rows >= array->shape[0])
        return DAM_OK;
    array->shape[0] = rows;
    return dam__grow(&array->data, dam__array_items(array), dam__element_size(array->element));
}
