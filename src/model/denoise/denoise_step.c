/* A training step, an evaluation and the dynamics of the denoiser: its kernels in their order. */
#include "base/try.h"
#include "compute/random.h"
#include "model/denoise/denoise_internal.h"

static const dam__matrix *value_of(const struct denoise *denoise, int parameter)
{
    return &denoise->base.parameters[parameter].value;
}

/* Work-items: vectors of `cols` x rows x replicas. */
static dam__range vectors(const struct denoise *denoise, int cols, int rows)
{
    size_t vector_width = (size_t)dam__vector_width(denoise->base.device);
    dam__range range = dam__range_items(
        denoise->base.device, ((size_t)cols + vector_width - 1) / vector_width, (size_t)rows);
    range.global[2] = (size_t)denoise->count;
    return range;
}

/* A work-group each, times replicas. */
static dam__range groups(const struct denoise *denoise, int items)
{
    dam__range range = dam__range_groups(denoise->base.device, (size_t)items, 1);
    range.global[2] = (size_t)denoise->count;
    return range;
}

/* Flops and moved reals of each of `items` numbers a replica, for the profile. */
static dam__work work_of(const struct denoise *denoise, double items, double flops, double reals)
{
    return (dam__work){.flops = items * flops * denoise->count,
                       .bytes = items * reals * denoise->count *
                                (double)dam__real_size(denoise->base.device)};
}

static double inner_items(const struct denoise *denoise, int size)
{
    return (double)size * denoise->memories;
}

static double outer_items(const struct denoise *denoise, int size)
{
    return (double)size * denoise->base.task.dim;
}

/* Rows of a part. */
static int per_part(const struct denoise *denoise, int size)
{
    return (size + denoise->parts - 1) / denoise->parts;
}

static bool is_softmax(const struct denoise *denoise)
{
    return denoise->base.config.denoise.activation == DAM__ACTIVATION_SOFTMAX;
}

static bool is_centred(const struct denoise *denoise)
{
    return denoise->base.config.denoise.centring == DAM__CENTRING_BATCH;
}

/* The first `size` rows of a matrix. */
static dam__operand rows_of(const dam__matrix *matrix, int size, bool transposed)
{
    return (dam__operand){.matrix = matrix, .transposed = transposed, .height = size};
}

static bool is_bounded(const struct denoise *denoise)
{
    return denoise->base.config.denoise.bound != DAM__BOUND_NONE;
}

/* --- forward ---------------------------------------------------------------------------------- */

/* to = g(from), which may be the same matrix. */
static dam_status bound(struct denoise *denoise, const dam__matrix *from, const dam__matrix *to,
                        int size)
{
    const dam__denoise_config *config = &denoise->base.config.denoise;
    return dam__launch(denoise->bound, groups(denoise, size),
                       work_of(denoise, outer_items(denoise, size), 8, 3),
                       DAM_ARGUMENTS(from, to, from->cols, dam__arg_shape(from), dam__arg_shape(to),
                                     config->bound, config->bound_at));
}

/* *inputs: g of states, which nothing else keeps; the states themselves where nothing bounds them.
 */
static dam_status enter(struct denoise *denoise, const dam__matrix *states, int size,
                        const dam__matrix **inputs)
{
    *inputs = is_bounded(denoise) ? &denoise->noisy : states;
    return is_bounded(denoise) ? bound(denoise, states, *inputs, size) : DAM_OK;
}

/* g(X) and Y of a batch; step is that of its noise. An index that is absent still wants a buffer:
 * some drivers refuse NULL. */
