#include "sweep/sweep_run.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "data/holdout.h"
#include "data/teacher.h"
#include "run/run_folder.h"
#include "sweep/sweep_batch.h"
#include "sweep/sweep_mse.h"
#include "sweep/sweep_ranks.h"
#include "sweep/sweep_recall.h"
#include "sweep/sweep_score.h"
#include "train/batched.h"
#include "train/run_evaluator.h"

/* A data set and what it was loaded from: most replicas share one. */
typedef struct loaded {
    dam__data_config config;
    uint64_t seed;
    bool is;
    dam__dataset set;
} loaded;

typedef struct runner {
    const dam__sweep_plan *plan;
    dam__device *device;
    dam__gemm_provider gemm;
    const dam__sweep_callbacks *callbacks;
    dam__sweep_ranks *ranks;    /* NULL: this process alone */
    dam__experiment experiment; /* of the present run */
    loaded train, test;
    size_t replica, count; /* the present ones */
    size_t finished;       /* how many were finished before */
} runner;

static void runner_free(runner *r)
{
    dam__dataset_free(&r->train.set);
    dam__dataset_free(&r->test.set);
    dam__sweep_ranks_destroy(r->ranks);
}

/* Keeps or loads the set of the present experiment. */
static dam_status load(runner *r, dam__split split, loaded *to)
{
    const dam__data_config *config = &r->experiment.data;
    uint64_t seed = (uint64_t)r->experiment.seed;
    if (to->is && to->seed == seed && memcmp(&to->config, config, sizeof *config) == 0)
        return DAM_OK;
    /* What is read from files does not depend on the seed, unless the validation share is drawn. */
    if (to->is && !dam__dataset_is_drawn(config) && !dam__holdout_is_drawn(to->set.holdout) &&
        !dam__scaler_asked(config) && memcmp(&to->config, config, sizeof *config) == 0)
        return DAM_OK;
    dam__dataset_free(&to->set);
    to->is = false;
    DAM_TRY(dam__dataset_load_on(r->device, config, seed, split, &to->set));
    to->config = *config;
    to->seed = seed;
    to->is = true;
    return DAM_OK;
}

static dam_status create_trainer(runner *r, dam__trainer **out)
{
    const dam__experiment *experiment = &r->experiment;
    DAM_TRY(load(r, DAM__SPLIT_TRAIN, &r->train));
    dam__dataset_resolve(&r->train.set, &r->experiment.data);
    dam__training training = dam__experiment_training(experiment, &r->train.set, r->gemm);
    training.evaluates = dam__sweep_has_mse(&experiment->model);
    return dam__trainer_create(r->device, &training, out);
}

/* --- one replica ------------------------------------------------------------------------------ */

static bool stop(void *user)
{
    const runner *r = user;
    return dam__sweep_ranks_stop(r->ranks) ||
           (r->callbacks->stop != NULL && r->callbacks->stop(r->callbacks->user));
}

/* Replicas that are finished, whoever has trained them. */
static double finished(const runner *r)
{
    return (double)(r->finished + dam__sweep_ranks_taken(r->ranks));
}

static void on_step(void *user, const dam__training_progress *progress)
{
    const runner *r = user;
    double share = (progress->epoch + (double)progress->step / progress->steps) / progress->epochs;
    const dam__sweep_progress now = {
        .first = r->replica, .count = 1, .done = finished(r) + (share < 1 ? share : 1)};
    if (r->callbacks->on_step != NULL)
        r->callbacks->on_step(r->callbacks->user, &now);
}

/* The same of replicas side by side. */
static void on_epoch(void *user, int epoch)
{
    const runner *r = user;
    double share = (epoch + 1.0) / r->experiment.train.epochs;
    const dam__sweep_progress now = {
        .first = r->replica, .count = r->count, .done = finished(r) + (double)r->count * share};
    if (r->callbacks->on_step != NULL)
        r->callbacks->on_step(r->callbacks->user, &now);
}

/* A replica that is stopped starts again: only finished ones are kept. */
static dam_status on_checkpoint(void *user)
{
    (void)user;
    return DAM_OK;
}

static dam_status take_curve(const dam__history *history, dam__replica_result *out)
{
    dam_status status = DAM_OK;
    double *losses = NULL;
    if (out->curve == NULL || history->row_count == 0)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc(history->row_count, sizeof *losses, &losses));
    for (size_t i = 0; i < history->row_count; i++)
        losses[i] = dam__history_value(history, i, "loss");
    dam__curve_take(losses, (int)history->row_count, out->curve);
