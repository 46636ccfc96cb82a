/*
 * Splits the vmf model's memories. The equations are in docs/models/vmf.md.
 *
 * A pass over the subset costs three large products, one of them for the responsibilities, which
 * are not kept. Growth takes no extra memory but the directions: the memories' gradient, unused
 * between steps, holds the scatter, the batch's similarities and activations hold what a chunk
 * needs, and the class gradient and its parts hold the order and the numbers.
 */
#include "model/vmf/vmf_internal.h"

#include <math.h>

#include "model/grow.h"

static struct vmf *vmf_of(dam__model *model)
{
    return (struct vmf *)model;
}

void dam__vmf_growth_free(struct dam__vmf_growth *growth)
{
    dam__program_destroy(growth->program);
}

static int memories_of(const dam__model *model)
{
    return ((const struct vmf *)model)->memories;
}

/* log of all class weights: the logits are those of a joint likelihood up to it
 * (docs/models/vmf.md). */
static double loss_offset(const dam__model *model)
{
    const struct vmf *vmf = (const struct vmf *)model;
    const dam__vmf_config *config = &model->config.vmf;
    double background = config->background > 0 ? config->background : 1;
    int capacity = config->capacity > 0 ? config->capacity : vmf->max_memories;
    return log(vmf->memories * (1 + background / capacity));
}

static dam_status resize(dam__model *model, int memories)
{
    struct vmf *vmf = vmf_of(model);
    DAM_TRY(dam__growth_fits(memories, vmf->max_memories));
    dam__vmf_show(vmf, memories);
    return DAM_OK;
}

dam__matrix dam__vmf_grow_numbers(const struct vmf *vmf)
{
    dam__matrix numbers = vmf->gradient_parts;
    numbers.rows = DAM__GROW_NUMBERS;
    numbers.cols = vmf->memories;
    numbers.count = 1;
    /* The parts lie one behind the other; one alone may have fewer rows. */
    numbers.stride = DAM__GROW_NUMBERS * numbers.ld;
    return numbers;
}

/* There are at least two class columns, and 8 parts: enough rows for the numbers. */
static void bind_buffers(dam__model *model, dam__search *search)
{
    search->order = model->parameters[CLASS_WEIGHTS].gradient.buffer;
    search->list = vmf_of(model)->activations.buffer;
}

static dam_status prepare(dam__model *model)
{
    struct dam__vmf_growth *growth = &vmf_of(model)->growth;
    const struct {
        const char *name;
        dam__kernel **slot;
    } kernels[] = {
        {"grow_sum_mass", &growth->sum_mass},     {"grow_curvature", &growth->curvature},
        {"grow_weigh", &growth->weigh},           {"grow_advance", &growth->advance},
        {"grow_constrain", &growth->constrain},   {"grow_gather", &growth->gather},
        {"grow_split_rows", &growth->split_rows}, {"grow_split_columns", &growth->split_columns}};
    DAM_TRY(dam__program_create(model->device, "grow", "", &growth->program));
    for (size_t i = 0; i < sizeof kernels / sizeof *kernels; i++)
        DAM_TRY(dam__program_kernel(growth->program, kernels[i].name, kernels[i].slot));
    return DAM_OK;
}

/* Vectors that cover so many memories. */
static size_t vectors_of(const struct vmf *vmf, int memories)
{
    size_t vector_width = (size_t)dam__vector_width(vmf->base.device);
    return ((size_t)memories + vector_width - 1) / vector_width;
}

static size_t row_bytes(const struct vmf *vmf, const dam__matrix *matrix)
{
    return matrix->ld * dam__real_size(vmf->base.device);
}

/* --- the search ----------------------------------------------------------------------------------- */

static dam_status sum_mass(struct vmf *vmf, int samples, bool accumulate)
{
    const dam__matrix numbers = dam__vmf_grow_numbers(vmf);
    double cells = (double)samples * vmf->memories;
    return dam__launch(
        vmf->growth.sum_mass, dam__range_items(vmf->base.device, vectors_of(vmf, vmf->memories), 1),
        (dam__work){.flops = 3 * cells, .bytes = cells * (double)dam__real_size(vmf->base.device)},
        DAM_ARGUMENTS(&vmf->similarities, &numbers, samples, vmf->memories, vmf->similarities.ld,
                      numbers.ld, accumulate));
}

