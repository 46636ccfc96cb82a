/*
 * Makes run files that are sealed well but hold what no training writes:
 *   forge IN OUT text NAME OLD NEW     replaces the first OLD in a text
 *   forge IN OUT notext NAME           leaves a text out
 *   forge IN OUT noarray NAME          leaves an array out
 *   forge IN OUT cut NAME              takes the last row off an array (the last item of a vector)
 *   forge IN OUT set NAME INDEX VALUE  sets one item of an array (the last where it has fewer)
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "store/container.h"

static int fail(const char *what)
{
    (void)fprintf(stderr, "forge: %s\n", what);
    return EXIT_FAILURE;
}

static int replace(dam__container *run, const char *name, const char *old, const char *new)
{
    const char *value = dam__container_text(run, name);
    const char *at = value != NULL ? strstr(value, old) : NULL;
    char *changed = NULL;
    if (at == NULL || dam__format(&changed, "%.*s%s%s", (int)(at - value), value, new,
                                  at + strlen(old)) != DAM_OK)
        return fail("no such text");
    dam_status status = dam__container_set_text(run, name, changed);
    free(changed);
    return status == DAM_OK ? EXIT_SUCCESS : fail(dam_error());
}

static int rename_away(char *name)
{
    *name = '~';
    return EXIT_SUCCESS;
}

static int drop_text(dam__container *run, const char *name)
{
    for (size_t i = 0; i < run->text_count; i++)
        if (strcmp(run->texts[i].name, name) == 0)
            return rename_away(run->texts[i].name);
    return fail("no such text");
}

static int drop_array(dam__container *run, const char *name)
{
    for (size_t i = 0; i < run->array_count; i++)
        if (strcmp(run->arrays[i].name, name) == 0)
            return rename_away(run->arrays[i].name);
    return fail("no such array");
}

static void set_item(dam__array *array, size_t i, double value)
{
    switch (array->element) {
    case DAM__U8:
        ((uint8_t *)array->data)[i] = (uint8_t)value;
        break;
    case DAM__I32:
        ((int32_t *)array->data)[i] = (int32_t)value;
        break;
    case DAM__I64:
        ((int64_t *)array->data)[i] = value == value ? (int64_t)value : INT64_MIN;
        break;
    case DAM__F32:
        ((float *)array->data)[i] = (float)value;
        break;
    case DAM__F64:
        ((double *)array->data)[i] = value;
        break;
    }
}

static int change_array(dam__container *run, const char *name, int argc, char **argv)
{
    dam__array *array = (dam__array *)(uintptr_t)dam__container_array(run, name);
    if (array == NULL || dam__array_items(array) == 0)
        return fail("no such array");
    if (argc == 0) {
        array->shape[array->rank == 2 && array->shape[0] == 1 ? 1 : 0]--;
        return EXIT_SUCCESS;
    }
    size_t i = strtoul(argv[0], NULL, 10), last = dam__array_items(array) - 1;
    set_item(array, i < last ? i : last, strtod(argv[1], NULL));
    return EXIT_SUCCESS;
}

static int change(dam__container *run, int argc, char **argv)
{
    const char *how = argv[0], *name = argv[1];
    if (strcmp(how, "text") == 0 && argc == 4)
        return replace(run, name, argv[2], argv[3]);
    if (strcmp(how, "notext") == 0 && argc == 2)
        return drop_text(run, name);
    if (strcmp(how, "noarray") == 0 && argc == 2)
        return drop_array(run, name);
    if (strcmp(how, "cut") == 0 && argc == 2)
        return change_array(run, name, 0, NULL);
    if (strcmp(how, "set") == 0 && argc == 4)
        return change_array(run, name, 2, argv + 2);
    return fail("see tests/cli/forge.c for its arguments");
}

int main(int argc, char **argv)
{
    dam__container run = {0};
    if (argc < 5)
        return fail("see tests/cli/forge.c for its arguments");
    if (dam__container_read(argv[1], &run) != DAM_OK)
        return fail(dam_error());
    int code = change(&run, argc - 3, argv + 3);
    if (code == EXIT_SUCCESS && dam__container_write(&run, argv[2]) != DAM_OK)
        code = fail(dam_error());
    dam__container_free(&run);
    return code;
}
