/* `denseam train`: runs a preset, or goes on with a run. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/collapse.h"
#include "base/file.h"
#include "command/command.h"
#include "command/out_folder.h"
#include "command/output.h"
#include "command/progress.h"
#include "command/ranks.h"
#include "command/session.h"
#include "command/signals.h"
#include "draw/run_pictures.h"
#include "run/job.h"

typedef struct train_arguments {
    arguments shared;
    bool share_device;
} train_arguments;

/* One training from preset to pictures. */
typedef struct training {
    const arguments *args;
    dam__comm *comm; /* NULL: this process alone */
    dam_log log;     /* of rank 0; the others' is none */
    console console;
    progress progress;
    int stage;        /* that the progress line shows */
    dam__run resumed; /* with --resume */
    out_folder folder;
    dam__device *device;
    dam__job job;
} training;

static void training_free(training *t)
{
    dam__job_free(&t->job);
    dam__device_close(t->device);
    dam__run_free(&t->resumed);
    out_folder_release(&t->folder);
    dam__comm_close(t->comm);
}

/* --- setting up ------------------------------------------------------------------------------- */

/* With --resume, before the run is read: another training may be about to write it. */
static dam_status claim_resumed(training *t)
{
    const char *operand = t->args->operands.items[0];
    char *folder = NULL;
    DAM_TRY(out_folder_check(t->args, DAM__RUN_FOLDER));
    if (!t->args->resume)
        return DAM_OK;
    DAM_TRY(dam__run_find_folder(operand, &folder));
    /* What is no run is told so when it is read. */
    dam_status status =
        t->args->dry_run || !dam__run_is(operand)
            ? DAM_OK
            : out_folder_claim(t->args, DAM__RUN_FOLDER, folder, &t->log, &t->folder);
    free(folder);
    return status;
}

static dam_status read_experiment(training *t)
{
    const arguments *args = t->args;
    const char *operand = args->operands.items[0];
    if (!args->resume && dam__run_is(operand))
        return dam__fail(DAM_USAGE,
                         "'%s' is a run, not a preset; 'denseam train %s --resume' goes on with it",
                         operand, operand);
    if (!args->resume)
        return dam__experiment_load(operand, args->set.items, args->set.count, &t->job.experiment);
    dam_status status = dam__run_open(operand, args->set.items, args->set.count, &t->resumed);
    t->job.experiment = t->resumed.experiment;
    t->job.resumed = &t->resumed;
    t->job.changed = args->set.count > 0;
    return status;
}

static dam_status print_plan(const training *t)
{
    const dam__plan *plan = dam__trainer_plan(t->job.trainer);
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
                     dam__trainer_streams(t->job.trainer) ? "streamed" : "on the device",
                     t->job.experiment.train.batch, dam__trainer_chunk(t->job.trainer),
                     dam__trainer_gemm(t->job.trainer));
    if (t->comm != NULL)
        dam__text_append(
            &text, "%d ranks, each of which takes this memory, and sends %.3f MiB a step\n",
            dam__comm_size(t->comm), (double)dam__trainer_traffic(t->job.trainer) / mib);
    return print_text(&text);
}

static json_t *plan_json(const training *t)
{
    const dam__plan *plan = dam__trainer_plan(t->job.trainer);
    const dam_device_info *info = dam__device_facts(t->device);
    json_t *buffers = json_array();
    const char *name = NULL;
    size_t bytes = 0;
    for (size_t i = 0; dam__plan_entry(plan, i, &name, &bytes); i++)
        (void)json_array_append_new(buffers,
                                    json_pack("{ss sI}", "name", name, "bytes", (json_int_t)bytes));
    return json_pack(
        "{so sI sI sI sb si ss si sI}", "buffers", buffers, "total_bytes",
        (json_int_t)dam__plan_total(plan), "device_bytes", (json_int_t)info->global_memory,
        "largest_buffer_bytes", (json_int_t)info->largest_allocation, "streamed",
        (int)dam__trainer_streams(t->job.trainer), "chunk", dam__trainer_chunk(t->job.trainer),
        "gemm", dam__trainer_gemm(t->job.trainer), "ranks", dam__comm_size(t->comm), "sent_bytes",
        (json_int_t)dam__trainer_traffic(t->job.trainer));
}

/* --- while it runs ---------------------------------------------------------------------------- */

static void on_step(void *user, const dam__training_progress *now)
{
    training *t = user;
    char label[80], text[160];
    if (now->stage != t->stage) /* times of the last stage tell nothing about this one */
        t->progress = progress_begin(&t->console);
    t->stage = now->stage;
    if (now->memories > 0)
        (void)snprintf(label, sizeof label, "stage %d, %d memories, epoch %d/%d", now->stage + 1,
                       now->memories, now->epoch + 1, now->epochs);
    else
        (void)snprintf(label, sizeof label, "epoch %d/%d", now->epoch + 1, now->epochs);
    /* Narrow terminals cut the line: the rate, which matters least, stands last. */
    char so_far[64] = "";
    const dam__history *history = dam__trainer_history(t->job.trainer);
    if (history->row_count > 0) {
        size_t last = history->row_count - 1;
        double loss = dam__history_value(history, last, "loss");
        double accuracy = dam__history_value(history, last, "validation_accuracy");
        if (isfinite(accuracy))
            (void)snprintf(so_far, sizeof so_far, "loss %.4f, accuracy %.4f, ", loss, accuracy);
        else
            (void)snprintf(so_far, sizeof so_far, "loss %.4f, ", loss);
    }
    (void)snprintf(text, sizeof text, "%s%.0f samples/s", so_far, now->samples_per_second);
    double fraction = (now->epoch + (double)now->step / now->steps) / now->epochs;
    progress_update(&t->progress, label, fraction, text);
}

