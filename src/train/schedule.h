/* How the learning rate moves during training. */
#ifndef DAM__TRAIN_SCHEDULE_H
#define DAM__TRAIN_SCHEDULE_H

#include "train/train_config.h"

/* The rate of a step: learning_rate decay^epoch, times the part of the warm-up that has passed
 * (step + 1) / warmup; `step` counts from the beginning of training, from 0. */
double dam__train_rate(const dam__train_config *train, int epoch, double step);

#endif
