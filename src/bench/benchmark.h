/*
 * How fast a device trains an experiment, absolutely and as a share of the device's ceilings.
 *
 * Machines are shared and noisy: whatever is compared with the device's peak is measured in rounds
 * of peak, workload, peak, ..., and the share is the median of the rounds' ratios.
 */
#ifndef DAM__BENCH_BENCHMARK_H
#define DAM__BENCH_BENCHMARK_H

#include "train/trainer.h"

/* Of steps, spread over the time of the benchmark. */
enum { DAM__BENCH_BLOCKS = 3 };

/* One measured number. */
typedef struct dam__bench_row {
    char metric[64];          /* snake_case, such as "gemm_gradient_panel"; a kernel's own name */
    double value;             /* median; of what is measured in blocks, the median of theirs */
    const char *unit;         /* a static string, such as "GFLOP/s" */
    double spread;            /* interquartile range over median, or of blocks' medians the whole
                               * range where that is wider; NaN where measured once */
    const char *ceiling_name; /* the metric it is compared with; a static string, NULL for none */
    double ceiling;           /* that metric's median in the same rounds, in unit; else NaN */
    double share;             /* of the ceiling: value over ceiling, of times ceiling over value;
                               * else NaN */
    bool kernel;              /* of a training step; then also */
    double part;              /* of the time of all its kernels, 0 ... 1; else NaN */
    double flops, bytes;      /* of one launch, as the program counts them; else NaN */
    double seconds;           /* of one launch, median; else NaN */
    double *rounds;     /* what value is the median of, in unit and in the order of time; owned */
    size_t round_count; /* 0 where it was measured once */
    size_t blocks[DAM__BENCH_BLOCKS]; /* how many rounds each block has; zeros where it has none */
} dam__bench_row;

/* Whether the losses agree with the reference. */
typedef enum dam__agreement {
    DAM__AGREEMENT_UNKNOWN, /* there is no reference */
    DAM__AGREEMENT_RIGHT,
    DAM__AGREEMENT_WRONG
} dam__agreement;

/* Zero-initialise; free with dam__bench_rows_free. */
typedef struct dam__bench_rows {
    dam__bench_row *items;
    size_t count;
    dam__agreement agreement;
    const char *gemm; /* provider of the training, a static string; NULL: nothing trained */
} dam__bench_rows;

void dam__bench_rows_free(dam__bench_rows *rows);

/* Appends a row without a ceiling; row may be NULL, else *row is valid until the next row is
 * appended. DAM_NO_MEMORY. */
dam_status dam__bench_rows_add(dam__bench_rows *rows, const char *metric, double value,
                               const char *unit, double spread, dam__bench_row **row);

/*
 * Appends a row of repeated measurements, values in their order: the median and the spread of
 * these, which it keeps as its rounds. row as above. DAM_NO_MEMORY.
 */
dam_status dam__bench_rows_measured(dam__bench_rows *rows, const char *metric, const double *values,
                                    size_t count, const char *unit, dam__bench_row **row);

/* These are the rounds of a row; what it had is freed. DAM_NO_MEMORY. */
dam_status dam__bench_row_keep(dam__bench_row *row, const double *values, size_t count);

/* The row of that metric, or NULL. */
dam__bench_row *dam__bench_rows_find(const dam__bench_rows *rows, const char *metric);

/* The reference losses at the first step and after DAM__BENCH_STEPS of them. */
enum { DAM__BENCH_STEPS = 30 };
typedef struct dam__bench_losses {
    double begin, end;
} dam__bench_losses;

/*
 * Losses agree where neither is further from its reference than this part of what was learned
 * (begin - end). Single precision rounds each number to 6e-8, and 30 steps propagate the rounding;
 * where little is learned beside a large loss (bench/vmf-wide: 0.012 beside 4.66) that is 3e-4 of
 * it on PoCL, else below 1e-4. A larger error is not rounding but a wrong computation.
 */
#define DAM__BENCH_TOLERANCE 1e-3

/* Whether they agree; *error is the larger of both errors, in the same unit. */
dam__agreement dam__bench_compare_losses(const dam__bench_losses *got,
                                         const dam__bench_losses *reference, double *error);

/* What to measure. All pointers are borrowed. */
typedef struct dam__benchmark {
    const char *preset; /* its name, for the rows */
    dam__training training;
    const dam__bench_losses *losses; /* the reference; NULL where there is none */
    const char *counters;            /* folder of joule counters; NULL = base/joules.h's */
    double seconds;                  /* to spend on each comparison with the peak; 0 = 3 */
    double
        until; /* products and steps: go on until the median is as sure (base/summary.h); 0: not */
    double longer;            /* seconds to spend on each of them then, at most */
    bool (*stop)(void *user); /* asked between measurements and within long ones; may be NULL */
    void *user;
} dam__benchmark;

/*
 * Appends rows, in this order:
 *   fma_peak, copy_bandwidth, cache_bandwidth, launch_latency, launch_interval, upload, download:
 * the device's ceilings (compute/ceiling.h); gemm_similarities_P (X W', batch x dim x memories) and
 * gemm_gradient_P (Q'X) for each GEMM provider P that works on the device, or for the one that
 * training.gemm names: with packing, and the batch's rows gathered where the provider gathers;
 *   device_memory: of what the training plans, in MiB; drivers may add some of their own;
 *   loss_begin, loss_end: at the first step and after DAM__BENCH_STEPS of them;
 *   loss_error, where there is a reference: how far off the worse of both is, in percent of what
 *     was learned;
 *   step_time, step_rate, step_products: whole training steps, queued as in training; the last
 *     counts the flops of the large products alone. Measured in three blocks over the time of the
 *     benchmark; step_time is compared with step_bound;
 *   step_over_products: its time over that of its two products alone, alternating; left out
 *     where memory does not hold both;
 *   step_energy, step_power: joules of a step and watts meanwhile, where the machine counts them;
 *   every kernel of a step by its name, where the device was opened with its profile, compared with
 *     the ceiling that binds it: what would take longest of its flops at the peak (GFLOP/s), its
 *     bytes at the speed of copies (GB/s; of copies in a cache where it is faster than those
 * through memory), or its launch at launch_interval (us; a kernel that takes no longer is there);
 *   step_bound: what the kernels of a step would take at their ceilings;
 *   split_time, split_epochs, where the model grows: the search for all eigenpairs, and how many
 *     epochs of the same training take as long;
 *   sweep_epochs, sweep_alone, sweep_batched, sweep_gain, of small energy models that store all
 *     their patterns in one batch, and of small denoisers: epochs of a training (the preset's, or
 *     fewer where the device is slow: a warning), seconds of 30 cells x 5 seeds or of 8 rates x 4
 *     seeds one by one and as one model, and the first over the second;
 *   fma_peak_after: the peak once more.
 * Warnings say when a provider is left out because it fails or would take minutes, when the loss
 * did not fall or is not the reference, and what noise there was: steps whose time spreads by more
 * than a quarter, a peak that moved by more than a tenth. DAM_DIVERGED where the loss is not
 * finite, DAM_SELFTEST where the device computed its peak wrongly, DAM_INTERRUPTED when stopped:
 * the rows so far stand in any case.
 */
dam_status dam__benchmark_run(dam__device *device, const dam__benchmark *benchmark,
                              dam__bench_rows *rows);

/* The ceilings alone, as above, for benchmarks that know their work themselves. */
dam_status dam__benchmark_ceilings(dam__device *device, const dam__benchmark *benchmark,
                                   dam__bench_rows *rows);

#endif