static dam_status make_pairs(struct denoise *denoise, const dam__batch *batch, uint32_t step)
{
    const dam__matrix *samples = batch->samples, *standards = value_of(denoise, STANDARDS);
    const dam__buffer *any = samples->buffer;
    if (samples->count != denoise->count && samples->count != 1)
        return dam__fail(DAM_INTERNAL, "%d replicas have samples for %d", denoise->count,
                         samples->count);
    DAM_TRY(dam__launch(
        denoise->pairs, vectors(denoise, samples->cols, batch->size),
        work_of(denoise, outer_items(denoise, batch->size), 50, 3),
        DAM_ARGUMENTS(
            any, batch->rows != NULL ? batch->rows : any, batch->order != NULL ? batch->order : any,
            standards, denoise->seeds, &denoise->noisy, &denoise->clean, batch->rows != NULL,
            batch->first, batch->order != NULL, batch->place, batch->base,
            batch->offsets != NULL ? batch->offsets : any, batch->offsets != NULL, batch->stride,
            samples->cols, samples->ld, samples->count > 1 ? samples->stride : 0,
            dam__arg_shape(standards), dam__arg_shape(&denoise->noisy),
            denoise->base.config.denoise.noise, step, DAM__STREAM_NOISE)));
    return is_bounded(denoise) ? bound(denoise, &denoise->noisy, &denoise->noisy, batch->size)
                               : DAM_OK;
}

/* Z = s1 X W' (GEMM 1), without b. */
static dam_status similarities(struct denoise *denoise, const dam__matrix *states, int size)
{
    return dam__gemm_run(denoise->base.gemm, denoise->scales.s1, rows_of(states, size, false),
                         dam__whole(value_of(denoise, MEMORIES), true), 0.0, &denoise->hidden);
}

/* sigma(Z + b): where frozen T, with the means that are kept; else its sums over the batch. */
static dam_status activate(struct denoise *denoise, int size, bool frozen, bool accumulate)
{
    const dam__matrix *hidden = &denoise->hidden, *bias = value_of(denoise, INNER);
    const dam__matrix *sums = &denoise->inner_sums;
    double items = inner_items(denoise, size);
    if (is_softmax(denoise))
        DAM_TRY(dam__launch(
            denoise->softmax, groups(denoise, size), work_of(denoise, items, 24, 6),
            DAM_ARGUMENTS(hidden, bias, hidden->cols, dam__arg_shape(hidden), bias->stride)));
    return dam__launch(denoise->activate, vectors(denoise, hidden->cols, denoise->parts),
                       work_of(denoise, items, 3, frozen ? 3 : 2),
                       DAM_ARGUMENTS(hidden, bias, value_of(denoise, MEANS), &denoise->active, sums,
                                     size, hidden->cols, per_part(denoise, size),
                                     dam__arg_shape(hidden), bias->stride, dam__arg_shape(sums),
                                     frozen, accumulate));
}

/* out = scale times the sums of the parts. */
static dam_status fold(struct denoise *denoise, const dam__matrix *sums, double scale,
                       const dam__matrix *out)
{
    return dam__launch(denoise->fold, vectors(denoise, sums->cols, 1),
                       work_of(denoise, (double)denoise->parts * sums->cols, 1, 1),
                       DAM_ARGUMENTS(sums, out, sums->cols, denoise->parts, dam__arg_shape(sums),
                                     out->stride, scale));
}

/* T = S - m. */
static dam_status subtract(struct denoise *denoise, const dam__matrix *means, int size)
{
    const dam__matrix *hidden = &denoise->hidden;
    return dam__launch(denoise->centre, vectors(denoise, hidden->cols, denoise->parts),
                       work_of(denoise, inner_items(denoise, size), 2, 2),
                       DAM_ARGUMENTS(hidden, means, &denoise->active, size, hidden->cols,
                                     per_part(denoise, size), dam__arg_shape(hidden),
                                     means->stride));
}

/* The same with the batch's means. */
static dam_status centre(struct denoise *denoise, int size)
{
    DAM_TRY(fold(denoise, &denoise->inner_sums, 1.0 / size, &denoise->means));
    return subtract(denoise, &denoise->means, size);
}

/* F = s2 T W (GEMM 2), without c. */
static dam_status outputs(struct denoise *denoise, int size)
{
    return dam__gemm_run(denoise->base.gemm, denoise->scales.s2,
                         rows_of(&denoise->active, size, false),
                         dam__whole(value_of(denoise, MEMORIES), false), 0.0, &denoise->output);
}

/* T and F of states, with the means that are kept. */
static dam_status forward_frozen(struct denoise *denoise, const dam__matrix *states, int size)
{
    DAM_TRY(similarities(denoise, states, size));
    DAM_TRY(activate(denoise, size, true, false));
    return outputs(denoise, size);
}

