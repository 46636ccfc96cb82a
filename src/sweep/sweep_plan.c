#include "sweep/sweep_plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "sweep/sweep_grid.h"
#include "sweep/sweep_score.h"
#include "sweep/sweep_search.h"

void dam__sweep_plan_free(dam__sweep_plan *plan)
{
    dam__sweep_free(&plan->sweep);
    free(plan->group);
    *plan = (dam__sweep_plan){0};
}

/* A key that --set overrides as well: the override would never be seen. */
static dam_status check_set(const dam__option *option, const char *const *set, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const dam__option *other = NULL;
        const char *equals = strchr(set[i], '=');
        if (equals == NULL ||
            dam__option_target(set[i], (size_t)(equals - set[i]), &other) != DAM_OK ||
            other != option)
            continue;
        char name[DAM__EXCERPT_BYTES];
        dam__option_name(option->section, option->key, name);
        return dam__fail(DAM_USAGE, "%s is set and swept; leave out --set %.60s", name, set[i]);
    }
    return DAM_OK;
}

static dam_status check_seed(const dam__option *option, int seeds)
{
    if (option->type == DAM__OPTION_SEED && seeds > 1)
        return dam__fail(DAM_USAGE,
                         "the seed is swept and every cell has %d seeds; leave out one of the two",
                         seeds);
    return DAM_OK;
}

/* Whether values of an axis make models of their own. */
static bool shapes(const dam__sweep_plan *plan, size_t axis)
{
    bool numbers = true;
    for (size_t k = 0; k <= plan->sweep.axes[axis].follower_count; k++)
        numbers = numbers && (plan->keys[axis][k]->kinds & DAM__OPTION_BATCH) != 0;
    return !numbers;
}

static dam_status check_key(const dam__option *option, const dam__experiment *base,
                            const char *const *set, size_t set_count)
{
    DAM_TRY(check_set(option, set, set_count));
    DAM_TRY(check_seed(option, base->sweep.seeds));
    if (!dam__option_applies(option, base->model.kind))
        DAM_TRY(dam__option_foreign(option, base->model.kind));
    return DAM_OK;
}

/* Replicas of equal values of the keys that shape a model are of one group. */
static dam_status make_groups(dam__sweep_plan *plan)
{
    const dam__sweep *sweep = &plan->sweep;
    free(plan->group);
    plan->group = NULL;
    DAM_TRY(dam__alloc(sweep->cells * sweep->seeds, sizeof *plan->group, &plan->group));
    plan->groups = 1;
    for (size_t i = 0; i < sweep->axis_count; i++)
        if (shapes(plan, i))
            plan->groups *= sweep->axes[i].count;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        for (size_t i = 0; i < sweep->axis_count; i++)
            if (shapes(plan, i))
                plan->group[p] = plan->group[p] * sweep->axes[i].count +
                                 dam__sweep_index(sweep, p / sweep->seeds, i);
    return DAM_OK;
}

static dam_status cell_experiment(const dam__sweep_plan *plan, size_t cell, dam__experiment *out)
{
    *out = plan->base;
    for (size_t i = 0; i < plan->sweep.axis_count; i++) {
        const dam__axis *axis = &plan->sweep.axes[i];
        size_t at = dam__sweep_index(&plan->sweep, cell, i);
        dam_status status = dam__option_read(plan->keys[i][0], axis->values[at], out);
        for (size_t k = 0; k < axis->follower_count && status == DAM_OK; k++)
            status = dam__option_read(plan->keys[i][k + 1], axis->followers[k].values[at], out);
        if (status != DAM_OK)
            return status;
    }
    return DAM_OK;
}

void dam__sweep_plan_describe(const dam__sweep *sweep, size_t cell, dam__text *out)
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        dam__text_append(out, "%s%s = %s", i == 0 ? "" : ", ", sweep->axes[i].key,
                         sweep->axes[i].values[dam__sweep_index(sweep, cell, i)]);
}

static dam_status check_cells(const dam__sweep_plan *plan)
{
    dam_status status = DAM_OK;
    dam__experiment *experiment = NULL;
    dam__text name = {0};
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *experiment, &experiment));
    for (size_t cell = 0; cell < plan->sweep.cells; cell++) {
        name.length = 0;
        dam__sweep_plan_describe(&plan->sweep, cell, &name);
        DAM_TRY_CLEANUP(dam__text_status(&name));
        DAM_TRY_CLEANUP(cell_experiment(plan, cell, experiment));
        DAM_TRY_CLEANUP(dam__experiment_check(name.data, experiment));
        DAM_TRY_CLEANUP(dam__sweep_score_check(experiment));
    }
cleanup:
    dam__text_free(&name);
    free(experiment);
    return status;
}

static dam_status read_axes(dam__sweep_plan *plan, const char *const *grids, size_t count,
                            dam__axis *axes)
{
    if (count > DAM__SWEEP_AXES)
        return dam__fail(DAM_USAGE, "the grid has %zu keys; at most %d are possible", count,
                         (int)DAM__SWEEP_AXES);
    for (size_t i = 0; i < count; i++)
        DAM_TRY(dam__grid_parse(grids[i], &axes[i], plan->keys[i]));
    return DAM_OK;
}

