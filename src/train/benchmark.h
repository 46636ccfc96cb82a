/*
 * How fast a device trains an experiment, and how much of what the device can do that is.
 *
 * Machines are shared and noisy: whatever is compared with the device's peak is measured in rounds
 * of peak, candidate, peak, ..., and the share is the median of the rounds' ratios.
 */
#ifndef DAM__TRAIN_BENCHMARK_H
#define DAM__TRAIN_BENCHMARK_H

#include "train/trainer.h"

/* One measured number. */
typedef struct dam__bench_row {
    const char *preset; /* dam__benchmark's, borrowed */
    char device[128];
    char metric[64];          /* snake_case, such as "gemm_gradient_panel" */
    double value;             /* median */
    const char *unit;         /* a static string, such as "GFLOP/s" */
    double spread;            /* interquartile range over median; NaN where measured once */
    const char *ceiling_name; /* the metric it is compared with; a static string, NULL for none */
    double ceiling;           /* that metric's median in the same rounds, in unit; else NaN */
    double share;             /* of the ceiling; else NaN */
} dam__bench_row;

/* Zero-initialise; free with dam__bench_rows_free. */
typedef struct dam__bench_rows {
    dam__bench_row *items;
    size_t count;
} dam__bench_rows;

void dam__bench_rows_free(dam__bench_rows *rows);

/* What to measure. All pointers are borrowed. */
typedef struct dam__benchmark {
    const char *preset; /* its name, for the rows */
    dam__training training;
    double seconds;           /* to spend on each comparison with the peak; 0 = 3 */
    bool (*stop)(void *user); /* asked between measurements; may be NULL */
    void *user;
} dam__benchmark;

/*
 * Appends rows, in this order:
 *   fma_peak, copy_bandwidth, launch_latency, launch_interval, upload, download: the device's
 *     ceilings (compute/ceiling.h);
 *   gemm_similarities_P (X W', batch x dim x memories) and gemm_gradient_P (Q'X) for each GEMM
 *     provider P that works on the device, or for the one that training.gemm names: with packing,
 *     and the batch's rows gathered where the provider gathers;
 *   loss_begin, loss_end: at the first step and after a fixed number of them;
 *   step_time, step_rate, step_products: whole training steps, queued as in training; the last
 *     counts the flops of the large products alone;
 *   step_over_products: its time over that of its two products alone, measured in turns; left out
 *     where memory does not hold both;
 *   KERNEL and KERNEL_part, where the device was opened with its profile, for each kernel that
 * takes a twentieth of a step: its rate (GB/s where it counts no flops), and that part in percent;
 *   split_time, split_epochs, where the model grows: the search for all eigenpairs, and how many
 *     epochs of the same training take as long;
 *   sweep_alone, sweep_batched, sweep_gain, of small energy models that store all their patterns in
 *     one batch: seconds of 30 cells x 5 seeds one by one and as one model, and the first over the
 *     second.
 * A provider that fails or would take minutes is left out with a warning, as is said when the loss
 * did not fall. DAM_DIVERGED where the loss is not finite, DAM_SELFTEST where the device computed
 * its peak wrongly, DAM_INTERRUPTED when stopped: the rows so far stand in any case.
 */
dam_status dam__benchmark_run(dam__device *device, const dam__benchmark *benchmark,
                              dam__bench_rows *rows);

#endif
