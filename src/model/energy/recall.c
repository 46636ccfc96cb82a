#include "model/energy/recall.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "model/energy/recall_internal.h"

enum {
    BLOCK = 4,      /* sweeps between two looks at who still moves */
    RECOMPUTED = 16 /* sweeps after which similarities are computed anew, in single precision */
};

void dam__recalled_free(dam__recalled *recalled)
{
    free(recalled->states);
    free(recalled->energies);
    free(recalled->flips);
    free(recalled->taken);
    free(recalled->ends);
    free(recalled->nearest);
    free(recalled->distances);
    *recalled = (dam__recalled){0};
}

/* --- what is asked for ------------------------------------------------------------------------ */

static dam_status check_memories(const dam__array *memories)
{
    if (memories->rank != 2 || memories->shape[0] == 0 || memories->shape[1] == 0)
        return dam__fail(DAM_INPUT,
                         "memories must be a matrix of at least one row and column, one a row");
    if (memories->shape[0] > INT_MAX / 2 || memories->shape[1] > INT_MAX / 4)
        return dam__fail(DAM_INPUT, "%zu memories of %zu neurons are more than can be recalled",
                         memories->shape[0], memories->shape[1]);
    size_t items = dam__array_items(memories);
    for (size_t i = 0; i < items; i++)
        if (!isfinite(dam__array_at(memories, i)))
            return dam__fail(DAM_INPUT, "memory %zu holds %g, which is no finite number",
                             i / memories->shape[1], dam__array_at(memories, i));
    return DAM_OK;
}

/* Lists the free neurons. */
static dam_status find_free(dam__recaller *r)
{
    DAM_TRY(dam__alloc((size_t)r->dim, sizeof *r->free, &r->free));
    for (int i = 0; i < r->dim; i++)
        if (r->task->fixed == NULL || r->task->fixed[i] == 0)
            r->free[r->neurons++] = i;
    if (r->neurons == 0)
        return dam__fail(DAM_INPUT, "the mask keeps every neuron as it is; leave some free");
    return DAM_OK;
}

static bool is_sign(float value)
{
    return value == 1 || value == -1;
}

/* *signs: whether every neuron of every probe is +-1; *largest: of all magnitudes. */
static dam_status check_probes(const dam__recaller *r, bool *signs, double *largest)
{
    const dam__recall_task *task = r->task;
    size_t dim = (size_t)r->dim;
    *signs = true;
    *largest = 1;
    for (size_t p = 0; p < task->count; p++) {
        const float *probe = task->probes + p * dim;
        for (size_t i = 0; i < dim; i++) {
            if (!isfinite(probe[i]))
                return dam__fail(DAM_INPUT,
                                 "probe %zu holds %g at neuron %zu, which is no finite number", p,
                                 (double)probe[i], i);
            if (is_sign(probe[i]))
                continue;
            *signs = false;
            *largest = fmax(*largest, fabs((double)probe[i]));
            if (r->config->dynamics != DAM__DYNAMICS_CLASS &&
                (task->fixed == NULL || task->fixed[i] == 0))
                return dam__fail(DAM_INPUT,
                                 "probe %zu holds %g at neuron %zu; neurons that may move must be "
                                 "+1 or -1: threshold the probes, or clamp those neurons",
                                 p, (double)probe[i], i);
        }
    }
    return DAM_OK;
}

/* reach and most: what the kernels' scales are made for. */
static void measure_memories(dam__recaller *r, double largest)
{
    const dam__array *memories = r->task->memories;
    size_t dim = (size_t)r->dim;
    for (size_t mu = 0; mu < (size_t)r->memories; mu++) {
        double sum = 0;
        for (size_t i = 0; i < dim; i++)
            sum += fabs(dam__array_at(memories, mu * dim + i));
        r->most = fmax(r->most, largest * sum);
        for (int v = 0; v < r->neurons; v++)
            r->reach = fmax(r->reach, fabs(dam__array_at(memories, mu * dim + (size_t)r->free[v])));
    }
}

