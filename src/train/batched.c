#include "train/batched.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "train/optimizer.h"

struct dam__batched {
    dam__device *device;
    dam__train_config train;
    int count, samples, dim;
    double *patterns, *rates;
    dam__plan *plan;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__matrix states; /* samples x dim */
    dam__matrix losses; /* epochs x problems, without gaps between rows */
};

int dam__batched_best_count(const dam__device *device, int memories, int samples, int dim)
{
    /* A model that is stopped is lost as a whole: bounded on every device. */
    enum { MOST = 128, LEAST_ON_CPU = 4 };
    static const double CACHE = 4 << 20; /* bytes: what two cores and their shared level hold */
    double k = memories, n = dim, a = samples;
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
    dam__buffer_destroy(batched->states.buffer);
    dam__buffer_destroy(batched->losses.buffer);
    dam__optimizer_destroy(batched->optimizer);
    dam__model_destroy(batched->model);
    dam__gemm_destroy(batched->gemm);
    dam__plan_destroy(batched->plan);
    free(batched->patterns);
    free(batched->rates);
    free(batched);
}

static dam_status check(const dam__batched_training *training)
{
    const dam__model_config *model = &training->model;
    if (model->kind != DAM__KIND_ENERGY || model->energy.task != DAM__TASK_STORE)
        return dam__fail(DAM_USAGE, "only models of model.kind = \"energy\" with model.task = "
                                    "\"store\" train side by side");
    if (training->train.batch < training->samples)
        return dam__fail(DAM_USAGE,
                         "trainings side by side take all %d patterns in one batch; raise "
                         "train.batch from %d",
                         training->samples, training->train.batch);
    return DAM_OK;
}

/* Patterns and rates, kept until they are on the device. */
static dam_status copy_numbers(const dam__batched_training *training, dam__batched *batched)
{
    dam_status status = DAM_OK;
    size_t problem = (size_t)training->samples * (size_t)training->dim, items = 0;
    DAM_TRY(dam__multiply(problem, (size_t)training->count, &items));
    DAM_TRY(dam__alloc(items, sizeof *batched->patterns, &batched->patterns));
    DAM_TRY(dam__alloc((size_t)training->count, sizeof *batched->rates, &batched->rates));
    for (size_t i = 0; i < items; i++) {
        batched->patterns[i] = (double)training->patterns[i];
        if (training->patterns[i] != 1 && training->patterns[i] != -1)
            DAM_FAIL(DAM_INPUT, "problem %zu: pattern %zu has %g; patterns are +1 and -1",
                     i / problem, i % problem / (size_t)training->dim, batched->patterns[i]);
    }
    for (int p = 0; p < training->count; p++)
        batched->rates[p] = training->learning_rates[p];
cleanup:
    return status;
}

static dam_status make_plan(const dam__batched_training *training, dam__batched *batched)
{
    dam_status status = DAM_OK;
    const dam__task task = {
        .dim = training->dim, .count = training->count, .problems = training->problems};
    int losses = 0;
    if (__builtin_mul_overflow(training->train.epochs, training->count, &losses))
        DAM_FAIL(DAM_NO_MEMORY, "%d epochs of %d problems are too many to keep their losses",
                 training->train.epochs, training->count);
    DAM_TRY(dam__plan_create(batched->device, &batched->plan));
    DAM_TRY(dam__gemm_create(batched->device, training->gemm, &batched->gemm));
    DAM_TRY(dam__model_create(batched->device, batched->gemm, &training->model, &task,
                              &batched->model));
    DAM_TRY(batched->model->ops->plan(batched->model, batched->plan, training->samples));
    DAM_TRY(dam__optimizer_create(batched->model, batched->plan, &batched->optimizer));
    DAM_TRY(dam__plan_matrix(batched->plan, "patterns", training->samples, training->dim,
                             training->count, &batched->states));
    DAM_TRY(dam__plan_matrix(batched->plan, "losses", 1, losses, 1, &batched->losses));
    DAM_TRY(dam__gemm_plan(batched->gemm, batched->plan));
cleanup:
    return status;
}

dam_status dam__batched_create(dam__device *device, const dam__batched_training *training,
                               dam__batched **out)
{
    dam_status status = DAM_OK;
    dam__batched *batched = NULL;
    DAM_TRY(check(training));
    DAM_TRY(dam__alloc(1, sizeof *batched, &batched));
    batched->device = device;
    batched->train = training->train;
    batched->count = training->count;
    batched->samples = training->samples;
    batched->dim = training->dim;
    DAM_TRY(copy_numbers(training, batched));
    DAM_TRY(make_plan(training, batched));
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

dam__model *dam__batched_model(dam__batched *batched)
{
    return batched->model;
}

static dam_status prepare(dam__batched *batched)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__plan_allocate(batched->plan));
    DAM_TRY(batched->model->ops->prepare(batched->model));
    DAM_TRY(dam__optimizer_prepare(batched->optimizer));
    /* Problems have seeds of their own. */
    DAM_TRY(batched->model->ops->initialise(batched->model, 0));
    DAM_TRY(dam__optimizer_rates(batched->optimizer, batched->rates));
    DAM_TRY(dam__matrix_write_doubles(&batched->states, batched->patterns, "patterns (once)"));
cleanup:
    return status;
}

dam_status dam__batched_run(dam__batched *batched, bool (*stop)(void *user),
                            void (*tell)(void *user, int epoch), void *user)
{
    dam_status status = DAM_OK;
    const dam__model_ops *ops = batched->model->ops;
    const dam__batch all = {.samples = &batched->states, .size = batched->samples};
    DAM_TRY(prepare(batched));
    for (int epoch = 0; epoch < batched->train.epochs; epoch++) {
        DAM_TRY(ops->begin_epoch(batched->model, epoch));
        DAM_TRY(ops->loss_gradient(batched->model, &all, batched->losses.buffer, epoch));
        DAM_TRY(dam__optimizer_step(batched->optimizer, pow(batched->train.decay, epoch),
                                    batched->train.momentum));
        DAM_TRY(ops->project(batched->model));
        DAM_TRY(dam__device_pace(batched->device));
        if (tell != NULL)
            tell(user, epoch);
        if (stop != NULL && stop(user))
            DAM_FAIL(DAM_INTERRUPTED,
                     "stopped after epoch %d of %d; nothing of these %d trainings "
                     "is kept",
                     epoch + 1, batched->train.epochs, batched->count);
    }
    DAM_TRY(dam__device_finish(batched->device));
cleanup:
    return status;
}

dam_status dam__batched_results(dam__batched *batched, dam__batched_result *results)
{
    dam_status status = DAM_OK;
    double *losses = NULL;
    size_t count = (size_t)batched->count, epochs = (size_t)batched->train.epochs;
    DAM_TRY(dam__alloc(count * epochs, sizeof *losses, &losses));
    DAM_TRY(dam__matrix_read_doubles(&batched->losses, losses, "losses"));
    for (size_t p = 0; p < count; p++) {
        size_t epoch = 0;
        while (epoch < epochs && isfinite(losses[epoch * count + p]))
            epoch++;
        results[p] = (dam__batched_result){.loss = losses[(epochs - 1) * count + p],
                                           .diverged = epoch < epochs,
                                           .first_epoch = (int)epoch};
    }
cleanup:
    free(losses);
    return status;
}

dam_status dam__batched_memories(dam__batched *batched, double *memories)
{
    return dam__matrix_read_doubles(&dam__model_parameter(batched->model, "memories")->value,
                                    memories, "memories");
}