/* The same of the batch X; the means are its own where the model is centred. */
static dam_status forward(struct denoise *denoise, int size)
{
    if (!is_centred(denoise))
        return forward_frozen(denoise, &denoise->noisy, size); /* its means are 0 */
    DAM_TRY(similarities(denoise, &denoise->noisy, size));
    DAM_TRY(activate(denoise, size, false, false));
    DAM_TRY(centre(denoise, size));
    return outputs(denoise, size);
}

/* F becomes scale (F + c - Y). */
static dam_status residual(struct denoise *denoise, int size, double scale)
{
    const dam__matrix *output = &denoise->output, *bias = value_of(denoise, OUTER);
    return dam__launch(denoise->residual, vectors(denoise, output->cols, denoise->parts),
                       work_of(denoise, outer_items(denoise, size), 6, 3),
                       DAM_ARGUMENTS(output, &denoise->clean, bias, &denoise->outer_sums,
                                     &denoise->squares, size, output->cols, per_part(denoise, size),
                                     dam__arg_shape(output), bias->stride,
                                     dam__arg_shape(&denoise->outer_sums),
                                     dam__arg_shape(&denoise->squares), scale));
}

/* out[index + step p] (+)= scale times the sum of squared errors of replica p. */
static dam_status collect(struct denoise *denoise, const dam__buffer *out, size_t index,
                          size_t step, bool accumulate, double scale)
{
    const dam__matrix *squares = &denoise->squares;
    return dam__launch(denoise->collect, groups(denoise, 1),
                       work_of(denoise, (double)squares->rows * squares->cols, 1, 1),
                       DAM_ARGUMENTS(squares, out, squares->rows, squares->cols,
                                     dam__arg_shape(squares), index, step, accumulate, scale));
}

/* --- backward --------------------------------------------------------------------------------- */

/* Sums over the batch of a matrix like T, to inner_sums. */
static dam_status sum_up(struct denoise *denoise, const dam__matrix *matrix, int size)
{
    const dam__matrix *sums = &denoise->inner_sums;
    return dam__launch(denoise->sums, vectors(denoise, matrix->cols, denoise->parts),
                       work_of(denoise, inner_items(denoise, size), 1, 1),
                       DAM_ARGUMENTS(matrix, sums, size, matrix->cols, per_part(denoise, size),
                                     dam__arg_shape(matrix), dam__arg_shape(sums)));
}

/* change <- sigma'(Z) (change - means), a matrix like T; its sums over the batch are left in
 * inner_sums. */
static dam_status multiply_slope(struct denoise *denoise, const dam__matrix *change,
                                 const dam__matrix *means, int size)
{
    const dam__matrix *hidden = &denoise->hidden;
    double items = inner_items(denoise, size);
    if (is_softmax(denoise)) {
        DAM_TRY(dam__launch(denoise->backward_softmax, groups(denoise, size),
                            work_of(denoise, items, 7, 5),
                            DAM_ARGUMENTS(hidden, change, means, hidden->cols,
                                          dam__arg_shape(hidden), means->stride)));
        DAM_TRY(sum_up(denoise, change, size));
    } else {
        DAM_TRY(
            dam__launch(denoise->backward, vectors(denoise, hidden->cols, denoise->parts),
                        work_of(denoise, items, 4, 3),
                        DAM_ARGUMENTS(hidden, change, means, &denoise->inner_sums, size,
                                      hidden->cols, per_part(denoise, size), dam__arg_shape(hidden),
                                      means->stride, dam__arg_shape(&denoise->inner_sums))));
    }
    return DAM_OK;
}

/* The outer layer's term of dL/dW. */
static dam_status outer_gradient(struct denoise *denoise, int size)
{
    return dam__gemm_run(
        denoise->base.gemm, denoise->scales.s2, rows_of(&denoise->active, size, true),
        rows_of(&denoise->output, size, false), 0.0, &denoise->base.parameters[MEMORIES].gradient);
}

/* dL/dT, to `pulls`. */
static dam_status pull(struct denoise *denoise, int size, const dam__matrix *pulls)
{
    return dam__gemm_run(denoise->base.gemm, denoise->scales.s2,
                         rows_of(&denoise->output, size, false),
                         dam__whole(value_of(denoise, MEMORIES), true), 0.0, pulls);
}

