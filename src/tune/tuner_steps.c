/* The second half of the search: training steps with the products that were chosen, and the shapes
 * of the other kernels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_type.h"
#include "tune/tuner.h"

static const double AFTER_KERNELS = 0.2; /* of the budget are left when their search ends */
static const double SLOWER = 1.02;       /* of the time: what is this much slower is taken back */

typedef struct work {
    dam__tuner *tuner;
    const dam__tuner_evaluator *evaluator;
} work;

static void note(const work *s, const char *line)
{
    if (s->evaluator->note != NULL)
        s->evaluator->note(s->evaluator->user, line);
}

static bool goes_on(const work *s, double until)
{
    return s->evaluator->left(s->evaluator->user) > until;
}

/* --- kernels ---------------------------------------------------------------------------------- */

static dam_status try_step(const work *s, const dam__tuning_part *part, int preset, double *ratio,
                           dam__candidate_status *end)
{
    *ratio = INFINITY;
    *end = DAM__CANDIDATE_SKIPPED;
    dam_status status = s->evaluator->step(s->evaluator->user, part, preset, ratio, end);
    s->tuner->candidates += *end != DAM__CANDIDATE_SKIPPED;
    s->tuner->refused += *end == DAM__CANDIDATE_REFUSED;
    if (*end == DAM__CANDIDATE_REFUSED)
        *ratio = INFINITY;
    return status;
}

/* The first preset of a kind stands for all of it. */
static int preset_of(const dam__tuner *tuner, int kind)
{
    int preset = -1;
    for (int p = 0; p < tuner->preset_count && preset < 0; p++)
        if (tuner->presets[p].kind == kind)
            preset = p;
    return preset;
}

/* Mean of the logarithms of the ratios over the kinds whose kernels a key shapes. */
static dam_status try_key(const work *s, const dam__tuning_part *part, int key,
                          double *mean_log_ratio, bool *over)
{
    int count = 0;
    *mean_log_ratio = 0;
    for (int kind = 0; kind < DAM__KINDS; kind++) {
        bool shaped = (dam__model_types[kind]->tuned_by >> key & 1u) != 0;
        int preset = shaped ? preset_of(s->tuner, kind) : -1;
        double ratio = 0;
        dam__candidate_status end;
        if (preset < 0)
            continue;
        DAM_TRY(try_step(s, part, preset, &ratio, &end));
        *over = *over || end == DAM__CANDIDATE_SKIPPED;
        *mean_log_ratio += log(ratio);
        count++;
        if (isinf(ratio))
            break;
    }
    *mean_log_ratio = count > 0 ? *mean_log_ratio / count : INFINITY;
    return DAM_OK;
}

static bool is_worth_trying(const dam__tuner *tuner, dam__kernel_key key, int value)
{
    if (key == DAM__KERNEL_GROUP && tuner->shape == DAM__SHAPE_CPU)
        return false;
    return value > 0 && !(key == DAM__KERNEL_VECTOR_WIDTH && value >= tuner->vector_width);
}

/* Each value of each key, one after the other, from the best so far. */
static dam_status search_kernels(const work *s, double until)
{
    dam__tuning_part *part = &s->tuner->part;
    const dam__space *space = &dam__spaces[DAM__SPACE_KERNELS];
    note(s, "shapes of the other kernels");
    for (int key = 0; key < space->count && goes_on(s, until); key++) {
        bool over = false;
        double best = 0;
        int present = part->sets[DAM__SPACE_KERNELS].values[key];
        DAM_TRY(try_key(s, part, key, &best, &over));
        if (over || isinf(best))
            continue; /* no preset has such kernels, or no time is left */
        for (int v = 0; v < space->tunables[key].count && goes_on(s, until); v++) {
            dam__tuning_part candidate = *part;
            dam__set *set = &candidate.sets[DAM__SPACE_KERNELS];
            double mean_log_ratio = 0;
            if (!is_worth_trying(s->tuner, (dam__kernel_key)key, space->tunables[key].values[v]))
                continue;
            set->given = true;
            set->values[key] = space->tunables[key].values[v];
            DAM_TRY(try_key(s, &candidate, key, &mean_log_ratio, &over));
            if (!over && mean_log_ratio < best + log(DAM__WORTH)) {
                best = mean_log_ratio;
                present = set->values[key];
            }
        }
        if (present != part->sets[DAM__SPACE_KERNELS].values[key]) {
            part->sets[DAM__SPACE_KERNELS].given = true;
            part->sets[DAM__SPACE_KERNELS].values[key] = present;
        }
    }
    return DAM_OK;
}

/* --- what is kept ----------------------------------------------------------------------------- */

static bool is_empty(const dam__tuning_part *part)
{
    bool empty = part->provider == DAM__GEMM_AUTO && part->count == 0;
    for (int kind = 0; kind < DAM__SPACES; kind++)
        empty = empty && !part->sets[kind].given;
    return empty;
}

static dam__tuned_product *product_of(dam__tuner *tuner, const dam__choice *choice)
{
    for (int p = 0; p < tuner->product_count; p++)
        if (dam__product_distance(&tuner->products[p].shape, &choice->shape) == 0)
            return &tuner->products[p];
    return NULL;
}

