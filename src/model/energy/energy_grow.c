/*
 * Splits the energy model's memories. The equations are in docs/models/energy.md.
 *
 * A pass over the subset costs a step's forward pass, one product more, and a backward pass with
 * F'' in place of F'. The memories' gradient, unused between steps, holds the scatter.
 */
#include "model/energy/energy_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/try.h"
#include "model/grow.h"

static struct energy *energy_of(dam__model *model)
{
    return (struct energy *)model;
}

dam_status dam__energy_growth_plan(struct energy *energy, dam__plan *plan)
{
    struct energy_growth *growth = &energy->growth;
    int most = energy->max_memories;
    DAM_TRY(dam__splitter_plan(&growth->splitter, &energy->base, energy->neurons, plan));
    DAM_TRY(
        dam__plan_matrix(plan, "splitting: products", energy->chunk, most, 1, &growth->products));
    DAM_TRY(dam__plan_matrix(plan, "splitting: columns of directions", energy->trained, most, 1,
                             &growth->columns));
    return dam__plan_matrix(plan, "splitting: reach", 1, most, 1, &growth->reach);
}

void dam__energy_growth_free(struct energy *energy)
{
    struct energy_growth *growth = &energy->growth;
    dam__splitter_free(&growth->splitter);
    dam__buffer_destroy(growth->products.buffer);
    dam__buffer_destroy(growth->columns.buffer);
    dam__buffer_destroy(growth->reach.buffer);
    dam__program_destroy(growth->program);
}

/* --- how many there are --------------------------------------------------------------------------- */

void dam__energy_show(struct energy *energy, int memories)
{
    dam__parameter *parameters = energy->base.parameters;
    dam__matrix *const columns[] = {&parameters[SCALES].value,
                                    &energy->columns,
                                    &energy->memory_numbers,
                                    &energy->similarities,
                                    &energy->scaled,
                                    &energy->values,
                                    &energy->own,
                                    &energy->growth.products,
                                    &energy->growth.columns,
                                    &energy->growth.splitter.numbers};
    energy->memories = memories;
    parameters[MEMORIES].value.rows = memories;
    parameters[MEMORIES].gradient.rows = memories;
    energy->growth.splitter.directions.rows = memories;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        columns[i]->cols = memories;
}

static int memories_of(const dam__model *model)
{
    return ((const struct energy *)model)->memories;
}

static dam_status resize(dam__model *model, int memories)
{
    struct energy *energy = energy_of(model);
    DAM_TRY(dam__growth_fits(memories, energy->max_memories));
    dam__energy_show(energy, memories);
    return DAM_OK;
}

/* --- the search ----------------------------------------------------------------------------------- */

static dam_status prepare(dam__model *model)
{
    dam_status status = DAM_OK;
    struct energy *energy = energy_of(model);
    struct energy_growth *growth = &energy->growth;
    char *options = NULL;
    const struct {
        const char *name;
        dam__kernel **slot;
    } kernels[] = {{"energy_split_scale", &growth->scale},
                   {"energy_split_few", &growth->few},
                   {"energy_split_overlaps", &growth->overlaps},
                   {"energy_split_own", &growth->own}};
    DAM_TRY_CLEANUP(dam__splitter_prepare(&growth->splitter));
    DAM_TRY_CLEANUP(dam__energy_options(energy, &options));
    DAM_TRY_CLEANUP(dam__program_create(model->device, "energy_split", options, &growth->program));
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        DAM_TRY_CLEANUP(dam__program_kernel(growth->program, kernels[i].name, kernels[i].slot));
cleanup:
    free(options);
    return status;
}

static void bind_buffers(dam__model *model, dam__search *search)
{
    dam__splitter_bind(&energy_of(model)->growth.splitter, search);
}

static dam__range vectors(const struct energy *energy, int items, size_t rows)
{
    size_t width = (size_t)dam__vector_width(energy->base.device);
    return dam__range_items(energy->base.device, ((size_t)items + width - 1) / width, rows);
}

static dam__work work_of(const struct energy *energy, double items, double flops, double reals)
{
    return (dam__work){.flops = items * flops,
                       .bytes = items * reals * (double)dam__real_size(energy->base.device)};
}