/* Of dL/dZ and its sums: the gradient of b, and the inner layer's term of dL/dW. */
static dam_status inner_gradients(struct denoise *denoise, int size, const dam__matrix *pulls)
{
    const dam__parameter *parameters = denoise->base.parameters;
    DAM_TRY(fold(denoise, &denoise->inner_sums, 1, &parameters[INNER].gradient));
    return dam__gemm_run(denoise->base.gemm, denoise->scales.s1, rows_of(pulls, size, true),
                         rows_of(&denoise->noisy, size, false), 1.0,
                         &parameters[MEMORIES].gradient);
}

/* dL/dT, in place of T, to dL/dZ. */
static dam_status through_activation(struct denoise *denoise, int size)
{
    /* The mean is differentiated through. It is never written, hence 0, without centring. */
    if (is_centred(denoise)) {
        DAM_TRY(sum_up(denoise, &denoise->active, size));
        DAM_TRY(fold(denoise, &denoise->inner_sums, 1.0 / size, &denoise->means));
    }
    return multiply_slope(denoise, &denoise->active, &denoise->means, size);
}

/* Every gradient, from that of the loss by F in place of F. */
static dam_status backward(struct denoise *denoise, int size)
{
    const dam__matrix *active = &denoise->active;
    DAM_TRY(fold(denoise, &denoise->outer_sums, 1, &denoise->base.parameters[OUTER].gradient));
    DAM_TRY(outer_gradient(denoise, size)); /* before T gives way to dL/dT */
    DAM_TRY(pull(denoise, size, active));
    DAM_TRY(through_activation(denoise, size));
    return inner_gradients(denoise, size, active);
}

/* --- verbs ------------------------------------------------------------------------------------ */

/* Of the noise of training samples: it stays, or is that of the epoch. */
static uint32_t noise_step(const struct denoise *denoise)
{
    bool fresh = denoise->base.config.denoise.pairing == DAM__PAIRING_FRESH;
    return fresh ? (uint32_t)denoise->epoch + 1 : 0;
}

dam_status dam__denoise_loss_gradient(dam__model *model, const dam__batch *batch,
                                      const dam__buffer *losses, int slot)
{
    struct denoise *denoise = (struct denoise *)model;
    double per_item = 1.0 / ((double)dam__batch_whole(batch) * model->task.dim);
    if (batch->size > denoise->chunk || (is_centred(denoise) && batch->whole > 0))
        return dam__fail(DAM_INTERNAL, "a denoiser takes a batch whole");
    DAM_TRY(make_pairs(denoise, batch, noise_step(denoise)));
    DAM_TRY(forward(denoise, batch->size));
    DAM_TRY(residual(denoise, batch->size, per_item));
    DAM_TRY(
        collect(denoise, losses, (size_t)slot * (size_t)denoise->count, 1, false, per_item / 2));
    return backward(denoise, batch->size);
}

dam__batch dam__denoise_chunk(const struct denoise *denoise, const dam__batch *batch, int start)
{
    int rest = batch->size - start;
    return dam__batch_part(batch, start, rest < denoise->chunk ? rest : denoise->chunk);
}

/* Samples that are evaluated keep their noise. */
dam_status dam__denoise_evaluate(dam__model *model, const dam__batch *batch,
                                 const dam__device_metrics *metrics, int slot, int offset)
{
    struct denoise *denoise = (struct denoise *)model;
    const dam__matrix *totals = &metrics->totals;
    (void)offset;
    for (int start = 0; start < batch->size; start += denoise->chunk) {
        const dam__batch part = dam__denoise_chunk(denoise, batch, start);
        DAM_TRY(make_pairs(denoise, &part, 0));
        DAM_TRY(forward_frozen(denoise, &denoise->noisy, part.size));
        DAM_TRY(residual(denoise, part.size, 1));
        DAM_TRY(collect(denoise, totals->buffer, (size_t)slot * totals->ld, totals->stride,
                        start > 0, 0.5 / model->task.dim));
    }
    return DAM_OK;
}

