#include "train/trainer.h"

#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "model/task.h"
#include "train/recorder.h"
#include "train/schedule.h"

struct dam__trainer {
    dam__device *device;
    dam__training training;
    bool streams;
    int chunk;
    dam__task task;
    dam__plan *plan;
    dam__gemm *gemm;
    dam__feed *samples, *validation; /* validation is NULL where the share is 0 */
    dam__model *model;
    dam__optimizer *optimizer;
    dam__evaluator *evaluator;
    dam__evaluator *scores;        /* of the training samples; NULL unless training.scores */
    dam__growth *growth;           /* NULL where the model keeps its memories */
    dam__diagnostics *diagnostics; /* NULL where no step is looked into */
    dam__matrix losses;            /* 1 x steps: the mean loss of each batch of the epoch */
    dam__position position;
    dam__history history;
    dam__record record;
    double resumed_at;     /* clock when the present run, or its present stage, began */
    double seconds_before; /* position.seconds then */
    long steps_taken;      /* since then */
};

/* --- planning --------------------------------------------------------------------------------- */

static size_t validation_count(const dam__training *training)
{
    return (size_t)((double)training->set->count * training->validation);
}

static dam_status create_feeds(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    const dam__dataset *set = trainer->training.set;
    size_t held_out = validation_count(&trainer->training);
    if (trainer->training.validation > 0 && held_out == 0)
        DAM_FAIL(DAM_USAGE,
                 "data.validation = %g keeps none of the %zu samples of '%s' for validation; "
                 "raise it, or set it to 0",
                 trainer->training.validation, set->count, set->name);
    dam__feed_options options = {
        .count = set->count - held_out,
        .batch = trainer->training.train.batch,
        .shuffle = true,
        .seed = trainer->training.seed,
        .indexed = dam__gemm_gathers(trainer->gemm),
        .stream = trainer->streams,
        .input = dam__model_input(&trainer->training.model, trainer->task.classes)};
    options.indexed = options.indexed || options.input.indexed;
    DAM_TRY(dam__feed_create(trainer->device, set, &options, &trainer->samples));
    options.first = options.count;
    options.count = held_out;
    options.shuffle = false;
    options.input.shows_label = false; /* it is what is asked for */
    if (held_out > 0)
        DAM_TRY(dam__feed_create(trainer->device, set, &options, &trainer->validation));
cleanup:
    return status;
}

static void forget_plan(dam__trainer *trainer)
{
    dam__diagnostics_destroy(trainer->diagnostics);
    dam__growth_destroy(trainer->growth);
    dam__evaluator_destroy(trainer->evaluator);
    dam__evaluator_destroy(trainer->scores);
    dam__optimizer_destroy(trainer->optimizer);
    dam__model_destroy(trainer->model);
    dam__feed_destroy(trainer->validation);
    dam__feed_destroy(trainer->samples);
    dam__gemm_destroy(trainer->gemm);
    dam__buffer_destroy(trainer->losses.buffer);
    dam__plan_destroy(trainer->plan);
    trainer->diagnostics = NULL;
    trainer->growth = NULL;
    trainer->evaluator = NULL;
    trainer->scores = NULL;
    trainer->optimizer = NULL;
    trainer->model = NULL;
    trainer->validation = NULL;
    trainer->samples = NULL;
    trainer->gemm = NULL;
    trainer->losses.buffer = NULL;
    trainer->plan = NULL;
}