/*
 * A preset's products by what is built in, and the usual provider too: by it the loader decides
 * whether batches are gathered, whoever multiplies them. False where they were so before.
 */
static bool take_products_back(dam__tuner *tuner, int preset)
{
    dam__tuning_part *part = &tuner->part;
    bool changed = part->provider != DAM__GEMM_AUTO && part->provider != tuner->usual;
    part->provider = DAM__GEMM_AUTO;
    for (int i = 0; i < part->count; i++) {
        dam__choice *choice = &part->choices[i];
        dam__tuned_product *product = product_of(tuner, choice);
        if (product == NULL || (product->presets & 1u << (unsigned)preset) == 0)
            continue;
        changed = changed || choice->provider != tuner->usual || choice->panel.given;
        choice->provider = tuner->usual;
        choice->panel = (dam__set){0};
        product->best = product->shares[tuner->usual];
    }
    return changed;
}

static void take_all_back(dam__tuner *tuner)
{
    tuner->part = (dam__tuning_part){0};
    for (int p = 0; p < tuner->product_count; p++)
        tuner->products[p].best = tuner->products[p].shares[tuner->usual];
}

/* A step with the part as it is, twice before it is called slower; *ratio = 0 where no time is
 * left. */
static dam_status measure_preset(const work *s, int preset, double *ratio)
{
    double again = 0;
    dam__candidate_status end;
    DAM_TRY(try_step(s, &s->tuner->part, preset, ratio, &end));
    if (end == DAM__CANDIDATE_MEASURED && *ratio > SLOWER) {
        DAM_TRY(try_step(s, &s->tuner->part, preset, &again, &end));
        *ratio = again < *ratio ? again : *ratio;
    } else if (end == DAM__CANDIDATE_SKIPPED) {
        *ratio = 0;
    }
    return DAM_OK;
}

/*
 * Takes back what a preset is slower with, or fails with: its products, then everything. What was
 * seen slower must be seen not to be, so all goes as well where there is no time for that.
 */
static dam_status restore_if_slower(const work *s, int preset, bool *changed)
{
    double *ratio = &s->tuner->presets[preset].ratio;
    DAM_TRY(measure_preset(s, preset, ratio));
    if (*ratio <= SLOWER)
        return DAM_OK;
    *changed = true;
    if (take_products_back(s->tuner, preset))
        DAM_TRY(measure_preset(s, preset, ratio));
    if (*ratio == 0 || *ratio > SLOWER)
        take_all_back(s->tuner);
    return DAM_OK;
}

/*
 * Every preset's step against the untuned one, until all of them were seen with what is left of the
 * part. *all: there was time for that. A part with nothing in it needs no proof.
 */
static dam_status confirm(const work *s, bool *all)
{
    dam__tuner *tuner = s->tuner;
    int count = tuner->preset_count;
    note(s, "training steps with all that was found");
    for (int p = 0, seen = 0; seen < count && !is_empty(&tuner->part); p = (p + 1) % count) {
        bool changed = false;
        DAM_TRY(restore_if_slower(s, p, &changed));
        seen = changed ? 1 : seen + 1;
    }
    *all = true;
    for (int p = 0; p < count; p++) {
        if (is_empty(&tuner->part))
            tuner->presets[p].ratio = 1;
        *all = *all && tuner->presets[p].ratio > 0;
    }
    return DAM_OK;
}

/* Whether no preset's step is slower with the kernels that were found; false where not all of them
 * were seen. */
static dam_status check_kernels(const work *s, bool *good)
{
    dam__tuner *tuner = s->tuner;
    *good = true;
    note(s, "training steps with these shapes");
    for (int p = 0; p < tuner->preset_count && *good; p++) {
        double *ratio = &tuner->presets[p].ratio;
        DAM_TRY(measure_preset(s, p, ratio));
        *good = *ratio > 0 && *ratio <= SLOWER;
    }
    return DAM_OK;
}

/* Kernels last: what the steps are with products alone is known by then, and is what stays unless
 * all steps were seen with the kernels too. */
static dam_status tune_kernels(const work *s)
{
    dam_status status = DAM_OK;
    dam__tuner *before = NULL;
    bool good = true;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *before, &before));
    *before = *s->tuner;
    DAM_TRY_CLEANUP(search_kernels(s, AFTER_KERNELS));
    if (s->tuner->part.sets[DAM__SPACE_KERNELS].given)
        DAM_TRY_CLEANUP(check_kernels(s, &good));
    if (!good) {
        s->tuner->part = before->part;
        memcpy(s->tuner->presets, before->presets, sizeof before->presets);
    }
cleanup:
    free(before);
    return status;
}

dam_status dam__tuner_steps(dam__tuner *tuner, const dam__tuner_evaluator *evaluator)
{
    const work s = {.tuner = tuner, .evaluator = evaluator};
    bool all = false;
    DAM_TRY(confirm(&s, &all));
    if (all)
        DAM_TRY(tune_kernels(&s));
    return DAM_OK;
}
