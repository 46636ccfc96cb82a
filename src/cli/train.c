/* `denseam train`: runs a preset, or goes on with a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/collapse.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/notice.h"
#include "command/command.h"
#include "command/out_folder.h"
#include "command/output.h"
#include "command/progress.h"
#include "command/session.h"
#include "command/signals.h"
#include "data/teacher.h"
#include "draw/run_pictures.h"
#include "run/run_folder.h"

static const double METRICS_SECONDS = 1;

/* One training from preset to pictures. */
typedef struct training {
    const arguments *args;
    dam_log log;
    console console;
    progress progress;
    int stage; /* that the progress line shows */
    dam__experiment experiment;
    dam__run resumed; /* with --resume */
    run_folder folder;
    dam__dataset set;
    dam__device *device;
    dam__trainer *trainer;
    const dam__history *history; /* once there is an epoch */
    double metrics_at;           /* clock when metrics.jsonl was last written; 0 before */
} training;

static void training_free(training *t)
{
    dam__trainer_destroy(t->trainer);
    dam__device_close(t->device);
    dam__dataset_free(&t->set);
    dam__run_free(&t->resumed);
    run_folder_release(&t->folder);
}

/* Writes the resolved preset: an unwritable place fails before training. */
static dam_status write_preset(const training *t)
{
    dam_status status = DAM_OK;
    const arguments *args = t->args;
    dam__text preset = {0};
    char *path = NULL;
    DAM_TRY(dam__path_join(&path, t->folder.path, "preset.conf"));
    /* A resumed run has one, which only overrides change. */
    if (args->resume && args->set.count == 0 && dam__file_exists(path))
        goto cleanup;
    dam__experiment_print(&t->experiment, &preset);
    DAM_TRY(dam__text_write(&preset, path));
cleanup:
    dam__text_free(&preset);
    free(path);
    return status;
}

/* --- setting up ------------------------------------------------------------------------------- */

static dam_status read_experiment(training *t)
{
    const arguments *args = t->args;
    const char *operand = args->operands.items[0];
    if (!args->resume && dam__run_is(operand))
        return dam__fail(DAM_USAGE,
                         "'%s' is a run, not a preset; 'denseam train %s --resume' goes on with it",
                         operand, operand);
    if (!args->resume)
        return dam__experiment_load(operand, args->set.items, args->set.count, &t->experiment);
    dam_status status = dam__run_open(operand, args->set.items, args->set.count, &t->resumed);
    t->experiment = t->resumed.experiment;
    return status;
}

static dam_status create_trainer(training *t)
{
    dam_status status = DAM_OK;
    const dam__experiment *experiment = &t->experiment;
    DAM_TRY(open_device(t->args, (dam__precision)experiment->train.precision, &t->log, &t->device));
    DAM_TRY(dam__dataset_load_on(t->device, &experiment->data, (uint64_t)experiment->seed,
                                 DAM__SPLIT_TRAIN, &t->set));
    const dam__training plan = dam__experiment_training(experiment, &t->set, gemm_choice(t->args));
    DAM_TRY(dam__trainer_create(t->device, &plan, &t->trainer));
cleanup:
    return status;
}