/* Lists everything the training needs for one choice of chunk and streaming. */
static dam_status make_plan(dam__trainer *trainer, int chunk, bool streams)
{
    dam_status status = DAM_OK;
    const dam__training *training = &trainer->training;
    forget_plan(trainer);
    trainer->chunk = chunk;
    trainer->streams = streams;
    DAM_TRY(dam__plan_create(trainer->device, &trainer->plan));
    DAM_TRY(dam__gemm_create(trainer->device, training->gemm, &trainer->gemm));
    DAM_TRY(create_feeds(trainer));
    DAM_TRY(dam__model_create(trainer->device, trainer->gemm, &training->model, &trainer->task,
                              &trainer->model));
    DAM_TRY(dam__feed_plan(trainer->samples, trainer->plan));
    if (trainer->validation != NULL)
        DAM_TRY(dam__feed_plan(trainer->validation, trainer->plan));
    DAM_TRY(trainer->model->ops->plan(trainer->model, trainer->plan, chunk));
    DAM_TRY(dam__optimizer_create(trainer->model, trainer->plan, &trainer->optimizer));
    if (trainer->validation != NULL)
        DAM_TRY(dam__evaluator_create(trainer->model, trainer->validation, trainer->plan,
                                      &trainer->evaluator));
    if (training->scores)
        DAM_TRY(dam__evaluator_create(trainer->model, trainer->samples, trainer->plan,
                                      &trainer->scores));
    if (training->grow.to > 0)
        DAM_TRY(dam__growth_create(trainer->model, trainer->samples, &training->grow,
                                   training->seed, trainer->plan, &trainer->growth));
    if (training->train.diagnostics[0] != '\0')
        DAM_TRY(dam__diagnostics_create(trainer->model, training->train.diagnostics, trainer->plan,
                                        &trainer->diagnostics));
    DAM_TRY(dam__plan_matrix(trainer->plan, "losses", 1, dam__feed_steps(trainer->samples), 1,
                             &trainer->losses));
    DAM_TRY(dam__gemm_plan(trainer->gemm, trainer->plan));
cleanup:
    return status;
}

/* Whether the preset's limit on the samples' memory asks for streaming. */
static bool must_stream(const dam__training *training, const dam__device *device)
{
    double bytes = dam__feed_resident_bytes(device, training->set);
    return training->data_memory > 0 && bytes > 1048576.0 * training->data_memory;
}

static dam_status plan_what_fits(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    int batch = trainer->training.train.batch;
    if ((size_t)batch > trainer->training.set->count)
        batch = (int)trainer->training.set->count;
    bool streams = must_stream(&trainer->training, trainer->device);
    DAM_TRY(make_plan(trainer, batch, streams));
    status = dam__plan_check(trainer->plan);
    if (status == DAM_NO_MEMORY && !streams) {
        DAM_TRY(make_plan(trainer, batch, true));
        status = dam__plan_check(trainer->plan);
    }
    for (int chunk = batch / 2; status == DAM_NO_MEMORY && chunk > 0; chunk /= 2) {
        DAM_TRY(make_plan(trainer, chunk, true));
        status = dam__plan_check(trainer->plan);
    }
cleanup:
    return status;
}

static dam_status name_columns(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    const char *const fixed[] = {"epoch", "loss", "validation_loss", "validation_accuracy",
                                 "seconds"};
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++)
        DAM_TRY(dam__history_column(&trainer->history, fixed[i]));
    /* Parameters that are one number are part of every row. */
    for (int i = 0; i < trainer->model->parameter_count; i++)
        if (dam__matrix_items(&trainer->model->parameters[i].value) == 1)
            DAM_TRY(dam__history_column(&trainer->history, trainer->model->parameters[i].name));
    if (trainer->growth != NULL) {
        DAM_TRY(dam__history_column(&trainer->history, "stage"));
        DAM_TRY(dam__history_column(&trainer->history, "memories"));
        DAM_TRY(dam__history_column(&trainer->history, "normalised_loss"));
        DAM_TRY(dam__history_column(&trainer->history, "validation_normalised_loss"));
        DAM_TRY(dam__history_column(&trainer->history, "split_seconds"));
        DAM_TRY(dam__history_column(&trainer->history, "split_epochs"));
    }
cleanup:
    return status;
}

static int most_memories(const dam__training *training)
{
    return training->grow.to > 0 ? training->grow.to : training->model.memories;
}

dam_status dam__trainer_create(dam__device *device, const dam__training *training,
                               dam__trainer **out)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    DAM_TRY(dam__alloc(1, sizeof *trainer, &trainer));
    trainer->device = device;
    trainer->training = *training;
    if (training->grow.to > 0)
        trainer->training.model.room = training->grow.to;
    trainer->position.best = INFINITY;
    /* The prior is that of the samples trained on, without the validation set. */
    DAM_TRY(dam__task_create(&training->model, training->set,
                             training->set->count - validation_count(training), &trainer->task));
    trainer->task.batch = training->train.batch;
    DAM_TRY(plan_what_fits(trainer));
    DAM_TRY(name_columns(trainer));
    if (training->train.record > 0)
        DAM_TRY(dam__recorder_check(trainer->model, most_memories(training), &training->train));
    *out = trainer;
    trainer = NULL;
