/*
 * Softmax regression, p(y | x) = softmax_y(a_y . x): the linear classifier that the analysis
 * compares with. An ordinary model for the optimizer and for probes, but no preset names it. It has
 * no biases: samples are unit vectors of mean 0.
 */
#ifndef DAM__MODEL_LINEAR_H
#define DAM__MODEL_LINEAR_H

#include "model/model.h"

/*
 * Of one trained parameter, "weights" (classes x dim). Its ops are plan, prepare, initialise
 * (zeros), loss_gradient, project, refresh (nothing to do in either) and probe without posterior.
 * DAM_USAGE with fewer than two classes. Destroy with dam__model_destroy.
 */
dam_status dam__linear_create(dam__device *device, dam__gemm *gemm, const dam__task *task,
                              dam__model **out);

#endif