/* The scale of each memory's S u, once the largest overlaps of all samples are known. */
static dam_status scale_all(struct energy *energy, const dam__search *search)
{
    const dam__matrix *numbers = &energy->growth.splitter.numbers;
    double per_item = 1.0 / ((double)search->samples * energy->trained);
    return dam__launch(energy->growth.scale, (dam__range){.global = {(size_t)energy->memories}},
                       work_of(energy, energy->memories, 60, 3),
                       DAM_ARGUMENTS(&energy->base.parameters[SCALES].value,
                                     &energy->memory_numbers, numbers, energy->memories,
                                     energy->memory_numbers.ld, numbers->ld, DAM__SPLIT_SCALE,
                                     per_item));
}

/* A memory's mass is the mean of F over that of the state's largest argument. */
static dam_status accumulate(dam__model *model, const dam__batch *batch, int offset,
                             const dam__search *search)
{
    struct energy *energy = energy_of(model);
    struct energy_growth *growth = &energy->growth;
    dam__column_sums mass = {.values = &energy->values,
                             .sums = &growth->splitter.numbers,
                             .row = DAM__GROW_MASS,
                             .absolute = true,
                             .scale = 1.0 / search->samples};
    if (offset == 0)
        DAM_TRY(dam__splitter_clear(&growth->splitter));
    for (int start = 0; start < batch->size; start += energy->chunk) {
        const dam__batch chunk = dam__energy_chunk(energy, batch, start);
        mass.accumulate = offset + start > 0;
        mass.rows = chunk.size;
        DAM_TRY(dam__energy_forward(energy, &chunk, mass.accumulate));
        DAM_TRY(dam__splitter_sum(&growth->splitter, &mass));
    }
    return scale_all(energy, search);
}

/* Nothing binds memories but the clamp, which the next step sees to. */
static dam_status constrain(dam__model *model, const dam__search *search, bool tangent)
{
    (void)tangent;
    return dam__splitter_constrain(&energy_of(model)->growth.splitter, search);
}

/* Of a sum over states, trained neurons and memories: a power and five operations more each. */
static dam__work bent_work(const struct energy *energy, int size)
{
    const double each = 8, moved = 0.1;
    return work_of(energy, (double)size * energy->trained * energy->memories, each, moved);
}

static dam_status bend_few(struct energy *energy, const dam__batch *chunk)
{
    const struct energy_growth *growth = &energy->growth;
    return dam__launch(
        growth->few, vectors(energy, energy->memories, (size_t)energy->parts),
        bent_work(energy, chunk->size),
        DAM_ARGUMENTS(&energy->similarities, &growth->products, &energy->columns, &growth->columns,
                      &energy->memory_numbers, chunk->samples, dam__energy_rows(chunk),
                      &energy->states, &energy->gaps, &energy->values, &energy->own,
                      chunk->rows != NULL, chunk->first, chunk->size, energy->memories,
                      energy->neurons - energy->trained, energy->trained, energy->similarities.ld,
                      energy->columns.ld, energy->memory_numbers.ld, chunk->samples->ld,
                      energy->gaps.ld, energy->own.stride));
}

static dam_status bend_all(struct energy *energy, const dam__batch *chunk)
{
    const struct energy_growth *growth = &energy->growth;
    return dam__launch(
        growth->overlaps, vectors(energy, energy->memories, (size_t)chunk->size),
        bent_work(energy, chunk->size),
        DAM_ARGUMENTS(&energy->similarities, &growth->products, &energy->columns, &growth->columns,
                      &energy->memory_numbers, chunk->samples, dam__energy_rows(chunk),
                      &energy->states, &energy->gaps, &energy->values, &energy->scaled,
                      chunk->rows != NULL, chunk->first, energy->memories, energy->neurons,
                      energy->similarities.ld, energy->columns.ld, energy->memory_numbers.ld,
                      chunk->samples->ld, energy->gaps.ld));
}

