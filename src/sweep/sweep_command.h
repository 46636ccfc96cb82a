/* What `denseam sweep` prints. */
#ifndef SWEEP_SWEEP_COMMAND_H
#define SWEEP_SWEEP_COMMAND_H

#include <stdbool.h>

#include "sweep/sweep_run.h"

/* The number of cells, trainings and groups, and the memory that the largest run takes. */
dam_status print_sweep_plan(const dam__sweep_plan *plan, const dam__sweep_estimate *estimate,
                            const dam__device *device, bool json);

/* The cells and the best of them; within 80 columns, of many only the best. */
dam_status print_sweep(const dam__sweep *sweep, const char *folder, bool json);

#endif
