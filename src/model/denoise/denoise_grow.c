/*
 * Splits the denoiser's memories. The equations are in docs/models/denoise.md.
 *
 * A pass over the subset costs seven products. The memories' gradient, unused between steps, holds
 * the scatter. Activations are centred by the means that are kept, those of the whole training set.
 */
#include "model/denoise/denoise_internal.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "base/try.h"
#include "model/grow.h"

static struct denoise *denoise_of(dam__model *model)
{
    return (struct denoise *)model;
}

static bool is_softmax(const struct denoise *denoise)
{
    return denoise->base.config.denoise.activation == DAM__ACTIVATION_SOFTMAX;
}

static bool is_centred(const struct denoise *denoise)
{
    return denoise->base.config.denoise.centring == DAM__CENTRING_BATCH;
}

dam_status dam__denoise_growth_plan(struct denoise *denoise, dam__plan *plan)
{
    struct denoise_growth *growth = &denoise->growth;
    DAM_TRY(dam__splitter_plan(&growth->splitter, &denoise->base, denoise->base.task.dim, plan));
    DAM_TRY(
        dam__plan_matrix_like(plan, "splitting: products", &denoise->hidden, &growth->products));
    DAM_TRY(dam__plan_matrix_like(plan, "splitting: products with gradients", &denoise->hidden,
                                  &growth->across));
    return dam__plan_matrix(plan, "splitting: mean gradient", 1, denoise->base.task.dim, 1,
                            &growth->mean);
}

void dam__denoise_growth_free(struct denoise *denoise)
{
    struct denoise_growth *growth = &denoise->growth;
    dam__splitter_free(&growth->splitter);
    dam__buffer_destroy(growth->products.buffer);
    dam__buffer_destroy(growth->across.buffer);
    dam__buffer_destroy(growth->mean.buffer);
    dam__program_destroy(growth->program);
}

/* --- how many there are --------------------------------------------------------------------------- */

void dam__denoise_show(struct denoise *denoise, int memories)
{
    dam__parameter *parameters = denoise->base.parameters;
    dam__matrix *const columns[] = {&parameters[INNER].value, &parameters[INNER].gradient,
                                    &parameters[MEANS].value, &denoise->hidden,
                                    &denoise->active,         &denoise->inner_sums,
                                    &denoise->means,          &denoise->growth.products,
                                    &denoise->growth.across,  &denoise->growth.splitter.numbers};
    denoise->memories = memories;
    parameters[MEMORIES].value.rows = memories;
    parameters[MEMORIES].gradient.rows = memories;
    denoise->growth.splitter.directions.rows = memories;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        columns[i]->cols = memories;
    dam__denoise_shards_show(denoise, memories);
}

static int memories_of(const dam__model *model)
{
    return ((const struct denoise *)model)->memories;
}

static dam_status resize(dam__model *model, int memories)
{
    struct denoise *denoise = denoise_of(model);
    DAM_TRY(dam__growth_fits(memories, denoise->max_memories));
    dam__denoise_show(denoise, memories);
    return DAM_OK;
}

/* --- the search ----------------------------------------------------------------------------------- */

static dam_status prepare(dam__model *model)
{
    dam_status status = DAM_OK;
    struct denoise_growth *growth = &denoise_of(model)->growth;
    const dam__denoise_config *config = &model->config.denoise;
    char *options = NULL;
    DAM_TRY_CLEANUP(dam__splitter_prepare(&growth->splitter));
    DAM_TRY_CLEANUP(
        dam__format(&options, "-DACTIVATION=%d -DPOWER=%d", config->activation, config->power));
    DAM_TRY_CLEANUP(dam__program_create(model->device, "denoise_split", options, &growth->program));
    DAM_TRY_CLEANUP(dam__program_kernel(growth->program, "denoise_split", &growth->bend));
cleanup:
    free(options);
    return status;
}

static void bind_buffers(dam__model *model, dam__search *search)
{
    dam__splitter_bind(&denoise_of(model)->growth.splitter, search);
}