cleanup:
    free(losses);
    return status;
}

static void take_history(const dam__history *history, dam__replica_result *out)
{
    static const struct {
        dam__metric metric;
        const char *column;
    } columns[] = {{DAM__METRIC_LOSS, "loss"},
                   {DAM__METRIC_VALIDATION_LOSS, "validation_loss"},
                   {DAM__METRIC_VALIDATION_ACCURACY, "validation_accuracy"}};
    if (history->row_count == 0)
        return;
    for (size_t i = 0; i < sizeof columns / sizeof *columns; i++)
        out->metrics[columns[i].metric] =
            dam__history_value(history, history->row_count - 1, columns[i].column);
}

/* Macro F1 of the samples for validation, where there are some. */
static dam_status evaluate_validation(const runner *r, dam__trainer *trainer,
                                      dam__replica_result *out)
{
    const dam__dataset *set = &r->train.set;
    int32_t *predicted = NULL;
    size_t count = 0;
    if (set->labels == NULL || !dam__model_compares(&r->experiment.model))
        return DAM_OK;
    DAM_TRY(dam__trainer_predictions(trainer, &predicted, &count));
    if (predicted == NULL)
        return DAM_OK;
    dam_status status = dam__sweep_macro_f1(set->labels + (set->count - count), predicted, count,
                                            dam__trainer_model(trainer)->task.classes,
                                            &out->metrics[DAM__METRIC_VALIDATION_F1]);
    free(predicted);
    return status;
}

/* Only where the test set is what cells are compared by: it costs memory and time. */
static dam_status evaluate_test(runner *r, dam__trainer *trainer, dam__replica_result *out)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__run_evaluator *evaluator = NULL;
    int32_t *predicted = NULL, *nearest = NULL;
    dam__metrics metrics;
    const dam__task *task = &dam__trainer_model(trainer)->task;
    if (!dam__metric_is_of_test(r->plan->sweep.metric))
        return DAM_OK;
    DAM_TRY_CLEANUP(load(r, DAM__SPLIT_TEST, &r->test));
    DAM_TRY_CLEANUP(dam__checkpoint_save(trainer, &container));
    DAM_TRY_CLEANUP(dam__run_evaluator_create(r->device, r->gemm, &r->experiment.model, task->dim,
                                              task->classes, &container, &r->test.set,
                                              r->experiment.train.batch, &evaluator));
    DAM_TRY_CLEANUP(dam__run_evaluator_run(evaluator, &metrics, &predicted, &nearest));
    out->metrics[DAM__METRIC_TEST_LOSS] = metrics.loss;
    out->metrics[DAM__METRIC_TEST_ACCURACY] = metrics.accuracy;
    if (r->test.set.labels != NULL && dam__model_compares(&r->experiment.model))
        DAM_TRY_CLEANUP(dam__sweep_macro_f1(r->test.set.labels, predicted, r->test.set.count,
                                            task->classes, &out->metrics[DAM__METRIC_TEST_F1]));
cleanup:
    free(predicted);
    free(nearest);
    dam__run_evaluator_destroy(evaluator);
    dam__container_free(&container);
    return status;
}

/* Whether the last failure was of numbers that no training computes (dam__matrix_read_doubles):
 * they say nothing of the training, unless its parameters are such, too. */
static bool is_impossible(void)
{
    return dam__advice_of_error() == DAM__ADVICE_KERNELS;
}

/* Only where patterns are stored. */
static dam_status evaluate_recall(runner *r, dam__trainer *trainer, dam__replica_result *out)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    if (!dam__sweep_recalls(&r->experiment))
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__checkpoint_save(trainer, &container));
    DAM_TRY_CLEANUP(dam__sweep_recall(r->device, r->gemm, &r->experiment, &r->train.set,
                                      dam__container_array(&container, "parameters/memories"), stop,
                                      r, out->metrics));
cleanup:
    dam__container_free(&container);
    return status;
}

/* Where there is one: 2 L of all training samples with the means that are kept, which is as good as
 * diverged where it is far beyond that of an output of 0. */