cleanup:
    dam__trainer_destroy(trainer);
    return status;
}

void dam__trainer_destroy(dam__trainer *trainer)
{
    if (trainer == NULL)
        return;
    forget_plan(trainer);
    dam__history_free(&trainer->history);
    dam__record_free(&trainer->record);
    dam__task_free(&trainer->task);
    free(trainer);
}

static dam_status measure(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    dam__model *model = trainer->model;
    dam__text text = {0};
    if (model->ops->measure == NULL)
        return DAM_OK;
    DAM_TRY(model->ops->measure(model, trainer->samples, &text));
    if (text.length > 0)
        dam__info(dam__device_log(trainer->device), "%s", text.data);
cleanup:
    dam__text_free(&text);
    return status;
}

dam_status dam__trainer_prepare(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__plan_allocate(trainer->plan));
    DAM_TRY(dam__feed_prepare(trainer->samples));
    if (trainer->validation != NULL)
        DAM_TRY(dam__feed_prepare(trainer->validation));
    DAM_TRY(trainer->model->ops->prepare(trainer->model));
    DAM_TRY(dam__optimizer_prepare(trainer->optimizer));
    if (trainer->growth != NULL)
        DAM_TRY(dam__growth_prepare(trainer->growth));
    DAM_TRY(dam__diagnostics_prepare(trainer->diagnostics));
    DAM_TRY(trainer->model->ops->initialise(trainer->model, trainer->training.seed));
    DAM_TRY(measure(trainer));
cleanup:
    return status;
}

/* --- the loop --------------------------------------------------------------------------------- */

/* Steps since the beginning of training. */
static double steps_done(const dam__trainer *trainer)
{
    return (double)trainer->position.epoch * dam__feed_steps(trainer->samples) +
           trainer->position.step;
}

static dam_status take_step(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    dam__model *model = trainer->model;
    dam__batch batch;
    DAM_TRY(dam__feed_next(trainer->samples, &batch));
    DAM_TRY(
        model->ops->loss_gradient(model, &batch, trainer->losses.buffer, trainer->position.step));
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
cleanup:
    return status;
}

static int present_memories(const dam__trainer *trainer)
{
    return trainer->model->ops->grow->memories(trainer->model);
}

/* The most epochs of the present stage, and how long it waits for a better loss. */
static int stage_epochs(const dam__trainer *trainer)
{
    const dam__training *training = &trainer->training;
    return trainer->growth != NULL ? training->grow.epochs : training->train.epochs;
}

static int stage_patience(const dam__trainer *trainer)
{
    const dam__training *training = &trainer->training;
    return trainer->growth != NULL ? training->grow.patience : training->train.patience;
}

static void begin_clock(dam__trainer *trainer)
{
    trainer->resumed_at = dam__seconds();
    trainer->seconds_before = trainer->position.seconds;
    trainer->steps_taken = 0;
}

static void count_seconds(dam__trainer *trainer)
{
    trainer->position.seconds = trainer->seconds_before + dam__seconds() - trainer->resumed_at;
}

static void report_step(const dam__trainer *trainer, const dam__hooks *hooks)
{
    const dam__position *position = &trainer->position;
    /* The last few steps are queued, not done: see dam__device_pace. */
    long done = trainer->steps_taken - DAM__PACE_DEPTH;
    if (hooks->on_step == NULL || done < 1)
        return;
    int steps = dam__feed_steps(trainer->samples), epochs = stage_epochs(trainer);
    int epoch = position->epoch - position->stage_epoch;
    double per_step = (dam__seconds() - trainer->resumed_at) / (double)done;
    double left = (double)(epochs - epoch) * steps - position->step;
    const dam__moment moment = {.stage = position->stage,
                                .memories = trainer->growth != NULL ? present_memories(trainer) : 0,
                                .epoch = epoch,
                                .epochs = epochs,
                                .step = position->step,
                                .steps = steps,
                                .samples_per_second =
                                    dam__feed_samples(trainer->samples) / (steps * per_step),
                                .seconds_left = left * per_step};
    hooks->on_step(hooks->user, &moment);
}