/* Numbers that the loss of the subset is a mean over. */
static double items_of(const struct denoise *denoise, const dam__search *search)
{
    return (double)search->samples * denoise->base.task.dim;
}

/* A memory's mass is its mean |T|. The mean of dL/dF is what centred activations leave out. */
static dam_status accumulate(dam__model *model, const dam__batch *batch, int offset,
                             const dam__search *search)
{
    struct denoise *denoise = denoise_of(model);
    struct denoise_growth *growth = &denoise->growth;
    double per_sample = 1.0 / search->samples;
    if (offset == 0)
        DAM_TRY(dam__splitter_clear(&growth->splitter));
    for (int start = 0; start < batch->size; start += denoise->chunk) {
        const dam__batch chunk = dam__denoise_chunk(denoise, batch, start);
        bool later = offset + start > 0;
        DAM_TRY(dam__denoise_pull(denoise, &chunk, items_of(denoise, search)));
        DAM_TRY(dam__splitter_sum(&growth->splitter,
                                  &(dam__column_sums){.values = &denoise->active,
                                                      .sums = &growth->splitter.numbers,
                                                      .rows = chunk.size,
                                                      .row = DAM__GROW_MASS,
                                                      .absolute = true,
                                                      .accumulate = later,
                                                      .scale = per_sample}));
        DAM_TRY(dam__splitter_sum(&growth->splitter, &(dam__column_sums){.values = &denoise->output,
                                                                         .sums = &growth->mean,
                                                                         .rows = chunk.size,
                                                                         .accumulate = later,
                                                                         .scale = per_sample}));
    }
    return DAM_OK;
}

/* Nothing binds memories. */
static dam_status constrain(dam__model *model, const dam__search *search, bool tangent)
{
    (void)tangent;
    return dam__splitter_constrain(&denoise_of(model)->growth.splitter, search);
}

static dam__operand rows_of(const dam__matrix *matrix, int size, bool transposed)
{
    return (dam__operand){.matrix = matrix, .transposed = transposed, .height = size};
}

/* P = X U', Q = G U' and h = G W'; then what the samples and G are to be weighed with. */
static dam_status weigh(struct denoise *denoise, int size)
{
    const struct denoise_growth *growth = &denoise->growth;
    dam__gemm *gemm = denoise->base.gemm;
    const dam__operand directions = dam__whole(&growth->splitter.directions, true);
    double items = (double)size * denoise->memories;
    DAM_TRY(dam__gemm_run(gemm, 1.0, rows_of(&denoise->noisy, size, false), directions, 0.0,
                          &growth->products));
    DAM_TRY(dam__gemm_run(gemm, 1.0, rows_of(&denoise->output, size, false), directions, 0.0,
                          &growth->across));
    DAM_TRY(dam__denoise_project(denoise, size));
    return dam__launch(
        growth->bend, dam__range_groups(denoise->base.device, (size_t)size, 1),
        (dam__work){.flops = 10 * items,
                    .bytes = 6 * items * (double)dam__real_size(denoise->base.device)},
        DAM_ARGUMENTS(&denoise->hidden, &denoise->active, &growth->products, &growth->across,
                      denoise->hidden.cols, denoise->hidden.ld, denoise->scales.s1));
}

/* S u of a chunk, added to the gradient. */
static dam_status bend(struct denoise *denoise, const dam__batch *chunk, double items, bool add)
{
    const struct denoise_growth *growth = &denoise->growth;
    const dam__matrix *scatter = &denoise->base.parameters[MEMORIES].gradient;
    dam__gemm *gemm = denoise->base.gemm;
    double scale = denoise->scales.s1 * denoise->scales.s2;
    DAM_TRY(dam__denoise_pull(denoise, chunk, items));
    if (is_centred(denoise))
        DAM_TRY(
            dam__splitter_centre(&growth->splitter, &denoise->output, chunk->size, &growth->mean));
    DAM_TRY(weigh(denoise, chunk->size));
    DAM_TRY(dam__gemm_run(gemm, scale, rows_of(&growth->products, chunk->size, true),
                          rows_of(&denoise->noisy, chunk->size, false), add ? 1.0 : 0.0, scatter));
    return dam__gemm_run(gemm, scale, rows_of(&growth->across, chunk->size, true),
                         rows_of(&denoise->output, chunk->size, false), 1.0, scatter);
}

