/* An axis of a sweep's picture: where the values stand, in equal steps, and what is written there.
 */
#ifndef DAM__SWEEP_SWEEP_AXIS_H
#define DAM__SWEEP_SWEEP_AXIS_H

#include "draw/plot.h"
#include "sweep/sweep.h"

/* Where value i stands: the value, its logarithm or reciprocal; of a list, its place in the list.
 */
double dam__sweep_place(const dam__axis *axis, size_t i);

/* Half the distance of two values. */
double dam__sweep_half_step(const dam__axis *axis);

/* The variables of axis `name`, "x" or "y": x_from, x_to, x_label, and its tics. */
dam_status dam__sweep_plot_axis(const dam__axis *axis, const char *name, dam__plot *plot);

#endif