static dam_status evaluate_mse(runner *r, dam__trainer *trainer, dam__replica_result *out)
{
    dam__metrics metrics;
    if (!dam__sweep_has_mse(&r->experiment.model))
        return DAM_OK;
    DAM_TRY(dam__trainer_evaluate(trainer, &metrics));
    dam__sweep_take_mse(&r->experiment.model, &r->train.set, metrics.loss, out);
    if (out->status == DAM__REPLICA_DIVERGED)
        return dam__fail(DAM_DIVERGED, "the mean squared error is %g after the last epoch",
                         2 * metrics.loss);
    return DAM_OK;
}

/*
 * What was evaluated is no number: whether the training diverged in its last step, which its
 * parameters tell, or else the device went wrong, which is no result.
 */
static dam_status judge(dam__trainer *trainer, dam_status status)
{
    char *why = NULL;
    dam__container container = {0};
    if (status != DAM_DIVERGED || !is_impossible() ||
        dam__format(&why, "%s", dam_error()) != DAM_OK)
        return status;
    dam_status saved = dam__checkpoint_save(trainer, &container);
    if (saved != DAM_DIVERGED)
        status = dam__advise(DAM__ADVICE_KERNELS, dam__fail(status, "%s", why));
    dam__container_free(&container);
    free(why);
    return status;
}

static dam_status evaluate(runner *r, dam__trainer *trainer, dam__replica_result *out)
{
    DAM_TRY(evaluate_mse(r, trainer, out));
    DAM_TRY(evaluate_validation(r, trainer, out));
    DAM_TRY(evaluate_test(r, trainer, out));
    return evaluate_recall(r, trainer, out);
}

static dam_status train(runner *r, dam__replica_result *out)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    const dam__callbacks callbacks = {
        .user = r, .stop = stop, .on_step = on_step, .on_checkpoint = on_checkpoint};
    DAM_TRY_CLEANUP(create_trainer(r, &trainer));
    DAM_TRY_CLEANUP(dam__trainer_prepare(trainer));
    status = dam__trainer_run(trainer, &callbacks);
    out->epochs = dam__trainer_position(trainer)->epoch;
    take_history(dam__trainer_history(trainer), out);
    DAM_TRY_CLEANUP(status);
    DAM_TRY_CLEANUP(take_curve(dam__trainer_history(trainer), out));
    status = evaluate(r, trainer, out);
    if (status != DAM_OK)
        status = judge(trainer, status);
cleanup:
    dam__trainer_destroy(trainer);
    return status;
}

/* A score that is not finite cannot be compared. */
static dam_status check_score(const runner *r, const dam__replica_result *result)
{
    const dam__sweep *sweep = &r->plan->sweep;
    if (sweep->score == DAM__SCORE_AUTO || isfinite(result->metrics[sweep->metric]))
        return DAM_OK;
    return dam__fail(DAM_USAGE,
                     "there is no %s to compare by; change sweep.score, or data.validation",
                     dam__metric_name(sweep->metric));
}

static dam_status tell_failure(const runner *r, size_t replica, dam_status status)
{
    if (dam__comm_rank(r->callbacks->comm) > 0)
        return dam__sweep_ranks_tell_failure(r->ranks, replica, status);
    r->callbacks->on_failure(r->callbacks->user, replica, status);
    return DAM_OK;
}

static dam_status run_one(runner *r, size_t replica, dam__replica_result *out)
{
    dam_status status = DAM_OK;
    double began = dam__seconds();
    r->replica = replica;
    r->count = 1;
    for (int m = 0; m < DAM__METRICS; m++)
        out->metrics[m] = NAN;
    DAM_TRY_CLEANUP(dam__sweep_plan_experiment(r->plan, replica, &r->experiment));
    DAM_TRY_CLEANUP(train(r, out));
    DAM_TRY_CLEANUP(check_score(r, out));
cleanup:
    out->seconds = dam__seconds() - began;
    bool diverged = status == DAM_DIVERGED && !is_impossible();
    out->status = status == DAM_OK ? DAM__REPLICA_DONE
                  : diverged       ? DAM__REPLICA_DIVERGED
                                   : DAM__REPLICA_FAILED;
    r->finished++;
    if (out->status == DAM__REPLICA_FAILED && status != DAM_INTERRUPTED)
        return tell_failure(r, replica, status);
    return status == DAM_INTERRUPTED ? status : DAM_OK;
}