static dam_status examine(dam__recaller *r)
{
    bool signs = false;
    double largest = 1;
    DAM_TRY(check_memories(r->task->memories));
    r->memories = (int)r->task->memories->shape[0];
    r->dim = (int)r->task->memories->shape[1];
    r->ld = ((size_t)r->memories + 15) / 16 * 16;
    r->sweeps = r->config->dynamics == DAM__DYNAMICS_CLASS ? 1 : r->config->sweeps;
    if (r->task->count == 0)
        return dam__fail(DAM_INPUT, "there is no probe to recall from");
    DAM_TRY(find_free(r));
    DAM_TRY(check_probes(r, &signs, &largest));
    r->signs =
        signs && dam__all_signs(r->task->memories) && dam__recall_table_fits(r->config, r->dim);
    measure_memories(r, largest);
    return DAM_OK;
}

/* --- energies --------------------------------------------------------------------------------- */

/* E in units of F(b N), of a kernel's record: its sum of F, in the scale that the record names. */
static double energy_of(const dam__recaller *r, const double *record, double sum)
{
    const dam__recall_config *config = r->config;
    const dam__interaction *interaction = &config->interaction;
    double dim = r->dim, centre = record[2], b = config->scale;
    if (r->signs) {
        dam__wide unit = dam__wide_interaction(config, dim);
        int levels = DAM__LEVEL_BITS * (int)record[2];
        return -ldexp(sum / unit.mantissa, r->table.base - unit.exponent - levels);
    }
    if (interaction->kind == DAM__INTERACTION_EXP)
        return -sum * exp(b * (centre - dim));
    /* The leak's share of cl/recall_sweep.cl, which single precision may not hold. */
    if (interaction->kind == DAM__INTERACTION_LEAKY && record[3] != 1)
        return -sum * fabs(interaction->leak) * (b * r->most) *
               pow(b * dim, -interaction->exponent);
    return -sum / record[3] * pow(centre / dim, interaction->exponent);
}

/* What rounding may add to an energy in a sweep, as a share of the larger sum of |F|, before it or
 * after: terms that cancel leave an energy far smaller than what rounds. */
static double rounding(const dam__recaller *r)
{
    double steep = r->config->interaction.kind == DAM__INTERACTION_EXP
                       ? r->config->scale * r->dim
                       : r->config->interaction.exponent;
    return dam__real_epsilon(r->device) * (64 + 4 * steep + 4 * sqrt(r->memories));
}

double dam__recall_energy(const dam__recall_config *config, const double *similarities,
                          size_t memories, size_t dim)
{
    dam__wide unit = dam__wide_interaction(config, (double)dim);
    double sum = 0;
    for (size_t mu = 0; mu < memories; mu++) {
        dam__wide value = dam__wide_interaction(config, similarities[mu]);
        sum -= ldexp(value.mantissa / unit.mantissa, value.exponent - unit.exponent);
    }
    return sum;
}

/* --- results ---------------------------------------------------------------------------------- */

static dam_status allocate_result(const dam__recaller *r, dam__recalled *out)
{
    size_t count = r->task->count, sweeps = (size_t)r->sweeps, items = 0;
    out->count = count;
    out->dim = (size_t)r->dim;
    out->sweeps = sweeps;
    out->signs = r->signs;
    DAM_TRY(dam__multiply(count, out->dim, &items));
    DAM_TRY(dam__alloc(items, sizeof *out->states, &out->states));
    DAM_TRY(dam__multiply(count, sweeps + 1, &items));
    DAM_TRY(dam__alloc(items, sizeof *out->energies, &out->energies));
    DAM_TRY(dam__alloc(items, sizeof *out->flips, &out->flips));
    DAM_TRY(dam__alloc(count, sizeof *out->taken, &out->taken));
    DAM_TRY(dam__alloc(count, sizeof *out->ends, &out->ends));
    DAM_TRY(dam__alloc(count, sizeof *out->nearest, &out->nearest));
    return dam__alloc(count, sizeof *out->distances, &out->distances);
}

