#include "store/container.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static void free_list(struct dam__container_list *list)
{
    dam__names_free(&list->words);
    free(list->name);
}

void dam__container_free(dam__container *container)
{
    for (size_t i = 0; i < container->array_count; i++) {
        free(container->arrays[i].name);
        dam__array_free(&container->arrays[i].array);
    }
    for (size_t i = 0; i < container->text_count; i++) {
        free(container->texts[i].name);
        free(container->texts[i].value);
    }
    for (size_t i = 0; i < container->list_count; i++)
        free_list(&container->lists[i]);
    free(container->arrays);
    free(container->texts);
    free(container->lists);
    *container = (dam__container){0};
}

dam_status dam__container_set_text(dam__container *container, const char *name, const char *value)
{
    dam_status status = DAM_OK;
    char *name_copy = NULL, *value_copy = NULL;
    size_t i = 0;
    DAM_TRY_CLEANUP(dam__format(&value_copy, "%s", value));
    while (i < container->text_count && strcmp(container->texts[i].name, name) != 0)
        i++;
    if (i == container->text_count) {
        DAM_TRY_CLEANUP(dam__format(&name_copy, "%s", name));
        DAM_TRY_CLEANUP(dam__grow(&container->texts, i + 1, sizeof *container->texts));
        container->texts[i] = (struct dam__container_text){.name = name_copy};
        container->text_count++;
        name_copy = NULL;
    }
    free(container->texts[i].value);
    container->texts[i].value = value_copy;
    value_copy = NULL;
cleanup:
    free(name_copy);
    free(value_copy);
    return status;
}

dam_status dam__container_add(dam__container *container, const char *name, dam__array *array)
{
    dam_status status = DAM_OK;
    char *name_copy = NULL;
    size_t i = 0;
    while (i < container->array_count && strcmp(container->arrays[i].name, name) != 0)
        i++;
    if (i == container->array_count) {
        DAM_TRY_CLEANUP(dam__format(&name_copy, "%s", name));
        DAM_TRY_CLEANUP(dam__grow(&container->arrays, i + 1, sizeof *container->arrays));
        container->arrays[i] = (struct dam__container_array){.name = name_copy};
        container->array_count++;
        name_copy = NULL;
    }
    dam__array_free(&container->arrays[i].array);
    container->arrays[i].array = *array;
    array->data = NULL;
cleanup:
    free(name_copy);
    return status;
}

dam_status dam__container_set_list(dam__container *container, const char *name,
                                   const dam__names *words)
{
    dam_status status = DAM_OK;
    struct dam__container_list list = {0};
    size_t i = 0;
    DAM_TRY_CLEANUP(dam__format(&list.name, "%s", name));
    DAM_TRY_CLEANUP(dam__names_copy(words, &list.words));
    while (i < container->list_count && strcmp(container->lists[i].name, name) != 0)
        i++;
    if (i == container->list_count) {
        DAM_TRY_CLEANUP(dam__grow(&container->lists, i + 1, sizeof *container->lists));
        container->list_count++;
    } else {
        free_list(&container->lists[i]);
    }
    container->lists[i] = list;
    list = (struct dam__container_list){0};
cleanup:
    free_list(&list);
    return status;
}

const dam__array *dam__container_array(const dam__container *container, const char *name)
{
    for (size_t i = 0; i < container->array_count; i++)
        if (strcmp(container->arrays[i].name, name) == 0)
            return &container->arrays[i].array;
    return NULL;
}

const char *dam__container_text(const dam__container *container, const char *name)
{
    for (size_t i = 0; i < container->text_count; i++)
        if (strcmp(container->texts[i].name, name) == 0)
            return container->texts[i].value;
    return NULL;
}

const dam__names *dam__container_list(const dam__container *container, const char *name)
{
    for (size_t i = 0; i < container->list_count; i++)
        if (strcmp(container->lists[i].name, name) == 0)
            return &container->lists[i].words;
    return NULL;
}
