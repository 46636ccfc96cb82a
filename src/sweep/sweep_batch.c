#include "sweep/sweep_batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/teacher.h"
#include "model/model_type.h"
#include "sweep/sweep_mse.h"
#include "sweep/sweep_recall.h"
#include "train/batched.h"

/* A batched model and the sets that its replicas learn. */
typedef struct batch {
    const dam__batch_run *run;
    const size_t *replicas;
    size_t count;
    dam__experiment experiment; /* of one replica at a time */
    dam__dataset *drawn;        /* of each seed, from the first on; the others are empty */
    const dam__dataset **sets;  /* of each replica */
    dam__replica *numbers;
    dam__batched *model;
} batch;

static void batch_free(batch *b)
{
    dam__batched_destroy(b->model);
    for (size_t i = 0; b->drawn != NULL && i < b->count; i++)
        dam__dataset_free(&b->drawn[i]);
    free(b->drawn);
    free(b->sets);
    free(b->numbers);
}

/* The set of replica i; those of one seed share theirs. */
static dam_status take_set(batch *b, size_t i)
{
    const dam__experiment *experiment = &b->experiment;
    b->sets[i] = b->run->shared;
    for (size_t j = 0; j < i && b->sets[i] == NULL; j++)
        if (b->numbers[j].seed == b->numbers[i].seed)
            b->sets[i] = b->sets[j];
    if (b->sets[i] != NULL)
        return DAM_OK;
    DAM_TRY(dam__dataset_load_on(b->run->device, &experiment->data, b->numbers[i].seed,
                                 DAM__SPLIT_TRAIN, &b->drawn[i]));
    b->sets[i] = &b->drawn[i];
    return DAM_OK;
}

static dam_status take_replica(batch *b, size_t i)
{
    const dam__experiment *experiment = &b->experiment;
    DAM_TRY(dam__sweep_plan_experiment(b->run->plan, b->replicas[i], &b->experiment));
    b->numbers[i].seed = (uint64_t)experiment->seed;
    DAM_TRY(take_set(b, i));
    b->numbers[i] = dam__model_type_of(&experiment->model)
                        ->replica(&experiment->model, (int)b->sets[i]->features, b->numbers[i].seed,
                                  experiment->train.learning_rate);
    return DAM_OK;
}

static dam_status create(batch *b)
{
    DAM_TRY(dam__alloc(b->count, sizeof *b->drawn, &b->drawn));
    DAM_TRY(dam__alloc(b->count, sizeof *b->sets, &b->sets));
    DAM_TRY(dam__alloc(b->count, sizeof *b->numbers, &b->numbers));
    for (size_t i = 0; i < b->count; i++)
        DAM_TRY(take_replica(b, i));
    const dam__batched_training training = {.model = b->experiment.model,
                                            .train = b->experiment.train,
                                            .count = (int)b->count,
                                            .sets = b->sets,
                                            .replicas = b->numbers,
                                            .gemm = b->run->gemm};
    return dam__batched_create(b->run->device, &training, &b->model);
}

/* Of models that store: how well each recalls its patterns. */
static dam_status recall(batch *b, dam__replica_result *results)
{
    dam_status status = DAM_OK;
    const dam__batch_run *run = b->run;
    double *memories = NULL;
    size_t rows = (size_t)b->experiment.model.memories, dim = b->sets[0]->features;
    DAM_TRY_CLEANUP(dam__alloc(b->count * rows * dim, sizeof *memories, &memories));
    DAM_TRY_CLEANUP(dam__batched_memories(b->model, memories));
    for (size_t i = 0; i < b->count; i++) {
        const dam__array own = {.element = DAM__F64,
                                .rank = 2,
                                .shape = {rows, dim},
                                .data = memories + i * rows * dim};
        if (results[i].status != DAM__REPLICA_DONE)
            continue;
        DAM_TRY_CLEANUP(dam__sweep_plan_experiment(run->plan, b->replicas[i], &b->experiment));
        DAM_TRY_CLEANUP(dam__sweep_recall(run->device, run->gemm, &b->experiment, b->sets[i], &own,
                                          run->stop, run->user, results[i].metrics));
    }
cleanup:
    free(memories);
    return status;
}

