/* What the parts of a benchmark share: rows, rounds against the peak, stopping. */
#ifndef DAM__BENCH_BENCHMARK_ROUNDS_H
#define DAM__BENCH_BENCHMARK_ROUNDS_H

#include "bench/benchmark.h"
#include "compute/ceiling.h"

/* The metric that rates are compared with. */
#define DAM__BENCH_PEAK "fma_peak"
#define DAM__BENCH_COPY "copy_bandwidth"
#define DAM__BENCH_CACHE "cache_bandwidth"
#define DAM__BENCH_LAUNCH "launch_interval"

/* One benchmark at work. */
typedef struct dam__bench {
    dam__device *device;
    const dam__benchmark *what;
    dam__ceiling *ceiling;
    dam__bench_rows *rows;
} dam__bench;

/* DAM_INTERRUPTED where the caller asked to stop. */
dam_status dam__bench_check_stop(const dam__bench *bench);

/* Appends a row without a ceiling; row may be NULL, else *row is valid until the next row is
 * appended. */
dam_status dam__bench_add(dam__bench *bench, const char *metric, double value, const char *unit,
                          double spread, dam__bench_row **row);

/* A workload to be compared with the peak. */
typedef struct dam__workload {
    dam_status (*queue)(void *state); /* queues it once */
    void *state;
    double flops;   /* of one */
    double seconds; /* to spend; 0 = the benchmark's */
} dam__workload;

enum { DAM__BENCH_USUAL_ROUNDS = 7, DAM__BENCH_MOST_ROUNDS = 300 };

/* What the rounds gave, in the order of time. */
typedef struct dam__rounds {
    size_t count;
    double seconds[DAM__BENCH_MOST_ROUNDS]; /* of one */
    double rates[DAM__BENCH_MOST_ROUNDS];   /* flop/s */
    double peaks[DAM__BENCH_MOST_ROUNDS];   /* flop/s, beside it */
    double shares[DAM__BENCH_MOST_ROUNDS];  /* rate over peak */
} dam__rounds;

/* Median and spread of so many values, which stay in their order. */
dam__summary dam__bench_summary(const double *values, size_t count);

/* Seconds of one of so many calls, round a finish. */
dam_status dam__bench_time(dam__bench *bench, const dam__workload *workload, int calls,
                           double *seconds);

/* How many calls make a window; the first of all is not counted, it may still compile something. */
dam_status dam__bench_calls(dam__bench *bench, const dam__workload *workload, int *calls);

/* Warms up, then measures until the shares agree or the time is over; three rounds at least. */
dam_status dam__bench_rounds(dam__bench *bench, const dam__workload *workload, dam__rounds *out);

/* Appends the rate in GFLOP/s with its share of the peak. */
dam_status dam__bench_add_rate(dam__bench *bench, const char *metric, const dam__rounds *rounds);

/* Seconds of one workload over those of another, measured alternately: 7 rounds. */
dam_status dam__bench_pair(dam__bench *bench, const dam__workload *work, const dam__workload *other,
                           double ratios[DAM__BENCH_USUAL_ROUNDS]);

/* Both large products of a step, alone: dam__products_queue queues them once. */
typedef struct dam__products dam__products;
dam_status dam__products_create(dam__device *device, const dam__training *training,
                                dam__gemm_provider provider, dam__products **out);
void dam__products_destroy(dam__products *products);
dam_status dam__products_queue(void *state); /* the products */

/* The products, and the training step with its losses. */
dam_status dam__bench_products(dam__bench *bench);
dam_status dam__bench_step(dam__bench *bench);

/* The kernels of a step, for a device opened with its profile; nothing else. */
dam_status dam__bench_kernels(dam__bench *bench, const dam__workload *step);

/* Joules and watts of steps; nothing where the machine does not count them. */
dam_status dam__bench_energy(dam__bench *bench, const dam__workload *step);

/*
 * A heat map of 30 cells x 5 seeds of the preset's shape as one batched model, against its cells
 * one by one; for small networks that store all their patterns in one batch.
 */
bool dam__bench_can_sweep(const dam__training *training);
dam_status dam__bench_sweep(dam__bench *bench);

/* The search before a split, against steps of the same model; for a trainer that grows. */
dam_status dam__bench_split(dam__bench *bench, dam__trainer *trainer);

#endif