/* --- when it is over -------------------------------------------------------------------------- */

static dam_status draw(const training *t)
{
    dam_status status = DAM_OK;
    dam__run run = {0};
    char *picture = NULL;
    DAM_TRY_CLEANUP(dam__run_open(t->folder.path, NULL, 0, &run));
    DAM_TRY_CLEANUP(dam__diagnostics_write_csv(&run));
    DAM_TRY_CLEANUP(dam__path_join(&picture, t->folder.path, "memories.png"));
    DAM_TRY_CLEANUP(dam__run_draw_memories(&run, picture, 0));
    DAM_TRY_CLEANUP(dam__history_draw(t->folder.path, t->job.experiment.title,
                                      dam__trainer_history(t->job.trainer), &t->log));
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
    return print_text(&text);
}

/* Of several ranks the first alone. */
static dam_status give_result(const training *t)
{
    if (dam__comm_rank(t->comm) > 0)
        return DAM_OK;
    DAM_TRY(draw(t));
    const dam__history *history = dam__trainer_history(t->job.trainer);
    return t->args->json ? print_result_json(t, history) : print_result(t, history);
}

static dam_status train_to_the_end(training *t)
{
    const dam__job_callbacks callbacks = {.user = t, .stop = signals_stop, .on_step = on_step};
    signals_catch();
    t->progress = progress_begin(&t->console);
    dam_status status = dam__job_run(&t->job, &callbacks);
    progress_finish(&t->progress);
    if (status == DAM_INTERRUPTED)
        status = dam__fail(status, "%s, --resume goes on from here", dam_error());
    if ((status == DAM_OK || status == DAM_INTERRUPTED) && dam__comm_rank(t->comm) == 0) {
        dam_status given = give_profile(t->args, t->device, &t->log);
        status = status == DAM_OK ? given : status;
    }
    return status == DAM_OK ? give_result(t) : status;
}

/* Reads the preset or the run, and plans the training on this rank's device. */
static dam_status plan(training *t)
{
    dam_status status = DAM_OK;
    char *selector = NULL;
    arguments own = *t->args;
    bool share = ((const train_arguments *)t->args)->share_device;
    DAM_TRY_CLEANUP(read_experiment(t));
    DAM_TRY_CLEANUP(ranks_device(t->comm, t->args->device, share, &selector));
    own.device = selector;
    DAM_TRY_CLEANUP(
        open_device(&own, (dam__precision)t->job.experiment.train.precision, &t->log, &t->device));
    t->job.device = t->device;
    DAM_TRY_CLEANUP(dam__job_plan(&t->job));
cleanup:
    free(selector);
    return status;
}

/* The first rank alone writes. */
static dam_status prepare(training *t)
{
    if (dam__comm_rank(t->comm) == 0) {
        if (!t->args->resume)
            DAM_TRY(out_folder_claim(t->args, DAM__RUN_FOLDER, NULL, &t->log, &t->folder));
        t->job.folder = t->folder.path;
        t->job.lock = &t->folder.lock;
    }
    return dam__job_prepare(&t->job);
}

static dam_status run_train(const arguments *args)
{
    dam_status status = DAM_OK;
    training t = {.args = args, .folder = OUT_FOLDER_NONE, .job = {.gemm = gemm_choice(args)}};
    DAM_TRY_CLEANUP(ranks_begin(&t.comm));
    bool speaks = dam__comm_rank(t.comm) == 0;
    t.job.comm = t.comm;
    t.console = console_open(args->quiet || !speaks);
    t.log = speaks ? console_log(&t.console) : (dam_log){0};
    DAM_TRY_CLEANUP(ranks_agree(t.comm, speaks ? claim_resumed(&t) : DAM_OK));
    DAM_TRY_CLEANUP(ranks_agree(t.comm, plan(&t)));
    DAM_TRY_CLEANUP(ranks_tell_device(t.comm, dam__device_facts(t.device)->name, &t.log));
    DAM_TRY_CLEANUP(ranks_agree(t.comm, dam__job_compare_ranks(&t.job)));
    if (args->dry_run) {
        if (speaks)
            DAM_TRY_CLEANUP(args->json ? print_json(plan_json(&t)) : print_plan(&t));
        goto cleanup;
    }
    DAM_TRY_CLEANUP(ranks_agree(t.comm, prepare(&t)));
    DAM_TRY_CLEANUP(ranks_end(t.comm, train_to_the_end(&t)));
cleanup:
    training_free(&t);
    return status;
}

static const flag flags[] = {FLAG_SHARE_DEVICE(train_arguments), FLAGS_TRAIN};

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
    .computes = true,
    .run = run_train,
};
