/* The mean squared error of a trained model on its training samples: a sweep's metric mse. */
#ifndef DAM__SWEEP_SWEEP_MSE_H
#define DAM__SWEEP_SWEEP_MSE_H

#include "model/model_type.h"
#include "sweep/sweep.h"

/* Whether models of this config have such an error. */
bool dam__sweep_has_mse(const dam__model_config *model);

/*
 * Takes the mean loss of all training samples, as evaluated: mse is twice that. A training whose
 * output is far worse than an output of 0 has diverged, although its loss is finite: status and
 * metrics then say so.
 */
void dam__sweep_take_mse(const dam__model_config *model, const dam__dataset *set, double loss,
                         dam__replica_result *out);

#endif
