/* `denseam tune`: finds the parameters that make a device fastest, and keeps them for it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/private_folder.h"
#include "base/process.h"
#include "command/session.h"
#include "command/signals.h"
#include "run/run_folder.h"
#include "tune/tune_internal.h"

/* --- what is tuned for ------------------------------------------------------------------------ */

/* The products that a training of the preset announces. */
static dam_status add_products(tuning *t, dam__device *device, int preset,
                               const dam__experiment *experiment)
{
    dam_status status = DAM_OK;
    dam__dataset set = {0};
    dam__trainer *trainer = NULL;
    size_t count = 0;
    DAM_TRY_CLEANUP(dam__dataset_load(&experiment->data, DAM__SPLIT_TRAIN, &set));
    const dam__training training = dam__experiment_training(experiment, &set, DAM__GEMM_AUTO);
    DAM_TRY_CLEANUP(dam__trainer_create(device, &training, &trainer));
    const dam__product_shape *shapes = dam__gemm_shapes(dam__trainer_model(trainer)->gemm, &count);
    for (size_t i = 0; i < count; i++)
        dam__tuner_add(t->tuner, preset, &shapes[i]);
cleanup:
    dam__trainer_destroy(trainer);
    dam__dataset_free(&set);
    return status;
}

/* The device as it is built in; `name` asks for the precision. */
static dam_status open_untuned(tuning *t, dam__precision precision, dam__device **device)
{
    dam_status status = DAM_OK;
    dam__gemm *gemm = NULL;
    const dam__device_options options = {
        .log = t->log, .precision = precision, .shape = (dam__shape)t->args->kernels};
    DAM_TRY_CLEANUP(dam__device_find(t->args->device, &t->info));
    DAM_TRY_CLEANUP(dam__device_open(&t->info, &options, device));
    DAM_TRY_CLEANUP(dam__gemm_create(*device, DAM__GEMM_AUTO, &gemm));
    t->precision = precision;
    t->tuner->shape = dam__device_shape(*device);
    t->tuner->vector_width = dam__vector_width(*device);
    t->tuner->usual = dam__gemm_usual(gemm);
cleanup:
    dam__gemm_destroy(gemm);
    return status;
}

static dam_status add_preset(tuning *t, const char *name, dam__device **device)
{
    dam__experiment experiment;
    dam__tuner *tuner = t->tuner;
    DAM_TRY(dam__experiment_load(name, t->args->set.items, t->args->set.count, &experiment));
    dam__precision precision = (dam__precision)experiment.train.precision;
    if (*device == NULL)
        DAM_TRY(open_untuned(t, precision, device));
    if (precision != t->precision)
        return dam__fail(DAM_USAGE,
                         "'%s' has another precision than the presets before it; tune for one "
                         "precision at a time",
                         name);
    if (tuner->preset_count == DAM__MOST_PRESETS)
        return dam__fail(DAM_USAGE, "tune takes at most %d presets at a time", DAM__MOST_PRESETS);
    DAM_TRY(add_products(t, *device, tuner->preset_count, &experiment));
    tuner->presets[tuner->preset_count++] =
        (dam__tuned_preset){.name = name, .kind = experiment.model.kind};
    return DAM_OK;
}

/* Opens the device only to see what the presets need; tune-try opens it itself. */
static dam_status add_presets(tuning *t)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    const char **presets = NULL;
    DAM_TRY_CLEANUP(presets_to_measure(t->args, &presets));
    for (size_t i = 0; presets[i] != NULL; i++)
        DAM_TRY_CLEANUP(add_preset(t, presets[i], &device));
cleanup:
    free(presets);
    dam__device_close(device);
    return status;
}

/* --- files ------------------------------------------------------------------------------------ */

static dam_status prepare_files(tuning *t)
{
    dam_status status = DAM_OK;
    char *folder = NULL, *log_path = NULL;
    dam__text header = {0};
    bool foreign = false;
    DAM_TRY_CLEANUP(dam__tuning_path(&t->info, &t->path));
    DAM_TRY_CLEANUP(dam__format(&folder, "%s", t->path));
    *strrchr(folder, '/') = '\0';
    DAM_TRY_CLEANUP(dam__private_make(folder, &foreign));
    DAM_TRY_CLEANUP(dam__format(&t->candidate, "%s.try.%ld", t->path, (long)getpid()));
    DAM_TRY_CLEANUP(dam__format(&log_path, "%s.tried", t->path));
    DAM_TRY_CLEANUP(dam__tuning_header(&t->info, &header));
    DAM_TRY_CLEANUP(dam__text_status(&header));
    DAM_TRY_CLEANUP(dam__candidate_log_open(log_path, header.data, &t->candidates));
    DAM_TRY_CLEANUP(dam__process_self("DENSEAM_TUNE_PROGRAM", &t->program));
    DAM_TRY_CLEANUP(
        dam__format(&t->selector, "%d:%d", t->info.platform_index, t->info.platform_device));
cleanup:
    dam__text_free(&header);
    free(folder);
    free(log_path);
    return status;
}

static bool same_shape(const dam__product_shape *a, const dam__product_shape *b)
{
    return a->a_transposed == b->a_transposed && a->b_transposed == b->b_transposed &&
           a->m == b->m && a->n == b->n && a->k == b->k && a->count == b->count;
}

