#include "transfer/tuned.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/notice.h"
#include "data/gaussian.h"
#include "model/model_type.h"
#include "run/key_value.h"
#include "run/run_folder.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_search.h"

void dam__tuned_free(dam__tuned *tuned)
{
    free(tuned->name);
    *tuned = (dam__tuned){0};
}

static dam_status check_model(const dam__tuned *tuned)
{
    if (!dam__model_type_of(&tuned->experiment.model)->transfers)
        return dam__fail(DAM_USAGE,
                         "'%s' is not of model.kind = \"denoise\": only of denoisers is it known "
                         "how rates follow sizes",
                         tuned->name);
    return DAM_OK;
}

/* All samples of the training file, and, where a sweep does not say it, what they are. */
static dam_status look_at_data(dam__tuned *tuned, size_t *count)
{
    dam_status status = DAM_OK;
    const dam__data_config *data = &tuned->experiment.data;
    bool made_up = dam__gaussian_asked(data), shaped = tuned->sizes.dim > 0;
    dam__dataset set = {0};
    *count = (size_t)data->samples;
    if (made_up) {
        tuned->sizes.dim = data->dim;
        *count = data->samples > 0 ? *count : (size_t)data->dim * (size_t)DAM__GAUSSIAN_RATIO;
    } else if (!shaped || data->samples == 0) {
        DAM_TRY_CLEANUP(dam__dataset_load(data, DAM__SPLIT_TRAIN, &set));
        *count = set.count;
        tuned->sizes.dim = (int)set.features;
        /* Pictures in colour are averaged over nothing. */
        bool grey = set.pixels == DAM__PIXELS_GREY;
        tuned->height = grey ? (int)set.height : 0;
        tuned->width = grey ? (int)set.width : 0;
    }
cleanup:
    dam__dataset_free(&set);
    return status;
}

static dam_status measure(dam__tuned *tuned)
{
    size_t count = 0;
    const dam__experiment *experiment = &tuned->experiment;
    DAM_TRY(look_at_data(tuned, &count));
    count -= (size_t)((double)count * experiment->data.validation);
    tuned->sizes.memories = experiment->model.memories;
    tuned->sizes.samples = (int)count;
    tuned->sizes.batch = experiment->train.batch;
    return DAM_OK;
}

/* --- a run ---------------------------------------------------------------------------------------- */

static dam_status open_run(const char *path, dam__tuned *out)
{
    dam_status status = DAM_OK;
    dam__run run = {0};
    DAM_TRY_CLEANUP(dam__run_open(path, NULL, 0, &run));
    out->experiment = run.experiment;
    out->sizes.dim = run.dim;
    bool grey = run.pixels == DAM__PIXELS_GREY;
    out->height = grey ? run.height : 0;
    out->width = grey ? run.width : 0;
    DAM_TRY_CLEANUP(check_model(out));
cleanup:
    dam__run_free(&run);
    return status;
}

/* --- a sweep -------------------------------------------------------------------------------------- */

/* N K of a cell, as far as its preset says N; plaquettes that are larger make it smaller. */
static double size_of(const dam__experiment *experiment)
{
    const dam__data_config *data = &experiment->data;
    double side = data->plaquette;
    return experiment->model.memories * (dam__gaussian_asked(data) ? data->dim : 1 / (side * side));
}

static bool has_best(const dam__optimum *optimum)
{
    return optimum->place != DAM__PLACE_NOWHERE && optimum->place != DAM__PLACE_UNKNOWN;
}

/* Whether a line comes before another of its size. */
static bool is_better(const dam__sweep *sweep, const dam__optimum *a, const dam__optimum *b)
{
    if (!has_best(a) || !has_best(b))
        return has_best(a) && !has_best(b);
    return dam__metric_rises(sweep->metric) ? a->score > b->score : a->score < b->score;
}

/* Where other keys than sizes make lines, one is chosen. */
static dam_status tell_choice(const dam__sweep *sweep, const dam__optimum *best, const char *name,
                              size_t lines, const dam_log *log)
{
    dam__text text = {0};
    dam__sweep_plan_describe(sweep, best->cell, &text);
    dam_status status = dam__text_status(&text);
    if (status == DAM_OK && lines > 1)
        dam__info(log,
                  "of %zu lines of '%s' at its smallest size, that with the best %s is taken: %s",
                  lines, name, dam__metric_name(sweep->metric), text.data);
    dam__text_free(&text);
    return status;
}

