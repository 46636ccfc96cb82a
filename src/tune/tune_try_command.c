/*
 * `denseam tune-try`: measures one candidate of `denseam tune`, so that a driver that hangs or
 * crashes costs only that one. The candidate is the tuning file that $DENSEAM_TUNING names. Prints
 * a line for each number as soon as it is known.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command/command.h"
#include "command/output.h"
#include "command/session.h"
#include "compute/tuning.h"
#include "run/run_folder.h"
#include "tune/tune_candidate.h"

typedef struct tune_try_arguments {
    arguments shared;
    int precision; /* of products */
} tune_try_arguments;

static const double PRODUCT_SECONDS = 0.3, STEP_SECONDS = 2;

/* A candidate that was not accepted must not be measured. */
static dam_status check_taken(const dam__device *device)
{
    const char *wanted = getenv("DENSEAM_TUNING");
    bool tuned = wanted != NULL && wanted[0] != '\0' && strcmp(wanted, "none") != 0;
    if (tuned && dam__device_tuning(device) == NULL)
        return dam__fail(DAM_USAGE, "the tuning file '%s' was not taken", wanted);
    return DAM_OK;
}

static void alive(const char *stage)
{
    (void)print_line_now(stage);
}

static dam_status report_share(void *user, size_t index, double share)
{
    (void)user;
    char line[64];
    (void)snprintf(line, sizeof line, "share %zu %.6f", index, share);
    return print_line_now(line);
}

static dam_status measure_products(const arguments *args)
{
    const tune_try_arguments *own = (const tune_try_arguments *)args;
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__product_shape *shapes = NULL;
    const dam_log log = {0};
    size_t count = args->operands.count - 1;
    DAM_TRY_CLEANUP(dam__alloc(count + 1, sizeof *shapes, &shapes));
    for (size_t i = 0; i < count; i++)
        DAM_TRY_CLEANUP(dam__product_parse(args->operands.items[i + 1], &shapes[i]));
    DAM_TRY_CLEANUP(open_device(args, (dam__precision)own->precision, &log, &device));
    DAM_TRY_CLEANUP(check_taken(device));
    DAM_TRY_CLEANUP(dam__candidate_products(device, gemm_choice(args), shapes, count,
                                            PRODUCT_SECONDS, report_share, NULL));
cleanup:
    dam__device_close(device);
    free(shapes);
    return status;
}

static dam_status measure_step(const arguments *args)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__experiment experiment;
    dam__dataset set = {0};
    dam__summary ratio;
    const dam_log log = {0};
    char line[64];
    if (args->operands.count != 2)
        DAM_FAIL(DAM_USAGE, "tune-try step wants one preset");
    DAM_TRY_CLEANUP(dam__experiment_load(args->operands.items[1], args->set.items, args->set.count,
                                         &experiment));
    DAM_TRY_CLEANUP(dam__dataset_load(&experiment.data, DAM__SPLIT_TRAIN, &set));
    DAM_TRY_CLEANUP(open_device(args, (dam__precision)experiment.train.precision, &log, &device));
    DAM_TRY_CLEANUP(check_taken(device));
    const dam_device_info info = *dam__device_facts(device);
    const dam__training training = dam__experiment_training(&experiment, &set, gemm_choice(args));
    const dam__device_options options = {.precision = (dam__precision)experiment.train.precision,
                                         .shape = dam__device_shape(device),
                                         .tuning = dam__device_tuning(device)};
    if (options.tuning == NULL)
        DAM_FAIL(DAM_USAGE, "tune-try step wants a tuning file in DENSEAM_TUNING");
    DAM_TRY_CLEANUP(dam__candidate_step(&info, &options, &training, STEP_SECONDS, alive, &ratio));
    (void)snprintf(line, sizeof line, "ratio 0 %.6f", ratio.median);
    DAM_TRY_CLEANUP(print_line_now(line));
cleanup:
    dam__device_close(device);
    dam__dataset_free(&set);
    return status;
}

static dam_status run_tune_try(const arguments *args)
{
    const char *what = args->operands.items[0];
    if (strcmp(what, "products") == 0)
        return measure_products(args);
    if (strcmp(what, "step") == 0)
        return measure_step(args);
    return dam__fail(DAM_USAGE, "tune-try wants 'products' or 'step', not '%s'", what);
}

static const char *const precisions[] = {"single", "double", NULL};
static const flag flags[] = {
    FLAG_DEVICE,
    FLAG_GEMM,
    FLAG_KERNELS,
    FLAG_SET,
    FLAG("precision", tune_try_arguments, precision, NULL, "of products", .choices = precisions),
    FLAG_END};

const command tune_try_command = {
    .name = "tune-try",
    .operands = "products SHAPE...|step PRESET",
    .least = 2,
    .most = (size_t)-1,
    .hidden = true,
    .summary = "measure one candidate of 'denseam tune'",
    .text = "Measures one candidate of 'denseam tune', the tuning file that $DENSEAM_TUNING names: "
            "products, or the training step of a preset.",
    .flags = flags,
    .computes = true,
    .run = run_tune_try,
};
