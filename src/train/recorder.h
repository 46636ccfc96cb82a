/* Takes the frames of a record from a model on the device. */
#ifndef DAM__TRAIN_RECORDER_H
#define DAM__TRAIN_RECORDER_H

#include "model/model.h"
#include "train/record.h"
#include "train/train_config.h"
#include "train/trainer.h"

/*
 * Whether a model of at most max_memories memories can be recorded as config says. DAM_USAGE: it
 * has no memories, or a frame would be too large. Needs a planned model.
 */
dam_status dam__recorder_check(dam__model *model, int max_memories,
                               const dam__train_config *config);

/* Adds the model's present memories and class weights as a frame. DAM_DIVERGED; see record.h. */
dam_status dam__recorder_take(dam__model *model, const dam__position *position,
                              const dam__train_config *config, dam__record *record);

#endif
