#include "store/container_pass.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "store/hdf5_apart.h"

enum { TEXT = 1, LIST, ARRAY, END, MOST_NAME = 1 << 16 };

/* Before each thing: its kind, its name's length, its value's bytes, what an array is, and how many
 * words a list has. */
typedef struct head {
    uint32_t kind, element, rank;
    uint64_t name, bytes, words, shape[DAM__MAX_RANK];
} head;

static dam_status send(int out, const head *first, const char *name, const void *value)
{
    DAM_TRY(dam__pipe_write(out, first, sizeof *first));
    DAM_TRY(dam__pipe_write(out, name, first->name));
    return dam__pipe_write(out, value, first->bytes);
}

dam_status dam__container_send_text(int out, const char *name, const char *value)
{
    const head first = {.kind = TEXT, .name = strlen(name), .bytes = strlen(value)};
    return send(out, &first, name, value);
}

/* Each word with the 0 that ends it. */
dam_status dam__container_send_list(int out, const char *name, const dam__names *words)
{
    head first = {.kind = LIST, .name = strlen(name), .words = words->count};
    for (size_t i = 0; i < words->count; i++)
        first.bytes += strlen(words->items[i]) + 1;
    DAM_TRY(dam__pipe_write(out, &first, sizeof first));
    DAM_TRY(dam__pipe_write(out, name, first.name));
    for (size_t i = 0; i < words->count; i++)
        DAM_TRY(dam__pipe_write(out, words->items[i], strlen(words->items[i]) + 1));
    return DAM_OK;
}

dam_status dam__container_send_array(int out, const char *name, const dam__array *array)
{
    head first = {.kind = ARRAY,
                  .element = (uint32_t)array->element,
                  .rank = (uint32_t)array->rank,
                  .name = strlen(name),
                  .bytes = dam__array_items(array) * dam__element_size(array->element)};
    for (int axis = 0; axis < array->rank; axis++)
        first.shape[axis] = array->shape[axis];
    return send(out, &first, name, array->data);
}

dam_status dam__container_send_end(int out)
{
    return send(out, &(head){.kind = END}, "", "");
}

static dam_status receive_text(int in, const head *first, const char *name, dam__container *out)
{
    dam_status status = DAM_OK;
    char *value = NULL;
    if (first->bytes >= SIZE_MAX)
        return dam__fail(DAM_INPUT, "a text of it has an impossible length");
    DAM_TRY_CLEANUP(dam__alloc(first->bytes + 1, 1, &value));
    DAM_TRY_CLEANUP(dam__pipe_read(in, value, first->bytes));
    DAM_TRY_CLEANUP(dam__container_set_text(out, name, value));
cleanup:
    free(value);
    return status;
}

static dam_status receive_list(int in, const head *first, const char *name, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__names words = {0};
    char *value = NULL;
    if (first->bytes == 0 || first->words == 0 || first->words > first->bytes)
        return dam__fail(DAM_INPUT, "a list of it has an impossible length");
    DAM_TRY_CLEANUP(dam__alloc(first->bytes, 1, &value));
    DAM_TRY_CLEANUP(dam__pipe_read(in, value, first->bytes));
    for (const char *next = value; words.count < first->words;) {
        const char *end = memchr(next, '\0', first->bytes - (size_t)(next - value));
        if (end == NULL)
            DAM_FAIL(DAM_INPUT, "a list of it has fewer words than it says");
        DAM_TRY_CLEANUP(dam__names_add(&words, next, (size_t)(end - next)));
        next = end + 1;
    }
    DAM_TRY_CLEANUP(dam__container_set_list(out, name, &words));
cleanup:
    dam__names_free(&words);
    free(value);
    return status;
}

static dam_status receive_array(int in, const head *first, const char *name, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    size_t shape[DAM__MAX_RANK] = {0};
    if (first->element > DAM__F64 || first->rank > DAM__MAX_RANK)
        return dam__fail(DAM_INPUT, "an array of it is of an impossible kind");
    for (uint32_t axis = 0; axis < first->rank; axis++)
        shape[axis] = first->shape[axis];
    DAM_TRY_CLEANUP(
        dam__array_create((dam__element)first->element, (int)first->rank, shape, &array));
    if (dam__array_items(&array) * dam__element_size(array.element) != first->bytes)
        DAM_FAIL(DAM_INPUT, "an array of it is not as long as it says");
    DAM_TRY_CLEANUP(dam__pipe_read(in, array.data, first->bytes));
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

static dam_status receive_value(int in, const head *first, const char *name, dam__container *out)
{
    switch (first->kind) {
    case TEXT:
        return receive_text(in, first, name, out);
    case LIST:
        return receive_list(in, first, name, out);
    default:
        return receive_array(in, first, name, out);
    }
}

dam_status dam__container_receive(int in, dam__container *out)
{
    for (;;) {
        head first;
        char *name = NULL;
        DAM_TRY(dam__pipe_read(in, &first, sizeof first));
        if (first.kind == END)
            return DAM_OK;
        if (first.kind < TEXT || first.kind > END || first.name > MOST_NAME)
            return dam__fail(DAM_INPUT, "it holds what is neither text, list nor array");
        DAM_TRY(dam__alloc(first.name + 1, 1, &name));
        dam_status status = dam__pipe_read(in, name, first.name);
        if (status == DAM_OK)
            status = receive_value(in, &first, name, out);
        free(name);
        DAM_TRY(status);
    }
}