static dam_status curvature(struct vmf *vmf)
{
    const dam__parameter *memories = &vmf->base.parameters[MEMORIES];
    const dam__matrix numbers = dam__vmf_grow_numbers(vmf);
    double items = (double)dam__matrix_items(&memories->value);
    return dam__launch(vmf->growth.curvature,
                       dam__range_groups(vmf->base.device, (size_t)vmf->memories, 1),
                       (dam__work){.flops = 2 * items,
                                   .bytes = 2 * items * (double)dam__real_size(vmf->base.device)},
                       DAM_ARGUMENTS(&memories->value, &memories->gradient, &vmf->scalars, &numbers,
                                     memories->value.cols, memories->value.ld, numbers.ld));
}

static dam_status accumulate_masses(dam__model *model, const dam__batch *batch, int offset,
                                    const dam__search *search)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix owed = dam__vmf_columns(&vmf->similarities, vmf->memories);
    for (int start = 0; start < batch->size; start += vmf->chunk) {
        const dam__batch chunk = dam__vmf_chunk(vmf, batch, start);
        bool accumulate = offset + start > 0;
        DAM_TRY(dam__vmf_responsibilities(vmf, &chunk, 1.0 / search->samples));
        DAM_TRY(sum_mass(vmf, chunk.size, accumulate));
        DAM_TRY(dam__vmf_memory_sums(vmf, &owed, &chunk, accumulate));
    }
    if (offset + batch->size == search->samples)
        DAM_TRY(curvature(vmf));
    return DAM_OK;
}

static dam_status constrain(dam__model *model, const dam__search *search, bool tangent)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix *memories = &model->parameters[MEMORIES].value;
    double items = (double)dam__matrix_items(memories);
    return dam__launch(
        vmf->growth.constrain, dam__range_groups(model->device, (size_t)memories->rows, 1),
        (dam__work){.flops = 7 * items, .bytes = 4 * items * (double)dam__real_size(model->device)},
        DAM_ARGUMENTS(&search->directions, memories, search->order, memories->cols, memories->ld,
                      tangent ? 1.0 : 0.0));
}

/* Products of a chunk's samples and the directions, times what they owe; in the activations. */
static dam_status weigh(struct vmf *vmf, const dam__batch *chunk, const dam__search *search)
{
    const dam__matrix *owed = &vmf->similarities;
    const dam__matrix products = dam__vmf_columns(&vmf->activations, search->active);
    double cells = (double)chunk->size * search->active;
    DAM_TRY(dam__vmf_responsibilities(vmf, chunk, 1.0 / search->samples));
    DAM_TRY(dam__gemm_run(vmf->base.gemm, 1.0, dam__vmf_samples(chunk),
                          dam__vmf_rows(&search->directions, search->active, true), 0.0,
                          &products));
    return dam__launch(
        vmf->growth.weigh,
        dam__range_items(vmf->base.device, vectors_of(vmf, search->active), (size_t)chunk->size),
        (dam__work){.flops = cells, .bytes = 3 * cells * (double)dam__real_size(vmf->base.device)},
        DAM_ARGUMENTS(&products, owed, search->order, search->active, products.ld, owed->ld));
}

static dam_status scatter(dam__model *model, const dam__batch *batch, int offset,
                          const dam__search *search)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix products = dam__vmf_columns(&vmf->activations, search->active);
    for (int start = 0; start < batch->size; start += vmf->chunk) {
        const dam__batch chunk = dam__vmf_chunk(vmf, batch, start);
        DAM_TRY(weigh(vmf, &chunk, search));
        DAM_TRY(dam__vmf_memory_sums(vmf, &products, &chunk, offset + start > 0));
    }
    return DAM_OK;
}

