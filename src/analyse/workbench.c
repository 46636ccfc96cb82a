#include "analyse/workbench.h"

#include "train/checkpoint.h"

void dam__workbench_close(dam__workbench *bench)
{
    dam__model_destroy(bench->model);
    dam__loader_destroy(bench->loader);
    dam__gemm_destroy(bench->gemm);
    dam__plan_destroy(bench->plan);
    *bench = (dam__workbench){0};
}

struct request {
    const dam__workbench_options *options;
    const dam__workbench_extras *extras;
    dam__workbench *bench;
};

static dam_status make_plan(void *user, int batch, bool stream, const dam__plan **plan)
{
    const struct request *request = user;
    const dam__workbench_options *options = request->options;
    const dam__workbench_extras *extras = request->extras;
    dam__workbench *bench = request->bench;
    const dam__task task = {.dim = options->dim, .classes = options->classes};
    const dam__loader_options loader = {.first = options->first,
                                        .count = options->count,
                                        .batch =
                                            options->whole && !stream ? (int)options->count : batch,
                                        .stream = stream};
    extras->forget(extras->user);
    dam__workbench_close(bench);
    bench->chunk = batch;
    DAM_TRY(dam__plan_create(options->device, &bench->plan));
    DAM_TRY(dam__gemm_create(options->device, options->gemm, &bench->gemm));
    DAM_TRY(dam__loader_create(options->device, options->set, &loader, &bench->loader));
    DAM_TRY(dam__loader_plan(bench->loader, bench->plan));
    if (options->config != NULL) {
        DAM_TRY(
            dam__model_create(options->device, bench->gemm, options->config, &task, &bench->model));
        DAM_TRY(bench->model->ops->plan(bench->model, bench->plan, batch));
    }
    DAM_TRY(extras->plan(extras->user, bench));
    DAM_TRY(dam__gemm_plan(bench->gemm, bench->plan));
    *plan = bench->plan;
    return DAM_OK;
}

dam_status dam__workbench_open(const dam__workbench_options *options,
                               const dam__workbench_extras *extras, dam__workbench *out)
{
    dam_status status = DAM_OK;
    int batch = (size_t)options->batch < options->count ? options->batch : (int)options->count;
    *out = (dam__workbench){0};
    if (options->set->features != (size_t)options->dim)
        DAM_FAIL(DAM_INPUT, "'%s' has %zu features a sample, but the run was trained on %d",
                 options->set->name, options->set->features, options->dim);
    DAM_TRY_CLEANUP(
        dam__plan_fit(make_plan, &(struct request){options, extras, out}, batch, false));
    DAM_TRY_CLEANUP(dam__plan_allocate(out->plan));
    DAM_TRY_CLEANUP(dam__loader_prepare(out->loader));
    if (out->model != NULL) {
        DAM_TRY_CLEANUP(out->model->ops->prepare(out->model));
        DAM_TRY_CLEANUP(dam__checkpoint_parameters(out->model, options->run));
    }
cleanup:
    if (status != DAM_OK) {
        extras->forget(extras->user);
        dam__workbench_close(out);
    }
    return status;
}

dam_status dam__workbench_labels(const dam__dataset *set, int classes, const char *key)
{
    if (set->labels == NULL)
        return dam__fail(DAM_INPUT, "'%s' has no labels to analyse the run with; set %s", set->name,
                         key);
    if (set->classes > classes)
        return dam__fail(DAM_INPUT, "'%s' has class %d, but the run was trained on %d classes",
                         set->name, set->classes - 1, classes);
    return DAM_OK;
}
