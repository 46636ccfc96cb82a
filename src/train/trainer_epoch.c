/* The end of an epoch. */
#include "train/trainer_internal.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* Mean of the epoch's losses over its samples; DAM_DIVERGED with the first step that was not
 * finite. */
static dam_status epoch_loss(dam__trainer *trainer, double *mean)
{
    dam_status status = DAM_OK;
    double *losses = NULL, sum = 0;
    int steps = dam__loader_steps(trainer->samples),
        samples = dam__loader_samples(trainer->samples);
    int batch = trainer->training.train.batch < samples ? trainer->training.train.batch : samples;
    DAM_TRY_CLEANUP(dam__alloc((size_t)steps, sizeof *losses, &losses));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&trainer->losses, losses, "losses of the epoch"));
    double worst = trainer->model->ops->worst_loss;
    for (int step = 0; step < steps; step++) {
        bool finite = isfinite(losses[step]);
        if (!finite || (worst > 0 && losses[step] > worst))
            DAM_FAIL(DAM_DIVERGED, "the loss is %s in epoch %d, step %d of %d; %s",
                     finite ? "beyond all bounds" : "not finite", trainer->position.epoch + 1,
                     step + 1, steps, dam__model_advice(trainer->model));
        sum += losses[step] * (step + 1 < steps ? batch : samples - batch * (steps - 1));
    }
    *mean = sum / samples;
cleanup:
    free(losses);
    return status;
}

/* What the ranks decide by must be the same to the last bit: else a device has computed wrongly. */
static dam_status compare_ranks(const dam__trainer *trainer, double loss, double validation)
{
    dam_status status = DAM_OK;
    const double own[2] = {loss, validation};
    double(*all)[2] = NULL;
    int ranks = dam__comm_size(trainer->training.comm);
    if (ranks == 1)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc((size_t)ranks, sizeof own, &all));
    DAM_TRY_CLEANUP(dam__comm_gather(trainer->training.comm, own, sizeof own, all));
    for (int rank = 1; rank < ranks; rank++)
        if (memcmp(all[rank], all[0], sizeof own) != 0)
            DAM_FAIL(DAM_INTERNAL,
                     "ranks 0 and %d have come apart in epoch %d (losses %.9g and %.9g): their "
                     "devices do not compute alike",
                     rank, trainer->position.epoch + 1, all[0][0], all[rank][0]);
cleanup:
    free(all);
    return status;
}

static dam_status add_row(dam__trainer *trainer, double loss, const dam__metrics *metrics)
{
    double row[DAM__HISTORY_COLUMNS] = {trainer->position.epoch + 1, loss, metrics->loss,
                                        metrics->accuracy, trainer->position.seconds};
    size_t column = 5;
    for (int i = 0; i < trainer->model->parameter_count; i++) {
        const dam__matrix *value = &trainer->model->parameters[i].value;
        if (dam__matrix_items(value) == 1)
            DAM_TRY(dam__matrix_read_doubles(value, &row[column++], "scalar parameters"));
    }
    if (trainer->growth != NULL) {
        row[column++] = trainer->position.stage;
        row[column++] = dam__trainer_memories(trainer);
        const dam__grow_ops *grow = trainer->model->ops->grow;
        double offset = grow->loss_offset != NULL ? grow->loss_offset(trainer->model) : 0;
        row[column++] = loss + offset;
        row[column++] = metrics->loss + offset;
        row[column++] = trainer->position.split_seconds;
        row[column++] = trainer->position.split_epochs;
    }
    return dam__history_add(&trainer->history, row);
}

/*
 * Counts the epochs since the best loss. Those of the model's schedule do not count, nor those
 * right after a split. A stage need not converge to the last digit: with growth a better loss must
 * be lower by grow.gain.
 */
static void note_loss(dam__trainer *trainer, double loss)
{
    dam__position *position = &trainer->position;
    const dam__grow_config *grow = &trainer->training.grow;
    if (position->epoch < trainer->model->ops->schedule_epochs(trainer->model))
        return;
    if (position->stage > 0 && position->epoch - position->stage_epoch < grow->settle)
        return;
    double gain = trainer->growth != NULL ? grow->gain : 0;
    position->wait++;
    if (loss < position->best - gain) {
        position->best = loss;
        position->wait = 0;
    }
}

dam_status dam__trainer_finish_epoch(dam__trainer *trainer, const dam__callbacks *callbacks)
{
    dam__position *position = &trainer->position;
    dam__metrics metrics = {.loss = NAN, .accuracy = NAN};
    double loss = 0;
    DAM_TRY(epoch_loss(trainer, &loss));
    if (trainer->evaluator != NULL) {
        DAM_TRY(dam__trainer_finish_model(trainer, position->epoch));
        dam_status status = dam__evaluator_run(trainer->evaluator, &metrics);
        if (status == DAM_DIVERGED)
            return dam__fail(status, "the validation loss is not finite after epoch %d; %s",
                             position->epoch + 1, dam__model_advice(trainer->model));
        DAM_TRY(status);
        trainer->is_evaluated = true;
    }
    DAM_TRY(compare_ranks(trainer, loss, metrics.loss));
    dam__trainer_count_seconds(trainer);
    DAM_TRY(add_row(trainer, loss, &metrics));
    note_loss(trainer, trainer->evaluator != NULL ? metrics.loss : loss);
    position->epoch++;
    position->step = 0;
    position->split_seconds = position->split_epochs = 0;
    if (callbacks->on_epoch != NULL)
        DAM_TRY(callbacks->on_epoch(callbacks->user, &trainer->history));
    if (dam__record_due(&trainer->record, trainer->training.train.record, position->epoch))
        DAM_TRY(dam__trainer_record_frame(trainer));
    bool due = position->epoch % trainer->training.train.checkpoint == 0;
    if (callbacks->on_checkpoint != NULL && (due || dam__trainer_stage_is_over(trainer))) {
        if (trainer->evaluator == NULL)
            DAM_TRY(dam__trainer_finish_model(trainer, position->epoch - 1));
        DAM_TRY(callbacks->on_checkpoint(callbacks->user));
    }
    return DAM_OK;
}
