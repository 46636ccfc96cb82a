#include "train/batched.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "base/memory.h"
#include "train/optimizer.h"
#include "train/schedule.h"
#include "train/shards.h"

struct dam__batched {
    dam__device *device;
    dam__train_config train;
    int count, dim;
    dam__plan *plan;
    dam__gemm *gemm;
    dam__loader *samples;
    dam__model *model;
    dam__shards *shards;
    dam__optimizer *optimizer;
    dam__evaluator *evaluator; /* NULL where patterns are stored */
    dam__matrix losses;        /* 1 x epochs times steps times replicas */
};

int dam__batched_best_count(const dam__device *device, int memories, int batch, int dim)
{
    /* A model that is stopped is lost as a whole: bounded on every device. */
    enum { MOST = 128, LEAST_ON_CPU = 4 };
    static const double CACHE = 4 << 20; /* bytes: what two cores and their shared level hold */
    double k = memories, n = dim, a = batch;
    /* Memories, their transpose, gradient and velocity; similarities and overlaps; the states. */
    double items = 4 * k * n + 4 * a * k + 3 * a * n;
    double fitting = CACHE / (items * (double)dam__real_size(device));
    if (dam__device_shape(device) == DAM__SHAPE_GPU || fitting > MOST)
        return MOST;
    return fitting < LEAST_ON_CPU ? LEAST_ON_CPU : (int)fitting;
}

void dam__batched_destroy(dam__batched *batched)
{
    if (batched == NULL)
        return;
    dam__buffer_destroy(batched->losses.buffer);
    dam__evaluator_destroy(batched->evaluator);
    dam__optimizer_destroy(batched->optimizer);
    dam__shards_destroy(batched->shards);
    dam__model_destroy(batched->model);
    dam__loader_destroy(batched->samples);
    dam__gemm_destroy(batched->gemm);
    dam__plan_destroy(batched->plan);
    free(batched);
}

/* Bytes become +1 and -1 by themselves; other numbers must be. */
static dam_status check_patterns(const dam__dataset *set, int replica)
{
    for (size_t i = 0; set->samples.element != DAM__U8 && i < set->count * set->features; i++) {
        double value = dam__array_at(&set->samples, i);
        if (value != 1 && value != -1)
            return dam__fail(DAM_INPUT, "replica %d: pattern %zu has %g; patterns are +1 and -1",
                             replica, i / set->features, value);
    }
    return DAM_OK;
}

static dam_status check(const dam__batched_training *training)
{
    const dam__dataset *first = training->sets[0];
    const dam__model_config *model = &training->model;
    bool own_sets = false;
    for (int p = 1; p < training->count; p++)
        own_sets = own_sets || training->sets[p] != first;
    bool fits = dam__model_side_by_side(model, training->train.batch, first, own_sets);
    if (fits && !dam__model_stores(model))
        return DAM_OK;
    if (!fits && !dam__model_stores(model))
        return dam__fail(
            DAM_USAGE,
            "models of model.kind = \"%s\" with such keys do not train side by side; train "
            "them one by one",
            dam__model_type_of(model)->name);
    if (!fits)
        return dam__fail(
            DAM_USAGE,
            "trainings side by side take all %zu patterns in one batch; raise train.batch "
            "from %d",
            first->count, training->train.batch);
    for (int p = 0; p < training->count; p++)
        if (p == 0 || training->sets[p] != first)
            DAM_TRY(check_patterns(training->sets[p], p));
    return DAM_OK;
}