/* An evaluation that is no number although its model did not diverge is the device's failure. */
static dam_status check_evaluated(batch *b, const dam__replica_result *results,
                                  const dam__metrics *metrics)
{
    dam_status status = DAM_OK;
    double *memories = NULL;
    size_t items = (size_t)b->experiment.model.memories * b->sets[0]->features;
    bool suspect = false;
    for (size_t i = 0; i < b->count; i++)
        suspect = suspect || (results[i].status == DAM__REPLICA_DONE && isnan(metrics[i].loss));
    if (!suspect)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc(b->count * items, sizeof *memories, &memories));
    DAM_TRY_CLEANUP(dam__batched_memories(b->model, memories));
    for (size_t i = 0; i < b->count; i++) {
        bool finite = results[i].status == DAM__REPLICA_DONE && isnan(metrics[i].loss);
        for (size_t n = 0; n < items && finite; n++)
            finite = isfinite(memories[i * items + n]);
        if (finite)
            DAM_FAIL(DAM_DIVERGED,
                     "the evaluation of training %zu side by side is no number although its "
                     "memories are: the device is wrong",
                     i + 1);
    }
cleanup:
    free(memories);
    return status;
}

/* Of others: their mean squared errors, which may say that they diverged after all. */
static dam_status evaluate_mse(batch *b, dam__replica_result *results)
{
    dam_status status = DAM_OK;
    dam__metrics *metrics = NULL;
    DAM_TRY_CLEANUP(dam__alloc(b->count, sizeof *metrics, &metrics));
    DAM_TRY_CLEANUP(dam__batched_evaluate(b->model, metrics));
    DAM_TRY_CLEANUP(check_evaluated(b, results, metrics));
    for (size_t i = 0; i < b->count; i++)
        if (results[i].status == DAM__REPLICA_DONE && dam__sweep_has_mse(&b->experiment.model))
            dam__sweep_take_mse(&b->experiment.model, b->sets[i], metrics[i].loss, &results[i]);
cleanup:
    free(metrics);
    return status;
}

static dam_status collect(batch *b, dam__replica_result *results)
{
    dam_status status = DAM_OK;
    dam__batched_result *ends = NULL;
    double *curves = NULL;
    int epochs = b->experiment.train.epochs;
    DAM_TRY_CLEANUP(dam__alloc(b->count, sizeof *ends, &ends));
    DAM_TRY_CLEANUP(dam__alloc(b->count * (size_t)epochs, sizeof *curves, &curves));
    DAM_TRY_CLEANUP(dam__batched_results(b->model, ends, curves));
    for (size_t i = 0; i < b->count; i++) {
        for (int m = 0; m < DAM__METRICS; m++)
            results[i].metrics[m] = NAN;
        results[i].status = ends[i].diverged ? DAM__REPLICA_DIVERGED : DAM__REPLICA_DONE;
        results[i].epochs = ends[i].diverged ? ends[i].first_epoch : epochs;
        if (ends[i].diverged)
            continue;
        results[i].metrics[DAM__METRIC_LOSS] = ends[i].loss;
        if (results[i].curve != NULL)
            dam__curve_take(curves + i * (size_t)epochs, epochs, results[i].curve);
    }
    DAM_TRY_CLEANUP(dam__sweep_recalls(&b->experiment) ? recall(b, results)
                                                       : evaluate_mse(b, results));
cleanup:
    free(ends);
    free(curves);
    return status;
}

dam_status dam__sweep_batch(const dam__batch_run *run, const size_t *replicas, size_t count,
                            dam__replica_result *results)
{
    dam_status status = DAM_OK;
    double began = dam__seconds();
    batch *b = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *b, &b));
    b->run = run;
    b->replicas = replicas;
    b->count = count;
    DAM_TRY_CLEANUP(create(b));
    DAM_TRY_CLEANUP(dam__plan_check(dam__batched_plan(b->model)));
    DAM_TRY_CLEANUP(dam__batched_run(b->model, run->stop, run->tell, run->user));
    DAM_TRY_CLEANUP(collect(b, results));
    for (size_t i = 0; i < count; i++)
        results[i].seconds = (dam__seconds() - began) / (double)count;
cleanup:
    if (b != NULL)
        batch_free(b);
    free(b);
    return status;
}

dam_status dam__sweep_batch_bytes(const dam__batch_run *run, const size_t *replicas, size_t count,
                                  size_t *bytes)
{
    dam_status status = DAM_OK;
    batch *b = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *b, &b));
    b->run = run;
    b->replicas = replicas;
    b->count = count;
    DAM_TRY_CLEANUP(create(b));
    *bytes = dam__plan_total(dam__batched_plan(b->model));
cleanup:
    if (b != NULL)
        batch_free(b);
    free(b);
    return status;
}
