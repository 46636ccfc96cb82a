/* `denseam bench`: how fast a device is at the work of a preset, against what it can do at best. */
#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "base/summary.h"
#include "bench/bench_command.h"
#include "bench/bench_losses.h"
#include "bench/bench_recall.h"
#include "bench/benchmark_rounds.h"
#include "command/session.h"
#include "command/signals.h"
#include "run/run_folder.h"

static const double QUICK_SECONDS = 0.3;

/* That --until prolongs, of a preset: the products by two providers and three blocks of steps, and
 * something for the rest. */
static const double COMPARISONS = 8;

/* What the benchmarks of one call have in common. */
typedef struct session {
    const arguments *args;
    const bench_arguments *own;
    console console;
    dam_log log;      /* prints, and keeps warnings */
    json_t *warnings; /* of the preset that is measured */
    json_t *results;  /* of all */
    bool wrong;       /* a loss was not the reference's */
    double until, longer;
} session;

/* A result is only as good as its warnings, so they are kept with it. */
static void on_notice(void *user, dam_log_level level, const char *text)
{
    session *s = user;
    const dam_log print = console_log(&s->console);
    print.write(print.user, level, text);
    if (level == DAM_LOG_WARNING)
        (void)json_array_append_new(s->warnings, json_text(text));
}

/* --- one preset ------------------------------------------------------------------------------- */

/* One that is opened and measured. */
typedef struct work {
    session *session;
    const char *preset;
    dam__experiment experiment;
    dam__dataset set;
    dam__device *device;
    dam__bench_rows rows;
} work;

/* What --until asks for and the time did not allow. */
static void tell_unsure(const work *w)
{
    static const char *const wanted[] = {"gemm_", "step_time"};
    double sorted[DAM__BENCH_BLOCKS * DAM__BENCH_MOST_ROUNDS];
    const session *s = w->session;
    for (size_t i = 0; i < w->rows.count && s->until > 0; i++) {
        const dam__bench_row *row = &w->rows.items[i];
        bool asked = false;
        for (size_t k = 0; k < sizeof wanted / sizeof *wanted; k++)
            asked = asked || strncmp(row->metric, wanted[k], strlen(wanted[k])) == 0;
        if (!asked || row->round_count == 0)
            continue;
        memcpy(sorted, row->rounds, row->round_count * sizeof *sorted);
        (void)dam__summarise(sorted, row->round_count);
        double error = dam__median_error(sorted, row->round_count);
        if (error > s->until)
            dam__warn(&s->log, "'%s': %s is known to %.1f %% after %zu rounds, not to --until %s",
                      w->preset, row->metric, 100 * error, row->round_count, s->own->until);
    }
}

static dam_status measure_training(work *w)
{
    const arguments *args = w->session->args;
    const dam__benchmark benchmark = {
        .preset = w->preset,
        .training = dam__experiment_training(&w->experiment, &w->set, gemm_choice(args)),
        .losses = dam__bench_losses_of(w->preset, args->set.items, args->set.count),
        .seconds = w->session->own->quick ? QUICK_SECONDS : 0,
        .until = w->session->until,
        .longer = w->session->longer / COMPARISONS,
        .stop = signals_stop};
    DAM_TRY(dam__benchmark_run(w->device, &benchmark, &w->rows));
    tell_unsure(w);
    if (!w->session->own->quick)
        DAM_TRY(bench_first_steps(args, &w->session->log, w->preset, dam__device_facts(w->device),
                                  &w->rows));
    return DAM_OK;
}

static dam_status measure_recall(work *w)
{
    const arguments *args = w->session->args;
    const dam__recall_benchmark benchmark = {.preset = w->preset,
                                             .overrides = args->set.items,
                                             .override_count = args->set.count,
                                             .gemm = gemm_choice(args),
                                             .seconds = w->session->own->quick ? QUICK_SECONDS : 0,
                                             .stop = signals_stop};
    return dam__benchmark_recall(w->device, &benchmark, &w->rows);
}

/* What was measured, printed and kept; also what a benchmark has measured before it failed. */
static dam_status take_result(work *w, const char *message)
{
    session *s = w->session;
    const bench_result result = {.preset = w->preset,
                                 .args = s->args,
                                 .experiment = &w->experiment,
                                 .device = w->device,
                                 .rows = &w->rows,
                                 .warnings = s->warnings,
                                 .message = message};
    if (json_array_append_new(s->results, bench_result_json(&result)) != 0)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for the results");
    s->wrong = s->wrong || w->rows.agreement == DAM__AGREEMENT_WRONG;
    if (bench_format_of(s->own) == BENCH_TABLE && w->rows.count > 0)
        DAM_TRY(bench_print(&result));
    return DAM_OK;
}

static dam_status measure(work *w)
{
    dam_status status = DAM_OK;
    session *s = w->session;
    char *message = NULL;
    /* Kernels are timed one by one in a part of a benchmark; the rest is measured without. */
    arguments profiled = *s->args;
    profiled.profile = true;
    DAM_TRY_CLEANUP(
        dam__experiment_load(w->preset, s->args->set.items, s->args->set.count, &w->experiment));
    /* Before the device is: mistakes in it need none. */
    if (!dam__is_recall(&w->experiment))
        DAM_TRY_CLEANUP(dam__dataset_load(&w->experiment.data, DAM__SPLIT_TRAIN, &w->set));
    DAM_TRY_CLEANUP(
        open_device(&profiled, (dam__precision)w->experiment.train.precision, &s->log, &w->device));
    (void)dam__profile_pause(w->device, !s->args->profile);
    dam_status measured = dam__is_recall(&w->experiment) ? measure_recall(w) : measure_training(w);
    /* The message must outlive the printing, which may record one itself. */
    if (measured != DAM_OK)
        DAM_TRY_CLEANUP(dam__format(&message, "%s", dam_error()));
    DAM_TRY_CLEANUP(take_result(w, message));
    if (measured != DAM_OK)
        DAM_FAIL(measured, "%s", message);
    if (s->args->profile)
        DAM_TRY_CLEANUP(dam__profile_print(w->device, stderr));
cleanup:
    free(message);
    return status;
}