static dam_status scatter(dam__model *model, const dam__batch *batch, int offset,
                          const dam__search *search)
{
    struct denoise *denoise = denoise_of(model);
    if (offset == 0)
        DAM_TRY(dam__splitter_arrange(&denoise->growth.splitter, search));
    for (int start = 0; start < batch->size; start += denoise->chunk) {
        const dam__batch chunk = dam__denoise_chunk(denoise, batch, start);
        DAM_TRY(bend(denoise, &chunk, items_of(denoise, search), offset + start > 0));
    }
    return DAM_OK;
}

static dam_status advance(dam__model *model, const dam__search *search, const dam__move *move)
{
    return dam__splitter_advance(&denoise_of(model)->growth.splitter, &model->parameters[MEMORIES],
                                 search, move);
}

static dam_status reorder(dam__model *model, const dam__search *search)
{
    return dam__splitter_reorder(&denoise_of(model)->growth.splitter, search);
}

static dam_status read_numbers(dam__model *model, double *numbers)
{
    return dam__splitter_read(&denoise_of(model)->growth.splitter, numbers);
}

/* --- the split ------------------------------------------------------------------------------------ */

/*
 * What a memory contributes has degree p + 1 in its weights and bias: halves are 2^(-1 / (p + 1))
 * of them. Of a softmax they are copies, with a bias that is lower by log 2.
 */
static dam__halving halving_of(const struct denoise *denoise)
{
    int power = denoise->base.config.denoise.power;
    double shrink = is_softmax(denoise) ? 1 : pow(2, -1.0 / (power + 1));
    return (dam__halving){.shrink = shrink, .slope = 0.5 / shrink};
}

/* Biases and means, and the biases' velocities and squares. */
static dam_status split_entries(struct denoise *denoise, const dam__search *search,
                                const dam__pairs *pairs, const dam__matrix *velocity,
                                const dam__matrix *square)
{
    const dam__splitter *splitter = &denoise->growth.splitter;
    const dam__parameter *parameters = denoise->base.parameters;
    const dam__halving halving = halving_of(denoise);
    double shrink = halving.shrink, slope = halving.slope;
    double added = is_softmax(denoise) ? -log(2) : 0;
    DAM_TRY(dam__splitter_entries(splitter, search, pairs, &parameters[INNER].value, shrink, shrink,
                                  added));
    DAM_TRY(
        dam__splitter_entries(splitter, search, pairs, &parameters[MEANS].value, slope, slope, 0));
    if (velocity->buffer != NULL)
        DAM_TRY(dam__splitter_entries(splitter, search, pairs, velocity, slope, 0, 0));
    if (square->buffer != NULL)
        DAM_TRY(dam__splitter_entries(splitter, search, pairs, square, slope * slope, slope * slope,
                                      0));
    return DAM_OK;
}

static dam_status split(dam__model *model, const dam__search *search, const dam__pairs *pairs,
                        const dam__matrix *velocities, const dam__matrix *squares)
{
    struct denoise *denoise = denoise_of(model);
    const dam__halving halving = halving_of(denoise);
    if (pairs->count > denoise->max_memories - denoise->memories)
        return dam__fail(DAM_INTERNAL, "%d memories cannot take %d more: at most %d are allowed",
                         denoise->memories, pairs->count, denoise->max_memories);
    DAM_TRY(dam__splitter_split(&denoise->growth.splitter, search, pairs, &halving,
                                &model->parameters[MEMORIES].value, &velocities[MEMORIES],
                                &squares[MEMORIES]));
    DAM_TRY(split_entries(denoise, search, pairs, &velocities[INNER], &squares[INNER]));
    dam__denoise_show(denoise, denoise->memories + pairs->count);
    return DAM_OK;
}

const dam__grow_ops dam__denoise_grow_ops = {
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