/* What the model keeps of all training samples, as the epoch leaves it. */
static dam_status settle(dam__trainer *trainer, int epoch)
{
    dam__model *model = trainer->model;
    return model->ops->settle != NULL ? model->ops->settle(model, trainer->samples, epoch) : DAM_OK;
}

/* The steps of one epoch from position.step on. */
static dam_status run_steps(dam__trainer *trainer, const dam__hooks *hooks)
{
    dam_status status = DAM_OK;
    int steps = dam__feed_steps(trainer->samples);
    DAM_TRY(trainer->model->ops->begin_epoch(trainer->model, trainer->position.epoch));
    /* A run stopped after an epoch's last step has only its validation left. */
    if (trainer->position.step < steps)
        DAM_TRY(dam__feed_begin(trainer->samples, trainer->position.epoch, trainer->position.step));
    while (trainer->position.step < steps) {
        DAM_TRY(take_step(trainer));
        report_step(trainer, hooks);
        if (hooks->stop != NULL && hooks->stop(hooks->user)) {
            count_seconds(trainer);
            DAM_TRY(settle(trainer, trainer->position.epoch));
            DAM_TRY(hooks->on_checkpoint(hooks->user));
            DAM_FAIL(DAM_INTERRUPTED,
                     "stopped in epoch %d after step %d of %d; everything is saved, --resume goes "
                     "on from here",
                     trainer->position.epoch + 1, trainer->position.step, steps);
        }
    }
cleanup:
    return status;
}

/* Mean of the epoch's losses over its samples; DAM_DIVERGED with the first step that was not
 * finite. */
static dam_status epoch_loss(dam__trainer *trainer, double *mean)
{
    dam_status status = DAM_OK;
    double *losses = NULL, sum = 0;
    int steps = dam__feed_steps(trainer->samples), samples = dam__feed_samples(trainer->samples);
    int batch = trainer->training.train.batch < samples ? trainer->training.train.batch : samples;
    DAM_TRY(dam__alloc((size_t)steps, sizeof *losses, &losses));
    DAM_TRY(dam__matrix_read_doubles(&trainer->losses, losses, "losses of the epoch"));
    double worst = trainer->model->ops->worst_loss;
    for (int step = 0; step < steps; step++) {
        bool finite = isfinite(losses[step]);
        if (!finite || (worst > 0 && losses[step] > worst))
            DAM_FAIL(DAM_DIVERGED, "the loss is %s in epoch %d, step %d of %d; %s",
                     finite ? "beyond all bounds" : "not finite", trainer->position.epoch + 1,
                     step + 1, steps, trainer->model->ops->divergence_advice);
        sum += losses[step] * (step + 1 < steps ? batch : samples - batch * (steps - 1));
    }
    *mean = sum / samples;
cleanup:
    free(losses);
    return status;
}

static dam_status add_row(dam__trainer *trainer, double loss, const dam__score *score)
{
    dam_status status = DAM_OK;
    double row[DAM__HISTORY_COLUMNS] = {trainer->position.epoch + 1, loss, score->loss,
                                        score->accuracy, trainer->position.seconds};
    size_t column = 5;
    for (int i = 0; i < trainer->model->parameter_count; i++) {
        const dam__matrix *value = &trainer->model->parameters[i].value;
        if (dam__matrix_items(value) == 1)
            DAM_TRY(dam__matrix_read_doubles(value, &row[column++], "scalar parameters"));
    }
    if (trainer->growth != NULL) {
        row[column++] = trainer->position.stage;
        row[column++] = present_memories(trainer);
        double offset = trainer->model->ops->grow->loss_offset(trainer->model);
        row[column++] = loss + offset;
        row[column++] = score->loss + offset;
        row[column++] = trainer->position.split_seconds;
        row[column++] = trainer->position.split_epochs;
    }
    DAM_TRY(dam__history_add(&trainer->history, row));
cleanup:
    return status;
}

