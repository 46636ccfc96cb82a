/* The device's side of recall: memory, programs, launches. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/random.h"
#include "model/energy/recall_internal.h"

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* --- plan ------------------------------------------------------------------------------------- */

static size_t state_words(const dam__recaller *r)
{
    return ((size_t)r->dim + 31) / 32;
}

static size_t memory_words(const dam__recaller *r)
{
    return (r->ld + 31) / 32;
}

/* What only memories and probes of +-1 need. */
static dam_status plan_signs(dam__recaller *r, dam__plan *plan)
{
    size_t chunk = (size_t)r->chunk, word = sizeof(uint32_t);
    int kept = r->local_memories > 0 ? 1 : r->chunk;
    DAM_TRY(dam__plan_buffer(plan, "agreements", chunk * r->ld * sizeof(int32_t), &r->agreements));
    DAM_TRY(dam__plan_buffer(plan, "probes' signs", chunk * state_words(r) * word, &r->packed));
    DAM_TRY(dam__plan_buffer(plan, "memories' signs", state_words(r) * r->ld * word, &r->rows));
    DAM_TRY(dam__plan_buffer(plan, "neurons' signs", (size_t)r->dim * memory_words(r) * word,
                             &r->bits));
    DAM_TRY(dam__plan_buffer(plan, "table: levels", ((size_t)r->dim + 1) * sizeof(int32_t),
                             &r->levels));
    DAM_TRY(dam__plan_matrix(plan, "gains of agreeing", kept, r->memories, 1, &r->values));
    DAM_TRY(dam__plan_matrix(plan, "gains of differing", kept, r->memories, 1, &r->further));
    DAM_TRY(dam__plan_matrix(plan, "table: differences", 1, r->table.levels * (r->dim + 2), 1,
                             &r->differences));
    return dam__plan_matrix(plan, "table: values", 1, r->table.levels * (r->dim + 1), 1,
                            &r->table_values);
}

static dam_status plan_reals(dam__recaller *r, dam__plan *plan)
{
    DAM_TRY(dam__plan_matrix(plan, "memories, by neuron", r->dim, r->memories, 1, &r->columns));
    DAM_TRY(dam__plan_matrix(plan, "similarities", r->chunk, r->memories, 1, &r->similarities));
    DAM_TRY(dam__plan_matrix(plan, "values", r->local_memories > 0 ? 1 : r->chunk, r->memories, 1,
                             &r->values));
    DAM_TRY(dam__gemm_reserve(r->gemm, dam__whole(&r->states, false),
                              dam__whole(&r->columns, false), &r->similarities));
    return dam__gemm_plan(r->gemm, plan);
}

static dam_status plan_all(dam__recaller *r, dam__plan *plan)
{
    size_t chunk = (size_t)r->chunk, index = sizeof(int32_t);
    bool together = r->config->dynamics != DAM__DYNAMICS_ASYNCHRONOUS;
    DAM_TRY(dam__plan_matrix(plan, "states", r->chunk, r->dim, 1, &r->states));
    DAM_TRY(dam__plan_matrix(plan, "energies", r->sweeps + 1, DAM__RECORD_REALS * r->chunk, 1,
                             &r->records));
    DAM_TRY(dam__plan_matrix(plan, "norms", 1, r->memories, 1, &r->halves));
    DAM_TRY(dam__plan_matrix(plan, "distances", 1, r->chunk, 1, &r->distances));
    DAM_TRY(dam__plan_buffer(plan, "free neurons", (size_t)r->neurons * index, &r->free_neurons));
    DAM_TRY(dam__plan_buffer(plan, "order", (size_t)r->neurons * index, &r->order));
    DAM_TRY(
        dam__plan_buffer(plan, "decisions", together ? 2 * chunk * r->states.ld : 4, &r->wishes));
    DAM_TRY(dam__plan_buffer(plan, "ends", chunk * index, &r->ends));
    DAM_TRY(dam__plan_buffer(plan, "flips", (size_t)r->sweeps * chunk * index, &r->flips));
    DAM_TRY(dam__plan_buffer(plan, "nearest memories", chunk * index, &r->nearest));
    return r->signs ? plan_signs(r, plan) : plan_reals(r, plan);
}

/*
 * As many probes at once as fit into memory, but no more than a sweep of about a second takes, so
 * that stopping is prompt and Intel's watchdog stays quiet.
 */
static int first_chunk(const dam__recaller *r)
{
    const double visits = 2e10;
    enum { LEAST = 64, MOST = 1 << 20 };
    double fits = visits / ((double)r->neurons * (double)r->memories);
    int chunk = fits < LEAST ? LEAST : fits > MOST ? MOST : (int)fits;
    if (r->config->chunk > 0 && r->config->chunk < chunk)
        chunk = r->config->chunk;
    size_t count = r->task->count;
    return count < (size_t)chunk ? (int)count : chunk;
}

