/* A training step and an evaluation of the energy model: its kernels in their order. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/try.h"
#include "model/energy/energy_internal.h"

/* What a forward pass is for: a batch's first chunk, one that adds to it, or metrics alone. */
enum pass { FIRST_CHUNK, LATER_CHUNK, EVALUATION };

static size_t ceiling(int items, int size)
{
    return ((size_t)items + (size_t)size - 1) / (size_t)size;
}

static dam__range with_replicas(dam__range range, const struct energy *energy)
{
    range.global[2] = (size_t)energy->count;
    return range;
}

/* Work-items: `items` in tiles of so many x rows x replicas. */
static dam__range tiles(const struct energy *energy, int items, int size, size_t rows)
{
    return with_replicas(dam__range_items(energy->base.device, ceiling(items, size), rows), energy);
}

/* A work-group each. */
static dam__range groups(const struct energy *energy, size_t items)
{
    return with_replicas(dam__range_groups(energy->base.device, items, 1), energy);
}

static int vector_width(const struct energy *energy)
{
    return dam__vector_width(energy->base.device);
}

static const dam__matrix *memories_of(const struct energy *energy)
{
    return &energy->base.parameters[MEMORIES].value;
}

static int first_column(const struct energy *energy)
{
    return energy->neurons - energy->trained;
}

/* `flops` and moved reals a replica, for the profile. */
static dam__work work_of(const struct energy *energy, double flops, double reals)
{
    return (dam__work){.flops = flops * energy->count,
                       .bytes =
                           reals * energy->count * (double)dam__real_size(energy->base.device)};
}

/* States x trained neurons x memories. */
static double triples(const struct energy *energy, int size)
{
    return (double)size * energy->trained * energy->memories;
}

/* Multiplications of x^n by squaring. */
static int multiplications(int n)
{
    int count = -1;
    for (int bits = n; bits > 0; bits >>= 1)
        count += 1 + (bits & 1);
    return count - 1;
}

dam__operand dam__energy_samples(const dam__batch *batch)
{
    return (dam__operand){.matrix = batch->samples,
                          .height = batch->size,
                          .rows = batch->rows,
                          .first = batch->first};
}

/* An index or labels that are absent still want a buffer: some drivers refuse NULL. */
const dam__buffer *dam__energy_rows(const dam__batch *batch)
{
    return batch->rows != NULL ? batch->rows : batch->samples->buffer;
}

static const dam__buffer *labels_of(const dam__batch *batch)
{
    return batch->labels != NULL ? batch->labels : batch->samples->buffer;
}

dam_status dam__energy_settings(struct energy *energy, int epoch)
{
    const dam__energy_config *config = &energy->base.config.energy;
    return dam__launch(energy->set, (dam__range){.global = {(size_t)energy->count}}, (dam__work){0},
                       DAM_ARGUMENTS(&energy->given, &energy->settings, energy->count, epoch,
                                     config->temperature_epochs, energy->neurons,
                                     config->sharpness));
}

/* --- forward ---------------------------------------------------------------------------------- */

/* S = X M' (GEMM 1). */
static dam_status similarities(struct energy *energy, const dam__batch *batch)
{
    return dam__gemm_run(energy->base.gemm, 1.0, dam__energy_samples(batch),
                         dam__whole(memories_of(energy), true), 0.0, &energy->similarities);
}

/* See there. */
dam_status dam__energy_columns(struct energy *energy, const dam__matrix *from,
                               const dam__matrix *columns, const dam__matrix *numbers)
{
    int count = energy->memories;
    double items = (double)energy->trained * count;
    return dam__launch(energy->transpose, groups(energy, ceiling(count, vector_width(energy))),
                       work_of(energy, items, 2 * items),
                       DAM_ARGUMENTS(from, columns, numbers, count, first_column(energy),
                                     energy->trained, dam__arg_shape(from), dam__arg_shape(columns),
                                     dam__arg_shape(numbers)));
}

/* What a chunk's overlaps are divided by: a work-group a state, and, for the backward pass, one
 * more for each vector of memories. */
static dam_status scale(struct energy *energy, int size, enum pass pass)
{
    const dam__parameter *parameters = energy->base.parameters;
    const dam__matrix *overlaps = &energy->similarities, *numbers = &energy->memory_numbers;
    const dam__matrix *scales = &parameters[SCALES].value;
    int count = energy->memories;
    size_t more = pass == EVALUATION ? 0 : ceiling(count, vector_width(energy));
    double items = (double)size * count, own = more > 0 ? items + 2.0 * count * energy->trained : 0;
    return dam__launch(
        energy->scale, groups(energy, (size_t)size + more),
        work_of(energy,
                items * (4 + multiplications(energy->base.config.energy.interaction.exponent)) +
                    own,
                4 * items + own),
        DAM_ARGUMENTS(overlaps, &energy->settings, &energy->columns, numbers, scales,
                      &energy->scaled, &energy->values, &energy->states, size, count,
                      energy->trained, pass == LATER_CHUNK, dam__arg_shape(overlaps),
                      dam__arg_shape(&energy->columns), dam__arg_shape(numbers), scales->stride,
                      energy->states.stride));
}