static bool is(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

/* A run is bit-identical only on the device, driver, kernels and tuning it began with. */
static void compare_device(const training *t)
{
    const dam_device_info *info = dam__device_facts(t->device);
    const char *device = dam__container_text(&t->resumed.container, "device");
    const char *driver = dam__container_text(&t->resumed.container, "driver");
    const char *kernels = dam__container_text(&t->resumed.container, "kernels");
    const char *gemm = dam__container_text(&t->resumed.container, "gemm");
    const char *tuning = dam__container_text(&t->resumed.container, "tuning");
    bool cpu = dam__device_shape(t->device) == DAM__SHAPE_CPU;
    if (!is(tuning != NULL ? tuning : "none", dam__device_tuning_digest(t->device)))
        dam__warn(&t->log, "the run began with another tuning of the device: results will differ "
                           "in the last bits");
    if (!is(device, info->name) || !is(driver, info->driver) || !is(kernels, cpu ? "cpu" : "gpu") ||
        !is(gemm, dam__trainer_gemm(t->trainer)))
        dam__warn(&t->log,
                  "the run began on '%s' (driver %s, %s kernels, gemm %s): results will differ in "
                  "the last bits",
                  device != NULL ? device : "?", driver != NULL ? driver : "?",
                  kernels != NULL ? kernels : "?", gemm != NULL ? gemm : "?");
}

static dam_status print_plan(const training *t)
{
    const dam__plan *plan = dam__trainer_plan(t->trainer);
    const dam_device_info *info = dam__device_facts(t->device);
    const double mib = 1024.0 * 1024.0;
    dam__text text = {0};
    const char *name = NULL;
    size_t bytes = 0;
    dam__text_append(&text, "%-40s %12s\n", "buffer", "MiB");
    for (size_t i = 0; dam__plan_entry(plan, i, &name, &bytes); i++)
        dam__text_append(&text, "%-40s %12.3f\n", name, (double)bytes / mib);
    dam__text_append(&text, "%-40s %12.3f\n", "total", (double)dam__plan_total(plan) / mib);
    dam__text_append(&text, "%-40s %12.3f\n", "device memory", (double)info->global_memory / mib);
    dam__text_append(&text, "%-40s %12.3f\n", "largest allowed buffer",
                     (double)info->largest_allocation / mib);
    dam__text_append(&text, "samples: %s; batches of %d in chunks of %d; gemm: %s\n",
                     dam__trainer_streams(t->trainer) ? "streamed" : "on the device",
                     t->experiment.train.batch, dam__trainer_chunk(t->trainer),
                     dam__trainer_gemm(t->trainer));
    dam_status status = print_text(&text);
    dam__text_free(&text);
    return status;
}

static json_t *plan_json(const training *t)
{
    const dam__plan *plan = dam__trainer_plan(t->trainer);
    const dam_device_info *info = dam__device_facts(t->device);
    json_t *buffers = json_array();
    const char *name = NULL;
    size_t bytes = 0;
    for (size_t i = 0; dam__plan_entry(plan, i, &name, &bytes); i++)
        (void)json_array_append_new(buffers,
                                    json_pack("{ss sI}", "name", name, "bytes", (json_int_t)bytes));
    return json_pack("{so sI sI sI sb si ss}", "buffers", buffers, "total_bytes",
                     (json_int_t)dam__plan_total(plan), "device_bytes",
                     (json_int_t)info->global_memory, "largest_buffer_bytes",
                     (json_int_t)info->largest_allocation, "streamed",
                     (int)dam__trainer_streams(t->trainer), "chunk", dam__trainer_chunk(t->trainer),
                     "gemm", dam__trainer_gemm(t->trainer));
}

/* --- while it runs ---------------------------------------------------------------------------- */

static void on_step(void *user, const dam__moment *moment)
{
    training *t = user;
    char label[80], text[160];
    if (moment->stage != t->stage) /* times of the last stage tell nothing about this one */
        t->progress = progress_begin(&t->console);
    t->stage = moment->stage;
    if (moment->memories > 0)
        (void)snprintf(label, sizeof label, "stage %d, %d memories, epoch %d/%d", moment->stage + 1,
                       moment->memories, moment->epoch + 1, moment->epochs);
    else
        (void)snprintf(label, sizeof label, "epoch %d/%d", moment->epoch + 1, moment->epochs);
    /* Narrow terminals cut the line: the rate, which matters least, stands last. */
    char so_far[64] = "";
    if (t->history != NULL && t->history->row_count > 0) {
        size_t last = t->history->row_count - 1;
        double loss = dam__history_value(t->history, last, "loss");
        double accuracy = dam__history_value(t->history, last, "validation_accuracy");
        if (isfinite(accuracy))
            (void)snprintf(so_far, sizeof so_far, "loss %.4f, accuracy %.4f, ", loss, accuracy);
        else
            (void)snprintf(so_far, sizeof so_far, "loss %.4f, ", loss);
    }
    (void)snprintf(text, sizeof text, "%s%.0f samples/s", so_far, moment->samples_per_second);
    double fraction = (moment->epoch + (double)moment->step / moment->steps) / moment->epochs;
    progress_update(&t->progress, label, fraction, text);
}

static dam_status write_metrics(training *t)
{
    t->metrics_at = dam__seconds();
    return dam__report_metrics(t->folder.path, dam__trainer_history(t->trainer));
}

/* A file a second is enough for whoever looks on: writing it may take longer than an epoch. */
static dam_status on_epoch(void *user, const dam__history *history)
{
    training *t = user;
    t->history = history;
    return dam__seconds() - t->metrics_at >= METRICS_SECONDS ? write_metrics(t) : DAM_OK;
}

static dam_status on_checkpoint(void *user)
{
    training *t = user;
    const dam__run_facts facts = {.experiment = &t->experiment,
                                  .set = &t->set,
                                  .device = t->device,
                                  .gemm = dam__trainer_gemm(t->trainer)};
    dam_status status = write_metrics(t);
    return status == DAM_OK ? dam__run_save(t->folder.path, &facts, t->trainer) : status;
}

/* --- when it is over -------------------------------------------------------------------------- */

static dam_status draw(const training *t)
{
    dam_status status = DAM_OK;
    dam__run run = {0};
    char *picture = NULL;
    DAM_TRY(dam__run_open(t->folder.path, NULL, 0, &run));
    DAM_TRY(dam__report_diagnostics(&run));
    DAM_TRY(dam__path_join(&picture, t->folder.path, "memories.png"));
    DAM_TRY(dam__report_memories(&run, picture, 0));
    DAM_TRY(dam__report_curves(t->folder.path, t->experiment.title,
                               dam__trainer_history(t->trainer), &t->log));
cleanup:
    dam__run_free(&run);
    free(picture);
    if (status == DAM_INPUT)
        status = dam__fail_within(status, "the run is saved, but not all of its pictures");
    return status;
}

static dam_status print_result_json(const training *t, const dam__history *history)
{
    json_t *result = json_object();
    size_t last = history->row_count - 1;
    for (size_t c = 0; c < history->column_count; c++) {
        const char *name = history->columns[c];
        double value = dam__history_value(history, last, name);
        json_t *item =
            strcmp(name, "epoch") == 0 ? json_integer((json_int_t)value) : json_number(value);
        (void)json_object_set_new(result, name, item);
    }
    (void)json_object_set_new(result, "run", json_text(t->folder.path));
    return print_json(result);
}

static dam_status print_result(const training *t, const dam__history *history)
{
    dam__text text = {0};
    size_t last = history->row_count - 1;
    double validation = dam__history_value(history, last, "validation_loss");
    double accuracy = dam__history_value(history, last, "validation_accuracy");
    dam__text_append(&text, "epochs               %.0f\n",
                     dam__history_value(history, last, "epoch"));
    dam__text_append(&text, "loss                 %.5f\n",
                     dam__history_value(history, last, "loss"));
    if (isfinite(validation))
        dam__text_append(&text, "validation loss      %.5f\n", validation);
    if (isfinite(accuracy))
        dam__text_append(&text, "validation accuracy  %.4f\n", accuracy);
    dam__text_append(&text, "seconds              %.1f\n",
                     dam__history_value(history, last, "seconds"));
    dam__text_append(&text, "run                  %s\n", t->folder.path);
    dam_status status = print_text(&text);
    dam__text_free(&text);
    return status;
}

/* Says what is left of a training that diverged. */
static dam_status diverged(training *t)
{
    dam_status status = DAM_OK;
    char *file = NULL, *why = NULL;
    DAM_TRY(dam__format(&why, "%s", dam_error()));
    if (t->history != NULL)
        (void)write_metrics(t);
    DAM_TRY(dam__path_join(&file, t->folder.path, "run.h5"));
    if (dam__file_exists(file))
        DAM_FAIL(DAM_DIVERGED, "%s; '%s' keeps the last good checkpoint", why, file);
    DAM_FAIL(DAM_DIVERGED, "%s; there was no checkpoint yet", why);
cleanup:
    free(why);
    free(file);
    return status;
}

static dam_status restore(const training *t)
{
    dam_status status = dam__checkpoint_restore(t->trainer, &t->resumed.container);
    return status != DAM_INPUT ? status : dam__fail_within(status, "'%s'", t->resumed.file);
}

/* Before a run that is over is reported once more. */
static void note_over(const training *t)
{
    int epochs = dam__trainer_position(t->trainer)->epoch;
    if (!dam__trainer_is_over(t->trainer))
        return;
    if (t->experiment.grow.to > 0)
        dam__info(&t->log, "the run has grown to its end in %d epochs; --set grow.%s=... goes on",
                  epochs, dam__trainer_stopped_early(t->trainer) ? "patience" : "epochs");
    else if (dam__trainer_stopped_early(t->trainer))
        dam__info(&t->log,
                  "the run stopped early after %d epochs; --set train.patience=... goes on",
                  epochs);
    else
        dam__info(&t->log, "the run has all of its %d epochs; --set train.epochs=... goes on",
                  epochs);
}

/* Steps that were to be looked into, but that the training was too short for. */
static void note_unreached(const training *t)
{
    double steps[DAM__DIAGNOSED_STEPS];
    int count = 0, reached = 0;
    const dam__position *position = dam__trainer_position(t->trainer);
    double taken = (double)position->epoch * dam__trainer_steps(t->trainer) + position->step;
    const char *list = t->experiment.train.diagnostics;
    if (list[0] == '\0' || dam__diagnosed_steps(list, steps, &count) != DAM_OK)
        return;
    while (reached < count && steps[reached] < taken)
        reached++;
    if (reached < count)
        dam__info(&t->log,
                  "%d of the %d steps of train.diagnostics = \"%s\" were not reached: the last is "
                  "%.0f, counted from 0",
                  count - reached, count, list, taken - 1);
}

static dam_status train_to_the_end(training *t)
{
    dam_status status = DAM_OK;
    const dam__hooks hooks = {.user = t,
                              .stop = signals_stop,
                              .on_step = on_step,
                              .on_epoch = on_epoch,
                              .on_checkpoint = on_checkpoint};
    signals_catch();
    t->progress = progress_begin(&t->console);
    status = dam__trainer_run(t->trainer, &hooks);
    progress_finish(&t->progress);
    if (status == DAM_DIVERGED)
        status = diverged(t);
    if (status == DAM_OK || status == DAM_INTERRUPTED) {
        dam_status given = give_profile(t->args, t->device, &t->log);
        status = status == DAM_OK ? given : status;
    }
    DAM_TRY(status);
    note_unreached(t);
    DAM_TRY(draw(t));
    const dam__history *history = dam__trainer_history(t->trainer);
    DAM_TRY(t->args->json ? print_result_json(t, history) : print_result(t, history));
cleanup:
    return status;
}

/* A key that the preset sets and growth does not look at is a misunderstanding. */
static dam_status warn_of_unused(const training *t)
{
    dam__experiment usual;
    const dam__train_config *train = &t->experiment.train;
    dam_status status = dam__experiment_defaults(&usual);
    if (status != DAM_OK || t->experiment.grow.to == 0)
        return status;
    if (train->epochs != usual.train.epochs)
        dam__warn(
            &t->log,
            "train.epochs = %d is not used: the model grows, and grow.epochs = %d is the most "
            "epochs of a stage",
            train->epochs, t->experiment.grow.epochs);
    if (train->patience != usual.train.patience)
        dam__warn(&t->log,
                  "train.patience = %d is not used: the model grows, and a stage has grow.patience "
                  "= %d",
                  train->patience, t->experiment.grow.patience);
    return DAM_OK;
}

/* What follows from sizes is worth a line before it is tried. */
static dam_status describe_model(const training *t)
{
    dam__text text = {0};
    const char *caution = NULL;
    const dam__model *model = dam__trainer_model(t->trainer);
    if (model->ops->describe == NULL)
        return DAM_OK;
    model->ops->describe(model, &text, &caution);
    dam_status status = dam__text_status(&text);
    if (status == DAM_OK)
        dam__info(&t->log, "%s", text.data);
    if (caution != NULL)
        dam__warn(&t->log, "%s", caution);
    dam__text_free(&text);
    return status;
}

/* Full batches leave samples out. */
static void note_left_out(const training *t)
{
    size_t samples = dam__trainer_model(t->trainer)->task.trained;
    size_t taken = (size_t)dam__trainer_steps(t->trainer) * (size_t)t->experiment.train.batch;
    if (taken < samples)
        dam__info(&t->log,
                  "%zu of %zu samples are left out each epoch, because train.batch = %d does not "
                  "divide them",
                  samples - taken, samples, t->experiment.train.batch);
}

static int most_memories(const dam__experiment *experiment)
{
    int grown = experiment->grow.to, first = experiment->model.memories;
    return grown > first ? grown : first;
}

static dam_status run_train(const arguments *args)
{
    dam_status status = DAM_OK;
    training t = {.args = args, .folder = {.lock = -1}, .console = console_open(args->quiet)};
    t.log = console_log(&t.console);
    DAM_TRY(run_folder_check(args, RUN_FOLDER));
    DAM_TRY(read_experiment(&t));
    DAM_TRY(warn_of_unused(&t));
    DAM_TRY(create_trainer(&t));
    DAM_TRY(describe_model(&t));
    note_left_out(&t);
    if (args->dry_run) {
        DAM_TRY(args->json ? print_json(plan_json(&t)) : print_plan(&t));
        goto cleanup;
    }
    DAM_TRY(run_folder_claim(args, RUN_FOLDER, t.resumed.folder, &t.folder));
    DAM_TRY(check_device(args, t.device, t.experiment.model.kind,
                         (dam__selftest_sizes){.memories = most_memories(&t.experiment),
                                               .dim = (int)t.set.features,
                                               .batch = dam__trainer_chunk(t.trainer)}));
    DAM_TRY(dam__trainer_prepare(t.trainer));
    if (args->resume) {
        compare_device(&t);
        DAM_TRY(restore(&t));
        note_over(&t);
    }
    if (!dam__trainer_is_over(t.trainer))
        DAM_TRY(write_preset(&t));
    DAM_TRY(train_to_the_end(&t));
cleanup:
    training_free(&t);
    return status;
}

static const flag flags[] = {FLAG_SET,     FLAG_DEVICE, FLAG_OUT,     FLAG_RESUME,
                             FLAG_DRY_RUN, FLAG_GEMM,   FLAG_KERNELS, FLAG_PROFILE,
                             FLAG_TRACE,   FLAG_JSON,   FLAG_QUIET,   FLAG_END};

static const char *const examples[] = {
    "denseam train mnist", "denseam train mnist --set model.memories=100 --out runs/small",
    "denseam train runs/mnist --resume", "denseam train my.conf --dry-run", NULL};

const command train_command = {
    .name = "train",
    .operands = "PRESET|RUN",
    .least = 1,
    .most = 1,
    .summary = "train a model as a preset says, or go on with a run",
    .text = "Trains as a preset says and leaves a run folder (runs/NAME, or --out): run.h5 with "
            "everything, metrics.jsonl, the resolved preset.conf, memories.png and curves.png. An "
            "interrupt (Ctrl-C) finishes the step, saves and exits with 8; --resume goes on from "
            "there, bit for bit as if nothing had happened.",
    .examples = examples,
    .flags = flags,
    .run = run_train,
};