static dam_status bend_own(struct energy *energy, const dam__batch *chunk)
{
    const struct energy_growth *growth = &energy->growth;
    const dam__parameter *memories = &energy->base.parameters[MEMORIES];
    return dam__launch(growth->own, vectors(energy, energy->neurons, (size_t)energy->memories),
                       bent_work(energy, chunk->size),
                       DAM_ARGUMENTS(&energy->scaled, &growth->products, &memories->value,
                                     &growth->splitter.directions, &energy->memory_numbers,
                                     chunk->samples, dam__energy_rows(chunk), &energy->gaps,
                                     &memories->gradient, chunk->rows != NULL, chunk->first,
                                     chunk->size, energy->neurons, energy->scaled.ld,
                                     memories->value.ld, energy->memory_numbers.ld,
                                     chunk->samples->ld, energy->gaps.ld));
}

/* S u of a chunk, added to the gradient. Scales were found by `accumulate`, so that none grows. */
static dam_status bend(struct energy *energy, const dam__batch *chunk, bool add)
{
    DAM_TRY(dam__energy_forward(energy, chunk, true));
    DAM_TRY(dam__energy_errors(energy, chunk));
    DAM_TRY(dam__gemm_run(energy->base.gemm, 1.0, dam__energy_samples(chunk),
                          dam__whole(&energy->growth.splitter.directions, true), 0.0,
                          &energy->growth.products));
    DAM_TRY(energy->classifies ? bend_few(energy, chunk) : bend_all(energy, chunk));
    DAM_TRY(dam__energy_pull(energy, chunk, add));
    return energy->classifies ? dam__energy_add_own(energy) : bend_own(energy, chunk);
}

static dam_status scatter(dam__model *model, const dam__batch *batch, int offset,
                          const dam__search *search)
{
    struct energy *energy = energy_of(model);
    struct energy_growth *growth = &energy->growth;
    if (offset == 0) {
        DAM_TRY(dam__splitter_arrange(&growth->splitter, search));
        DAM_TRY(dam__energy_columns(energy, &growth->splitter.directions, &growth->columns,
                                    &growth->reach));
    }
    for (int start = 0; start < batch->size; start += energy->chunk) {
        const dam__batch chunk = dam__energy_chunk(energy, batch, start);
        DAM_TRY(bend(energy, &chunk, offset + start > 0));
    }
    return DAM_OK;
}

static dam_status advance(dam__model *model, const dam__search *search, const dam__move *move)
{
    return dam__splitter_advance(&energy_of(model)->growth.splitter, &model->parameters[MEMORIES],
                                 search, move);
}

static dam_status reorder(dam__model *model, const dam__search *search)
{
    return dam__splitter_reorder(&energy_of(model)->growth.splitter, search);
}

static dam_status read_numbers(dam__model *model, double *numbers)
{
    return dam__splitter_read(&energy_of(model)->growth.splitter, numbers);
}

/* --- the split ------------------------------------------------------------------------------------ */

/* F has degree n in a memory: two that are 2^(-1/n) of it contribute what it did. */
static dam_status split(dam__model *model, const dam__search *search, const dam__pairs *pairs,
                        const dam__matrix *velocities, const dam__matrix *squares)
{
    struct energy *energy = energy_of(model);
    const dam__splitter *splitter = &energy->growth.splitter;
    const double shrink = pow(2, -1.0 / model->config.energy.interaction.exponent);
    const dam__halving halving = {.shrink = shrink, .slope = 0.5 / shrink};
    if (pairs->count > energy->max_memories - energy->memories)
        return dam__fail(DAM_INTERNAL, "%d memories cannot take %d more: at most %d are allowed",
                         energy->memories, pairs->count, energy->max_memories);
    DAM_TRY(dam__splitter_split(splitter, search, pairs, &halving,
                                &model->parameters[MEMORIES].value, &velocities[MEMORIES],
                                &squares[MEMORIES]));
    DAM_TRY(
        dam__splitter_entries(splitter, search, pairs, &model->parameters[SCALES].value, 1, 1, 0));
    dam__energy_show(energy, energy->memories + pairs->count);
    return DAM_OK;
}

const dam__grow_ops dam__energy_grow_ops = {
    .memories = memories_of,
    .resize = resize,
    .prepare = prepare,
    .bind = bind_buffers,
    .accumulate = accumulate,
    .constrain = constrain,
    .scatter = scatter,
    .advance = advance,
    .reorder = reorder,
    .read = read_numbers,
    .split = split,
};