/* Patterns that are stored all at once need no order. */
static dam_status create_loader(const dam__batched_training *training, dam__batched *batched)
{
    dam_status status = DAM_OK;
    uint64_t *seeds = NULL;
    DAM_TRY_CLEANUP(dam__alloc((size_t)training->count, sizeof *seeds, &seeds));
    for (int p = 0; p < training->count; p++)
        seeds[p] = training->replicas[p].seed;
    const dam__loader_options options = {.count = training->sets[0]->count,
                                         .batch = training->train.batch,
                                         .shuffle = !dam__model_stores(&training->model),
                                         .indexed = true,
                                         .input = dam__model_input(&training->model, 0),
                                         .replicas = training->count,
                                         .sets = training->sets,
                                         .seeds = seeds};
    DAM_TRY_CLEANUP(
        dam__loader_create(batched->device, training->sets[0], &options, &batched->samples));
cleanup:
    free(seeds);
    return status;
}

static dam_status make_plan(const dam__batched_training *training, dam__batched *batched)
{
    const dam__dataset *first = training->sets[0];
    const dam__sharing sharing = {.count = training->train.shards};
    int batch = training->train.batch, own = 0;
    int chunk =
        dam__shards_size(sharing.count, (size_t)batch < first->count ? batch : (int)first->count);
    DAM_TRY(dam__sharing_own(&sharing, &own));
    const dam__task task = {.dim = batched->dim,
                            .set = first,
                            .trained = first->count,
                            .batch = chunk,
                            .shards = own,
                            .count = training->count,
                            .replicas = training->replicas};
    dam__plan *plan = NULL;
    int losses = 0;
    DAM_TRY(create_loader(training, batched));
    if (__builtin_mul_overflow(training->train.epochs, training->count, &losses) ||
        __builtin_mul_overflow(losses, dam__loader_steps(batched->samples), &losses))
        return dam__fail(DAM_NO_MEMORY,
                         "%d epochs of %d replicas are too many to keep their losses",
                         training->train.epochs, training->count);
    DAM_TRY(dam__plan_create(batched->device, &batched->plan));
    plan = batched->plan;
    DAM_TRY(dam__gemm_create(batched->device, training->gemm, &batched->gemm));
    DAM_TRY(dam__model_create(batched->device, batched->gemm, &training->model, &task,
                              &batched->model));
    DAM_TRY(dam__loader_plan(batched->samples, plan));
    DAM_TRY(batched->model->ops->plan(batched->model, plan, chunk));
    DAM_TRY(dam__shards_create(batched->model, &sharing, plan, &batched->shards));
    DAM_TRY(dam__optimizer_create(batched->model, plan, &batched->optimizer));
    if (!dam__model_stores(&training->model))
        DAM_TRY(dam__evaluator_create(batched->model, batched->samples, plan, &batched->evaluator));
    DAM_TRY(dam__plan_matrix(plan, "losses", 1, losses, 1, &batched->losses));
    return dam__gemm_plan(batched->gemm, plan);
}

dam_status dam__batched_create(dam__device *device, const dam__batched_training *training,
                               dam__batched **out)
{
    dam_status status = DAM_OK;
    dam__batched *batched = NULL;
    DAM_TRY_CLEANUP(check(training));
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *batched, &batched));
    batched->device = device;
    batched->train = training->train;
    batched->train.learning_rate = 1; /* the replicas' rates are factors of it */
    batched->count = training->count;
    batched->dim = (int)training->sets[0]->features;
    DAM_TRY_CLEANUP(make_plan(training, batched));
    *out = batched;
    batched = NULL;
cleanup:
    dam__batched_destroy(batched);
    return status;
}

const dam__plan *dam__batched_plan(const dam__batched *batched)
{
    return batched->plan;
}

static dam_status prepare(dam__batched *batched)
{
    DAM_TRY(dam__plan_allocate(batched->plan));
    DAM_TRY(dam__loader_prepare(batched->samples));
    DAM_TRY(batched->model->ops->prepare(batched->model));
    DAM_TRY(dam__shards_prepare(batched->shards));
    DAM_TRY(dam__optimizer_prepare(batched->optimizer));
    /* Replicas have seeds of their own. */
    return batched->model->ops->initialise(batched->model, 0);
}

