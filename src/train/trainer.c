/* The loop: steps, until the stages are over. */
#include "train/trainer_internal.h"

#include "base/clock.h"
#include "train/schedule.h"

/* Steps since the beginning of training. */
static double steps_done(const dam__trainer *trainer)
{
    return (double)trainer->position.epoch * dam__loader_steps(trainer->samples) +
           trainer->position.step;
}

static dam_status take_step(dam__trainer *trainer)
{
    dam__model *model = trainer->model;
    dam__batch batch;
    DAM_TRY(dam__loader_next(trainer->samples, &batch));
    DAM_TRY(dam__shards_gradient(trainer->shards, &batch, trainer->losses.buffer,
                                 trainer->position.step));
    const dam__train_config *train = &trainer->training.train;
    double step = steps_done(trainer);
    double rate = dam__train_rate(train, trainer->position.epoch, step);
    DAM_TRY(dam__diagnostics_before(trainer->diagnostics, step, batch.size, rate));
    DAM_TRY(dam__optimizer_step(trainer->optimizer, rate, train->momentum));
    DAM_TRY(dam__diagnostics_after(trainer->diagnostics, step, batch.size));
    DAM_TRY(model->ops->project(model));
    DAM_TRY(dam__device_pace(trainer->device));
    trainer->position.step++;
    trainer->steps_taken++;
    return DAM_OK;
}

void dam__trainer_begin_clock(dam__trainer *trainer)
{
    trainer->resumed_at = dam__seconds();
    trainer->seconds_before = trainer->position.seconds;
    trainer->steps_taken = 0;
}

void dam__trainer_count_seconds(dam__trainer *trainer)
{
    trainer->position.seconds = trainer->seconds_before + dam__seconds() - trainer->resumed_at;
}

static void report_step(const dam__trainer *trainer, const dam__callbacks *callbacks)
{
    const dam__position *position = &trainer->position;
    /* The last few steps are queued, not done: see dam__device_pace. */
    long done = trainer->steps_taken - DAM__PACE_DEPTH;
    if (callbacks->on_step == NULL || done < 1)
        return;
    int steps = dam__loader_steps(trainer->samples), epochs = dam__trainer_stage_epochs(trainer);
    int epoch = position->epoch - position->stage_epoch;
    double per_step = (dam__seconds() - trainer->resumed_at) / (double)done;
    double left = (double)(epochs - epoch) * steps - position->step;
    const dam__training_progress progress = {
        .stage = position->stage,
        .memories = trainer->growth != NULL ? dam__trainer_memories(trainer) : 0,
        .epoch = epoch,
        .epochs = epochs,
        .step = position->step,
        .steps = steps,
        .samples_per_second = dam__loader_samples(trainer->samples) / (steps * per_step),
        .seconds_left = left * per_step};
    callbacks->on_step(callbacks->user, &progress);
}

dam_status dam__trainer_finish_model(dam__trainer *trainer, int epoch)
{
    dam__model *model = trainer->model;
    return model->ops->finish_epoch != NULL
               ? model->ops->finish_epoch(model, trainer->samples, epoch)
               : DAM_OK;
}

/* Whether to stop after this step: at all ranks where it was asked at any. */
static dam_status ask_stop(const dam__trainer *trainer, const dam__callbacks *callbacks, bool *stop)
{
    bool own = callbacks->stop != NULL && callbacks->stop(callbacks->user);
    return dam__comm_any(trainer->training.comm, own, stop);
}

/* The steps of one epoch from position.step on. */
static dam_status run_steps(dam__trainer *trainer, const dam__callbacks *callbacks)
{
    int steps = dam__loader_steps(trainer->samples);
    DAM_TRY(trainer->model->ops->begin_epoch(trainer->model, trainer->position.epoch));
    /* A run that was stopped after the last step of an epoch has only its validation left. */
    if (trainer->position.step < steps)
        DAM_TRY(
            dam__loader_begin(trainer->samples, trainer->position.epoch, trainer->position.step));
    while (trainer->position.step < steps) {
        bool stop = false;
        DAM_TRY(take_step(trainer));
        report_step(trainer, callbacks);
        DAM_TRY(ask_stop(trainer, callbacks, &stop));
        if (stop) {
            dam__trainer_count_seconds(trainer);
            DAM_TRY(dam__trainer_finish_model(trainer, trainer->position.epoch));
            DAM_TRY(callbacks->on_checkpoint(callbacks->user));
            return dam__fail(DAM_INTERRUPTED, "stopped in epoch %d after step %d of %d",
                             trainer->position.epoch + 1, trainer->position.step, steps);
        }
    }
    return DAM_OK;
}

dam_status dam__trainer_run(dam__trainer *trainer, const dam__callbacks *callbacks)
{
    dam__trainer_begin_clock(trainer);
    DAM_TRY(dam__trainer_record_first(trainer));
    while (!dam__trainer_is_over(trainer)) {
        if (dam__trainer_stage_is_over(trainer)) {
            DAM_TRY(dam__trainer_split(trainer, callbacks));
            continue;
        }
        DAM_TRY(run_steps(trainer, callbacks));
        DAM_TRY(dam__trainer_finish_epoch(trainer, callbacks));
    }
    return DAM_OK;
}

dam_status dam__trainer_evaluate(dam__trainer *trainer, dam__metrics *out)
{
    if (trainer->training_evaluator == NULL)
        return dam__fail(DAM_INTERNAL, "this training was not planned to be evaluated");
    return dam__evaluator_run(trainer->training_evaluator, out);
}

dam_status dam__trainer_step(dam__trainer *trainer)
{
    dam__position *position = &trainer->position;
    if (position->step == dam__loader_steps(trainer->samples)) {
        position->epoch++;
        position->step = 0;
    }
    if (position->step == 0) {
        DAM_TRY(trainer->model->ops->begin_epoch(trainer->model, position->epoch));
        DAM_TRY(dam__loader_begin(trainer->samples, position->epoch, 0));
    }
    return take_step(trainer);
}