/* How many sweeps a probe took: flips is 0 in the one that changed nothing, and in those after. */
static int sweeps_taken(const int32_t *flips, int sweeps, int end)
{
    int taken = 0;
    while (taken < sweeps && flips[taken] > 0)
        taken++;
    return end == DAM__RECALL_CONVERGED && taken < sweeps ? taken + 1 : taken;
}

/* Energies and flips of a chunk, whose records came as rows of a sweep each. */
static void keep_sweeps(const dam__recaller *r, const double *records, const int32_t *flips,
                        size_t first, size_t count, int run, dam__recalled *out)
{
    size_t sweeps = (size_t)r->sweeps, width = DAM__RECORD_REALS * (size_t)r->chunk;
    double tolerance = rounding(r);
    for (size_t p = 0; p < count; p++) {
        int32_t *mine = out->flips + (first + p) * sweeps;
        double *energies = out->energies + (first + p) * (sweeps + 1);
        for (int s = 0; s < run; s++)
            mine[s] = flips[(size_t)s * (size_t)r->chunk + p];
        int taken = sweeps_taken(mine, run, out->ends[first + p]);
        out->taken[first + p] = taken;
        bool rises = false;
        double last = 0, last_size = 0;
        for (size_t s = 0; s <= sweeps; s++) {
            const double *record = records + s * width + p * DAM__RECORD_REALS;
            bool is = s <= (size_t)taken;
            double size = is ? fabs(energy_of(r, record, record[1])) : 0;
            energies[s] = is ? energy_of(r, record, record[0]) : NAN;
            if (s > 0 && is)
                rises = rises || energies[s] - last > tolerance * fmax(size, last_size);
            last = energies[s];
            last_size = size;
        }
        out->rising += rises && r->config->dynamics == DAM__DYNAMICS_ASYNCHRONOUS;
    }
}

static dam_status read_sweeps(dam__recaller *r, size_t first, size_t count, int run,
                              dam__recalled *out)
{
    dam_status status = DAM_OK;
    dam__matrix shown = r->records;
    double *records = NULL;
    int32_t *flips = NULL;
    size_t items = (size_t)run * (size_t)r->chunk;
    shown.rows = run + 1;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&shown), sizeof *records, &records));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *flips, &flips));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&shown, records, "energies"));
    DAM_TRY_CLEANUP(dam__integers_read(r->flips, items, r->dim, flips, "flips"));
    if (r->config->dynamics == DAM__DYNAMICS_CLASS)
        for (size_t p = 0; p < count; p++)
            out->ends[first + p] = DAM__RECALL_CONVERGED;
    keep_sweeps(r, records, flips, first, count, run, out);
cleanup:
    free(records);
    free(flips);
    return status;
}

static dam_status read_states(dam__recaller *r, size_t first, size_t count, dam__recalled *out)
{
    dam_status status = DAM_OK;
    double *states = NULL, *least = NULL;
    dam__matrix shown = r->states;
    size_t dim = (size_t)r->dim;
    shown.rows = (int)count;
    DAM_TRY_CLEANUP(dam__alloc(count * dim, sizeof *states, &states));
    DAM_TRY_CLEANUP(dam__alloc((size_t)r->chunk, sizeof *least, &least));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&shown, states, "states"));
    if (!r->signs)
        DAM_TRY_CLEANUP(dam__recaller_refresh(r, count));
    DAM_TRY_CLEANUP(dam__recaller_nearest(r, count));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&r->distances, least, "distances"));
    DAM_TRY_CLEANUP(dam__integers_read(r->nearest, count, r->memories - 1, out->nearest + first,
                                       "nearest memories"));
    for (size_t p = 0; p < count; p++) {
        double squares = 0;
        for (size_t i = 0; i < dim; i++) {
            double value = states[p * dim + i];
            out->states[(first + p) * dim + i] = (float)value;
            squares += value * value;
        }
        out->distances[first + p] = sqrt(fmax(0, squares + 2 * least[p]));
    }
cleanup:
    free(states);
    free(least);
    return status;
}

/* Energies and flips were kept for as many sweeps as were allowed: now for those that were taken.
 */
