/* How well a trained denoiser does on what it was trained on: the metric mse of a sweep. */
#ifndef DAM__SWEEP_SWEEP_MSE_H
#define DAM__SWEEP_SWEEP_MSE_H

#include "data/dataset.h"
#include "sweep/sweep.h"

/*
 * Takes the mean loss of all training samples, with the means that are kept: mse is twice that. A
 * training whose output is far worse than 0 would be has diverged, although its loss is finite:
 * status and metrics then say so.
 */
void dam__sweep_take_mse(const dam__dataset *set, double loss, dam__problem_result *out);

#endif