/* One evaluation of F a triple: 4 + p(n) flops. */
static dam__work forward_work(const struct energy *energy, int size)
{
    int n = energy->base.config.energy.interaction.exponent;
    double all = triples(energy, size);
    double reals =
        (double)size * energy->trained + (double)energy->memories * (energy->trained + 2.0 * size);
    return work_of(energy, all * (4 + multiplications(n)), reals);
}

static dam_status gaps_of_all(struct energy *energy, const dam__batch *batch)
{
    const dam__matrix *memories = memories_of(energy);
    int width = energy->column_vectors * vector_width(energy);
    return dam__launch(
        energy->forward,
        tiles(energy, energy->neurons, width, ceiling(batch->size, energy->tile_states)),
        forward_work(energy, batch->size),
        DAM_ARGUMENTS(&energy->scaled, &energy->values, memories, batch->samples,
                      dam__energy_rows(batch), &energy->states, &energy->gaps, batch->rows != NULL,
                      batch->first, batch->size, memories->rows, energy->neurons,
                      dam__arg_shape(&energy->scaled), dam__arg_shape(memories),
                      dam__arg_shape(batch->samples), energy->states.stride,
                      dam__arg_shape(&energy->gaps)));
}

static dam_status gaps_of_few(struct energy *energy, const dam__batch *batch)
{
    return dam__launch(
        energy->forward, groups(energy, (size_t)batch->size), forward_work(energy, batch->size),
        DAM_ARGUMENTS(&energy->scaled, &energy->columns, batch->samples, dam__energy_rows(batch),
                      &energy->states, &energy->gaps, batch->rows != NULL, batch->first,
                      energy->memories, first_column(energy), energy->trained,
                      dam__arg_shape(&energy->scaled), dam__arg_shape(&energy->columns),
                      dam__arg_shape(batch->samples), energy->states.stride,
                      dam__arg_shape(&energy->gaps)));
}

/* Gaps of a chunk, scaled; the logarithms of their scales are in the states' numbers. */
static dam_status forward(struct energy *energy, const dam__batch *batch, enum pass pass)
{
    DAM_TRY(similarities(energy, batch));
    DAM_TRY(dam__energy_columns(energy, memories_of(energy), &energy->columns,
                                &energy->memory_numbers));
    DAM_TRY(scale(energy, batch->size, pass));
    return energy->classifies ? gaps_of_few(energy, batch) : gaps_of_all(energy, batch);
}

dam_status dam__energy_forward(struct energy *energy, const dam__batch *batch, bool later)
{
    return forward(energy, batch, later ? LATER_CHUNK : FIRST_CHUNK);
}

/* Each state's sums go into its numbers. */
dam_status dam__energy_errors(struct energy *energy, const dam__batch *batch)
{
    double items = (double)batch->size * energy->trained;
    /* log, exp and tanh count as 20 flops each. */
    return dam__launch(
        energy->errors, groups(energy, (size_t)batch->size), work_of(energy, 70 * items, 2 * items),
        DAM_ARGUMENTS(&energy->gaps, &energy->states, labels_of(batch), dam__energy_rows(batch),
                      batch->rows != NULL, batch->first, energy->trained,
                      dam__arg_shape(&energy->gaps), energy->states.stride));
}

/* --- backward --------------------------------------------------------------------------------- */

/* Gradients of earlier chunks, in the scale of this one. */
static dam_status shrink(struct energy *energy)
{
    const dam__matrix *gradient = &energy->base.parameters[MEMORIES].gradient;
    int count = energy->memories;
    double items = (double)count * energy->neurons;
    return dam__launch(
        energy->shrink, tiles(energy, energy->neurons, vector_width(energy), (size_t)count),
        work_of(energy, items, 2 * items),
        DAM_ARGUMENTS(gradient, &energy->memory_numbers, energy->neurons, dam__arg_shape(gradient),
                      dam__arg_shape(&energy->memory_numbers)));
}

/* gradient (+)= R' X (GEMM 2). */
dam_status dam__energy_pull(struct energy *energy, const dam__batch *batch, bool accumulate)
{
    const dam__operand pulls = {
        .matrix = &energy->values, .transposed = true, .height = batch->size};
    return dam__gemm_run(energy->base.gemm, 1.0, pulls, dam__energy_samples(batch),
                         accumulate ? 1.0 : 0.0, &energy->base.parameters[MEMORIES].gradient);
}

