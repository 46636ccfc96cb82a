/* `denseam bench`: how fast a device is at the work of a preset, against what it can do at best. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "cli/command.h"
#include "cli/layout.h"
#include "cli/output.h"
#include "cli/session.h"
#include "cli/signals.h"
#include "preset/experiment.h"
#include "preset/run.h"
#include "train/benchmark.h"

/* What the benchmarks of one call have in common. */
typedef struct session {
    const arguments *args;
    dam_log log;
    dam__bench_rows rows; /* of all presets */
} session;

/* --- output ----------------------------------------------------------------------------------- */

/* Four digits or so, without exponents where that is possible. */
static void format_value(char *text, size_t size, double value)
{
    double magnitude = fabs(value);
    if (magnitude >= 1e9 || (magnitude > 0 && magnitude < 1e-3))
        (void)snprintf(text, size, "%.3e", value);
    else
        (void)snprintf(text, size, "%.*f",
                       magnitude >= 1000  ? 0
                       : magnitude >= 100 ? 1
                       : magnitude >= 10  ? 2
                                          : 3,
                       value);
}

static dam_status append_row(dam__text *text, const dam__bench_row *row)
{
    dam_status status = DAM_OK;
    char value[32], spread[16] = "";
    format_value(value, sizeof value, row->value);
    if (isfinite(row->spread))
        (void)snprintf(spread, sizeof spread, "%.1f%%", 100 * row->spread);
    DAM_TRY(dam__text_append(text, "  %-29s %10s ", row->metric, value));
    if (row->ceiling_name != NULL)
        DAM_TRY(dam__text_append(text, "%-9s %6s  %5.1f%% of %s\n", row->unit, spread,
                                 100 * row->share, row->ceiling_name));
    else if (spread[0] != '\0')
        DAM_TRY(dam__text_append(text, "%-9s %6s\n", row->unit, spread));
    else
        DAM_TRY(dam__text_append(text, "%s\n", row->unit));
cleanup:
    return status;
}

static dam_status print_table(const dam__bench_row *rows, size_t count)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    char *heading = NULL;
    DAM_TRY(dam__format(&heading, "%s on %s", rows[0].preset, rows[0].device));
    DAM_TRY(append_wrapped(&text, 0, 0, heading));
    DAM_TRY(dam__text_append(&text, "  %-29s %10s %-9s %6s  share\n", "metric", "value", "unit",
                             "spread"));
    for (size_t i = 0; i < count; i++)
        DAM_TRY(append_row(&text, &rows[i]));
    DAM_TRY(print_text(&text));
cleanup:
    free(heading);
    dam__text_free(&text);
    return status;
}

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *row_json(const dam__bench_row *row)
{
    /* A file's name need not be UTF-8, which JSON is. */
    json_t *preset = json_string(row->preset);
    return json_pack("{so ss sf ss so ss? so so ss}", "preset",
                     preset != NULL ? preset : json_null(), "metric", row->metric, "value",
                     row->value, "unit", row->unit, "spread", number_or_null(row->spread),
                     "ceiling_name", row->ceiling_name, "ceiling", number_or_null(row->ceiling),
                     "share", number_or_null(row->share), "device", row->device);
}

static dam_status print_rows_json(const dam__bench_rows *rows)
{
    json_t *list = json_array();
    for (size_t i = 0; i < rows->count; i++) {
        if (json_array_append_new(list, row_json(&rows->items[i])) != 0) {
            json_decref(list);
            list = NULL;
        }
    }
    return print_json(list);
}

/* --- measuring -------------------------------------------------------------------------------- */

static dam_status measure(session *s, const char *preset, const dam__experiment *experiment,
                          const dam__dataset *set)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    const arguments *args = s->args;
    const dam__benchmark benchmark = {
        .preset = preset,
        .training = dam__experiment_training(experiment, set, gemm_choice(args)),
        .stop = signals_stop};
    size_t first = s->rows.count;
    /* Kernels are timed one by one in a part of a benchmark; the rest is measured without. */
    arguments profiled = *args;
    profiled.profile = true;
    DAM_TRY(open_device(&profiled, (dam__precision)experiment->train.precision, &s->log, &device));
    (void)dam__profile_pause(device, !args->profile);
    dam_status measured = dam__benchmark_run(device, &benchmark, &s->rows);
    /* Also what a benchmark has measured before it failed or was stopped is worth seeing; its
     * message must outlive the printing, which records one only where it fails itself. */
    if (!args->json && s->rows.count > first)
        DAM_TRY(print_table(s->rows.items + first, s->rows.count - first));
    if (args->profile && measured == DAM_OK)
        DAM_TRY(dam__profile_print(device, stderr));
    status = measured;
cleanup:
    dam__device_close(device);
    return status;
}

static dam_status bench_preset(session *s, const char *preset)
{
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__dataset set = {0};
    DAM_TRY(dam__experiment_load(preset, s->args->set.items, s->args->set.count, &experiment));
    DAM_TRY(dam__dataset_load(&experiment.data, DAM__SPLIT_TRAIN, &set));
    DAM_TRY(measure(s, preset, &experiment, &set));
cleanup:
    dam__dataset_free(&set);
    return status;
}

/* A mistake in the last of several presets is to be found before minutes were spent. */
static dam_status check_presets(const arguments *args)
{
    dam_status status = DAM_OK;
    dam__experiment experiment;
    for (size_t i = 0; i < args->operands.count; i++)
        DAM_TRY(dam__experiment_load(args->operands.items[i], args->set.items, args->set.count,
                                     &experiment));
cleanup:
    return status;
}

static dam_status bench_all(session *s)
{
    static const char folder[] = "bench/";
    dam_status status = DAM_OK;
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++)
        if (strncmp(preset->name, folder, sizeof folder - 1) == 0)
            DAM_TRY(bench_preset(s, preset->name));
cleanup:
    return status;
}

static dam_status run_bench(const arguments *args)
{
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    session s = {.args = args, .log = console_log(&notices)};
    dam_status measured = DAM_OK;
    DAM_TRY(check_presets(args));
    signals_catch();
    for (size_t i = 0; i < args->operands.count && measured == DAM_OK; i++)
        measured = bench_preset(&s, args->operands.items[i]);
    if (args->operands.count == 0)
        measured = bench_all(&s);
    if (args->json && (measured == DAM_OK || s.rows.count > 0))
        DAM_TRY(print_rows_json(&s.rows));
    status = measured;
cleanup:
    dam__bench_rows_free(&s.rows);
    return status;
}

static const flag flags[] = {FLAG_DEVICE, FLAG_GEMM,  FLAG_KERNELS, FLAG_SET,
                             FLAG_JSON,   FLAG_QUIET, FLAG_PROFILE, FLAG_END};

static const char *const examples[] = {
    "denseam bench", "denseam bench bench/vmf --device gpu --json",
    "denseam bench mnist --set model.memories=1000 --gemm panel", NULL};

const command bench_command = {
    .name = "bench",
    .operands = "[PRESET...]",
    .most = (size_t)-1,
    .summary = "measure a device at the work of presets",
    .text =
        "Measures what the device can do at best, the matrix products of a preset's model and its "
        "whole training step with the kernels that take most of it; without a preset, all of "
        "bench/. Each number is a median and has its "
        "spread, the width of its middle half; a share is taken from pairs measured right after "
        "one another, so that other work on the machine hardly matters. --gemm measures the "
        "products of that provider only.",
    .examples = examples,
    .flags = flags,
    .run = run_bench,
};