static dam_status bench_preset(session *s, const char *preset)
{
    work w = {.session = s, .preset = preset};
    (void)json_array_clear(s->warnings);
    dam_status status = measure(&w);
    dam__bench_rows_free(&w.rows);
    dam__device_close(w.device);
    dam__dataset_free(&w.set);
    return status;
}

/* --- all of them ------------------------------------------------------------------------------ */

/* A mistake in the last of several presets must be found before minutes are spent. */
static dam_status check_presets(const arguments *args)
{
    dam__experiment experiment;
    for (size_t i = 0; i < args->operands.count; i++)
        DAM_TRY(dam__experiment_load(args->operands.items[i], args->set.items, args->set.count,
                                     &experiment));
    return DAM_OK;
}

static dam_status measure_all(session *s, const char *const *presets)
{
    if (s->args->device != NULL && strcmp(s->args->device, "all") == 0)
        return bench_everywhere(s->own, &s->log, presets, s->results);
    for (size_t i = 0; presets[i] != NULL; i++)
        DAM_TRY(bench_preset(s, presets[i]));
    if (s->wrong)
        return dam__fail(DAM_SELFTEST,
                         "a loss is not that of a right device: see the warnings; run "
                         "'denseam selftest'");
    return DAM_OK;
}

/* Results of what was measured, whatever came then. */
static dam_status give_results(session *s)
{
    if (s->args->out != NULL)
        DAM_TRY(bench_write(s->args->out, bench_file_json(s->own, json_incref(s->results))));
    if (bench_format_of(s->own) != BENCH_TABLE)
        DAM_TRY(bench_print_rows(bench_format_of(s->own), s->results));
    return DAM_OK;
}

static dam_status run_bench(const arguments *args)
{
    dam_status status = DAM_OK;
    session s = {.args = args,
                 .own = (const bench_arguments *)args,
                 .console = console_open(args->quiet),
                 .warnings = json_array(),
                 .results = json_array()};
    const char **presets = NULL;
    char *message = NULL;
    s.log = (dam_log){.write = on_notice, .user = &s};
    DAM_TRY_CLEANUP(bench_patience(s.own, &s.until, &s.longer));
    DAM_TRY_CLEANUP(check_presets(args));
    DAM_TRY_CLEANUP(presets_to_measure(args, &presets));
    signals_catch();
    dam_status measured = measure_all(&s, presets);
    if (measured != DAM_OK)
        DAM_TRY_CLEANUP(dam__format(&message, "%s", dam_error()));
    if (json_array_size(s.results) > 0)
        DAM_TRY_CLEANUP(give_results(&s));
    if (measured != DAM_OK)
        DAM_FAIL(measured, "%s", message);
cleanup:
    free(message);
    free(presets);
    json_decref(s.warnings);
    json_decref(s.results);
    return status;
}

static const flag flags[] = {
    FLAG("device", arguments, device, "D",
         "measure this device: an index, P:D, a part of its name, gpu, cpu or all; else "
         "$DENSEAM_DEVICE, else the best"),
    FLAG_OUT_FILE("write the results as JSON into this file, for 'denseam compare'"),
    FLAG("label", bench_arguments, label, "NAME", "what 'denseam compare' calls these results"),
    FLAG("quick", bench_arguments, quick, NULL,
         "measure a tenth as long, and no first step from cold: a look, not a benchmark"),
    FLAG("until", bench_arguments, until, "PART",
         "measure products and steps until their medians are known to this part of them, as 3%"),
    FLAG("max-time", bench_arguments, max_time, "TIME",
         "how long --until may take, for each preset: 90s, 5m (the default), 1h"),
    FLAG("format", bench_arguments, format, NULL,
         "print tables, or at the end all rows in this format", .choices = bench_formats),
    FLAG_GEMM,
    FLAG_KERNELS,
    FLAG_SET,
    FLAG_JSON,
    FLAG_QUIET,
    FLAG_PROFILE,
    FLAG_END};

static const char *const examples[] = {
    "denseam bench",
    "denseam bench --device all -o all.json",
    "denseam bench bench/vmf --device gpu --label 'card 1' -o card.json",
    "denseam bench mnist --set model.memories=1000 --gemm panel",
    "denseam bench bench/vmf --until 3% --max-time 5m --format csv",
    NULL};

const command bench_command = {
    .name = "bench",
    .operands = "[PRESET...]",
    .most = (size_t)-1,
    .summary = "measure a device at the work of presets",
    .text =
        "Measures what the device can do at best, the matrix products of a preset's model, its "
        "whole training step and each kernel of it, and the first step from cold; of recall "
        "presets the recall; without a preset, all of bench/. Each number is a median and has "
        "its spread, the width of its middle half; the step is measured in three blocks, and its "
        "spread is at least the range of their medians. A share is of the ceiling that binds, "
        "taken from pairs measured right after one another, so that other work on the machine "
        "hardly matters. The losses of bench/ presets are compared with stored ones: a fast wrong "
        "device is warned of, and exit code 6. With --device all each preset on each device has a "
        "process of its own, so a driver that crashes costs one result. --gemm measures the "
        "products of that provider only.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_bench,
};
