/* A training in small, for devices that record. */
#include "compute/recording.h"
#include "train/trainer_internal.h"

/* The search of a split, which reads zeros: memories split where the threshold is above them. */
static dam_status rehearse_split(dam__trainer *trainer)
{
    dam__split_result result;
    dam__device_phase(trainer->device, "split");
    DAM_TRY(dam__growth_search(trainer->growth, 0));
    DAM_TRY(dam__growth_split(trainer->growth, dam__optimizer_velocities(trainer->optimizer),
                              dam__optimizer_squares(trainer->optimizer), &result));
    dam__optimizer_follow(trainer->optimizer);
    dam__device_phase(trainer->device, "step after a split");
    return dam__trainer_step(trainer);
}

dam_status dam__trainer_rehearse(dam__trainer *trainer)
{
    static const dam__callbacks nobody = {0};
    dam__device *device = trainer->device;
    dam__device_phase(device, "first step");
    DAM_TRY(dam__trainer_step(trainer));
    dam__device_phase(device, "step");
    DAM_TRY(dam__trainer_step(trainer));
    dam__device_phase(device, "end of an epoch");
    DAM_TRY(dam__trainer_finish_model(trainer, trainer->position.epoch));
    DAM_TRY(dam__trainer_finish_epoch(trainer, &nobody));
    if (trainer->training_evaluator != NULL) {
        dam__device_phase(device, "evaluation");
        DAM_TRY(dam__evaluator_run(trainer->training_evaluator, &(dam__metrics){0}));
    }
    return trainer->growth != NULL ? rehearse_split(trainer) : DAM_OK;
}
