/* How fast a device recalls: the benchmark of presets with probes. */
#ifndef DAM__BENCH_BENCH_RECALL_H
#define DAM__BENCH_BENCH_RECALL_H

#include <stdbool.h>

#include "bench/benchmark.h"
#include "compute/gemm.h"
#include "run/experiment.h"

/* All pointers are borrowed. */
typedef struct dam__recall_benchmark {
    const char *preset;
    const char *const *overrides;
    size_t override_count;
    dam__gemm_provider gemm;
    double seconds; /* to spend on each of the runs; 0 = 2 */
    bool (*stop)(void *user);
    void *user;
} dam__recall_benchmark;

/* Whether the preset has probes: then recall is measured, not training. */
bool dam__is_recall(const dam__experiment *experiment);

/*
 * Appends the device's ceilings (bench/benchmark.h), and of the preset's first cell, with as many
 * of its probes as the time allows: recall_rate: sweeps a second, where a sweep visits every neuron
 * of a probe once; recall_visits: memories that the visited neurons looked at, in thousand millions
 * a second; recall_recovered: probes that came back, in percent, where they were made of patterns.
 * The agreement is wrong where the energy of any probe rose. DAM_INTERRUPTED when stopped: the rows
 * so far stand. As dam__recall_cell_run otherwise.
 */
dam_status dam__benchmark_recall(dam__device *device, const dam__recall_benchmark *benchmark,
                                 dam__bench_rows *rows);

#endif
