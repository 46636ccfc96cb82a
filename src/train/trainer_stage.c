/* Stages: from one split to the next. */
#include "train/trainer_internal.h"

#include <math.h>

#include "base/clock.h"
#include "base/notice.h"
#include "train/recorder.h"

int dam__trainer_memories(const dam__trainer *trainer)
{
    return trainer->model->ops->grow->memories(trainer->model);
}

int dam__trainer_stage_epochs(const dam__trainer *trainer)
{
    const dam__training *training = &trainer->training;
    return trainer->growth != NULL ? training->grow.epochs : training->train.epochs;
}

/* How long the present stage waits for a better loss. */
static int stage_patience(const dam__trainer *trainer)
{
    const dam__training *training = &trainer->training;
    return trainer->growth != NULL ? training->grow.patience : training->train.patience;
}

/* Whether another stage may follow the present one. */
static bool may_split(const dam__trainer *trainer)
{
    const dam__grow_config *grow = &trainer->training.grow;
    return trainer->growth != NULL && !trainer->position.stable &&
           trainer->position.stage < grow->splits && dam__trainer_memories(trainer) < grow->to;
}

bool dam__trainer_stopped_early(const dam__trainer *trainer)
{
    int patience = stage_patience(trainer);
    return patience > 0 && trainer->position.wait >= patience;
}

bool dam__trainer_stage_is_over(const dam__trainer *trainer)
{
    const dam__position *position = &trainer->position;
    if (position->step > 0)
        return false;
    return position->epoch - position->stage_epoch >= dam__trainer_stage_epochs(trainer) ||
           dam__trainer_stopped_early(trainer);
}

bool dam__trainer_is_over(const dam__trainer *trainer)
{
    return dam__trainer_stage_is_over(trainer) && !may_split(trainer);
}

dam_status dam__trainer_record_frame(dam__trainer *trainer)
{
    return dam__recorder_take(trainer->model, &trainer->position, &trainer->training.train,
                              &trainer->record);
}

dam_status dam__trainer_record_first(dam__trainer *trainer)
{
    bool records = trainer->training.train.record > 0 && trainer->record.frame_count == 0;
    bool begins = trainer->position.step == 0 && !dam__trainer_is_over(trainer);
    return records && begins ? dam__trainer_record_frame(trainer) : DAM_OK;
}

/* A split adds a frame; the twins are recorded as long as there is a record. */
static dam_status record_split(dam__trainer *trainer, const dam__split_result *split)
{
    if (trainer->record.frame_count > 0)
        DAM_TRY(dam__record_split(&trainer->record, split->before, split->picked,
                                  split->after - split->before));
    if (trainer->training.train.record > 0)
        DAM_TRY(dam__trainer_record_frame(trainer));
    return DAM_OK;
}

/* Of the present stage so far: the mean, without what was before its first epoch where there are
 * more of them. */
static double seconds_per_epoch(const dam__trainer *trainer)
{
    const dam__history *history = &trainer->history;
    size_t first = (size_t)trainer->position.stage_epoch, last = history->row_count - 1;
    if (last == first && first == 0)
        return dam__history_value(history, 0, "seconds");
    size_t from = last > first ? first : first - 1;
    double began = dam__history_value(history, from, "seconds");
    return (dam__history_value(history, last, "seconds") - began) / (double)(last - from);
}

static void report_split(const dam__trainer *trainer, const dam__split_result *split)
{
    const dam_log *log = dam__device_log(trainer->device);
    double seconds = trainer->position.split_seconds, epochs = trainer->position.split_epochs;
    if (split->after == split->before)
        dam__info(log, "no memory is unstable: growth ends at %d memories (%.2f s, %.1f epochs)",
                  split->before, seconds, epochs);
    else if (isfinite(split->least))
        dam__info(log, "split %d -> %d memories: lambda from %.3g to %.3g, %.2f s, %.1f epochs",
                  split->before, split->after, split->least, split->most, seconds, epochs);
    else
        dam__info(log, "split %d -> %d memories along random directions, %.2f s", split->before,
                  split->after, seconds);
}

dam_status dam__trainer_split(dam__trainer *trainer, const dam__callbacks *callbacks)
{
    dam__position *position = &trainer->position;
    dam__split_result result;
    double began = dam__seconds();
    DAM_TRY(dam__growth_search(trainer->growth, position->stage));
    DAM_TRY(dam__growth_split(trainer->growth, dam__optimizer_velocities(trainer->optimizer),
                              dam__optimizer_squares(trainer->optimizer), &result));
    dam__optimizer_follow(trainer->optimizer);
    DAM_TRY(dam__device_finish(trainer->device));
    dam__trainer_count_seconds(trainer);
    position->split_seconds = dam__seconds() - began;
    position->split_epochs = position->split_seconds / seconds_per_epoch(trainer);
    report_split(trainer, &result);
    if (result.after == result.before) {
        position->stable = true;
        if (callbacks->on_checkpoint != NULL)
            DAM_TRY(callbacks->on_checkpoint(callbacks->user));
        return DAM_OK;
    }
    dam__trainer_begin_clock(trainer); /* the next stage has a pace of its own */
    position->stage++;
    position->stage_epoch = position->epoch;
    position->wait = 0;
    position->best = INFINITY;
    return record_split(trainer, &result);
}
