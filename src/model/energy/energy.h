/* The dense associative memory with an interaction energy (arXiv 2407.08742); see
 * docs/models/energy.md.
 */
#ifndef DAM__MODEL_ENERGY_ENERGY_H
#define DAM__MODEL_ENERGY_ENERGY_H

#include "model/model_type.h"

extern const dam__model_type dam__energy_type;

/*
 * Its states are the samples' features, and behind them, where it classifies, a neuron a class; so
 * batches must have task->dim columns, or task->classes more. DAM_USAGE where it is to classify
 * and there are no classes.
 */
dam_status dam__energy_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                              const dam__task *task, dam__model **out);

/*
 * T where `given` is 0, else `given`: with this default a finished memory leaves neurons neither
 * undecided nor saturated (docs/models/energy.md, Steps).
 */
double dam__energy_temperature(const dam__energy_config *config, double given, int neurons);

/* Neurons of a state. */
int dam__energy_neurons(const dam__model_config *config, int dim, int classes);

#endif