static dam_status make_plan(void *user, int chunk, bool streams, const dam__plan **plan)
{
    dam__recaller *r = user;
    (void)streams; /* probes come from the host anyway */
    dam__plan_destroy(r->plan);
    dam__gemm_destroy(r->gemm);
    r->plan = NULL;
    r->gemm = NULL;
    r->chunk = chunk;
    DAM_TRY(dam__plan_create(r->device, &r->plan));
    DAM_TRY(dam__gemm_create(r->device, r->config->gemm, &r->gemm));
    DAM_TRY(plan_all(r, r->plan));
    *plan = r->plan;
    return DAM_OK;
}

/* --- programs --------------------------------------------------------------------------------- */

/*
 * Work-groups of one item gain nothing from local memory. Others keep a probe's similarities there
 * where they and the reductions' scratch fit; capacities are powers of two, so that programs are
 * few.
 */
static int local_capacity(const dam__recaller *r)
{
    enum { LEAST = 256 };
    const uint64_t spared = 2048;
    size_t real = dam__real_size(r->device), capacity = LEAST;
    while (capacity < r->ld)
        capacity *= 2;
    uint64_t needed = capacity * (r->signs ? sizeof(int32_t) + 2 * real : 2 * real);
    bool fits = needed + spared <= dam__device_facts(r->device)->local_memory;
    return dam__device_shape(r->device) == DAM__SHAPE_GPU && fits ? (int)capacity : 0;
}

/* Of signs, the table holds F: their kernel only asks whether it grows both ways. */
static dam__interaction compiled_interaction(const dam__recaller *r)
{
    dam__interaction interaction = r->config->interaction;
    if (!r->signs)
        return interaction;
    bool poly = interaction.kind == DAM__INTERACTION_POLY;
    return (dam__interaction){.kind = poly ? DAM__INTERACTION_POLY : DAM__INTERACTION_RECT,
                              .exponent = DAM__LEAST_EXPONENT};
}

static dam_status compile(dam__recaller *r)
{
    dam_status status = DAM_OK;
    const dam__interaction compiled = compiled_interaction(r);
    char *interaction = NULL, *options = NULL;
    DAM_TRY_CLEANUP(dam__interaction_options(&compiled, &interaction));
    DAM_TRY_CLEANUP(dam__format(&options, "%s -DLOCAL_MEMORIES=%d -DSYNCHRONOUS=%d", interaction,
                                r->local_memories,
                                (int)(r->config->dynamics != DAM__DYNAMICS_ASYNCHRONOUS)));
    const char *sweep = r->signs ? "recall_signs" : "recall_sweep"; /* a program of its own, too */
    DAM_TRY_CLEANUP(dam__program_create(r->device, sweep, options, &r->program));
    DAM_TRY_CLEANUP(dam__program_kernel(r->program, sweep, &r->sweep));
    if (r->signs)
        DAM_TRY_CLEANUP(dam__program_kernel(r->program, "recall_signs_agree", &r->agree));
    DAM_TRY_CLEANUP(dam__program_kernel(r->program, "recall_nearest", &r->find_nearest));
    DAM_TRY_CLEANUP(dam__program_create(r->device, "data", "", &r->orders));
    DAM_TRY_CLEANUP(dam__program_kernel(r->orders, "data_order", &r->make_order));
cleanup:
    free(interaction);
    free(options);
    return status;
}

/* --- memories --------------------------------------------------------------------------------- */

static dam_status load_reals(dam__recaller *r)
{
    dam_status status = DAM_OK;
    double *columns = NULL;
    size_t memories = (size_t)r->memories, dim = (size_t)r->dim;
    DAM_TRY_CLEANUP(dam__alloc(memories * dim, sizeof *columns, &columns));
    for (size_t mu = 0; mu < memories; mu++)
        for (size_t i = 0; i < dim; i++)
            columns[i * memories + mu] = dam__array_at(r->task->memories, mu * dim + i);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&r->columns, columns, "memories"));
cleanup:
    free(columns);
    return status;
}

