/* The von Mises-Fisher model (arXiv 2508.19151); see docs/models/vmf.md. */
#ifndef DAM__MODEL_VMF_VMF_H
#define DAM__MODEL_VMF_VMF_H

#include "model/model_type.h"

extern const dam__model_type dam__vmf_type;

/* DAM_USAGE where dim is under 3 or there are no classes. */
dam_status dam__vmf_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                           const dam__task *task, dam__model **out);

/*
 * beta at an epoch of the annealing schedule (docs/models/vmf.md, Schedule): from beta to
 * anneal_to along p^a / (p^a + (1-p)^a), p = (epoch + 1) / anneal_epochs.
 */
double dam__vmf_annealed_beta(const dam__model_config *config, int epoch);

#endif