/* Choices for products that this search did not measure, as far as there is space. */
static void keep_others(const dam__tuning_part *old, dam__tuning_part *part)
{
    int found = part->count;
    for (int i = 0; i < old->count && part->count < DAM__MOST_CHOICES; i++) {
        bool measured = false;
        for (int j = 0; j < found && !measured; j++)
            measured = same_shape(&old->choices[i].shape, &part->choices[j].shape);
        if (!measured)
            part->choices[part->count++] = old->choices[i];
    }
}

/* What is in force without the search: the file of the user's, else one that is shipped. */
static dam_status read_old(const tuning *t, dam__tuning **out)
{
    enum { LARGEST_FILE = 1 << 18 };
    dam_status status = DAM_OK;
    char *text = NULL;
    size_t length = 0;
    bool readable = dam__private_read(t->path, LARGEST_FILE, &text, &length) == DAM_OK;
    if (readable && text == NULL)
        DAM_TRY_CLEANUP(dam__tuning_find(&t->info, &t->log, out));
    if (*out == NULL)
        DAM_TRY_CLEANUP(dam__alloc(1, sizeof **out, out));
    if (text != NULL)
        (void)dam__tuning_parse(text, length, &t->info, *out);
cleanup:
    free(text);
    return status;
}

/* What was found, beside what the file has for other products, kernels and precisions. */
static dam_status write_tuning(tuning *t)
{
    dam_status status = DAM_OK;
    dam__tuning *whole = NULL;
    dam__text text = {0};
    dam__tuning_part new = t->tuner->part;
    DAM_TRY_CLEANUP(read_old(t, &whole));
    dam__tuning_part *part = dam__tuning_part_of(whole, t->tuner->shape, t->precision);
    keep_others(part, &new);
    *part = new;
    DAM_TRY_CLEANUP(dam__tuning_print(whole, &t->info, &text));
    DAM_TRY_CLEANUP(dam__private_write_text(t->path, &text));
    /* The next search measures anew. */
    (void)unlink(t->candidates.path);
cleanup:
    dam__text_free(&text);
    free(whole);
    return status;
}

static void free_tuning(tuning *t)
{
    if (t->candidate != NULL)
        (void)unlink(t->candidate);
    dam__candidate_log_free(&t->candidates);
    free(t->path);
    free(t->candidate);
    free(t->program);
    free(t->selector);
    free(t->tuner);
}

/* --- the command ------------------------------------------------------------------------------ */

static dam_status run_tune(const arguments *args)
{
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    tuning t = {.args = args, .own = (const tune_arguments *)args, .log = console_log(&notices)};
    if (args->cache_goes)
        DAM_FAIL(DAM_INPUT,
                 "no cache stays here, and what a search finds is kept in one; set XDG_CACHE_HOME "
                 "to a folder of your own");
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *t.tuner, &t.tuner));
    DAM_TRY_CLEANUP(add_presets(&t));
    DAM_TRY_CLEANUP(prepare_files(&t));
    signals_catch();
    dam__info(&t.log, "tuning %s: %d products of %d presets", t.info.name, t.tuner->product_count,
              t.tuner->preset_count);
    t.began = dam__seconds(); /* the search's budget; what the presets need took its own time */
    const dam__tuner_evaluator evaluator = make_evaluator(&t);
    DAM_TRY_CLEANUP(dam__tuner_run(t.tuner, &evaluator));
    if (t.stopped)
        DAM_FAIL(DAM_INTERRUPTED,
                 "stopped; '%s' is as it was, and what was measured is kept: run the "
                 "same command again to go on",
                 t.path);
    DAM_TRY_CLEANUP(write_tuning(&t));
    status = args->json ? print_tuning_json(&t) : print_tuning(&t);
cleanup:
    free_tuning(&t);
    return status;
}

static const flag flags[] = {FLAG_DEVICE,
                             FLAG_KERNELS,
                             FLAG_SET,
                             FLAG("budget", tune_arguments, budget, "SECONDS",
                                  "time for the search; 600 if not given", .least = 1, .most = 1e6),
                             FLAG("trials", tune_arguments, trials, "COUNT",
                                  "try at most so many candidates", .least = 1, .most = 1e6),
                             FLAG("patience", tune_arguments, patience, "SECONDS",
                                  "kill a candidate that is silent for so long; 120 if not given",
                                  .least = 1, .most = 1e6),
                             FLAGS_PRINT};

static const char *const examples[] = {"denseam tune", "denseam tune mnist --budget 120",
                                       "denseam tune --device gpu bench/vmf bench/energy-store",
                                       NULL};

const command tune_command = {
    .name = "tune",
    .operands = "[PRESET...]",
    .most = (size_t)-1,
    .summary = "find the parameters that make a device fastest",
    .text =
        "Tries parameters of the matrix products and of the other kernels on the work of presets, "
        "all of bench/ if none is given, and keeps the best of them in a file of the user's that "
        "every command takes from then on for this device and driver, beside what the file has for "
        "other products. Each candidate runs in a "
        "process of its own, must give right results before its time counts, and is killed when it "
        "hangs. What is not clearly faster stays as it is built in. A search that was stopped goes "
        "on where it was when the same command is given again. DENSEAM_TUNING names another file, "
        "or 'none' for no tuning.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_tune,
};
