#include "recall/recall_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_type.h"

void dam__recall_result_free(dam__recall_result *result)
{
    free(result->probes);
    dam__recalled_free(&result->recalled);
    *result = (dam__recall_result){0};
}

/* What a cell is made of while it runs. */
struct cell {
    const dam__recall_source *source;
    const dam__recall_keys *keys;
    dam__recall_result *result;
    size_t stored, count;  /* patterns, probes */
    uint8_t *mask, *fixed; /* dim marks, or NULL */
};

static uint64_t seed_of(const struct cell *c)
{
    return (uint64_t)c->source->experiment.seed;
}

/* The pattern that probe i is made of: evenly spread over those stored. */
static size_t pattern_of(const struct cell *c, size_t i)
{
    return (size_t)((double)i * ((double)c->stored / (double)c->count));
}

static dam_status read_masks(struct cell *c)
{
    const dam__recall_source *source = c->source;
    size_t dim = source->shape.dim, features = dim - source->class_neurons;
    const char *clamp = c->keys->clamp;
    /* Regions are of what a sample has; class neurons are in none. */
    const dam__state_shape shape = {features, source->shape.height, source->shape.width,
                                    source->shape.pixels};
    if (c->keys->mask[0] != '\0') {
        DAM_TRY(dam__alloc(dim, 1, &c->mask));
        DAM_TRY(dam__region_mark(c->keys->mask, &shape, c->mask));
    }
    if (clamp[0] == '\0' && c->keys->dynamics != DAM__DYNAMICS_CLASS)
        return DAM_OK;
    DAM_TRY(dam__alloc(dim, 1, &c->fixed));
    if (c->keys->dynamics == DAM__DYNAMICS_CLASS) {
        if (source->class_neurons == 0)
            return dam__fail(
                DAM_USAGE,
                "recall.dynamics = \"class\" wants memories with class neurons, those of a run "
                "that learned labels (model.task = \"classify\")");
        memset(c->fixed, 1, features);
    } else if (strcmp(clamp, "given") == 0) {
        for (size_t i = 0; i < features; i++)
            c->fixed[i] = c->mask[i] == 0;
    } else {
        DAM_TRY(dam__region_mark(clamp, &shape, c->fixed));
    }
    return DAM_OK;
}

static dam_status make_probes(struct cell *c)
{
    const dam__recall_source *source = c->source;
    size_t dim = source->shape.dim, features = dim - source->class_neurons, items = 0;
    DAM_TRY(dam__multiply(c->count, dim, &items));
    DAM_TRY(dam__alloc(items, sizeof *c->result->probes, &c->result->probes));
    for (size_t i = 0; i < c->count; i++) {
        float *x = c->result->probes + i * dim;
        size_t pattern = pattern_of(c, i);
        memcpy(x, source->patterns + pattern * dim, features * sizeof *x);
        for (size_t j = features; j < dim; j++)
            x[j] = -1;
        DAM_TRY(dam__probe_flip(seed_of(c), i, c->result->cell.flips, features, x));
        if (c->keys->noise > 0)
            DAM_TRY(dam__probe_noise(seed_of(c), i, c->keys->noise, features, x));
        if (c->mask != NULL)
            dam__probe_forget(c->mask, dim, x);
    }
    return DAM_OK;
}

/* Probes of a file, taken as they are; class neurons may be left out of it. */
static dam_status read_probes(struct cell *c)
{
    dam_status status = DAM_OK;
    dam__dataset set = {0};
    float *states = NULL;
    const dam__state_shape *shape = &c->source->shape;
    dam__data_config from = c->source->experiment.data;
    from.name[0] = from.labels[0] = from.validation_images[0] = '\0';
    if (c->source->is_run)
        dam__run_data(&c->source->run, &from);
    from.samples = 0;
    (void)snprintf(from.images, sizeof from.images, "%s", c->keys->probes);
    DAM_TRY_CLEANUP(dam__dataset_load(&from, DAM__SPLIT_TRAIN, &set));
    DAM_TRY_CLEANUP(dam__states_of(&set, &states));
    if (set.features != shape->dim)
        DAM_FAIL(DAM_INPUT, "the probes of '%s' have %zu neurons, the memories %zu",
                 c->keys->probes, set.features, shape->dim);
    c->count = set.count;
    if (c->keys->count > 0 && (size_t)c->keys->count < c->count)
        c->count = (size_t)c->keys->count;
    c->result->probes = states;
    states = NULL;
cleanup:
    free(states);
    dam__dataset_free(&set);
    return status;
}