/* --- the sweep -------------------------------------------------------------------------------- */

/* The samples of all replicas of a batched model; NULL where each draws its own. */
static const dam__dataset *shared_set(const runner *r)
{
    return dam__dataset_is_drawn(&r->experiment.data) ? NULL : &r->train.set;
}

/*
 * How many of a group's replicas make one batched model; 1 where they are trained one after
 * another. The first is r->experiment, loaded.
 */
static size_t batch_size(const runner *r, size_t count)
{
    enum { MOST_ITEMS = 1 << 26 };
    const dam__experiment *experiment = &r->experiment;
    const dam__dataset *set = &r->train.set;
    size_t samples = (size_t)experiment->train.batch;
    bool drawn = dam__dataset_is_drawn(&experiment->data);
    bool alone =
        !dam__model_side_by_side(&experiment->model, experiment->train.batch, set, drawn) ||
        experiment->grow.to > 0 || dam__dataset_held(set, experiment->data.validation) > 0 ||
        experiment->train.patience > 0 || set->count > INT_MAX || set->features > INT_MAX ||
        dam__metric_is_of_test(r->plan->sweep.metric);
    size_t fitting = alone ? 1 : MOST_ITEMS / (set->count * set->features + 1);
    if (fitting <= 1)
        return 1;
    samples = samples < set->count ? samples : set->count;
    size_t best = (size_t)dam__batched_best_count(r->device, experiment->model.memories,
                                                  (int)samples, (int)set->features);
    size_t most = fitting < best ? fitting : best;
    return count < most ? count : most;
}

static size_t together(void *user, const size_t *replicas, size_t count)
{
    runner *r = user;
    /* An error of the first is found again, and reported, when it runs by itself. */
    if (count < 2 || dam__sweep_plan_experiment(r->plan, replicas[0], &r->experiment) != DAM_OK ||
        load(r, DAM__SPLIT_TRAIN, &r->train) != DAM_OK)
        return 1;
    return batch_size(r, count);
}

static dam_status run_batch(runner *r, const size_t *replicas, size_t count,
                            dam__replica_result *results)
{
    dam__batch_run batch = {.device = r->device,
                            .gemm = r->gemm,
                            .plan = r->plan,
                            .shared = shared_set(r),
                            .stop = stop,
                            .tell = on_epoch,
                            .user = r};
    r->replica = replicas[0];
    r->count = count;
    dam_status status = dam__sweep_batch(&batch, replicas, count, results);
    if (status == DAM_OK)
        r->finished += count;
    return status;
}

/* Told, because another number side by side may change the last digits. */
static void tell_of_fewer(const runner *r, size_t size)
{
    dam__warn(dam__device_log(r->device),
              "%zu trainings side by side do not fit the memory; %zu at a time go on, whose last "
              "digits may differ: %s",
              size, size / 2, dam_error());
}

/* Side by side as far as memory allows. Any other failure of several is the sweep's: tried one by
 * one, what failed once may pass, and its results would be others. */
static dam_status run(void *user, const size_t *replicas, size_t count,
                      dam__replica_result *results)
{
    runner *r = user;
    size_t done = 0, size = count;
    while (done < count) {
        dam_status status = DAM_OK;
        size = size < count - done ? size : count - done;
        if (stop(r))
            return dam__fail(DAM_INTERRUPTED, "stopped");
        status = size > 1 ? run_batch(r, replicas + done, size, results + done)
                          : run_one(r, replicas[done], results + done);
        if (status == DAM_NO_MEMORY && size > 1) {
            tell_of_fewer(r, size);
            size /= 2;
            continue;
        }
        DAM_TRY(status);
        done += size;
    }
    return dam__sweep_ranks_give(r->ranks, replicas, count, results);
}

static dam_status claim(void *user, size_t run_number, bool *own)
{
    const runner *r = user;
    return dam__sweep_ranks_claim(r->ranks, run_number, own);
}

/* Of several ranks, the first alone is told. */
static dam_status on_results(void *user)
{
    const runner *r = user;
    if (dam__comm_rank(r->callbacks->comm) > 0)
        return DAM_OK;
    return r->callbacks->on_results(r->callbacks->user);
}