/* The best cell of the smallest size. */
static dam_status find_best(const dam__sweep_plan *plan, const char *name, const dam_log *log,
                            dam__optimum *best, dam__experiment *out)
{
    dam_status status = DAM_OK;
    dam__experiment *one = NULL;
    double least = INFINITY;
    size_t alike = 0;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *one, &one));
    for (size_t line = 0; line < dam__sweep_lines(&plan->sweep); line++) {
        dam__optimum optimum;
        DAM_TRY_CLEANUP(dam__sweep_plan_experiment(plan, line * plan->sweep.seeds, one));
        if (size_of(one) > least)
            continue;
        dam__sweep_optimum(&plan->sweep, line, &optimum);
        alike = size_of(one) < least ? 1 : alike + 1;
        least = size_of(one);
        if (alike == 1 || is_better(&plan->sweep, &optimum, best))
            *best = optimum;
    }
    if (!has_best(best))
        DAM_FAIL(
            DAM_USAGE,
            "the sweep '%s' has no best train.eta0 at its smallest size (%s); go on with it, or "
            "try other values",
            name, dam__place_name(best->place));
    DAM_TRY_CLEANUP(dam__sweep_plan_experiment(plan, best->cell * plan->sweep.seeds, out));
    DAM_TRY_CLEANUP(tell_choice(&plan->sweep, best, name, alike, log));
cleanup:
    free(one);
    return status;
}

static dam_status open_sweep(const char *path, const dam_log *log, dam__tuned *out)
{
    dam_status status = DAM_OK;
    dam__sweep_plan plan = {0};
    dam__optimum best = {0};
    DAM_TRY_CLEANUP(dam__sweep_plan_open(path, &plan));
    const dam__option *first = plan.keys[0][0];
    if (first == NULL || strcmp(first->section, "train") != 0 || strcmp(first->key, "eta0") != 0)
        DAM_FAIL(DAM_USAGE,
                 "the sweep '%s' has no train.eta0 as its first key: there is nothing tuned in it",
                 path);
    out->experiment = plan.base;
    DAM_TRY_CLEANUP(check_model(out));
    DAM_TRY_CLEANUP(find_best(&plan, path, log, &best, &out->experiment));
    if (best.place != DAM__PLACE_INTERIOR)
        dam__warn(
            log,
            "the best train.eta0 of '%s', %g, has no worse one on both sides (%s): it may not "
            "be the optimum",
            path, out->experiment.model.denoise.eta0, dam__place_name(best.place));
cleanup:
    dam__sweep_plan_free(&plan);
    return status;
}

dam_status dam__tuned_open(const char *path, const dam_log *log, dam__tuned *out)
{
    dam_status status = DAM_OK;
    dam__tuned tuned = {0};
    *out = (dam__tuned){0};
    DAM_TRY_CLEANUP(dam__format(&tuned.name, "%s", path));
    DAM_TRY_CLEANUP(dam__sweep_is(path) ? open_sweep(path, log, &tuned) : open_run(path, &tuned));
    DAM_TRY_CLEANUP(measure(&tuned));
    *out = tuned;
    tuned = (dam__tuned){0};
cleanup:
    dam__tuned_free(&tuned);
    return status;
}

const dam__option *dam__tuned_key(size_t i)
{
    static const char *const keys[][2] = {
        {"train", "eta0"},       {"train", "optimizer"}, {"train", "momentum"},
        {"train", "rates"},      {"train", "warmup"},    {"train", "decay"},
        {"model", "activation"}, {"model", "power"},     {"model", "centring"},
        {"model", "gain"},       {"model", "regime"},    {"model", "parametrisation"},
        {"data", "noise"},       {"data", "pairs"},      {"data", "spectrum"},
    };
    return i < sizeof keys / sizeof *keys ? dam__option_find(keys[i][0], keys[i][1]) : NULL;
}
