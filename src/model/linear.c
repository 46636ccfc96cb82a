#include "model/linear.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compute/program.h"

struct linear {
    dam__model base; /* first, so that a pointer to it is one to this */
    int chunk;
    dam__matrix logits, along; /* chunk x classes */
    dam__matrix losses;        /* 1 x chunk */
    dam__program *program;
    dam__kernel *softmax, *collect, *margin, *perturb;
};

static struct linear *linear_of(dam__model *model)
{
    return (struct linear *)model;
}

static void destroy(dam__model *model)
{
    struct linear *linear = linear_of(model);
    dam__buffer_destroy(model->parameters[0].value.buffer);
    dam__buffer_destroy(model->parameters[0].gradient.buffer);
    dam__buffer_destroy(linear->logits.buffer);
    dam__buffer_destroy(linear->along.buffer);
    dam__buffer_destroy(linear->losses.buffer);
    dam__program_destroy(linear->program);
    free(linear);
}

static dam_status plan(dam__model *model, dam__plan *plan, int chunk)
{
    struct linear *linear = linear_of(model);
    int classes = model->task.classes, dim = model->task.dim;
    dam__parameter *weights = &model->parameters[0];
    dam__matrix *value = &weights->value;
    linear->chunk = chunk;
    model->parameter_count = 1;
    weights->name = "weights";
    weights->trained = true;
    DAM_TRY(dam__plan_matrix(plan, "linear: weights", classes, dim, 1, value));
    DAM_TRY(dam__plan_matrix_like(plan, "linear: gradient", value, &weights->gradient));
    DAM_TRY(dam__plan_matrix(plan, "linear: logits", chunk, classes, 1, &linear->logits));
    DAM_TRY(dam__plan_matrix(plan, "linear: losses", 1, chunk, 1, &linear->losses));
    const dam__matrix samples = {.rows = chunk,
                                 .cols = dim,
                                 .count = 1,
                                 .ld = value->ld,
                                 .stride = value->ld * (size_t)chunk};
    DAM_TRY(dam__gemm_reserve(model->gemm, dam__whole(&samples, false), dam__whole(value, true),
                              &linear->logits));
    return dam__gemm_reserve(model->gemm, dam__whole(&linear->logits, true),
                             dam__whole(&samples, false), &weights->gradient);
}

static dam_status prepare(dam__model *model)
{
    struct linear *linear = linear_of(model);
    DAM_TRY(dam__program_create(model->device, "linear", "", &linear->program));
    DAM_TRY(dam__program_kernel(linear->program, "linear_softmax", &linear->softmax));
    DAM_TRY(dam__program_kernel(linear->program, "linear_collect", &linear->collect));
    DAM_TRY(dam__program_kernel(linear->program, "linear_margin", &linear->margin));
    return dam__program_kernel(linear->program, "linear_perturb", &linear->perturb);
}

/* The loss is convex: it does not matter where training begins. */
static dam_status initialise(dam__model *model, uint64_t seed)
{
    (void)seed;
    return dam__buffer_clear(model->parameters[0].value.buffer);
}

/* Nothing is derived from the weights, and nothing constrains them. */
static dam_status nothing(dam__model *model)
{
    (void)model;
    return DAM_OK;
}

static dam__operand rows_of(const dam__matrix *matrix, const dam__batch *batch, bool transposed)
{
    return (dam__operand){.matrix = matrix,
                          .transposed = transposed,
                          .height = batch->size,
                          .first = matrix == batch->samples ? batch->first : 0};
}

static dam_status logits_of(struct linear *linear, const dam__batch *batch,
                            const dam__matrix *samples, const dam__matrix *out)
{
    if (batch->rows != NULL)
        return dam__fail(DAM_INTERNAL, "softmax regression takes batches in their stored order");
    return dam__gemm_run(linear->base.gemm, 1.0, rows_of(samples, batch, false),
                         dam__whole(&linear->base.parameters[0].value, true), 0.0, out);
}

static dam__work work_of(const struct linear *linear, const dam__batch *batch, double passes)
{
    double cells = (double)batch->size * linear->base.task.classes;
    return (dam__work){.flops = passes * 4 * cells,
                       .bytes = 2 * cells * (double)dam__real_size(linear->base.device)};
}