/* Half of the backward pass, 5 + p(n - 1) flops a triple; the fused one does 7 + p(n - 1). */
static dam__work backward_work(const struct energy *energy, int size, int flops)
{
    int n = energy->base.config.energy.interaction.exponent;
    double reals =
        2.0 * size * energy->memories + (double)energy->trained * (size + energy->memories);
    return work_of(energy, triples(energy, size) * (flops + multiplications(n - 1)), reals);
}

/* On CPUs axis 0 are the tiles of memories: see the kernel. */
static dam__range own_tiles(const struct energy *energy)
{
    int memories = energy->memories, height = energy->tile_memories;
    return dam__device_shape(energy->base.device) == DAM__SHAPE_CPU
               ? tiles(energy, memories, height, ceiling(energy->neurons, vector_width(energy)))
               : tiles(energy, energy->neurons, vector_width(energy), ceiling(memories, height));
}

static dam_status backward_all(struct energy *energy, const dam__batch *batch, bool accumulate)
{
    const dam__matrix *memories = memories_of(energy);
    int width = energy->memory_vectors * vector_width(energy);
    DAM_TRY(dam__launch(
        energy->overlaps,
        tiles(energy, memories->rows, width, ceiling(batch->size, energy->tile_states)),
        backward_work(energy, batch->size, 5),
        DAM_ARGUMENTS(&energy->similarities, &energy->columns, &energy->memory_numbers,
                      batch->samples, dam__energy_rows(batch), &energy->states, &energy->gaps,
                      &energy->values, &energy->scaled, batch->rows != NULL, batch->first,
                      batch->size, memories->rows, energy->neurons,
                      dam__arg_shape(&energy->similarities), dam__arg_shape(&energy->columns),
                      dam__arg_shape(&energy->memory_numbers), dam__arg_shape(batch->samples),
                      energy->states.stride, dam__arg_shape(&energy->gaps))));
    DAM_TRY(dam__energy_pull(energy, batch, accumulate));
    return dam__launch(
        energy->backward_own, own_tiles(energy), backward_work(energy, batch->size, 5),
        DAM_ARGUMENTS(&energy->scaled, memories, &energy->memory_numbers, batch->samples,
                      dam__energy_rows(batch), &energy->gaps,
                      &energy->base.parameters[MEMORIES].gradient, batch->rows != NULL,
                      batch->first, batch->size, memories->rows, energy->neurons,
                      dam__arg_shape(&energy->scaled), dam__arg_shape(memories),
                      dam__arg_shape(&energy->memory_numbers), dam__arg_shape(batch->samples),
                      dam__arg_shape(&energy->gaps)));
}

dam_status dam__energy_add_own(struct energy *energy)
{
    const dam__matrix *gradient = &energy->base.parameters[MEMORIES].gradient;
    int count = energy->memories;
    return dam__launch(
        energy->backward_own, tiles(energy, count, vector_width(energy), (size_t)energy->trained),
        work_of(energy, (double)count * energy->trained * energy->parts,
                (double)count * energy->trained * (energy->parts + 2)),
        DAM_ARGUMENTS(&energy->own, gradient, energy->parts, count, first_column(energy),
                      dam__arg_shape(&energy->own), dam__arg_shape(gradient)));
}

static dam_status backward_few(struct energy *energy, const dam__batch *batch, bool accumulate)
{
    int count = energy->memories;
    DAM_TRY(dam__launch(
        energy->overlaps, tiles(energy, count, vector_width(energy), (size_t)energy->parts),
        backward_work(energy, batch->size, 7),
        DAM_ARGUMENTS(&energy->similarities, &energy->columns, &energy->memory_numbers,
                      batch->samples, dam__energy_rows(batch), &energy->states, &energy->gaps,
                      &energy->values, &energy->own, batch->rows != NULL, batch->first, batch->size,
                      count, first_column(energy), energy->trained,
                      dam__arg_shape(&energy->similarities), dam__arg_shape(&energy->columns),
                      dam__arg_shape(&energy->memory_numbers), dam__arg_shape(batch->samples),
                      energy->states.stride, dam__arg_shape(&energy->gaps), energy->own.stride)));
    DAM_TRY(dam__energy_pull(energy, batch, accumulate));
    return dam__energy_add_own(energy);
}

/* --- verbs ------------------------------------------------------------------------------------ */

dam__batch dam__energy_chunk(const struct energy *energy, const dam__batch *batch, int start)
{
    int rest = batch->size - start;
    return dam__batch_part(batch, start, rest < energy->chunk ? rest : energy->chunk);
}

