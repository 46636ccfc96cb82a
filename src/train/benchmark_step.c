/* Whole training steps: that they learn, and how long they take. */
#include <math.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "train/benchmark_rounds.h"

/* Steps from the first values until the loss must have fallen. */
enum { LEARNING_STEPS = 30 };

/* The loss of the step taken last. */
static dam_status last_loss(dam__trainer *trainer, double *loss)
{
    dam_status status = DAM_OK;
    double *losses = NULL;
    DAM_TRY(dam__alloc((size_t)dam__trainer_steps(trainer), sizeof *losses, &losses));
    DAM_TRY(dam__trainer_read_losses(trainer, losses));
    *loss = losses[dam__trainer_position(trainer)->step - 1];
cleanup:
    free(losses);
    return status;
}

static dam_status add_loss(dam__bench *bench, dam__trainer *trainer, const char *metric, int step,
                           double *loss)
{
    dam_status status = DAM_OK;
    DAM_TRY(last_loss(trainer, loss));
    if (!isfinite(*loss))
        DAM_FAIL(DAM_DIVERGED,
                 "the loss is not finite at step %d of the benchmark '%s'; run 'denseam selftest', "
                 "or %s",
                 step, bench->what->preset, dam__trainer_model(trainer)->ops->divergence_advice);
    DAM_TRY(dam__bench_add(bench, metric, *loss, dam__model_loss_unit(&bench->what->training.model),
                           NAN, NULL));
cleanup:
    return status;
}

/* A device that is fast but wrong does not learn. These steps are the warm-up, too. */
static dam_status check_learning(dam__bench *bench, dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    double begin = 0, end = 0;
    DAM_TRY(dam__trainer_step(trainer));
    DAM_TRY(add_loss(bench, trainer, "loss_begin", 1, &begin));
    for (int step = 1; step < LEARNING_STEPS; step++) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__trainer_step(trainer));
    }
    DAM_TRY(add_loss(bench, trainer, "loss_end", LEARNING_STEPS, &end));
    if (end >= begin)
        dam__warn(dam__device_log(bench->device),
                  "'%s': the loss did not fall in %d steps (%.6g, then %.6g); trust no number "
                  "before 'denseam selftest' passes",
                  bench->what->preset, LEARNING_STEPS, begin, end);
cleanup:
    return status;
}

static dam_status queue_step(void *state)
{
    return dam__trainer_step(state);
}

/* How much longer a step takes than its two products alone would, measured in turns. */
static dam_status measure_overhead(dam__bench *bench, const dam__candidate *step)
{
    dam_status status = DAM_OK;
    dam__products *products = NULL;
    dam__summary ratio;
    dam_status made = dam__products_create(bench->device, &bench->what->training,
                                           bench->what->training.gemm, &products);
    if (made == DAM_NO_MEMORY) {
        dam__warn(dam__device_log(bench->device), "step_over_products is left out: %s",
                  dam_error());
        return DAM_OK;
    }
    DAM_TRY(made);
    const dam__candidate both = {.queue = dam__products_queue, .state = products};
    DAM_TRY(dam__bench_pair(bench, step, &both, &ratio));
    DAM_TRY(dam__bench_add(bench, "step_over_products", ratio.median, "ratio", ratio.spread, NULL));
cleanup:
    (void)dam__device_finish(bench->device);
    dam__products_destroy(products);
    return status;
}

static dam_status measure_steps(dam__bench *bench, dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    const dam__training *training = &bench->what->training;
    const dam__model *model = dam__trainer_model(trainer);
    size_t held_out = (size_t)((double)training->set->count * training->validation);
    /* The last batch of an epoch may be smaller. */
    double samples = (double)(training->set->count - held_out) / dam__trainer_steps(trainer);
    double batch = training->train.batch;
    const dam__candidate candidate = {
        .queue = queue_step,
        .state = trainer,
        .flops = model->ops->product_flops(model, training->train.batch) / batch * samples};
    dam__rounds rounds;
    DAM_TRY(dam__bench_rounds(bench, &candidate, &rounds));
    DAM_TRY(dam__bench_add(bench, "step_time", 1e3 * rounds.seconds.median, "ms",
                           rounds.seconds.spread, NULL));
    DAM_TRY(dam__bench_add(bench, "step_rate", samples / rounds.seconds.median, "samples/s",
                           rounds.seconds.spread, NULL));
    DAM_TRY(dam__bench_add_rate(bench, "step_products", &rounds));
    DAM_TRY(measure_overhead(bench, &candidate));
    DAM_TRY(dam__bench_kernels(bench, &candidate));
cleanup:
    return status;
}

dam_status dam__bench_step(dam__bench *bench)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    DAM_TRY(dam__bench_check_stop(bench));
    DAM_TRY(dam__trainer_create(bench->device, &bench->what->training, &trainer));
    DAM_TRY(dam__trainer_prepare(trainer));
    DAM_TRY(dam__profile_reset(bench->device));
    DAM_TRY(check_learning(bench, trainer));
    DAM_TRY(measure_steps(bench, trainer));
    if (dam__trainer_growth(trainer) != NULL)
        DAM_TRY(dam__bench_split(bench, trainer));
cleanup:
    (void)dam__device_finish(bench->device);
    dam__trainer_destroy(trainer);
    return status;
}
