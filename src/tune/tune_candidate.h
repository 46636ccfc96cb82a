/*
 * Measures one candidate of a tuning, in its own process: is it correct, and how fast is it?
 */
#ifndef DAM__TUNE_TUNE_CANDIDATE_H
#define DAM__TUNE_TUNE_CANDIDATE_H

#include "base/summary.h"
#include "compute/tuning.h"
#include "train/trainer.h"

/* Called for each product as soon as it is measured, with its share of the FMA peak. */
typedef dam_status (*dam__candidate_report)(void *user, size_t index, double share);

/*
 * Multiplies each shape on the device with the provider and compares entries of the result, and of
 * a part of the product, with sums in double; only then is it measured, alternating with the
 * device's FMA peak. Of a product that would take longer than `seconds`, only a part is measured.
 * DAM_SELFTEST where a result is wrong.
 */
dam_status dam__candidate_products(dam__device *device, dam__gemm_provider provider,
                                   const dam__product_shape *shapes, size_t count, double seconds,
                                   dam__candidate_report report, void *user);

/*
 * Training steps on the tuned device and on the same device untuned, measured alternately, after
 * the kernels passed their self-test on the tuned one. *ratio = tuned over untuned time of single
 * rounds; below 1 is faster. `alive` is called at each stage, because compiling may take minutes in
 * all.
 */
dam_status dam__candidate_step(const dam_device_info *info, const dam__device_options *tuned,
                               const dam__training *training, double seconds,
                               void (*alive)(const char *stage), dam__summary *ratio);

#endif
