#include "train/evaluator.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/model_type.h"

struct dam__evaluator {
    dam__model *model;
    dam__loader *loader;
    dam__device_metrics metrics;
};

dam_status dam__evaluator_create(dam__model *model, dam__loader *loader, dam__plan *plan,
                                 dam__evaluator **out)
{
    dam_status status = DAM_OK;
    dam__evaluator *evaluator = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *evaluator, &evaluator));
    evaluator->model = model;
    evaluator->loader = loader;
    size_t bytes = (size_t)dam__loader_range(loader) * sizeof(int32_t);
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "evaluation: totals", dam__loader_batches(loader), 2,
                                     model->task.count > 0 ? model->task.count : 1,
                                     &evaluator->metrics.totals));
    DAM_TRY_CLEANUP(
        dam__plan_buffer(plan, "evaluation: predictions", bytes, &evaluator->metrics.predicted));
    DAM_TRY_CLEANUP(
        dam__plan_buffer(plan, "evaluation: nearest", bytes, &evaluator->metrics.nearest));
    *out = evaluator;
    evaluator = NULL;
cleanup:
    dam__evaluator_destroy(evaluator);
    return status;
}

void dam__evaluator_destroy(dam__evaluator *evaluator)
{
    if (evaluator == NULL)
        return;
    dam__buffer_destroy(evaluator->metrics.totals.buffer);
    dam__buffer_destroy(evaluator->metrics.predicted);
    dam__buffer_destroy(evaluator->metrics.nearest);
    free(evaluator);
}

static dam_status read_metrics(dam__evaluator *evaluator, dam__metrics *out)
{
    dam_status status = DAM_OK;
    double *totals = NULL;
    const dam__matrix *matrix = &evaluator->metrics.totals;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(matrix), sizeof *totals, &totals));
    /* Of replicas some may have diverged. */
    DAM_TRY_CLEANUP(matrix->count > 1
                        ? dam__matrix_read_unchecked(matrix, totals, "evaluation totals")
                        : dam__matrix_read_doubles(matrix, totals, "evaluation totals"));
    int samples = dam__loader_range(evaluator->loader);
    bool compared = dam__model_compares(&evaluator->model->config);
    size_t steps = (size_t)matrix->rows, batches = (size_t)dam__loader_batches(evaluator->loader);
    for (size_t p = 0; p < (size_t)matrix->count; p++) {
        double loss = 0, right = 0;
        for (size_t step = p * steps; step < p * steps + batches; step++) {
            loss += totals[2 * step];
            right += totals[2 * step + 1];
        }
        out[p] = (dam__metrics){.loss = loss / samples,
                                .accuracy = compared ? right / samples : NAN,
                                .samples = samples};
    }
cleanup:
    free(totals);
    return status;
}

dam_status dam__evaluator_run(dam__evaluator *evaluator, dam__metrics *out)
{
    dam__model *model = evaluator->model;
    int offset = 0;
    DAM_TRY(dam__loader_begin(evaluator->loader, 0, 0));
    for (int step = 0; step < dam__loader_batches(evaluator->loader); step++) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(evaluator->loader, &batch));
        DAM_TRY(model->ops->evaluate(model, &batch, &evaluator->metrics, step, offset));
        DAM_TRY(dam__device_pace(model->device));
        offset += batch.size;
    }
    return read_metrics(evaluator, out);
}

dam_status dam__evaluator_predictions(dam__evaluator *evaluator, int32_t **predicted,
                                      int32_t **nearest)
{
    dam_status status = DAM_OK;
    size_t samples = (size_t)dam__loader_range(evaluator->loader);
    int32_t classes = evaluator->model->task.classes;
    *predicted = NULL;
    *nearest = NULL;
    DAM_TRY_CLEANUP(dam__alloc(samples, sizeof **predicted, predicted));
    DAM_TRY_CLEANUP(dam__alloc(samples, sizeof **nearest, nearest));
    DAM_TRY_CLEANUP(dam__integers_read(evaluator->metrics.predicted, samples, classes, *predicted,
                                       "predictions"));
    DAM_TRY_CLEANUP(dam__integers_read(evaluator->metrics.nearest, samples, classes, *nearest,
                                       "classes of the nearest memories"));
cleanup:
    if (status != DAM_OK) {
        free(*predicted);
        free(*nearest);
        *predicted = NULL;
        *nearest = NULL;
    }
    return status;
}
