/*
 * Saves a training as a container of arrays, and restores it: parameters, velocities, position,
 * history.
 */
#ifndef DAM__TRAIN_CHECKPOINT_H
#define DAM__TRAIN_CHECKPOINT_H

#include "store/container.h"
#include "train/trainer.h"

/* Adds the training's present state to a container (texts that describe the run are the caller's).
 */
dam_status dam__checkpoint_save(dam__trainer *trainer, dam__container *out);

/* Restores a prepared trainer to the state in the container. DAM_INPUT where they do not fit. */
dam_status dam__checkpoint_restore(dam__trainer *trainer, const dam__container *container);

/* *memories = how many the run has at present; unchanged where it does not say. DAM_INPUT. */
dam_status dam__checkpoint_memories(const dam__container *container, int *memories);

/* Only the parameters, for evaluation; refreshes what the model derives from them. DAM_INPUT. */
dam_status dam__checkpoint_parameters(dam__model *model, const dam__container *container);

/* The history of a run; free with dam__history_free. DAM_INPUT. */
dam_status dam__checkpoint_history(const dam__container *container, dam__history *out);

#endif
