/*
 * One candidate of a tuning on trial, in a process of its own: is it right, and how fast?
 */
#ifndef DAM__TUNE_TUNE_CANDIDATE_H
#define DAM__TUNE_TUNE_CANDIDATE_H

#include "base/summary.h"
#include "compute/tuning.h"
#include "train/trainer.h"

/* Called for each product as soon as it is measured, with its share of the FMA peak. */
typedef dam_status (*dam__try_report)(void *user, size_t index, double share);

/*
 * Multiplies each shape on the device by the provider, compares entries all over the result, and
 * over that of a part of it, with sums in double, and only then measures it in turns with the
 * device's FMA peak. A product that would take longer than `seconds` counts by a part of it.
 * DAM_SELFTEST where a result is wrong.
 */
dam_status dam__try_products(dam__device *device, dam__gemm_provider provider,
                             const dam__product_shape *shapes, size_t count, double seconds,
                             dam__try_report report, void *user);

/*
 * Training steps on a device as it is tuned, and on the same without tuning, measured in turns.
 * First the kernels of such a training must pass their self-test on the tuned one. *ratio = time
 * tuned over time untuned, of single rounds; below 1 is faster. `alive` hears of each stage:
 * compiling may take minutes in all.
 */
dam_status dam__try_step(const dam_device_info *info, const dam__device_options *tuned,
                         const dam__training *training, double seconds,
                         void (*alive)(const char *stage), dam__summary *ratio);

#endif
