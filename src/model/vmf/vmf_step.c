/* What the vmf model queues for a batch: loss and gradients of a training step, and its metrics. */
#include "model/vmf/vmf_internal.h"

static struct vmf *vmf_of(dam__model *model)
{
    return (struct vmf *)model;
}

/* --- a training step ---------------------------------------------------------------------------- */

dam__batch dam__vmf_chunk(const struct vmf *vmf, const dam__batch *batch, int start)
{
    int rest = batch->size - start;
    return dam__batch_part(batch, start, rest < vmf->chunk ? rest : vmf->chunk);
}

dam__operand dam__vmf_samples(const dam__batch *batch)
{
    return (dam__operand){.matrix = batch->samples,
                          .height = batch->size,
                          .rows = batch->rows,
                          .first = batch->first};
}

/* GEMM 1. */
dam_status dam__vmf_similarities(struct vmf *vmf, const dam__batch *chunk)
{
    dam__matrix out = dam__vmf_columns(&vmf->similarities, vmf->memories);
    return dam__gemm_run(vmf->base.gemm, 1.0, dam__vmf_samples(chunk),
                         dam__whole(&vmf->base.parameters[MEMORIES].value, true), 0.0, &out);
}

/* An unsupervised model reads no labels: any buffer of the device does. */
static const dam__buffer *labels_of(const struct vmf *vmf, const dam__batch *batch)
{
    return vmf->base.config.vmf.loss == DAM__LOSS_UNSUPERVISED ? vmf->scalars.buffer
                                                               : batch->labels;
}

/* E, R, scaled Q and the statistics of every sample, in one pass over the similarities. */
static dam_status forward(struct vmf *vmf, const dam__batch *batch, double per_sample)
{
    const dam__matrix *weights = &vmf->base.parameters[CLASS_WEIGHTS].value;
    double cells = (double)batch->size * (vmf->memories + 1);
    double real = (double)dam__real_size(vmf->base.device);
    /* An exponential counts as 20 flops. */
    return dam__launch(
        vmf->forward, dam__range_groups(vmf->base.device, (size_t)batch->size, 1),
        (dam__work){.flops = cells * (4 * vmf->columns + 28), .bytes = 3 * cells * real},
        DAM_ARGUMENTS(&vmf->similarities, &vmf->activations, &vmf->ratios, &vmf->statistics,
                      weights, &vmf->scalars, labels_of(vmf, batch),
                      batch->rows != NULL ? batch->rows : labels_of(vmf, batch),
                      batch->rows != NULL, batch->first, vmf->memories, vmf->similarities.ld,
                      vmf->ratios.ld, weights->ld, vmf->base.config.vmf.softening, per_sample));
}

static size_t memory_vectors(const struct vmf *vmf)
{
    size_t vector_width = (size_t)dam__vector_width(vmf->base.device);
    return ((size_t)vmf->memories + vector_width) / vector_width; /* the background is one more */
}

/* dL/dG = -(1/B) E' R, in parts of fixed shape. */
static dam_status class_gradient(struct vmf *vmf, const dam__batch *batch, double per_sample)
{
    dam__device *device = vmf->base.device;
    const dam__matrix *parts = &vmf->gradient_parts;
    double cells = (double)batch->size * (vmf->memories + 1);
    dam__range range = dam__range_items(device, memory_vectors(vmf),
                                        (size_t)(vmf->columns + vmf->tile - 1) / (size_t)vmf->tile);
    range.global[2] = (size_t)vmf->parts;
    return dam__launch(vmf->class_gradient, range,
                       (dam__work){.flops = 2 * cells * vmf->columns,
                                   .bytes = cells * (double)dam__real_size(device)},
                       DAM_ARGUMENTS(&vmf->activations, &vmf->ratios, parts, batch->size,
                                     vmf->memories + 1, vmf->activations.ld, vmf->ratios.ld,
                                     parts->ld, parts->stride, per_sample));
}

/* Adds up the parts, and in one row of work-groups more the samples' statistics. */
static dam_status fold(struct vmf *vmf, const dam__batch *batch, const dam__buffer *losses,
                       int slot, double per_sample, bool accumulate)
{
    const dam__parameter *parameters = vmf->base.parameters;
    const dam__matrix *parts = &vmf->gradient_parts;
    double real = (double)dam__real_size(vmf->base.device), samples = batch->size;
    double entries = (double)vmf->columns * (vmf->memories + 1);
    return dam__launch(
        vmf->fold,
        dam__range_items(vmf->base.device, memory_vectors(vmf), (size_t)vmf->columns + 1),
        (dam__work){.flops = entries * vmf->parts + 3 * samples,
                    .bytes = (entries * (vmf->parts + 1) + 4 * samples) * real},
        DAM_ARGUMENTS(parts, &parameters[CLASS_WEIGHTS].gradient, &vmf->statistics, &vmf->scalars,
                      losses, &parameters[BETA].gradient, vmf->parts, parts->stride,
                      vmf->memories + 1, parts->ld, batch->size, slot, accumulate,
                      vmf->base.config.vmf.varsigma, per_sample));
}