/* Adds a batch's activations to the sums. */
static dam_status add_activations(struct denoise *denoise, const dam__batch *batch, bool accumulate)
{
    for (int start = 0; start < batch->size; start += denoise->chunk) {
        const dam__batch part = dam__denoise_chunk(denoise, batch, start);
        DAM_TRY(make_pairs(denoise, &part, noise_step(denoise)));
        DAM_TRY(similarities(denoise, &denoise->noisy, part.size));
        DAM_TRY(activate(denoise, part.size, false, accumulate || start > 0));
    }
    return DAM_OK;
}

/* The means of all training samples' activations. */
dam_status dam__denoise_finish_epoch(dam__model *model, dam__loader *samples, int epoch)
{
    dam_status status = DAM_OK;
    struct denoise *denoise = (struct denoise *)model;
    int before = denoise->epoch;
    if (!is_centred(denoise))
        return DAM_OK;
    denoise->epoch = epoch;
    DAM_TRY_CLEANUP(dam__loader_begin(samples, epoch, 0));
    for (int i = 0; i < dam__loader_batches(samples); i++) {
        dam__batch batch;
        DAM_TRY_CLEANUP(dam__loader_next(samples, &batch));
        DAM_TRY_CLEANUP(add_activations(denoise, &batch, i > 0));
        DAM_TRY_CLEANUP(dam__device_pace(model->device));
    }
    DAM_TRY_CLEANUP(fold(denoise, &denoise->inner_sums, 1.0 / dam__loader_range(samples),
                         value_of(denoise, MEANS)));
cleanup:
    denoise->epoch = before;
    return status;
}

/* --- the passes of a centred model over shards -------------------------------------------------- */

dam_status dam__denoise_first_pass(struct denoise *denoise, const dam__batch *shard)
{
    DAM_TRY(make_pairs(denoise, shard, noise_step(denoise)));
    DAM_TRY(similarities(denoise, &denoise->noisy, shard->size));
    DAM_TRY(activate(denoise, shard->size, false, false));
    return fold(denoise, &denoise->inner_sums, 1.0 / dam__batch_whole(shard),
                &denoise->shards.means[0]);
}

dam_status dam__denoise_second_pass(struct denoise *denoise, const dam__batch *shard)
{
    const dam__matrix *pulls = &denoise->shards.pulls;
    double whole = dam__batch_whole(shard);
    DAM_TRY(subtract(denoise, &denoise->shards.means[0], shard->size));
    DAM_TRY(outputs(denoise, shard->size));
    DAM_TRY(residual(denoise, shard->size, 1 / (whole * denoise->base.task.dim)));
    DAM_TRY(pull(denoise, shard->size, pulls));
    DAM_TRY(sum_up(denoise, pulls, shard->size));
    return fold(denoise, &denoise->inner_sums, 1 / whole, &denoise->shards.means[1]);
}

dam_status dam__denoise_last_pass(struct denoise *denoise, const dam__batch *shard,
                                  const dam__buffer *losses, int slot)
{
    const dam__matrix *pulls = &denoise->shards.pulls;
    double items = (double)dam__batch_whole(shard) * denoise->base.task.dim;
    DAM_TRY(collect(denoise, losses, (size_t)slot * (size_t)denoise->count, 1, false, 0.5 / items));
    DAM_TRY(fold(denoise, &denoise->outer_sums, 1, &denoise->base.parameters[OUTER].gradient));
    DAM_TRY(outer_gradient(denoise, shard->size));
    DAM_TRY(multiply_slope(denoise, pulls, &denoise->shards.means[1], shard->size));
    return inner_gradients(denoise, shard->size, pulls);
}

/* --- energy and dynamics ---------------------------------------------------------------------- */

static dam_status check_states(const struct denoise *denoise, const dam__matrix *states, int size)
{
    if (size > denoise->chunk || size > states->rows || states->cols != denoise->base.task.dim ||
        states->count != denoise->count)
        return dam__fail(DAM_INTERNAL, "%d states of %d x %d do not fit a denoiser of %d features",
                         size, states->rows, states->cols, denoise->base.task.dim);
    return DAM_OK;
}

