#include "train/evaluator.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_type.h"

struct dam__evaluator {
    dam__model *model;
    dam__loader *loader;
    dam__comm *comm; /* NULL: this process evaluates all batches */
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

/* --- ranks -------------------------------------------------------------------------------------- */

void dam__evaluator_share(dam__evaluator *evaluator, dam__comm *comm)
{
    evaluator->comm = comm;
}

/* The first batch of a rank; that of the rank behind the last is the number of batches. */
static int first_batch(const dam__evaluator *evaluator, int rank)
{
    int64_t batches = dam__loader_batches(evaluator->loader);
    return (int)(batches * rank / dam__comm_size(evaluator->comm));
}

/* Some of the items of every batch, from the rank that has evaluated it to all. */
static dam_status gather(const dam__evaluator *evaluator, size_t bytes_a_batch, size_t bytes,
                         void *items)
{
    dam_status status = DAM_OK;
    dam__comm *comm = evaluator->comm;
    char *own = NULL, *all = NULL;
    int ranks = dam__comm_size(comm), batches = dam__loader_batches(evaluator->loader);
    size_t most = (size_t)(batches / ranks + 1) * bytes_a_batch;
    DAM_TRY_CLEANUP(dam__alloc(most, 1, &own));
    DAM_TRY_CLEANUP(dam__alloc((size_t)ranks, most, &all));
    for (int pass = 0; pass < 2; pass++) {
        for (int rank = 0; rank < ranks; rank++) {
            size_t start = (size_t)first_batch(evaluator, rank) * bytes_a_batch;
            size_t end = (size_t)first_batch(evaluator, rank + 1) * bytes_a_batch;
            end = end < bytes ? end : bytes; /* the last batch may have fewer samples */
            if (pass == 0 && rank == dam__comm_rank(comm) && end > start)
                memcpy(own, (char *)items + start, end - start);
            if (pass == 1 && end > start)
                memcpy((char *)items + start, all + (size_t)rank * most, end - start);
        }
        if (pass == 0)
            DAM_TRY_CLEANUP(dam__comm_gather(comm, own, most, all));
    }
cleanup:
    free(own);
    free(all);
    return status;
}

static dam_status gather_integers(const dam__evaluator *evaluator, dam__buffer *buffer)
{
    dam_status status = DAM_OK;
    int32_t *items = NULL;
    size_t bytes = (size_t)dam__loader_range(evaluator->loader) * sizeof *items;
    size_t batch = (size_t)dam__loader_batch(evaluator->loader) * sizeof *items;
    DAM_TRY_CLEANUP(dam__alloc(bytes, 1, &items));
    DAM_TRY_CLEANUP(dam__buffer_read(buffer, 0, items, bytes, "predictions"));
    DAM_TRY_CLEANUP(gather(evaluator, batch, bytes, items));
    DAM_TRY_CLEANUP(dam__buffer_write(buffer, 0, items, bytes, true, "predictions of all ranks"));
cleanup:
    free(items);
    return status;
}

/* What the other ranks have come to is put where this one would have left it. */
static dam_status join_ranks(dam__evaluator *evaluator)
{
    dam_status status = DAM_OK;
    const dam__matrix *matrix = &evaluator->metrics.totals;
    double *totals = NULL;
    size_t bytes = dam__matrix_items(matrix) * sizeof *totals;
    DAM_TRY_CLEANUP(dam__alloc(bytes, 1, &totals));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(matrix, totals, "evaluation totals"));
    DAM_TRY_CLEANUP(gather(evaluator, 2 * sizeof *totals, bytes, totals));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(matrix, totals, "totals of all ranks"));
    if (dam__model_compares(&evaluator->model->config)) {
        DAM_TRY_CLEANUP(gather_integers(evaluator, evaluator->metrics.predicted));
        DAM_TRY_CLEANUP(gather_integers(evaluator, evaluator->metrics.nearest));
    }
cleanup:
    free(totals);
    return status;
}

/* --- running ------------------------------------------------------------------------------------ */

dam_status dam__evaluator_run(dam__evaluator *evaluator, dam__metrics *out)
{
    dam__model *model = evaluator->model;
    int rank = dam__comm_rank(evaluator->comm);
    int first = first_batch(evaluator, rank), end = first_batch(evaluator, rank + 1);
    int offset = first * dam__loader_batch(evaluator->loader);
    if (first < end)
        DAM_TRY(dam__loader_begin(evaluator->loader, 0, first));
    for (int step = first; step < end; step++) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(evaluator->loader, &batch));
        DAM_TRY(model->ops->evaluate(model, &batch, &evaluator->metrics, step, offset));
        DAM_TRY(dam__device_pace(model->device));
        offset += batch.size;
    }
    if (evaluator->comm != NULL)
        DAM_TRY(join_ranks(evaluator));
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