static void trim(dam__recalled *out)
{
    size_t wide = out->sweeps, most = 0;
    for (size_t p = 0; p < out->count; p++)
        if ((size_t)out->taken[p] > most)
            most = (size_t)out->taken[p];
    for (size_t p = 0; p < out->count; p++) {
        memmove(out->flips + p * most, out->flips + p * wide, most * sizeof *out->flips);
        memmove(out->energies + p * (most + 1), out->energies + p * (wide + 1),
                (most + 1) * sizeof *out->energies);
    }
    out->sweeps = most;
}

/* --- the run ---------------------------------------------------------------------------------- */

static bool all_ended(const int32_t *ends, size_t count)
{
    for (size_t p = 0; p < count; p++)
        if (ends[p] == DAM__RECALL_MOVING)
            return false;
    return true;
}

/* *run: sweeps that were queued. ends is read after every few of them. */
static dam_status sweep_chunk(dam__recaller *r, size_t first, size_t count,
                              const dam__recall_callbacks *callbacks, int32_t *ends, int *run)
{
    bool single = dam__device_precision(r->device) == DAM__PRECISION_SINGLE;
    for (*run = 0; *run < r->sweeps;) {
        if (!r->signs && single && *run > 0 && *run % RECOMPUTED == 0)
            DAM_TRY(dam__recaller_refresh(r, count));
        DAM_TRY(dam__recaller_sweep(r, count, *run));
        ++*run;
        if (*run % BLOCK != 0 && *run < r->sweeps)
            continue;
        DAM_TRY(dam__integers_read(r->ends, count, DAM__RECALL_CYCLING, ends, "who has ended"));
        if (all_ended(ends, count))
            break;
        if (callbacks != NULL && callbacks->stop != NULL && callbacks->stop(callbacks->user))
            return dam__fail(DAM_INTERRUPTED,
                             "stopped after %zu of %zu probes; nothing was written", first,
                             r->task->count);
        if (callbacks != NULL && callbacks->progress != NULL)
            callbacks->progress(callbacks->user, first, r->task->count, *run);
    }
    return DAM_OK;
}

static dam_status recall_chunk(dam__recaller *r, size_t first, size_t count,
                               const dam__recall_callbacks *callbacks, dam__recalled *out)
{
    int run = 0;
    DAM_TRY(dam__recaller_load(r, first, count));
    DAM_TRY(dam__device_finish(r->device));
    double began = dam__seconds();
    DAM_TRY(sweep_chunk(r, first, count, callbacks, out->ends + first, &run));
    out->seconds += dam__seconds() - began;
    DAM_TRY(read_sweeps(r, first, count, run, out));
    DAM_TRY(read_states(r, first, count, out));
    if (callbacks != NULL && callbacks->progress != NULL)
        callbacks->progress(callbacks->user, first + count, r->task->count, 0);
    return DAM_OK;
}

dam_status dam__recall(dam__device *device, const dam__recall_config *config,
                       const dam__recall_task *task, const dam__recall_callbacks *callbacks,
                       dam__recalled *out)
{
    dam_status status = DAM_OK;
    dam__recaller recaller = {.device = device, .config = config, .task = task};
    dam__recalled recalled = {0};
    *out = (dam__recalled){0};
    DAM_TRY_CLEANUP(examine(&recaller));
    DAM_TRY_CLEANUP(dam__recaller_open(&recaller));
    DAM_TRY_CLEANUP(allocate_result(&recaller, &recalled));
    size_t chunk = (size_t)recaller.chunk;
    for (size_t first = 0; first < task->count; first += chunk) {
        size_t left = task->count - first;
        if (callbacks != NULL && callbacks->stop != NULL && callbacks->stop(callbacks->user))
            DAM_FAIL(DAM_INTERRUPTED, "stopped after %zu of %zu probes; nothing was written", first,
                     task->count);
        DAM_TRY_CLEANUP(
            recall_chunk(&recaller, first, left < chunk ? left : chunk, callbacks, &recalled));
    }
    trim(&recalled);
    *out = recalled;
    recalled = (dam__recalled){0};
cleanup:
    dam__recalled_free(&recalled);
    dam__recaller_close(&recaller);
    return status;
}
