#include "train/run_evaluator.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/model_type.h"
#include "model/task.h"

struct dam__run_evaluator {
    dam__gemm *gemm;
    dam__loader *loader;
    dam__model *model;
    dam__evaluator *inner;
    dam__plan *plan;
};

static void forget_plan(dam__run_evaluator *evaluator)
{
    dam__evaluator_destroy(evaluator->inner);
    dam__model_destroy(evaluator->model);
    dam__loader_destroy(evaluator->loader);
    dam__gemm_destroy(evaluator->gemm);
    dam__plan_destroy(evaluator->plan);
    *evaluator = (dam__run_evaluator){0};
}

void dam__run_evaluator_destroy(dam__run_evaluator *evaluator)
{
    if (evaluator == NULL)
        return;
    forget_plan(evaluator);
    free(evaluator);
}

static dam_status check_set(const dam__model_config *config, const dam__dataset *set, int dim,
                            int classes)
{
    bool compared = dam__model_compares(config);
    if (set->labels == NULL && compared)
        return dam__fail(DAM_INPUT, "'%s' has no labels to score against; set data.test_labels",
                         set->name);
    if (set->features != (size_t)dim)
        return dam__fail(DAM_INPUT, "'%s' has %zu features a sample, but the run was trained on %d",
                         set->name, set->features, dim);
    if (set->classes > classes && compared)
        return dam__fail(DAM_INPUT, "'%s' has class %d, but the run was trained on %d classes",
                         set->name, set->classes - 1, classes);
    return DAM_OK;
}

struct request {
    dam__device *device;
    dam__gemm_provider gemm;
    dam__model_config config;
    const dam__dataset *set;
    dam__task task;
    dam__run_evaluator *evaluator; /* that is made */
};

static dam_status make_plan(void *user, int batch, bool stream, const dam__plan **plan)
{
    const struct request *request = user;
    dam__run_evaluator *evaluator = request->evaluator;
    dam__loader_options options = {.count = request->set->count,
                                   .batch = batch,
                                   .stream = stream,
                                   .input =
                                       dam__model_input(&request->config, request->task.classes)};
    options.input.shows_label = false;
    forget_plan(evaluator);
    DAM_TRY(dam__plan_create(request->device, &evaluator->plan));
    DAM_TRY(dam__gemm_create(request->device, request->gemm, &evaluator->gemm));
    DAM_TRY(dam__loader_create(request->device, request->set, &options, &evaluator->loader));
    DAM_TRY(dam__model_create(request->device, evaluator->gemm, &request->config, &request->task,
                              &evaluator->model));
    DAM_TRY(dam__loader_plan(evaluator->loader, evaluator->plan));
    DAM_TRY(evaluator->model->ops->plan(evaluator->model, evaluator->plan, batch));
    DAM_TRY(dam__evaluator_create(evaluator->model, evaluator->loader, evaluator->plan,
                                  &evaluator->inner));
    DAM_TRY(dam__gemm_plan(evaluator->gemm, evaluator->plan));
    *plan = evaluator->plan;
    return DAM_OK;
}

dam_status dam__run_evaluator_create(dam__device *device, dam__gemm_provider gemm,
                                     const dam__model_config *config, int dim, int classes,
                                     const dam__container *run, const dam__dataset *set, int batch,
                                     dam__run_evaluator **out)
{
    dam_status status = DAM_OK;
    dam__run_evaluator *evaluator = NULL;
    struct request request = {.device = device,
                              .gemm = gemm,
                              .config = *config,
                              .set = set,
                              .task = {.dim = dim, .classes = classes}};
    DAM_TRY_CLEANUP(check_set(config, set, dim, classes));
    DAM_TRY_CLEANUP(dam__task_check(config, set));
    DAM_TRY_CLEANUP(dam__checkpoint_memories(run, &request.config.memories));
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *evaluator, &evaluator));
    request.evaluator = evaluator;
    if ((size_t)batch > set->count)
        batch = (int)set->count;
    DAM_TRY_CLEANUP(dam__plan_fit(make_plan, &request, batch, false));
    DAM_TRY_CLEANUP(dam__plan_allocate(evaluator->plan));
    DAM_TRY_CLEANUP(dam__loader_prepare(evaluator->loader));
    DAM_TRY_CLEANUP(evaluator->model->ops->prepare(evaluator->model));
    DAM_TRY_CLEANUP(dam__checkpoint_parameters(evaluator->model, run));
    *out = evaluator;
    evaluator = NULL;
cleanup:
    dam__run_evaluator_destroy(evaluator);
    return status;
}

dam_status dam__run_evaluator_reload(dam__run_evaluator *evaluator, size_t count)
{
    return dam__loader_reload(evaluator->loader, count);
}

dam_status dam__run_evaluator_run(dam__run_evaluator *evaluator, dam__metrics *metrics,
                                  int32_t **predicted, int32_t **nearest)
{
    dam_status status = dam__evaluator_run(evaluator->inner, metrics);
    return status == DAM_OK ? dam__evaluator_predictions(evaluator->inner, predicted, nearest)
                            : status;
}

dam_status dam__run_evaluator_answer(dam__run_evaluator *evaluator, const dam__answers *out)
{
    dam__model *model = evaluator->model;
    size_t columns = (size_t)dam__model_columns(&model->config, model->task.classes), at = 0;
    DAM_TRY(dam__loader_begin(evaluator->loader, 0, 0));
    for (int step = 0; step < dam__loader_batches(evaluator->loader); step++) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(evaluator->loader, &batch));
        const dam__answers part = {.scores = out->scores + at * columns,
                                   .memory = out->memory + at,
                                   .similarity = out->similarity + at};
        DAM_TRY(model->ops->answer(model, &batch, &part));
        at += (size_t)batch.size;
    }
    return DAM_OK;
}
