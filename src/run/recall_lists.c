#include "run/recall_lists.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "model/model_type.h"
#include "run/key_value.h"

enum { MOST_ITEMS = 64, MOST_PATTERNS = 100000000, MOST_FLIPS = 1000000 };

static const char *const kinds[] = {"poly", "rect", "leaky", "exp"};

const char *dam__interaction_text(const dam__interaction *interaction,
                                  char text[DAM__INTERACTION_BYTES])
{
    if (interaction->kind == DAM__INTERACTION_EXP)
        (void)snprintf(text, DAM__INTERACTION_BYTES, "exp");
    else
        (void)snprintf(text, DAM__INTERACTION_BYTES, "%s %d", kinds[interaction->kind],
                       interaction->exponent);
    return text;
}

dam__recall_config dam__recall_config_of(const dam__experiment *experiment,
                                         const dam__interaction *other, size_t neurons,
                                         bool learned)
{
    const dam__model_config *model = &experiment->model;
    const dam__recall_keys *keys = &experiment->recall;
    const dam__recall_ops *ops = dam__model_type_of(model)->recall;
    const dam__interaction interaction = other != NULL ? *other : ops->interaction(model);
    return (dam__recall_config){
        .interaction = interaction,
        .scale = keys->scale > 0 ? keys->scale : ops->scale(model, &interaction, neurons, learned),
        .dynamics = keys->dynamics,
        .sweeps = keys->sweeps,
        .seed = (uint64_t)experiment->seed};
}

/* The next item of a list, without blanks round it; *text moves behind it, to NULL at the end. */
static void next_item(const char **text, char item[DAM__EXCERPT_BYTES])
{
    size_t length = strcspn(*text, ",");
    const char *first = *text;
    *text = first[length] == ',' ? first + length + 1 : NULL;
    while (length > 0 && *first == ' ') {
        first++;
        length--;
    }
    while (length > 0 && first[length - 1] == ' ')
        length--;
    dam__excerpt(first, length, item);
}

/* Whole numbers in [least, most]; an empty list is one number, `empty`. */
static dam_status read_numbers(const char *name, const char *key, const char *list, int least,
                               int most, int empty, int numbers[MOST_ITEMS], size_t *count)
{
    numbers[0] = empty;
    *count = 1;
    if (list[0] == '\0')
        return DAM_OK;
    *count = 0;
    for (const char *at = list; at != NULL;) {
        char item[DAM__EXCERPT_BYTES];
        int64_t value = 0;
        next_item(&at, item);
        if (*count == MOST_ITEMS)
            return dam__fail(DAM_USAGE, "%s: recall.%s has over %d numbers", name, key, MOST_ITEMS);
        if (dam__integer_read(item, &value) != DAM__NUMBER_OK || value < least || value > most)
            return dam__fail(DAM_USAGE,
                             "%s: recall.%s: '%s' is no whole number from %d to %d; separate "
                             "several by commas",
                             name, key, item, least, most);
        numbers[(*count)++] = (int)value;
    }
    return DAM_OK;
}

/* "poly:3" or "exp". */
static dam_status read_interaction(const char *name, const char *item, dam__interaction *out)
{
    const char *colon = strchr(item, ':');
    size_t length = colon != NULL ? (size_t)(colon - item) : strlen(item);
    int64_t exponent = DAM__LEAST_EXPONENT;
    for (int kind = 0; kind <= DAM__INTERACTION_EXP; kind++) {
        if (strlen(kinds[kind]) != length || strncmp(kinds[kind], item, length) != 0)
            continue;
        bool wants = kind != DAM__INTERACTION_EXP;
        if (wants != (colon != NULL) ||
            (wants && (dam__integer_read(colon + 1, &exponent) != DAM__NUMBER_OK ||
                       exponent < DAM__LEAST_EXPONENT || exponent > DAM__MOST_EXPONENT)))
            break;
        out->kind = kind;
        out->exponent = (int)exponent;
        return DAM_OK;
    }
    return dam__fail(
        DAM_USAGE,
        "%s: recall.interactions: '%s' is none; write poly:N, rect:N or leaky:N with N "
        "from %d to %d, or exp",
        name, item, DAM__LEAST_EXPONENT, DAM__MOST_EXPONENT);
}

static dam_status read_interactions(const char *name, const dam__experiment *experiment,
                                    dam__interaction out[MOST_ITEMS], size_t *count)
{
    const dam__model_config *model = &experiment->model;
    const dam__interaction own = dam__model_type_of(model)->recall->interaction(model);
    out[0] = own;
    *count = 1;
    if (experiment->recall.interactions[0] == '\0')
        return DAM_OK;
    *count = 0;
    for (const char *at = experiment->recall.interactions; at != NULL;) {
        char item[DAM__EXCERPT_BYTES];
        next_item(&at, item);
        if (*count == MOST_ITEMS)
            return dam__fail(DAM_USAGE, "%s: recall.interactions has over %d of them", name,
                             MOST_ITEMS);
        out[*count] = own;
        dam_status status = read_interaction(name, item, &out[(*count)++]);
        if (status != DAM_OK)
            return status;
    }
    return DAM_OK;
}

dam_status dam__recall_cells_create(const char *name, const dam__experiment *experiment,
                                    dam__recall_cells *out)
{
    dam_status status = DAM_OK;
    dam__interaction interactions[MOST_ITEMS];
    int patterns[MOST_ITEMS], flips[MOST_ITEMS];
    dam__recall_cells cells = {0};
    DAM_TRY_CLEANUP(read_interactions(name, experiment, interactions, &cells.interactions));
    DAM_TRY_CLEANUP(read_numbers(name, "patterns", experiment->recall.patterns, 1, MOST_PATTERNS, 0,
                                 patterns, &cells.patterns));
    DAM_TRY_CLEANUP(read_numbers(name, "flips", experiment->recall.flips, 0, MOST_FLIPS, 0, flips,
                                 &cells.flips));
    size_t total = cells.interactions * cells.patterns * cells.flips;
    DAM_TRY_CLEANUP(dam__alloc(total, sizeof *cells.cells, &cells.cells));
    for (size_t i = 0; i < cells.interactions; i++)
        for (size_t p = 0; p < cells.patterns; p++)
            for (size_t f = 0; f < cells.flips; f++)
                cells.cells[cells.count++] =
                    (dam__recall_cell){interactions[i], patterns[p], flips[f]};
    *out = cells;
    cells = (dam__recall_cells){0};
cleanup:
    dam__recall_cells_free(&cells);
    return status;
}

void dam__recall_cells_free(dam__recall_cells *cells)
{
    free(cells->cells);
    *cells = (dam__recall_cells){0};
}
