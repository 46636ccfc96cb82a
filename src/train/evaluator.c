#include "train/evaluator.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "model/model_type.h"

struct dam__evaluator {
    dam__model *model;
    dam__feed *feed;
    dam__evaluation evaluation;
};

dam_status dam__evaluator_create(dam__model *model, dam__feed *feed, dam__plan *plan,
                                 dam__evaluator **out)
{
    dam_status status = DAM_OK;
    dam__evaluator *evaluator = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *evaluator, &evaluator));
    evaluator->model = model;
    evaluator->feed = feed;
    size_t bytes = (size_t)dam__feed_range(feed) * sizeof(int32_t);
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "evaluation: totals", dam__feed_batches(feed), 2,
                                     model->task.count > 0 ? model->task.count : 1,
                                     &evaluator->evaluation.totals));
    DAM_TRY_CLEANUP(
        dam__plan_buffer(plan, "evaluation: predictions", bytes, &evaluator->evaluation.predicted));
    DAM_TRY_CLEANUP(
        dam__plan_buffer(plan, "evaluation: nearest", bytes, &evaluator->evaluation.nearest));
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
    dam__buffer_destroy(evaluator->evaluation.totals.buffer);
    dam__buffer_destroy(evaluator->evaluation.predicted);
    dam__buffer_destroy(evaluator->evaluation.nearest);
    free(evaluator);
}

static dam_status read_score(dam__evaluator *evaluator, dam__score *out)
{
    dam_status status = DAM_OK;
    double *totals = NULL;
    const dam__matrix *matrix = &evaluator->evaluation.totals;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(matrix), sizeof *totals, &totals));
    DAM_TRY_CLEANUP(dam__matrix_read_doubles(matrix, totals, "evaluation totals"));
    int samples = dam__feed_range(evaluator->feed);
    bool compared = dam__model_compares(&evaluator->model->config);
    size_t steps = (size_t)matrix->rows, batches = (size_t)dam__feed_batches(evaluator->feed);
    for (size_t p = 0; p < (size_t)matrix->count; p++) {
        double loss = 0, right = 0;
        for (size_t step = p * steps; step < p * steps + batches; step++) {
            loss += totals[2 * step];
            right += totals[2 * step + 1];
        }
        out[p] = (dam__score){.loss = loss / samples,
                              .accuracy = compared ? right / samples : NAN,
                              .samples = samples};
    }
cleanup:
    free(totals);
    return status;
}

dam_status dam__evaluator_run(dam__evaluator *evaluator, dam__score *out)
{
    dam__model *model = evaluator->model;
    int offset = 0;
    DAM_TRY(dam__feed_begin(evaluator->feed, 0, 0));
    for (int step = 0; step < dam__feed_batches(evaluator->feed); step++) {
        dam__batch batch;
        DAM_TRY(dam__feed_next(evaluator->feed, &batch));
        DAM_TRY(model->ops->evaluate(model, &batch, &evaluator->evaluation, step, offset));
        DAM_TRY(dam__device_pace(model->device));
        offset += batch.size;
    }
    return read_score(evaluator, out);
}

dam_status dam__evaluator_predictions(dam__evaluator *evaluator, int32_t **predicted,
                                      int32_t **nearest)
{
    dam_status status = DAM_OK;
    size_t samples = (size_t)dam__feed_range(evaluator->feed);
    *predicted = NULL;
    *nearest = NULL;
    DAM_TRY_CLEANUP(dam__alloc(samples, sizeof **predicted, predicted));
    DAM_TRY_CLEANUP(dam__alloc(samples, sizeof **nearest, nearest));
    DAM_TRY_CLEANUP(dam__buffer_read(evaluator->evaluation.predicted, 0, *predicted,
                                     samples * sizeof **predicted, "predictions"));
    DAM_TRY_CLEANUP(dam__buffer_read(evaluator->evaluation.nearest, 0, *nearest,
                                     samples * sizeof **nearest, "nearest memories"));
cleanup:
    if (status != DAM_OK) {
        free(*predicted);
        free(*nearest);
        *predicted = NULL;
        *nearest = NULL;
    }
    return status;
}
