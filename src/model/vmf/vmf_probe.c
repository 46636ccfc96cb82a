/* What the vmf model computes for single samples. The equations are in docs/models/vmf.md. */
#include "model/vmf/vmf_internal.h"

static struct vmf *vmf_of(dam__model *model)
{
    return (struct vmf *)model;
}

static dam_status plan(dam__model *model, dam__plan *plan)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix *memories = &model->parameters[MEMORIES].value;
    const dam__matrix directions = {.rows = vmf->chunk,
                                    .cols = model->task.dim,
                                    .count = 1,
                                    .ld = memories->ld,
                                    .stride = memories->ld * (size_t)vmf->chunk};
    const dam__matrix pulls = dam__vmf_columns(&vmf->similarities, vmf->memories);
    DAM_TRY(dam__plan_matrix_like(plan, "probe: products", &vmf->similarities, &vmf->probe.along));
    return dam__gemm_reserve(model->gemm, dam__whole(&pulls, false), dam__whole(memories, false),
                             &directions);
}

static dam_status prepare(dam__model *model)
{
    struct vmf *vmf = vmf_of(model);
    DAM_TRY(dam__program_kernel(vmf->program, "vmf_posterior", &vmf->probe.posterior));
    DAM_TRY(dam__program_kernel(vmf->program, "vmf_margin", &vmf->probe.margin));
    return dam__program_kernel(vmf->program, "vmf_perturb", &vmf->probe.perturb);
}

/* Samples are found by their place: none of the kernels reads an index. */
static dam_status check_batch(const struct vmf *vmf, const dam__batch *batch)
{
    if (batch->rows != NULL || batch->size > vmf->chunk)
        return dam__fail(DAM_INTERNAL,
                         "a probe takes at most %d samples in their stored order, not %d",
                         vmf->chunk, batch->size);
    return DAM_OK;
}

/* Work of a pass over a batch's similarities that reads the class weights so often. */
static dam__work work_of(const struct vmf *vmf, const dam__batch *batch, double passes)
{
    double cells = (double)batch->size * (vmf->memories + 1);
    return (dam__work){.flops = passes * cells * (2 * vmf->columns + 24),
                       .bytes = 2 * cells * (double)dam__real_size(vmf->base.device)};
}

static dam_status posterior(dam__model *model, const dam__batch *batch,
                            const dam__matrix *posterior, const dam__matrix *probabilities)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix *weights = &model->parameters[CLASS_WEIGHTS].value;
    DAM_TRY(check_batch(vmf, batch));
    DAM_TRY(dam__vmf_similarities(vmf, batch));
    return dam__launch(vmf->probe.posterior,
                       dam__range_groups(model->device, (size_t)batch->size, 1),
                       work_of(vmf, batch, 1),
                       DAM_ARGUMENTS(&vmf->similarities, posterior, probabilities, weights,
                                     &vmf->scalars, vmf->memories, vmf->similarities.ld,
                                     posterior->ld, probabilities->ld, weights->ld));
}

static dam_status descend(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                          const dam__buffer *columns)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix *weights = &model->parameters[CLASS_WEIGHTS].value;
    const dam__matrix pulls = dam__vmf_columns(&vmf->similarities, vmf->memories);
    DAM_TRY(check_batch(vmf, batch));
    DAM_TRY(dam__vmf_similarities(vmf, batch));
    DAM_TRY(dam__launch(vmf->probe.margin, dam__range_groups(model->device, (size_t)batch->size, 1),
                        work_of(vmf, batch, 1),
                        DAM_ARGUMENTS(&vmf->similarities, &vmf->activations, columns, weights,
                                      &vmf->scalars, vmf->memories, vmf->similarities.ld,
                                      weights->ld)));
    return dam__gemm_run(model->gemm, 1.0, dam__vmf_rows(&pulls, batch->size, false),
                         dam__whole(&model->parameters[MEMORIES].value, false), 0.0, directions);
}

/* The similarities of a perturbed sample are a mixture of two rows: no product for each angle. */
static dam_status perturb(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                          const dam__perturbation_search *search, const dam__buffer *columns,
                          const dam__matrix *angles, const dam__buffer *landed)
{
    struct vmf *vmf = vmf_of(model);
    const dam__matrix *weights = &model->parameters[CLASS_WEIGHTS].value;
    const dam__matrix along = dam__vmf_columns(&vmf->probe.along, vmf->memories);
    DAM_TRY(check_batch(vmf, batch));
    DAM_TRY(dam__vmf_similarities(vmf, batch));
    DAM_TRY(dam__gemm_run(model->gemm, 1.0, dam__vmf_rows(directions, batch->size, false),
                          dam__whole(&model->parameters[MEMORIES].value, true), 0.0, &along));
    return dam__launch(vmf->probe.perturb, dam__range_groups(model->device, (size_t)batch->size, 1),
                       work_of(vmf, batch, search->scans + search->halvings),
                       DAM_ARGUMENTS(&vmf->similarities, &vmf->probe.along, &vmf->activations,
                                     columns, angles, landed, weights, &vmf->scalars, vmf->memories,
                                     vmf->similarities.ld, weights->ld, search->limit,
                                     search->scans, search->halvings));
}

const dam__probe_ops dam__vmf_probe_ops = {
    .plan = plan,
    .prepare = prepare,
    .posterior = posterior,
    .descend = descend,
    .perturb = perturb,
};
