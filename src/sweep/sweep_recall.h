/* How well a trained energy model recalls its patterns: metrics of a sweep. */
#ifndef DAM__SWEEP_SWEEP_RECALL_H
#define DAM__SWEEP_SWEEP_RECALL_H

#include "compute/gemm.h"
#include "run/experiment.h"
#include "sweep/sweep.h"

/* Whether an experiment's models are measured so: they store patterns. */
bool dam__sweep_recalls(const dam__experiment *experiment);

/*
 * Recalls every pattern of the set from itself and from itself with sweep.flips neurons flipped
 * (the recall section of the preset says how), and fills in distance, distance_flipped and
 * recovered, and the energy of what the first become. memories: K x N. DAM_USAGE where a pattern
 * has fewer neurons; otherwise as dam__recall.
 */
dam_status dam__sweep_recall(dam__device *device, dam__gemm_provider gemm,
                             const dam__experiment *experiment, const dam__dataset *patterns,
                             const dam__array *memories, bool (*stop)(void *user), void *user,
                             double metrics[DAM__METRICS]);

#endif