static dam_status advance(dam__model *model, const dam__search *search, const dam__move *move)
{
    const struct vmf *vmf = vmf_of(model);
    const dam__matrix numbers = dam__vmf_grow_numbers(vmf);
    const dam__parameter *memories = &model->parameters[MEMORIES];
    double items = (double)search->active * memories->value.cols;
    return dam__launch(
        vmf->growth.advance, dam__range_groups(model->device, (size_t)search->active, 1),
        (dam__work){.flops = 16 * items,
                    .bytes = 8 * items * (double)dam__real_size(model->device)},
        DAM_ARGUMENTS(&search->directions, &memories->gradient, &memories->value, search->order,
                      &vmf->scalars, &numbers, memories->value.cols, memories->value.ld, numbers.ld,
                      move->first, move->last, move->shift, move->reach, move->rest));
}

static dam_status reorder(dam__model *model, const dam__search *search)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix *scratch = &model->parameters[MEMORIES].gradient;
    double items = (double)dam__matrix_items(scratch);
    DAM_TRY(dam__launch(
        vmf->growth.gather, dam__range_groups(model->device, (size_t)vmf->memories, 1),
        (dam__work){.bytes = 2 * items * (double)dam__real_size(model->device)},
        DAM_ARGUMENTS(&search->directions, scratch, search->list, scratch->cols, scratch->ld)));
    return dam__buffer_copy(scratch->buffer, 0, search->directions.buffer, 0,
                            (size_t)vmf->memories * row_bytes(vmf, scratch));
}

static dam_status read_numbers(dam__model *model, double *numbers)
{
    const dam__matrix now = dam__vmf_grow_numbers(vmf_of(model));
    return dam__matrix_read_doubles(&now, numbers, "splitting eigenvalues");
}

/* --- the split ------------------------------------------------------------------------------------ */

/* Columns of class weights, counts and their velocities. */
static dam_status split_columns(struct vmf *vmf, const dam__matrix *matrix,
                                const dam__search *search, const dam__pairs *pairs, double kept,
                                double given, double scale)
{
    double cells = (double)matrix->rows * (vmf->memories + pairs->count + 1);
    return dam__launch(vmf->growth.split_columns,
                       dam__range_groups(vmf->base.device, (size_t)matrix->rows, 1),
                       (dam__work){.flops = 2 * cells,
                                   .bytes = 2 * cells * (double)dam__real_size(vmf->base.device)},
                       DAM_ARGUMENTS(matrix, search->list, vmf->memories, pairs->count, matrix->ld,
                                     kept, given, scale));
}

static dam_status split(dam__model *model, const dam__search *search, const dam__pairs *pairs,
                        const dam__matrix *velocities, const dam__matrix *squares)
{
    struct vmf *vmf = vmf_of(model);
    (void)squares; /* its rules have none */
    const dam__parameter *parameters = model->parameters;
    const dam__matrix *memories = &parameters[MEMORIES].value;
    double items = (double)pairs->count * memories->cols;
    double scale = (double)(vmf->memories + pairs->count) / vmf->memories;
    if (pairs->count > vmf->max_memories - vmf->memories)
        return dam__fail(DAM_INTERNAL, "%d memories cannot take %d more: at most %d are allowed",
                         vmf->memories, pairs->count, vmf->max_memories);
    DAM_TRY(dam__launch(
        vmf->growth.split_rows, dam__range_groups(model->device, (size_t)pairs->count, 1),
        (dam__work){.flops = 12 * items,
                    .bytes = 5 * items * (double)dam__real_size(model->device)},
        DAM_ARGUMENTS(memories, &velocities[MEMORIES], &search->directions, search->list,
                      vmf->memories, memories->cols, memories->ld, pairs->step)));
    DAM_TRY(split_columns(vmf, &parameters[CLASS_WEIGHTS].value, search, pairs, 0.5, 0.5, scale));
    DAM_TRY(split_columns(vmf, &parameters[COUNTS].value, search, pairs, 0.5, 0.5, scale));
    DAM_TRY(split_columns(vmf, &velocities[CLASS_WEIGHTS], search, pairs, 1, 0, 1));
    dam__vmf_show(vmf, vmf->memories + pairs->count);
    return DAM_OK;
}

const dam__grow_ops dam__vmf_grow_ops = {
    .memories = memories_of,
    .loss_offset = loss_offset,
    .resize = resize,
    .prepare = prepare,
    .bind = bind_buffers,
    .accumulate = accumulate_masses,
    .constrain = constrain,
    .scatter = scatter,
    .advance = advance,
    .reorder = reorder,
    .read = read_numbers,
    .split = split,
};
