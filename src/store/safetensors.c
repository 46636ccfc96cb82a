/* safetensors: eight bytes with the header's length, a header in JSON, then the arrays. */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"
#include "store/results.h"

static const char *dtype_of(dam__element element)
{
    switch (element) {
    case DAM__U8:
        return "U8";
    case DAM__I32:
        return "I32";
    case DAM__I64:
        return "I64";
    case DAM__F32:
        return "F32";
    case DAM__F64:
        return "F64";
    }
    return "";
}

/* JSON is UTF-8, names of classes may be anything. */
static json_t *text_of(const char *text)
{
    dam__text clean = {0};
    dam__text_append_utf8(&clean, text, SIZE_MAX);
    json_t *value = dam__text_status(&clean) == DAM_OK ? json_string(clean.data) : NULL;
    dam__text_free(&clean);
    return value;
}

/* Its readers take texts alone as metadata: a list becomes one, in JSON. */
static json_t *metadata_of(const dam__container *container)
{
    json_t *metadata = json_object();
    for (size_t i = 0; i < container->text_count; i++)
        (void)json_object_set_new(metadata, container->texts[i].name,
                                  text_of(container->texts[i].value));
    for (size_t i = 0; i < container->list_count; i++) {
        json_t *words = json_array();
        for (size_t w = 0; w < container->lists[i].words.count; w++)
            (void)json_array_append_new(words, text_of(container->lists[i].words.items[w]));
        char *text = json_dumps(words, JSON_COMPACT);
        (void)json_object_set_new(metadata, container->lists[i].name,
                                  text != NULL ? json_string(text) : NULL);
        free(text);
        json_decref(words);
    }
    return metadata;
}

static size_t bytes_of(const dam__array *array)
{
    return dam__array_items(array) * dam__element_size(array->element);
}

static json_t *header_of(const dam__container *container)
{
    json_t *header = json_object();
    size_t at = 0;
    (void)json_object_set_new(header, "__metadata__", metadata_of(container));
    for (size_t i = 0; i < container->array_count; i++) {
        const dam__array *array = &container->arrays[i].array;
        json_t *shape = json_array();
        for (int axis = 0; axis < array->rank; axis++)
            (void)json_array_append_new(shape, json_integer((json_int_t)array->shape[axis]));
        size_t end = at + bytes_of(array);
        (void)json_object_set_new(header, container->arrays[i].name,
                                  json_pack("{ss so s[II]}", "dtype", dtype_of(array->element),
                                            "shape", shape, "data_offsets", (json_int_t)at,
                                            (json_int_t)end));
        at = end;
    }
    return header;
}

static dam_status write_piece(void *user, const void *bytes, size_t length)
{
    return dam__temporary_write(user, bytes, length);
}

/* The length and the header; blanks behind it let the arrays begin at a multiple of eight. */
static dam_status start_of(const dam__container *container, dam__text *out)
{
    enum { ALIGNMENT = 8 };
    json_t *header = header_of(container);
    char *text = json_dumps(header, JSON_COMPACT);
    json_decref(header);
    if (text == NULL)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for the header of safetensors");
    size_t length = (strlen(text) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    for (int i = 0; i < ALIGNMENT; i++) {
        const unsigned char byte = (unsigned char)((uint64_t)length >> 8 * i);
        dam__text_append_bytes(out, &byte, 1);
    }
    dam__text_append(out, "%-*s", (int)length, text);
    free(text);
    return dam__text_status(out);
}

dam_status dam__safetensors_write(const dam__container *container, const char *path)
{
    dam_status status = DAM_OK;
    dam__temporary temporary = {0};
    dam__text start = {0};
    DAM_TRY_CLEANUP(start_of(container, &start));
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_write(&temporary, start.data, start.length));
    for (size_t i = 0; i < container->array_count; i++)
        DAM_TRY_CLEANUP(dam__array_pieces(&container->arrays[i].array, write_piece, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    dam__text_free(&start);
    return status;
}