static dam_status load_signs(dam__recaller *r)
{
    dam_status status = DAM_OK;
    float *signs = NULL, *columns = NULL;
    uint32_t *rows = NULL, *bits = NULL;
    size_t memories = (size_t)r->memories, dim = (size_t)r->dim, items = memories * dim;
    size_t row_words = state_words(r) * r->ld, bit_words = dim * memory_words(r);
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *signs, &signs));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *columns, &columns));
    DAM_TRY_CLEANUP(dam__alloc(row_words, sizeof *rows, &rows));
    DAM_TRY_CLEANUP(dam__alloc(bit_words, sizeof *bits, &bits));
    for (size_t mu = 0; mu < memories; mu++)
        for (size_t i = 0; i < dim; i++) {
            signs[mu * dim + i] = (float)dam__array_at(r->task->memories, mu * dim + i);
            columns[i * memories + mu] = signs[mu * dim + i];
        }
    dam__pack_signs(signs, memories, dim, r->ld, true, rows);
    dam__pack_signs(columns, dim, memories, memory_words(r), false, bits);
    DAM_TRY_CLEANUP(
        dam__buffer_write(r->rows, 0, rows, row_words * sizeof *rows, true, "memories"));
    DAM_TRY_CLEANUP(
        dam__buffer_write(r->bits, 0, bits, bit_words * sizeof *bits, true, "memories"));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&r->differences, r->table.differences, "table"));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&r->table_values, r->table.values, "table"));
    DAM_TRY_CLEANUP(dam__buffer_write(r->levels, 0, r->table.level_of,
                                      ((size_t)r->dim + 1) * sizeof(int32_t), true, "table"));
cleanup:
    free(signs);
    free(columns);
    free(rows);
    free(bits);
    return status;
}

static dam_status load_halves(dam__recaller *r)
{
    dam_status status = DAM_OK;
    double *halves = NULL;
    size_t memories = (size_t)r->memories, dim = (size_t)r->dim;
    DAM_TRY_CLEANUP(dam__alloc(memories, sizeof *halves, &halves));
    for (size_t mu = 0; mu < memories; mu++)
        for (size_t i = 0; i < dim; i++) {
            double value = dam__array_at(r->task->memories, mu * dim + i);
            halves[mu] += value * value / 2;
        }
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&r->halves, halves, "memories"));
cleanup:
    free(halves);
    return status;
}

/* Some drivers compile a kernel at its first launch: launch it here, on a probe that has ended. */
static dam_status warm_up(dam__recaller *r)
{
    const int32_t ended = DAM__RECALL_CONVERGED;
    DAM_TRY(dam__buffer_write(r->ends, 0, &ended, sizeof ended, true, "warm-up"));
    DAM_TRY(dam__recaller_sweep(r, 1, 0));
    return dam__device_finish(r->device);
}

dam_status dam__recaller_open(dam__recaller *r)
{
    r->local_memories = local_capacity(r);
    if (r->signs)
        DAM_TRY(dam__recall_table_create(r->config, r->dim, &r->table));
    DAM_TRY(dam__plan_fit(make_plan, r, first_chunk(r), true));
    DAM_TRY(dam__plan_allocate(r->plan));
    DAM_TRY(compile(r));
    DAM_TRY(dam__buffer_write(r->free_neurons, 0, r->free, (size_t)r->neurons * sizeof *r->free,
                              true, "free neurons"));
    DAM_TRY(r->signs ? load_signs(r) : load_reals(r));
    DAM_TRY(load_halves(r));
    return warm_up(r);
}

void dam__recaller_close(dam__recaller *r)
{
    dam__buffer *const buffers[] = {r->states.buffer,
                                    r->records.buffer,
                                    r->halves.buffer,
                                    r->distances.buffer,
                                    r->similarities.buffer,
                                    r->values.buffer,
                                    r->columns.buffer,
                                    r->further.buffer,
                                    r->differences.buffer,
                                    r->table_values.buffer,
                                    r->agreements,
                                    r->packed,
                                    r->rows,
                                    r->bits,
                                    r->levels,
                                    r->free_neurons,
                                    r->order,
                                    r->wishes,
                                    r->ends,
                                    r->flips,
                                    r->nearest};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++)
        dam__buffer_destroy(buffers[i]);
    dam__program_destroy(r->program);
    dam__program_destroy(r->orders);
    dam__gemm_destroy(r->gemm);
    dam__plan_destroy(r->plan);
    dam__recall_table_free(&r->table);
    free(r->free);
    *r = (dam__recaller){0};
}

/* --- probes ----------------------------------------------------------------------------------- */

static dam_status load_packed(dam__recaller *r, const float *probes, size_t count)
{
    dam_status status = DAM_OK;
    uint32_t *packed = NULL;
    size_t words = count * state_words(r);
    DAM_TRY_CLEANUP(dam__alloc(words, sizeof *packed, &packed));
    dam__pack_signs(probes, count, (size_t)r->dim, state_words(r), false, packed);
    DAM_TRY_CLEANUP(
        dam__buffer_write(r->packed, 0, packed, words * sizeof *packed, true, "probes"));
    DAM_TRY_CLEANUP(dam__launch(
        r->agree, dam__range_groups(r->device, count, 1),
        (dam__work){.flops = 3.0 * (double)(words * r->ld), .bytes = 4.0 * (double)(count * r->ld)},
        DAM_ARGUMENTS(r->packed, r->rows, r->agreements, state_words(r), r->ld, r->dim)));
cleanup:
    free(packed);
    return status;
}

