#include "train/scorer.h"

#include <stdlib.h>

#include "base/memory.h"
#include "model/model_type.h"
#include "model/task.h"

struct dam__scorer {
    dam__gemm *gemm;
    dam__feed *feed;
    dam__model *model;
    dam__evaluator *evaluator;
    dam__plan *plan;
};

static void forget_plan(dam__scorer *scorer)
{
    dam__evaluator_destroy(scorer->evaluator);
    dam__model_destroy(scorer->model);
    dam__feed_destroy(scorer->feed);
    dam__gemm_destroy(scorer->gemm);
    dam__plan_destroy(scorer->plan);
    *scorer = (dam__scorer){0};
}

void dam__scorer_destroy(dam__scorer *scorer)
{
    if (scorer == NULL)
        return;
    forget_plan(scorer);
    free(scorer);
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
    dam__scorer *scorer; /* that is made */
};

static dam_status make_plan(void *user, int batch, bool stream, const dam__plan **plan)
{
    const struct request *request = user;
    dam__scorer *scorer = request->scorer;
    dam__feed_options options = {.count = request->set->count,
                                 .batch = batch,
                                 .stream = stream,
                                 .input =
                                     dam__model_input(&request->config, request->task.classes)};
    options.input.shows_label = false;
    forget_plan(scorer);
    DAM_TRY(dam__plan_create(request->device, &scorer->plan));
    DAM_TRY(dam__gemm_create(request->device, request->gemm, &scorer->gemm));
    DAM_TRY(dam__feed_create(request->device, request->set, &options, &scorer->feed));
    DAM_TRY(dam__model_create(request->device, scorer->gemm, &request->config, &request->task,
                              &scorer->model));
    DAM_TRY(dam__feed_plan(scorer->feed, scorer->plan));
    DAM_TRY(scorer->model->ops->plan(scorer->model, scorer->plan, batch));
    DAM_TRY(dam__evaluator_create(scorer->model, scorer->feed, scorer->plan, &scorer->evaluator));
    DAM_TRY(dam__gemm_plan(scorer->gemm, scorer->plan));
    *plan = scorer->plan;
    return DAM_OK;
}

dam_status dam__scorer_create(dam__device *device, dam__gemm_provider gemm,
                              const dam__model_config *config, int dim, int classes,
                              const dam__container *run, const dam__dataset *set, int batch,
                              dam__scorer **out)
{
    dam_status status = DAM_OK;
    dam__scorer *scorer = NULL;
    struct request request = {.device = device,
                              .gemm = gemm,
                              .config = *config,
                              .set = set,
                              .task = {.dim = dim, .classes = classes}};
    DAM_TRY_CLEANUP(check_set(config, set, dim, classes));
    DAM_TRY_CLEANUP(dam__task_check(config, set));
    DAM_TRY_CLEANUP(dam__checkpoint_memories(run, &request.config.memories));
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *scorer, &scorer));
    request.scorer = scorer;
    DAM_TRY_CLEANUP(dam__plan_fit(make_plan, &request, batch, false));
    DAM_TRY_CLEANUP(dam__plan_allocate(scorer->plan));
    DAM_TRY_CLEANUP(dam__feed_prepare(scorer->feed));
    DAM_TRY_CLEANUP(scorer->model->ops->prepare(scorer->model));
    DAM_TRY_CLEANUP(dam__checkpoint_parameters(scorer->model, run));
    *out = scorer;
    scorer = NULL;
cleanup:
    dam__scorer_destroy(scorer);
    return status;
}

dam_status dam__scorer_reload(dam__scorer *scorer, size_t count)
{
    return dam__feed_reload(scorer->feed, count);
}

dam_status dam__scorer_run(dam__scorer *scorer, dam__score *score, int32_t **predicted,
                           int32_t **nearest)
{
    dam_status status = dam__evaluator_run(scorer->evaluator, score);
    return status == DAM_OK ? dam__evaluator_predictions(scorer->evaluator, predicted, nearest)
                            : status;
}