dam_status dam__denoise_energy(dam__model *model, const dam__matrix *states, int size,
                               const dam__matrix *energies)
{
    struct denoise *denoise = (struct denoise *)model;
    const dam__matrix *hidden = &denoise->hidden;
    const dam__matrix *inner = value_of(denoise, INNER), *outer = value_of(denoise, OUTER), *inputs;
    DAM_TRY(check_states(denoise, states, size));
    DAM_TRY(enter(denoise, states, size, &inputs));
    DAM_TRY(similarities(denoise, inputs, size));
    return dam__launch(
        denoise->energy, groups(denoise, size),
        work_of(denoise, inner_items(denoise, size) + outer_items(denoise, size), 5, 1),
        DAM_ARGUMENTS(hidden, states, inputs, inner, outer, value_of(denoise, MEANS), energies,
                      hidden->cols, states->cols, dam__arg_shape(hidden), dam__arg_shape(states),
                      dam__arg_shape(inputs), inner->stride, outer->stride, energies->stride,
                      denoise->scales.s2 / denoise->scales.s1, model->config.denoise.bound,
                      model->config.denoise.bound_at));
}

static dam_status advance(struct denoise *denoise, const dam__matrix *states, int size,
                          const dam__relaxation *how)
{
    const dam__matrix *output = &denoise->output, *outer = value_of(denoise, OUTER);
    return dam__launch(denoise->advance, vectors(denoise, states->cols, size),
                       work_of(denoise, outer_items(denoise, size), 4, 3),
                       DAM_ARGUMENTS(states, output, outer, states->cols, dam__arg_shape(states),
                                     dam__arg_shape(output), outer->stride, how->dt, how->clip));
}

dam_status dam__denoise_relax(dam__model *model, const dam__matrix *states, int size,
                              const dam__relaxation *how)
{
    struct denoise *denoise = (struct denoise *)model;
    const dam__denoise_config *config = &model->config.denoise;
    bool relu = config->activation == DAM__ACTIVATION_RELU;
    const dam__matrix *inputs = NULL;
    if (relu && config->power > 1 && !is_bounded(denoise) && !(how->clip > 0) && !how->once)
        return dam__fail(
            DAM_USAGE,
            "the energy of relu to the power %d has no lower bound: states would diverge; "
            "clip the features (recall.clip), or train with model.bound or model.power = 1",
            config->power);
    DAM_TRY(check_states(denoise, states, size));
    for (int step = 0; step < how->steps; step++) {
        DAM_TRY(enter(denoise, states, size, &inputs));
        DAM_TRY(forward_frozen(denoise, inputs, size));
        DAM_TRY(advance(denoise, states, size, how));
        DAM_TRY(dam__device_pace(model->device));
    }
    return DAM_OK;
}

/* --- for the other files ---------------------------------------------------------------------- */

dam_status dam__denoise_pairs(struct denoise *denoise, const dam__batch *batch)
{
    bool fresh = denoise->base.config.denoise.pairing == DAM__PAIRING_FRESH;
    return make_pairs(denoise, batch, fresh ? 1 : 0);
}

dam_status dam__denoise_again(struct denoise *denoise, int size)
{
    DAM_TRY(forward(denoise, size));
    return residual(denoise, size, 1.0 / ((double)size * denoise->base.task.dim));
}

dam_status dam__denoise_pull(struct denoise *denoise, const dam__batch *batch, double items)
{
    DAM_TRY(make_pairs(denoise, batch, noise_step(denoise)));
    DAM_TRY(forward_frozen(denoise, &denoise->noisy, batch->size));
    return residual(denoise, batch->size, 1 / items);
}

dam_status dam__denoise_project(struct denoise *denoise, int size)
{
    return dam__gemm_run(denoise->base.gemm, 1.0, rows_of(&denoise->output, size, false),
                         dam__whole(value_of(denoise, MEMORIES), true), 0.0, &denoise->active);
}

dam_status dam__denoise_push(struct denoise *denoise, const dam__matrix *change,
                             const dam__matrix *nothing, int size)
{
    DAM_TRY(multiply_slope(denoise, change, nothing, size));
    if (is_centred(denoise))
        DAM_TRY(fold(denoise, &denoise->inner_sums, 1.0 / size, &denoise->means));
    return DAM_OK;
}
