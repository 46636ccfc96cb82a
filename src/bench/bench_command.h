/* What the files of `denseam bench` share. */
#ifndef BENCH_BENCH_COMMAND_H
#define BENCH_BENCH_COMMAND_H

#include <jansson.h>

#include "bench/benchmark.h"
#include "command/command.h"
#include "command/output.h"
#include "compute/opencl_device.h"
#include "run/experiment.h"

typedef struct bench_arguments {
    arguments shared;
    const char *label;
    bool quick;
} bench_arguments;

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

/* The whole file round its results, which it takes over; label may be NULL; NULL where the host has
 * no memory. */
json_t *bench_file_json(const char *label, json_t *results);

/* What `--json` prints: every row of the results as an object that names its preset and device. */
json_t *bench_rows_json(const json_t *results);

/* Replaces the file at path by value, which it takes over. */
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