dam_status dam__sweep_plan_run(dam__sweep_plan *plan, dam__device *device, dam__gemm_provider gemm,
                               const dam__sweep_callbacks *callbacks)
{
    dam_status status = DAM_OK;
    runner *r = NULL;
    const dam__sweep *sweep = &plan->sweep;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *r, &r));
    r->plan = plan;
    r->device = device;
    r->gemm = gemm;
    r->callbacks = callbacks;
    r->finished =
        dam__sweep_count(sweep, DAM__REPLICA_DONE) + dam__sweep_count(sweep, DAM__REPLICA_DIVERGED);
    const dam__sweep_desk desk = {callbacks->user, callbacks->on_results, callbacks->on_failure};
    DAM_TRY_CLEANUP(dam__sweep_ranks_create(callbacks->comm, &plan->sweep, &desk, &r->ranks));
    const dam__sweep_runner calls = {.user = r,
                                     .together = together,
                                     .run = run,
                                     .on_results = on_results,
                                     .claim = r->ranks != NULL ? claim : NULL};
    for (size_t asked = 1; asked > 0;) {
        DAM_TRY_CLEANUP(dam__sweep_ranks_begin(r->ranks));
        status = dam__sweep_run(&plan->sweep, plan->group, plan->groups, &calls);
        DAM_TRY_CLEANUP(dam__sweep_ranks_end(r->ranks, status));
        DAM_TRY_CLEANUP(dam__sweep_plan_extend(plan, &asked));
    }
cleanup:
    if (r != NULL)
        runner_free(r);
    free(r);
    return status;
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* The memory of a group's largest batched model, where it has one. */
static dam_status estimate_batch(runner *r, size_t group, size_t *replicas,
                                 dam__sweep_estimate *out)
{
    const dam__sweep *sweep = &r->plan->sweep;
    const dam__batch_run batch = {
        .device = r->device, .gemm = r->gemm, .plan = r->plan, .shared = shared_set(r)};
    size_t count = 0, bytes = 0;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        if (r->plan->group[p] == group)
            replicas[count++] = p;
    count = batch_size(r, count);
    out->together = count > out->together ? count : out->together;
    if (count > 1)
        DAM_TRY(dam__sweep_batch_bytes(&batch, replicas, count, &bytes));
    out->bytes = bytes > out->bytes ? bytes : out->bytes;
    return DAM_OK;
}

dam_status dam__sweep_plan_estimate(const dam__sweep_plan *plan, dam__device *device,
                                    dam__gemm_provider gemm, dam__sweep_estimate *out)
{
    dam_status status = DAM_OK;
    runner *r = NULL;
    dam__trainer *trainer = NULL;
    const dam__sweep *sweep = &plan->sweep;
    size_t planned = 0, *replicas = NULL;
    dam__text name = {0};
    *out = (dam__sweep_estimate){0};
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *r, &r));
    DAM_TRY_CLEANUP(dam__alloc(sweep->cells * sweep->seeds, sizeof *replicas, &replicas));
    r->plan = plan;
    r->device = device;
    r->gemm = gemm;
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++) {
        /* Replicas are numbered so that the first of each group come in the groups' order. */
        if (plan->group[p] != planned)
            continue;
        planned++;
        DAM_TRY_CLEANUP(dam__sweep_plan_experiment(plan, p, &r->experiment));
        status = create_trainer(r, &trainer);
        if (status != DAM_OK) {
            dam__sweep_plan_describe(sweep, p / sweep->seeds, &name);
            if (name.status == DAM_OK) /* not asked: the failure to be told is the trainer's */
                status = dam__fail_within(status, "%s", name.data);
            goto cleanup;
        }
        size_t bytes = dam__plan_total(dam__trainer_plan(trainer));
        int grown = r->experiment.grow.to;
        out->bytes = bytes > out->bytes ? bytes : out->bytes;
        out->memories = larger(out->memories, larger(r->experiment.model.memories, grown));
        out->dim = larger(out->dim, (int)r->train.set.features);
        out->batch = larger(out->batch, dam__trainer_chunk(trainer));
        dam__trainer_destroy(trainer);
        trainer = NULL;
        DAM_TRY_CLEANUP(estimate_batch(r, plan->group[p], replicas, out));
    }
cleanup:
    free(replicas);
    dam__trainer_destroy(trainer);
    dam__text_free(&name);
    if (r != NULL)
        runner_free(r);
    free(r);
    return status;
}