dam_status dam__vmf_memory_sums(struct vmf *vmf, const dam__matrix *owed, const dam__batch *chunk,
                                bool accumulate)
{
    return dam__gemm_run(vmf->base.gemm, 1.0, dam__vmf_rows(owed, chunk->size, true),
                         dam__vmf_samples(chunk), accumulate ? 1.0 : 0.0,
                         &vmf->base.parameters[MEMORIES].gradient);
}

/* dL/dW = (-b/B Q)' X (GEMM 4); Q is scaled already. The optimizer makes it tangent. */
static dam_status memory_gradient(struct vmf *vmf, const dam__batch *batch, bool accumulate)
{
    dam__matrix owed = dam__vmf_columns(&vmf->similarities, vmf->memories);
    return dam__vmf_memory_sums(vmf, &owed, batch, accumulate);
}

dam_status dam__vmf_responsibilities(struct vmf *vmf, const dam__batch *chunk, double per_sample)
{
    dam_status status = dam__vmf_similarities(vmf, chunk);
    return status == DAM_OK ? forward(vmf, chunk, per_sample) : status;
}

dam_status dam__vmf_loss_gradient(dam__model *model, const dam__batch *batch,
                                  const dam__buffer *losses, int slot)
{
    struct vmf *vmf = vmf_of(model);
    double per_sample = 1.0 / dam__batch_whole(batch);
    for (int start = 0; start < batch->size; start += vmf->chunk) {
        dam__batch chunk = dam__vmf_chunk(vmf, batch, start);
        bool accumulate = start > 0;
        DAM_TRY(dam__vmf_similarities(vmf, &chunk));
        DAM_TRY(forward(vmf, &chunk, per_sample));
        DAM_TRY(class_gradient(vmf, &chunk, per_sample));
        DAM_TRY(fold(vmf, &chunk, losses, slot, per_sample, accumulate));
        DAM_TRY(memory_gradient(vmf, &chunk, accumulate));
    }
    return DAM_OK;
}

/* --- metrics ------------------------------------------------------------------------------------ */

static dam_status evaluate_chunk(struct vmf *vmf, const dam__batch *batch,
                                 const dam__device_metrics *metrics, int slot, int offset,
                                 bool accumulate)
{
    dam__device *device = vmf->base.device;
    const dam__matrix *weights = &vmf->base.parameters[CLASS_WEIGHTS].value;
    double cells = (double)batch->size * (vmf->memories + 1);
    double real = (double)dam__real_size(device);
    DAM_TRY(dam__vmf_similarities(vmf, batch));
    DAM_TRY(dam__launch(
        vmf->evaluate, dam__range_groups(device, (size_t)batch->size, 1),
        (dam__work){.flops = cells * (2 * vmf->columns + 24), .bytes = 2 * cells * real},
        DAM_ARGUMENTS(&vmf->similarities, &vmf->activations, &vmf->statistics, metrics->predicted,
                      metrics->nearest, weights, &vmf->scalars, labels_of(vmf, batch), batch->first,
                      offset, vmf->memories, vmf->similarities.ld, weights->ld,
                      vmf->base.config.vmf.softening)));
    return dam__launch(vmf->metrics, dam__range_groups(device, 1, 1),
                       (dam__work){.flops = 2.0 * batch->size, .bytes = 4 * batch->size * real},
                       DAM_ARGUMENTS(&vmf->statistics, &metrics->totals, batch->size, slot,
                                     metrics->totals.ld, accumulate));
}

dam_status dam__vmf_evaluate(dam__model *model, const dam__batch *batch,
                             const dam__device_metrics *metrics, int slot, int offset)
{
    struct vmf *vmf = vmf_of(model);
    if (batch->rows != NULL)
        return dam__fail(DAM_INTERNAL, "evaluation takes batches in their stored order");
    for (int start = 0; start < batch->size; start += vmf->chunk) {
        dam__batch chunk = dam__vmf_chunk(vmf, batch, start);
        DAM_TRY(evaluate_chunk(vmf, &chunk, metrics, slot, offset + start, start > 0));
    }
    return DAM_OK;
}