/* Whether another stage may follow the present one. */
static bool may_split(const dam__trainer *trainer)
{
    const dam__grow_config *grow = &trainer->training.grow;
    return trainer->growth != NULL && !trainer->position.stable &&
           trainer->position.stage < grow->splits && present_memories(trainer) < grow->to;
}

/*
 * Counts the epochs since the best loss. Those of the model's schedule do not count, nor those
 * right after a split. A stage need not come to rest to the last digit: growth wants a better loss
 * to be lower by its gain.
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

static bool stage_is_over(const dam__trainer *trainer)
{
    const dam__position *position = &trainer->position;
    if (position->step > 0)
        return false;
    return position->epoch - position->stage_epoch >= stage_epochs(trainer) ||
           dam__trainer_stopped_early(trainer);
}

static dam_status record(dam__trainer *trainer)
{
    return dam__recorder_take(trainer->model, &trainer->position, &trainer->training.train,
                              &trainer->record);
}

/* The first frame shows how the training begins. */
static dam_status record_first(dam__trainer *trainer)
{
    bool records = trainer->training.train.record > 0 && trainer->record.frame_count == 0;
    bool begins = trainer->position.step == 0 && !dam__trainer_is_over(trainer);
    return records && begins ? record(trainer) : DAM_OK;
}

/* A split gives a frame; who is whose twin is kept as long as there is a record. */
static dam_status record_split(dam__trainer *trainer, const dam__split_result *split)
{
    dam_status status = DAM_OK;
    if (trainer->record.frame_count > 0)
        DAM_TRY(dam__record_split(&trainer->record, split->before, split->picked,
                                  split->after - split->before));
    if (trainer->training.train.record > 0)
        DAM_TRY(record(trainer));
cleanup:
    return status;
}

static dam_status finish_epoch(dam__trainer *trainer, const dam__hooks *hooks)
{
    dam_status status = DAM_OK;
    dam__position *position = &trainer->position;
    dam__score score = {.loss = NAN, .accuracy = NAN};
    double loss = 0;
    DAM_TRY(epoch_loss(trainer, &loss));
    if (trainer->evaluator != NULL) {
        DAM_TRY(settle(trainer, position->epoch));
        DAM_TRY(dam__evaluator_run(trainer->evaluator, &score));
    }
    if (trainer->evaluator != NULL && !isfinite(score.loss))
        DAM_FAIL(DAM_DIVERGED, "the validation loss is not finite after epoch %d; %s",
                 position->epoch + 1, trainer->model->ops->divergence_advice);
    count_seconds(trainer);
    DAM_TRY(add_row(trainer, loss, &score));
    note_loss(trainer, trainer->evaluator != NULL ? score.loss : loss);
    position->epoch++;
    position->step = 0;
    position->split_seconds = position->split_epochs = 0;
    if (hooks->on_epoch != NULL)
        DAM_TRY(hooks->on_epoch(hooks->user, &trainer->history));
    if (dam__record_due(&trainer->record, trainer->training.train.record, position->epoch))
        DAM_TRY(record(trainer));
    bool due = position->epoch % trainer->training.train.checkpoint == 0;
    if (hooks->on_checkpoint != NULL && (due || stage_is_over(trainer))) {
        if (trainer->evaluator == NULL)
            DAM_TRY(settle(trainer, position->epoch - 1));
        DAM_TRY(hooks->on_checkpoint(hooks->user));
    }
cleanup:
    return status;
}

bool dam__trainer_stopped_early(const dam__trainer *trainer)
{
    int patience = stage_patience(trainer);
    return patience > 0 && trainer->position.wait >= patience;
}

