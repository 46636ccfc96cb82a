/* An axis of a sweep's picture: where the values stand, in equal steps, and what is written there.
 */
#ifndef DAM__SWEEP_SWEEP_AXIS_H
#define DAM__SWEEP_SWEEP_AXIS_H

#include "base/text.h"
#include "sweep/sweep.h"

/* Where value i stands: the value, its logarithm or reciprocal; of a list, its place in the list.
 */
double dam__sweep_place(const dam__axis *axis, size_t i);

/* Half the distance of two values. */
double dam__sweep_half_step(const dam__axis *axis);

/* Appends the range, the tics and the label of gnuplot's axis `name`, "x" or "y". */
void dam__sweep_script_axis(const dam__axis *axis, const char *name, dam__text *script);

#endif
