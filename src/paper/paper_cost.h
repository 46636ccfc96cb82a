/* What a figure that was not run would take on a device: an estimate from a few epochs of it. */
#ifndef PAPER_PAPER_COST_H
#define PAPER_PAPER_COST_H

#include "compute/gemm.h"
#include "compute/opencl_device.h"
#include "paper/paper_result.h"

/*
 * *seconds: trains what goes side by side of the figure's largest models for one epoch and for as
 * many as last half a second, and scales that by epochs, trainings, and by samples x memories x
 * features of the others. Of a CPU's devices it is the process's CPU seconds where those are fewer.
 * What stops early takes less; a growing model counts as its first width for all epochs. NaN for
 * recall. DAM_INTERRUPTED; as a training.
 */
dam_status dam__paper_cost(const dam__paper_result *result, dam__device *device,
                           dam__gemm_provider gemm, bool (*stop)(void *user), double *seconds);

/* The precision that its device is to be opened for. DAM_USAGE. */
dam_status dam__paper_precision(const dam__paper_result *result, dam__precision *out);

#endif