static void summarise(const struct cell *c, dam__recall_result *result)
{
    const dam__recalled *got = &result->recalled;
    size_t dim = got->dim;
    double count = (double)got->count;
    for (size_t p = 0; p < got->count; p++) {
        const double *energies = got->energies + p * (got->sweeps + 1);
        result->sweeps += got->taken[p] / count;
        result->nearest += got->distances[p] / count;
        result->energy_before += energies[0] / count;
        result->energy_after += energies[got->taken[p]] / count;
        result->moving += got->ends[p] == DAM__RECALL_MOVING;
        result->cycling += got->ends[p] == DAM__RECALL_CYCLING;
        if (!result->compared)
            continue;
        const float *wanted = c->source->patterns + pattern_of(c, p) * dim;
        double squares = 0;
        for (size_t i = 0; i < dim; i++) {
            double difference = (double)got->states[p * dim + i] - (double)wanted[i];
            squares += difference * difference;
        }
        bool twin = dam__alike_has_twin(&c->source->alike, pattern_of(c, p), c->stored);
        result->twins += twin;
        result->recovered += squares == 0 && !twin;
        result->distance += sqrt(squares) / count;
    }
}

static dam_status recall_cell(struct cell *c, dam__device *device, dam__gemm_provider gemm,
                              const dam__recall_callbacks *callbacks)
{
    dam__recall_result *result = c->result;
    const dam__recall_source *source = c->source;
    dam__recall_config config = dam__recall_config_of(
        &source->experiment, &result->cell.interaction, source->shape.dim, source->is_run);
    config.gemm = gemm;
    dam__array stored = {.element = DAM__F32,
                         .rank = 2,
                         .shape = {c->stored, source->shape.dim},
                         .data = source->patterns};
    const dam__array *memories =
        source->is_run ? dam__container_array(&source->run.container, "parameters/memories")
                       : &stored;
    const dam__recall_task task = {
        .memories = memories, .probes = result->probes, .count = c->count, .fixed = c->fixed};
    DAM_TRY(dam__recall(device, &config, &task, callbacks, &result->recalled));
    result->memories = memories->shape[0];
    summarise(c, result);
    return DAM_OK;
}

dam_status dam__recall_cell_run(const dam__recall_source *source, dam__device *device,
                                dam__gemm_provider gemm, const dam__recall_cell *cell,
                                const dam__recall_callbacks *callbacks, dam__recall_result *out)
{
    dam_status status = DAM_OK;
    dam__recall_result result = {.cell = *cell};
    const dam__recall_keys *keys = &source->experiment.recall;
    struct cell c = {.source = source, .keys = keys, .result = &result};
    *out = (dam__recall_result){0};
    c.stored = cell->patterns > 0 ? (size_t)cell->patterns : source->count;
    if (c.stored > source->count)
        DAM_FAIL(DAM_USAGE, "recall.patterns asks for %zu patterns, but there are %zu%s", c.stored,
                 source->count, source->experiment.data.images[0] == '\0' ? " (data.samples)" : "");
    c.count = keys->count > 0 ? (size_t)keys->count : c.stored;
    result.compared = keys->probes[0] == '\0';
    DAM_TRY_CLEANUP(read_masks(&c));
    DAM_TRY_CLEANUP(result.compared ? make_probes(&c) : read_probes(&c));
    DAM_TRY_CLEANUP(recall_cell(&c, device, gemm, callbacks));
    *out = result;
    result = (dam__recall_result){0};
cleanup:
    free(c.mask);
    free(c.fixed);
    dam__recall_result_free(&result);
    return status;
}