dam_status dam__energy_loss_gradient(dam__model *model, const dam__batch *batch,
                                     const dam__buffer *losses, int slot)
{
    struct energy *energy = (struct energy *)model;
    double per_neuron = 1.0 / ((double)dam__batch_whole(batch) * energy->trained);
    for (int start = 0; start < batch->size; start += energy->chunk) {
        dam__batch chunk = dam__energy_chunk(energy, batch, start);
        bool accumulate = start > 0;
        DAM_TRY(forward(energy, &chunk, accumulate ? LATER_CHUNK : FIRST_CHUNK));
        DAM_TRY(dam__energy_errors(energy, &chunk));
        if (accumulate)
            DAM_TRY(shrink(energy));
        DAM_TRY(energy->classifies ? backward_few(energy, &chunk, accumulate)
                                   : backward_all(energy, &chunk, accumulate));
        DAM_TRY(dam__launch(energy->collect, groups(energy, 1),
                            work_of(energy, chunk.size, chunk.size),
                            DAM_ARGUMENTS(&energy->states, losses, chunk.size, slot, energy->count,
                                          accumulate, energy->states.stride, per_neuron)));
    }
    return DAM_OK;
}

static dam_status evaluate_chunk(struct energy *energy, const dam__batch *batch,
                                 const dam__device_metrics *metrics, int slot, int offset,
                                 bool accumulate)
{
    const dam__matrix *memories = memories_of(energy);
    double cells = (double)batch->size * (energy->trained + memories->rows);
    DAM_TRY(forward(energy, batch, EVALUATION));
    DAM_TRY(dam__launch(energy->evaluate, groups(energy, (size_t)batch->size),
                        work_of(energy, cells, cells),
                        DAM_ARGUMENTS(&energy->gaps, &energy->similarities, memories,
                                      &energy->states, metrics->predicted, metrics->nearest, offset,
                                      energy->trained, memories->rows, first_column(energy),
                                      energy->gaps.ld, energy->similarities.ld, memories->ld)));
    DAM_TRY(dam__energy_errors(energy, batch));
    return dam__launch(energy->metrics, dam__range_groups(energy->base.device, 1, 1),
                       work_of(energy, 2 * batch->size, 2 * batch->size),
                       DAM_ARGUMENTS(&energy->states, labels_of(batch), &metrics->totals,
                                     batch->size, batch->first, slot, metrics->totals.ld,
                                     accumulate, 1.0 / energy->trained));
}

dam_status dam__energy_evaluate(dam__model *model, const dam__batch *batch,
                                const dam__device_metrics *metrics, int slot, int offset)
{
    struct energy *energy = (struct energy *)model;
    if (batch->rows != NULL || energy->count > 1)
        return dam__fail(DAM_INTERNAL,
                         "evaluation takes batches of one replica in their stored order");
    for (int start = 0; start < batch->size; start += energy->chunk) {
        dam__batch chunk = dam__energy_chunk(energy, batch, start);
        DAM_TRY(evaluate_chunk(energy, &chunk, metrics, slot, offset + start, start > 0));
    }
    return DAM_OK;
}

/* --- what it says of single states ---------------------------------------------------------------- */

/* C = x tanh(hh) of class neurons, which are -1 when they are asked; as energy_errors has it. */
static double confidence_of(double gap, double log_scale)
{
    const double most = 3.4011973816621555; /* log 30: beyond, tanh is 1 in any precision */
    return -tanh(copysign(exp(fmin(log(fabs(gap)) + log_scale, most)), gap));
}

dam_status dam__energy_answer(dam__model *model, const dam__batch *batch, const dam__answers *out)
{
    dam_status status = DAM_OK;
    struct energy *energy = (struct energy *)model;
    dam__matrix gaps = energy->gaps, states = energy->states, overlaps = energy->similarities;
    double *gap = NULL, *state = NULL, *overlap = NULL;
    size_t classes = (size_t)energy->trained, memories = (size_t)overlaps.cols;
    gaps.rows = states.rows = overlaps.rows = batch->size;
    DAM_TRY_CLEANUP(forward(energy, batch, EVALUATION));
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&gaps), sizeof *gap, &gap));
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&states), sizeof *state, &state));
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&overlaps), sizeof *overlap, &overlap));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&gaps, gap, "gaps of the energy"));
    /* Sums of an earlier batch stand among these: only what was divided out is wanted. */
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&states, state, "numbers of the states"));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(&overlaps, overlap, "similarities"));
    for (size_t i = 0; i < (size_t)batch->size; i++) {
        double log_scale = state[i * DAM__ENERGY_NUMBERS + DAM__ENERGY_STATE_LOG];
        for (size_t y = 0; y < classes; y++)
            out->scores[i * classes + y] = confidence_of(gap[i * classes + y], log_scale);
        dam__answers_nearest(out, i, overlap + i * memories, memories);
    }
cleanup:
    free(gap);
    free(state);
    free(overlap);
    return status;
}
