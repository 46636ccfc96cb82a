/*
 * Any bytes as a preset: never a crash, a failure always with a message, and what is accepted
 * prints as text that means the same. What follows a NUL is taken for overrides, one after each
 * NUL.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "run/experiment.h"

enum { MOST_OVERRIDES = 8 };

static void require(int holds)
{
    if (!holds)
        abort();
}

static void check_round_trip(const dam__experiment *experiment)
{
    dam__text text = {0};
    dam__experiment back;
    dam__experiment_print(experiment, &text);
    require(dam__text_status(&text) == DAM_OK);
    require(dam__experiment_parse("printed", text.data, NULL, 0, &back) == DAM_OK);
    for (const dam__option *o = dam__options; o->key != NULL; o++)
        require(memcmp((const char *)experiment + o->offset, (const char *)&back + o->offset,
                       o->size) == 0);
    dam__text_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);
    if (text == NULL)
        return 0;
    if (size > 0)
        memcpy(text, data, size);
    text[size] = '\0';

    const char *overrides[MOST_OVERRIDES];
    size_t count = 0;
    for (size_t at = strlen(text) + 1; at < size && count < MOST_OVERRIDES;
         at += strlen(text + at) + 1)
        overrides[count++] = text + at;

    dam__experiment experiment;
    dam_status status = dam__experiment_parse("fuzz", text, overrides, count, &experiment);
    if (status == DAM_OK)
        check_round_trip(&experiment);
    else
        require(status == DAM_USAGE && dam_error()[0] != '\0' && strchr(dam_error(), '\n') == NULL);
    free(text);
    return 0;
}