static bool is_rate(const dam__option *option)
{
    return strcmp(option->section, "train") == 0 &&
           (strcmp(option->key, "eta0") == 0 || strcmp(option->key, "learning_rate") == 0);
}

/* A search is over the first key: where a rate is among the others, that one was probably meant. */
static dam_status check_searched(const dam__sweep_plan *plan, size_t axes)
{
    for (size_t i = 1; plan->base.sweep.extend > 0 && i < axes; i++)
        if (is_rate(plan->keys[i][0]) && !is_rate(plan->keys[0][0]))
            return dam__fail(DAM_USAGE,
                             "sweep.extend searches the best value of the first key, which is "
                             "%s.%s; the searched key must come first: give train.%s before it",
                             plan->keys[0][0]->section, plan->keys[0][0]->key,
                             plan->keys[i][0]->key);
    return DAM_OK;
}

dam_status dam__sweep_plan_create(const dam__experiment *base, const char *const *grids,
                                  size_t grid_count, const char *const *set, size_t set_count,
                                  dam__sweep_plan *out)
{
    dam_status status = DAM_OK;
    dam__axis axes[DAM__SWEEP_AXES] = {{0}};
    const char *own[3];
    const dam__sweep_config *config = &base->sweep;
    *out = (dam__sweep_plan){.base = *base};
    if (grid_count == 0) {
        const char *const texts[] = {config->x, config->y, config->z};
        for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
            if (texts[i][0] != '\0')
                own[grid_count++] = texts[i];
        grids = own;
    }
    if (grid_count == 0)
        DAM_FAIL(DAM_USAGE,
                 "no grid; give --grid section.key=VALUES, or x in the preset's sweep section");
    DAM_TRY_CLEANUP(read_axes(out, grids, grid_count, axes));
    for (size_t i = 0; i < grid_count; i++)
        for (size_t k = 0; k <= axes[i].follower_count; k++)
            DAM_TRY_CLEANUP(check_key(out->keys[i][k], base, set, set_count));
    DAM_TRY_CLEANUP(
        dam__sweep_create(axes, grid_count, (size_t)config->seeds, config->score, &out->sweep));
    DAM_TRY_CLEANUP(check_searched(out, grid_count));
    if (config->extend > 0)
        DAM_TRY_CLEANUP(dam__sweep_make_search(&out->sweep, config->extend));
    DAM_TRY_CLEANUP(check_cells(out));
    DAM_TRY_CLEANUP(make_groups(out));
cleanup:
    for (size_t i = 0; i < DAM__SWEEP_AXES; i++)
        dam__axis_free(&axes[i]);
    return status;
}

dam_status dam__sweep_plan_insert(dam__sweep_plan *plan, bool in_front, bool *added)
{
    dam_status status = DAM_OK;
    dam__sweep *sweep = &plan->sweep;
    const dam__axis *axis = &sweep->axes[0];
    dam__experiment *scratch = NULL;
    char *text = NULL;
    double number = 0;
    size_t last = axis->count - 1 - sweep->added[1];
    int steps = (int)sweep->added[in_front ? 0 : 1] + 1;
    *added = false;
    DAM_TRY_CLEANUP(
        dam__grid_beyond(axis, sweep->added[0], last, in_front ? -steps : steps, &text, &number));
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *scratch, &scratch));
    *scratch = plan->base;
    /* Where the key's range ends the search does. */
    if (dam__option_read(plan->keys[0][0], text, scratch) != DAM_OK)
        goto cleanup;
    status = dam__sweep_insert(sweep, in_front, text, number);
    text = NULL;
    DAM_TRY_CLEANUP(status);
    DAM_TRY_CLEANUP(make_groups(plan));
    *added = true;
cleanup:
    free(scratch);
    free(text);
    return status;
}

dam_status dam__sweep_plan_extend(dam__sweep_plan *plan, size_t *asked)
{
    bool added;
    *asked = 0;
    if (plan->sweep.extend == 0)
        return DAM_OK;
    dam__wanted wanted = dam__sweep_wanted(&plan->sweep);
    if (wanted.front)
        DAM_TRY(dam__sweep_plan_insert(plan, true, &added));
    if (wanted.behind)
        DAM_TRY(dam__sweep_plan_insert(plan, false, &added));
    *asked = dam__sweep_ask(&plan->sweep);
    return DAM_OK;
}

dam_status dam__sweep_plan_experiment(const dam__sweep_plan *plan, size_t replica,
                                      dam__experiment *out)
{
    size_t seed = replica % plan->sweep.seeds;
    dam_status status = cell_experiment(plan, replica / plan->sweep.seeds, out);
    out->train.record = 0;            /* no run is left that could show a film, */
    out->train.diagnostics[0] = '\0'; /* or what its steps did */
    if (status == DAM_OK)
        out->seed = (int64_t)((uint64_t)out->seed + seed) & INT64_MAX;
    return status;
}