bool dam__trainer_is_over(const dam__trainer *trainer)
{
    return stage_is_over(trainer) && !may_split(trainer);
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

/* After a stage: splits what is unstable and begins the next one, or finds that growth is over. */
static dam_status split(dam__trainer *trainer, const dam__hooks *hooks)
{
    dam_status status = DAM_OK;
    dam__position *position = &trainer->position;
    dam__split_result result;
    double began = dam__seconds();
    DAM_TRY(dam__growth_search(trainer->growth, position->stage));
    DAM_TRY(
        dam__growth_split(trainer->growth, dam__optimizer_velocities(trainer->optimizer), &result));
    dam__optimizer_follow(trainer->optimizer);
    DAM_TRY(dam__device_finish(trainer->device));
    count_seconds(trainer);
    position->split_seconds = dam__seconds() - began;
    position->split_epochs = position->split_seconds / seconds_per_epoch(trainer);
    report_split(trainer, &result);
    if (result.after == result.before) {
        position->stable = true;
        if (hooks->on_checkpoint != NULL)
            DAM_TRY(hooks->on_checkpoint(hooks->user));
        goto cleanup;
    }
    begin_clock(trainer); /* the next stage has a pace of its own */
    position->stage++;
    position->stage_epoch = position->epoch;
    position->wait = 0;
    position->best = INFINITY;
    DAM_TRY(record_split(trainer, &result));
cleanup:
    return status;
}

dam_status dam__trainer_run(dam__trainer *trainer, const dam__hooks *hooks)
{
    dam_status status = DAM_OK;
    begin_clock(trainer);
    DAM_TRY(record_first(trainer));
    while (!dam__trainer_is_over(trainer)) {
        if (stage_is_over(trainer)) {
            DAM_TRY(split(trainer, hooks));
            continue;
        }
        DAM_TRY(run_steps(trainer, hooks));
        DAM_TRY(finish_epoch(trainer, hooks));
    }
cleanup:
    return status;
}

dam_status dam__trainer_score(dam__trainer *trainer, dam__score *out)
{
    if (trainer->scores == NULL)
        return dam__fail(DAM_INTERNAL, "this training was not planned to be scored");
    return dam__evaluator_run(trainer->scores, out);
}

dam_status dam__trainer_step(dam__trainer *trainer)
{
    dam_status status = DAM_OK;
    dam__position *position = &trainer->position;
    if (position->step == dam__feed_steps(trainer->samples)) {
        position->epoch++;
        position->step = 0;
    }
    if (position->step == 0) {
        DAM_TRY(trainer->model->ops->begin_epoch(trainer->model, position->epoch));
        DAM_TRY(dam__feed_begin(trainer->samples, position->epoch, 0));
    }
    DAM_TRY(take_step(trainer));
cleanup:
    return status;
}

/* --- what others look at ---------------------------------------------------------------------- */

const dam__plan *dam__trainer_plan(const dam__trainer *trainer)
{
    return trainer->plan;
}

bool dam__trainer_streams(const dam__trainer *trainer)
{
    return trainer->streams;
}

int dam__trainer_chunk(const dam__trainer *trainer)
{
    return trainer->chunk;
}

const char *dam__trainer_gemm(const dam__trainer *trainer)
{
    return dam__gemm_name(trainer->gemm);
}

int dam__trainer_steps(const dam__trainer *trainer)
{
    return dam__feed_steps(trainer->samples);
}

dam__model *dam__trainer_model(dam__trainer *trainer)
{
    return trainer->model;
}

dam__optimizer *dam__trainer_optimizer(dam__trainer *trainer)
{
    return trainer->optimizer;
}

dam__growth *dam__trainer_growth(dam__trainer *trainer)
{
    return trainer->growth;
}

dam__position *dam__trainer_position(dam__trainer *trainer)
{
    return &trainer->position;
}

dam__history *dam__trainer_history(dam__trainer *trainer)
{
    return &trainer->history;
}

dam__record *dam__trainer_record(dam__trainer *trainer)
{
    return &trainer->record;
}

dam__diagnostics *dam__trainer_diagnostics(dam__trainer *trainer)
{
    return trainer->diagnostics;
}

dam_status dam__trainer_read_losses(dam__trainer *trainer, double *losses)
{
    return dam__matrix_read_doubles(&trainer->losses, losses, "losses so far");
}

dam_status dam__trainer_write_losses(dam__trainer *trainer, const double *losses)
{
    return dam__matrix_write_doubles(&trainer->losses, losses, "losses so far");
}