dam_status dam__recaller_load(dam__recaller *r, size_t first, size_t count)
{
    dam_status status = DAM_OK;
    double *states = NULL;
    float *probes = NULL;
    size_t dim = (size_t)r->dim, items = count * dim;
    dam__matrix shown = r->states;
    shown.rows = (int)count;
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *states, &states));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *probes, &probes));
    memcpy(probes, r->task->probes + first * dim, items * sizeof *probes);
    if (r->config->dynamics == DAM__DYNAMICS_CLASS)
        for (size_t p = 0; p < count; p++)
            for (int v = 0; v < r->neurons; v++)
                probes[p * dim + (size_t)r->free[v]] = -1;
    for (size_t i = 0; i < items; i++)
        states[i] = (double)probes[i];
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&shown, states, "probes"));
    DAM_TRY_CLEANUP(dam__buffer_clear(r->ends));
    DAM_TRY_CLEANUP(dam__buffer_clear(r->flips));
    DAM_TRY_CLEANUP(r->signs ? load_packed(r, probes, count) : dam__recaller_refresh(r, count));
cleanup:
    free(states);
    free(probes);
    return status;
}

dam_status dam__recaller_refresh(dam__recaller *r, size_t count)
{
    dam__operand states = dam__whole(&r->states, false);
    states.height = (int)count;
    return dam__gemm_run(r->gemm, 1, states, dam__whole(&r->columns, false), 0, &r->similarities);
}

/* --- sweeps ----------------------------------------------------------------------------------- */

/* The neurons' order of a sweep: a place of its own in the seed's stream. */
static dam_status draw_order(dam__recaller *r, int sweep)
{
    uint64_t seed = r->config->seed;
    uint32_t size = (uint32_t)r->neurons, side = (uint32_t)sqrt((double)size);
    while (side * side < size)
        side++;
    return dam__launch(
        r->make_order, dam__range_items(r->device, smaller(size, 4096), 1), (dam__work){0},
        DAM_ARGUMENTS(r->order, 0, size, side, sweep, dam__arg_seed(seed), DAM__STREAM_NEURONS));
}

/*
 * Sweeps claim no work in the profile: how many probes still move is known only afterwards.
 */
static dam_status sweep_reals(dam__recaller *r, size_t count, int sweep)
{
    return dam__launch(
        r->sweep, dam__range_groups(r->device, count, 1), (dam__work){0},
        DAM_ARGUMENTS(&r->states, &r->similarities, &r->values, &r->columns, r->free_neurons,
                      r->order, r->wishes, r->ends, r->flips, &r->records, r->chunk, r->neurons,
                      r->memories, r->ld, r->states.ld, r->records.ld / DAM__RECORD_REALS, sweep,
                      r->reach, r->config->interaction.leak, r->most, r->config->scale));
}

static dam_status sweep_signs(dam__recaller *r, size_t count, int sweep)
{
    return dam__launch(r->sweep, dam__range_groups(r->device, count, 1), (dam__work){0},
                       DAM_ARGUMENTS(&r->states, r->agreements, &r->values, &r->further, r->bits,
                                     &r->differences, &r->table_values, r->levels, r->free_neurons,
                                     r->order, r->wishes, r->ends, r->flips, &r->records, r->chunk,
                                     r->neurons, r->dim, r->memories, r->ld, r->states.ld,
                                     r->records.ld / DAM__RECORD_REALS, sweep));
}

dam_status dam__recaller_sweep(dam__recaller *r, size_t count, int sweep)
{
    if (r->config->dynamics == DAM__DYNAMICS_ASYNCHRONOUS)
        DAM_TRY(draw_order(r, sweep));
    DAM_TRY(r->signs ? sweep_signs(r, count, sweep) : sweep_reals(r, count, sweep));
    return dam__device_pace(r->device);
}

dam_status dam__recaller_nearest(dam__recaller *r, size_t count)
{
    return dam__launch(r->find_nearest, dam__range_groups(r->device, count, 1),
                       (dam__work){.flops = 2.0 * (double)count * r->memories},
                       DAM_ARGUMENTS(r->signs ? &r->halves : &r->similarities,
                                     r->signs ? r->agreements : r->free_neurons, &r->halves,
                                     r->nearest, &r->distances, r->memories, r->ld, r->dim,
                                     r->signs));
}
