/* `denseam first-step`, hidden: what `denseam bench` runs to time a first step from cold. */
#include <stdlib.h>

#include "base/clock.h"
#include "bench/bench_command.h"
#include "command/session.h"
#include "run/run_folder.h"
#include "train/trainer.h"

typedef struct first_step_arguments {
    arguments shared;
    bool losses;
} first_step_arguments;

/* What is asked of a first step. */
typedef struct answer {
    double seconds;
    bool with_losses;
    dam__bench_losses losses;
} answer;

static dam_status take_losses(dam__trainer *trainer, dam__bench_losses *losses)
{
    DAM_TRY(dam__trainer_last_loss(trainer, &losses->begin));
    for (int step = 1; step < DAM__BENCH_STEPS; step++)
        DAM_TRY(dam__trainer_step(trainer));
    return dam__trainer_last_loss(trainer, &losses->end);
}

/* From an open device to the end of the first step: drivers compile when a kernel is first used. */
static dam_status time_first_step(dam__device *device, const dam__training *training, answer *out)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    double begin = dam__seconds();
    DAM_TRY_CLEANUP(dam__trainer_create(device, training, &trainer));
    DAM_TRY_CLEANUP(dam__trainer_prepare(trainer));
    DAM_TRY_CLEANUP(dam__trainer_step(trainer));
    DAM_TRY_CLEANUP(dam__device_finish(device));
    out->seconds = dam__seconds() - begin;
    if (out->with_losses)
        DAM_TRY_CLEANUP(take_losses(trainer, &out->losses));
cleanup:
    dam__device_drain(device);
    dam__trainer_destroy(trainer);
    return status;
}

static json_t *answer_json(const answer *given)
{
    return given->with_losses ? json_pack("{sf sf sf}", "seconds", given->seconds, "loss_begin",
                                          given->losses.begin, "loss_end", given->losses.end)
                              : json_pack("{sf}", "seconds", given->seconds);
}

static dam_status run_first_step(const arguments *args)
{
    const first_step_arguments *own = (const first_step_arguments *)args;
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__dataset set = {0};
    dam__device *device = NULL;
    console notices = console_open(true);
    const dam_log log = console_log(&notices);
    answer given = {.with_losses = own->losses};
    DAM_TRY_CLEANUP(dam__experiment_load(args->operands.items[0], args->set.items, args->set.count,
                                         &experiment));
    DAM_TRY_CLEANUP(dam__dataset_load(&experiment.data, DAM__SPLIT_TRAIN, &set));
    DAM_TRY_CLEANUP(open_device(args, (dam__precision)experiment.train.precision, &log, &device));
    const dam__training training = dam__experiment_training(&experiment, &set, gemm_choice(args));
    DAM_TRY_CLEANUP(time_first_step(device, &training, &given));
    DAM_TRY_CLEANUP(args->out != NULL ? bench_write(args->out, answer_json(&given))
                                      : print_json(answer_json(&given)));
cleanup:
    dam__device_close(device);
    dam__dataset_free(&set);
    return status;
}

static const flag flags[] = {
    FLAG_DEVICE,
    FLAG_GEMM,
    FLAG_KERNELS,
    FLAG_SET,
    FLAG("losses", first_step_arguments, losses, NULL, "also the losses that bench compares with"),
    FLAG_OUT_FILE("write the seconds into this file instead of printing them"),
    FLAG_END};

const command first_step_command = {
    .name = "first-step",
    .operands = "PRESET",
    .least = 1,
    .most = 1,
    .hidden = true,
    .summary = "time the first step of a training",
    .text = "Prints, as JSON, the seconds from an open device to the end of the first training "
            "step. 'denseam bench' runs it with empty caches and with full ones.",
    .flags = flags,
    .computes = true,
    .run = run_first_step,
};
