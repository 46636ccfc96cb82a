/* What the files of `denseam bench` share. */
#ifndef BENCH_BENCH_COMMAND_H
#define BENCH_BENCH_COMMAND_H

#include <jansson.h>

#include "bench/benchmark.h"
#include "command/command.h"
#include "command/output.h"
#include "compute/opencl_device.h"
#include "run/experiment.h"

/* Digits of a measured number in files. */
enum { BENCH_DIGITS = 9 };
#define BENCH_JSON_FLAGS JSON_REAL_PRECISION(BENCH_DIGITS)

typedef struct bench_arguments {
    arguments shared;
    const char *label, *until, *max_time;
    bool quick;
    int format; /* bench_format, index into bench_formats */
} bench_arguments;

/* What is printed: tables as they come, or at the end the rows of all results. */
typedef enum bench_format {
    BENCH_TABLE,
    BENCH_MARKDOWN,
    BENCH_CSV,
    BENCH_JSON_LINES,
    BENCH_JSON
} bench_format;
extern const char *const bench_formats[];

/* That of --format, or of --json. */
bench_format bench_format_of(const bench_arguments *own);

/* *part = what --until asks for ("3%", "0.03"; 0: nothing), *seconds = what --max-time does ("90",
 * "90s", "5m", "1h"), or else five minutes. DAM_USAGE. */
dam_status bench_patience(const bench_arguments *own, double *part, double *seconds);

/* The result of one preset on one device. Pointers are borrowed. */
typedef struct bench_result {
    const char *preset;
    const arguments *args;
    const dam__experiment *experiment;
    const dam__device *device;
    const dam__bench_rows *rows;
    const json_t *warnings; /* array of strings */
    const char *message;    /* why it ended early; NULL where it is complete */
} bench_result;

/* As an element of the file's "results"; NULL where the host has no memory. */
json_t *bench_result_json(const bench_result *result);

/* The same for a preset whose process failed. */
json_t *bench_failure_json(const char *preset, const arguments *args, const dam_device_info *info,
                           const char *message);

/* The whole file round its results, which it takes over; NULL where the host has no memory. */
json_t *bench_file_json(const bench_arguments *own, json_t *results);

/* What `--json` prints: every row of the results as an object that names its preset and device. */
json_t *bench_rows_json(const json_t *results);

/* Prints the rows of the results in a format that is not the table. DAM_INPUT, DAM_NO_MEMORY. */
dam_status bench_print_rows(bench_format format, const json_t *results);

/* Replaces the file at path by value, which it takes over: items of its lists have a line each. */
dam_status bench_write(const char *path, json_t *value);

/* The rows as tables within 80 columns: first all others, then the kernels of a step. */
dam_status bench_print(const bench_result *result);

/*
 * Runs `presets` (NULL-terminated) on every usable device, each in a process of its own; appends
 * their results to the array `results`. Goes on after a failure, whose message is a result too, and
 * which is the status returned at the end.
 */
dam_status bench_everywhere(const bench_arguments *own, const dam_log *log,
                            const char *const *presets, json_t *results);

/*
 * Appends rows first_step_cold and first_step_warm: seconds from an open device to the end of the
 * first training step, in a process that finds no compiled kernel in any cache, and in one that
 * finds all. A process that fails or takes minutes is left out with a warning.
 */
dam_status bench_first_steps(const arguments *args, const dam_log *log, const char *preset,
                             const dam_device_info *info, dam__bench_rows *rows);

#endif