static dam_status chunk_gradient(struct linear *linear, const dam__batch *chunk, double per_sample,
                                 const dam__buffer *losses, int slot, bool accumulate)
{
    dam__model *model = &linear->base;
    DAM_TRY(logits_of(linear, chunk, chunk->samples, &linear->logits));
    DAM_TRY(dam__launch(linear->softmax, dam__range_items(model->device, (size_t)chunk->size, 1),
                        work_of(linear, chunk, 11), /* an exponential counts as 20 flops */
                        DAM_ARGUMENTS(&linear->logits, chunk->labels, &linear->losses, chunk->size,
                                      chunk->first, model->task.classes, linear->logits.ld,
                                      per_sample)));
    DAM_TRY(dam__launch(
        linear->collect, dam__range_groups(model->device, 1, 1),
        (dam__work){.flops = chunk->size,
                    .bytes = (double)chunk->size * (double)dam__real_size(model->device)},
        DAM_ARGUMENTS(&linear->losses, losses, chunk->size, slot, accumulate, per_sample)));
    return dam__gemm_run(model->gemm, 1.0, rows_of(&linear->logits, chunk, true),
                         rows_of(chunk->samples, chunk, false), accumulate ? 1.0 : 0.0,
                         &model->parameters[0].gradient);
}

static dam_status loss_gradient(dam__model *model, const dam__batch *batch,
                                const dam__buffer *losses, int slot)
{
    struct linear *linear = linear_of(model);
    for (int start = 0; start < batch->size; start += linear->chunk) {
        dam__batch chunk = *batch;
        chunk.first += start;
        chunk.size = batch->size - start < linear->chunk ? batch->size - start : linear->chunk;
        DAM_TRY(chunk_gradient(linear, &chunk, 1.0 / batch->size, losses, slot, start > 0));
    }
    return DAM_OK;
}

static dam_status plan_probe(dam__model *model, dam__plan *plan)
{
    struct linear *linear = linear_of(model);
    const dam__matrix *value = &model->parameters[0].value;
    const dam__matrix directions = {.rows = linear->chunk,
                                    .cols = model->task.dim,
                                    .count = 1,
                                    .ld = value->ld,
                                    .stride = value->ld * (size_t)linear->chunk};
    DAM_TRY(dam__plan_matrix_like(plan, "linear: products", &linear->logits, &linear->along));
    return dam__gemm_reserve(model->gemm, dam__whole(&linear->logits, false),
                             dam__whole(value, false), &directions);
}

static dam_status descend(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                          const dam__buffer *columns)
{
    struct linear *linear = linear_of(model);
    DAM_TRY(logits_of(linear, batch, batch->samples, &linear->logits));
    DAM_TRY(dam__launch(linear->margin, dam__range_items(model->device, (size_t)batch->size, 1),
                        work_of(linear, batch, 1),
                        DAM_ARGUMENTS(&linear->logits, columns, batch->size, model->task.classes,
                                      linear->logits.ld)));
    return dam__gemm_run(model->gemm, 1.0, rows_of(&linear->logits, batch, false),
                         dam__whole(&model->parameters[0].value, false), 0.0, directions);
}

static dam_status perturb(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                          const dam__perturbation_search *search, const dam__buffer *columns,
                          const dam__matrix *angles, const dam__buffer *landed)
{
    struct linear *linear = linear_of(model);
    DAM_TRY(logits_of(linear, batch, batch->samples, &linear->logits));
    DAM_TRY(logits_of(linear, batch, directions, &linear->along));
    return dam__launch(linear->perturb, dam__range_items(model->device, (size_t)batch->size, 1),
                       work_of(linear, batch, search->scans + search->halvings),
                       DAM_ARGUMENTS(&linear->logits, &linear->along, columns, angles, landed,
                                     batch->size, model->task.classes, linear->logits.ld,
                                     search->limit, search->scans, search->halvings));
}

static const dam__probe_ops probe_ops = {
    .plan = plan_probe,
    .prepare = nothing,
    .descend = descend,
    .perturb = perturb,
};

static const dam__model_ops linear_ops = {
    .plan = plan,
    .prepare = prepare,
    .initialise = initialise,
    .loss_gradient = loss_gradient,
    .project = nothing,
    .refresh = nothing,
    .probe = &probe_ops,
    .destroy = destroy,
};

dam_status dam__linear_create(dam__device *device, dam__gemm *gemm, const dam__task *task,
                              dam__model **out)
{
    struct linear *linear = NULL;
    if (task->classes < 2)
        return dam__fail(DAM_USAGE, "a linear classifier needs at least 2 classes, not %d",
                         task->classes);
    dam_status status = dam__alloc(1, sizeof *linear, &linear);
    if (status != DAM_OK)
        return status;
    linear->base = (dam__model){.ops = &linear_ops, .device = device, .gemm = gemm, .task = *task};
    *out = &linear->base;
    return DAM_OK;
}