static dam_status run_epoch(dam__batched *batched, int epoch)
{
    const dam__model_ops *ops = batched->model->ops;
    int steps = dam__loader_steps(batched->samples);
    DAM_TRY(ops->begin_epoch(batched->model, epoch));
    DAM_TRY(dam__loader_begin(batched->samples, epoch, 0));
    for (int step = 0; step < steps; step++) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(batched->samples, &batch));
        DAM_TRY(dam__shards_gradient(batched->shards, &batch, batched->losses.buffer,
                                     epoch * steps + step));
        DAM_TRY(dam__optimizer_step(
            batched->optimizer,
            dam__train_rate(&batched->train, epoch, (double)epoch * steps + step),
            batched->train.momentum));
        DAM_TRY(ops->project(batched->model));
        DAM_TRY(dam__device_pace(batched->device));
    }
    return DAM_OK;
}

dam_status dam__batched_run(dam__batched *batched, bool (*stop)(void *user),
                            void (*tell)(void *user, int epoch), void *user)
{
    const dam__model_ops *ops = batched->model->ops;
    int epochs = batched->train.epochs;
    DAM_TRY(prepare(batched));
    for (int epoch = 0; epoch < epochs; epoch++) {
        DAM_TRY(run_epoch(batched, epoch));
        if (tell != NULL)
            tell(user, epoch);
        if (stop != NULL && stop(user))
            return dam__fail(DAM_INTERRUPTED,
                             "stopped after epoch %d of %d; nothing of these %d trainings "
                             "is kept",
                             epoch + 1, epochs, batched->count);
    }
    if (ops->finish_epoch != NULL)
        DAM_TRY(ops->finish_epoch(batched->model, batched->samples, epochs - 1));
    return dam__device_finish(batched->device);
}

/* Mean of an epoch's losses of a replica, over its samples, which make batches of one size; NaN
 * where one is not finite or too high. */
static double epoch_loss(const dam__batched *batched, const double *losses, size_t p, size_t epoch)
{
    size_t steps = (size_t)dam__loader_steps(batched->samples), count = (size_t)batched->count;
    double worst = batched->model->ops->worst_loss, sum = 0;
    int samples = dam__loader_samples(batched->samples);
    double size = (double)samples / (double)steps;
    for (size_t step = epoch * steps; step < (epoch + 1) * steps; step++) {
        double loss = losses[step * count + p];
        if (!isfinite(loss) || (worst > 0 && loss > worst))
            return NAN;
        sum += loss * size;
    }
    return sum / samples;
}

dam_status dam__batched_results(dam__batched *batched, dam__batched_result *results, double *curves)
{
    dam_status status = DAM_OK;
    double *losses = NULL;
    size_t count = (size_t)batched->count, epochs = (size_t)batched->train.epochs;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&batched->losses), sizeof *losses, &losses));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&batched->losses, losses, "losses"));
    for (size_t p = 0; p < count; p++) {
        double loss = 0;
        size_t first = epochs;
        for (size_t epoch = 0; epoch < epochs; epoch++) {
            loss = epoch_loss(batched, losses, p, epoch);
            first = isfinite(loss) || first < epochs ? first : epoch;
            if (curves != NULL)
                curves[p * epochs + epoch] = loss;
        }
        results[p] = (dam__batched_result){
            .loss = loss, .diverged = first < epochs, .first_epoch = (int)first};
    }
cleanup:
    free(losses);
    return status;
}

dam_status dam__batched_evaluate(dam__batched *batched, dam__metrics *metrics)
{
    if (batched->evaluator == NULL)
        return dam__fail(DAM_INTERNAL, "models that store are not evaluated by their loss");
    return dam__evaluator_run(batched->evaluator, metrics);
}

dam_status dam__batched_memories(dam__batched *batched, double *memories)
{
    return dam__matrix_read_unchecked(&dam__model_parameter(batched->model, "memories")->value,
                                      memories, "memories");
}
