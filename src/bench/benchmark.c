#include "bench/benchmark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "bench/benchmark_rounds.h"

enum { LEAST_ROUNDS = 3, USUAL_ROUNDS = 7, MOST_ROUNDS = 31, MOST_CALLS = 1 << 16 };

static const double USUAL_SECONDS = 3; /* of a comparison with the peak */
static const double WINDOW = 1.0 / 30; /* of them, between two looks at the peak */
static const double AGREEMENT = 0.02;  /* spread of the shares that is good enough */
static const double GIGA = 1e9;

void dam__bench_rows_free(dam__bench_rows *rows)
{
    free(rows->items);
    *rows = (dam__bench_rows){0};
}

dam_status dam__bench_check_stop(const dam__bench *bench)
{
    if (bench->what->stop != NULL && bench->what->stop(bench->what->user))
        return dam__fail(DAM_INTERRUPTED, "stopped in the benchmark '%s'; what was measured stands",
                         bench->what->preset);
    return DAM_OK;
}

dam_status dam__bench_rows_add(dam__bench_rows *rows, const char *metric, double value,
                               const char *unit, double spread, dam__bench_row **row)
{
    dam_status status = dam__grow(&rows->items, rows->count + 1, sizeof *rows->items);
    if (status != DAM_OK)
        return status;
    dam__bench_row *added = &rows->items[rows->count++];
    *added = (dam__bench_row){.value = value,
                              .unit = unit,
                              .spread = spread,
                              .ceiling = NAN,
                              .share = NAN,
                              .part = NAN,
                              .flops = NAN,
                              .bytes = NAN,
                              .seconds = NAN};
    (void)snprintf(added->metric, sizeof added->metric, "%s", metric);
    if (row != NULL)
        *row = added;
    return DAM_OK;
}

dam__bench_row *dam__bench_rows_find(const dam__bench_rows *rows, const char *metric)
{
    for (size_t i = 0; i < rows->count; i++)
        if (strcmp(rows->items[i].metric, metric) == 0)
            return &rows->items[i];
    return NULL;
}

dam_status dam__bench_add(dam__bench *bench, const char *metric, double value, const char *unit,
                          double spread, dam__bench_row **row)
{
    return dam__bench_rows_add(bench->rows, metric, value, unit, spread, row);
}

dam_status dam__bench_add_rate(dam__bench *bench, const char *metric, const dam__rounds *rounds)
{
    dam__bench_row *row = NULL;
    dam_status status = dam__bench_add(bench, metric, rounds->rate.median / GIGA, "GFLOP/s",
                                       rounds->rate.spread, &row);
    if (status != DAM_OK)
        return status;
    row->ceiling_name = DAM__BENCH_PEAK;
    row->ceiling = rounds->peak / GIGA;
    row->share = rounds->share;
    return DAM_OK;
}

/* --- rounds ----------------------------------------------------------------------------------- */

dam_status dam__bench_time(dam__bench *bench, const dam__workload *workload, int calls,
                           double *seconds)
{
    DAM_TRY(dam__device_finish(bench->device));
    double begin = dam__seconds();
    for (int i = 0; i < calls; i++)
        DAM_TRY(workload->queue(workload->state));
    DAM_TRY(dam__device_finish(bench->device));
    *seconds = (dam__seconds() - begin) / calls;
    return DAM_OK;
}

static double seconds_of(const dam__bench *bench, const dam__workload *workload)
{
    if (workload->seconds > 0)
        return workload->seconds;
    return bench->what->seconds > 0 ? bench->what->seconds : USUAL_SECONDS;
}

dam_status dam__bench_calls(dam__bench *bench, const dam__workload *workload, int *calls)
{
    double seconds = 0, window = WINDOW * seconds_of(bench, workload);
    *calls = 1;
    DAM_TRY(dam__bench_time(bench, workload, 1, &seconds));
    do {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__bench_time(bench, workload, *calls, &seconds));
        double wanted = window / (seconds > 0 ? seconds : 1e-9);
        if (wanted <= *calls)
            break;
        /* Short runs mislead: approach the window in steps. */
        *calls = wanted < 8.0 * *calls ? (int)ceil(wanted) : 8 * *calls;
    } while (*calls < MOST_CALLS && seconds * *calls < window / 2);
    return DAM_OK;
}

/* Whether the shares of the rounds so far agree, or the time is over. */
static bool is_enough(const double *shares, int rounds, double seconds, double limit)
{
    double sorted[MOST_ROUNDS];
    if (rounds < LEAST_ROUNDS)
        return false;
    if (rounds == MOST_ROUNDS || seconds > limit)
        return true;
    for (int i = 0; i < rounds; i++)
        sorted[i] = shares[i];
    return rounds >= USUAL_ROUNDS && dam__summarise(sorted, (size_t)rounds).spread <= AGREEMENT;
}

dam_status dam__bench_rounds(dam__bench *bench, const dam__workload *workload, dam__rounds *out)
{
    double seconds[MOST_ROUNDS], rates[MOST_ROUNDS], peaks[MOST_ROUNDS], shares[MOST_ROUNDS];
    double before = 0, after = 0;
    int calls = 1, rounds = 0;
    DAM_TRY(dam__bench_calls(bench, workload, &calls));
    double begin = dam__seconds();
    DAM_TRY(dam__ceiling_sample(bench->ceiling, DAM__CEILING_FMA, &before));
    while (!is_enough(shares, rounds, dam__seconds() - begin, seconds_of(bench, workload))) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__bench_time(bench, workload, calls, &seconds[rounds]));
        DAM_TRY(dam__ceiling_sample(bench->ceiling, DAM__CEILING_FMA, &after));
        rates[rounds] = workload->flops / seconds[rounds];
        peaks[rounds] = (before + after) / 2;
        shares[rounds] = rates[rounds] / peaks[rounds];
        before = after;
        rounds++;
    }
    *out = (dam__rounds){.seconds = dam__summarise(seconds, (size_t)rounds),
                         .rate = dam__summarise(rates, (size_t)rounds),
                         .peak = dam__summarise(peaks, (size_t)rounds).median,
                         .share = dam__summarise(shares, (size_t)rounds).median};
    return DAM_OK;
}

dam_status dam__bench_pair(dam__bench *bench, const dam__workload *work, const dam__workload *other,
                           dam__summary *ratio)
{
    double ratios[USUAL_ROUNDS], before = 0, after = 0, seconds = 0;
    int calls = 1, others = 1;
    DAM_TRY(dam__bench_calls(bench, work, &calls));
    DAM_TRY(dam__bench_calls(bench, other, &others));
    DAM_TRY(dam__bench_time(bench, other, others, &before));
    for (int round = 0; round < USUAL_ROUNDS; round++) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__bench_time(bench, work, calls, &seconds));
        DAM_TRY(dam__bench_time(bench, other, others, &after));
        ratios[round] = 2 * seconds / (before + after);
        before = after;
    }
    *ratio = dam__summarise(ratios, USUAL_ROUNDS);
    return DAM_OK;
}

/* --- the whole -------------------------------------------------------------------------------- */

static dam_status measure_ceilings(dam__bench *bench)
{
    static const struct {
        const char *metric, *unit;
        double scale; /* of the unit */
    } rows[DAM__CEILING_KINDS] = {
        [DAM__CEILING_FMA] = {DAM__BENCH_PEAK, "GFLOP/s", 1e9},
        [DAM__CEILING_COPY] = {DAM__BENCH_COPY, "GB/s", 1e9},
        [DAM__CEILING_CACHE] = {DAM__BENCH_CACHE, "GB/s", 1e9},
        [DAM__CEILING_LATENCY] = {"launch_latency", "us", 1e-6},
        [DAM__CEILING_LAUNCH] = {DAM__BENCH_LAUNCH, "us", 1e-6},
        [DAM__CEILING_UPLOAD] = {"upload", "GB/s", 1e9},
        [DAM__CEILING_DOWNLOAD] = {"download", "GB/s", 1e9},
    };
    for (int kind = 0; kind < DAM__CEILING_KINDS; kind++) {
        dam__summary found;
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__ceiling_measure(bench->ceiling, (dam__ceiling_kind)kind, &found));
        DAM_TRY(dam__bench_add(bench, rows[kind].metric, found.median / rows[kind].scale,
                               rows[kind].unit, found.spread, NULL));
    }
    return DAM_OK;
}

/* A CPU that got hot, or whose cores others used, is slower at the end. */
static dam_status measure_peak_again(dam__bench *bench)
{
    static const double MOVED = 0.1;
    dam__summary after;
    double before = dam__bench_rows_find(bench->rows, DAM__BENCH_PEAK)->value;
    DAM_TRY(dam__bench_check_stop(bench));
    DAM_TRY(dam__ceiling_measure(bench->ceiling, DAM__CEILING_FMA, &after));
    DAM_TRY(dam__bench_add(bench, DAM__BENCH_PEAK "_after", after.median / GIGA, "GFLOP/s",
                           after.spread, NULL));
    double change = after.median / GIGA / before - 1;
    if (!(fabs(change) <= MOVED))
        dam__warn(dam__device_log(bench->device),
                  "'%s': the device's peak moved by %+.0f %% meanwhile: it was throttled, or other "
                  "work took its time; shares still hold, times do not",
                  bench->what->preset, 100 * change);
    return DAM_OK;
}

dam_status dam__benchmark_ceilings(dam__device *device, const dam__benchmark *benchmark,
                                   dam__bench_rows *rows)
{
    dam_status status = DAM_OK;
    dam__bench bench = {.device = device, .what = benchmark, .rows = rows};
    DAM_TRY_CLEANUP(dam__bench_check_stop(&bench));
    DAM_TRY_CLEANUP(dam__ceiling_create(device, &bench.ceiling));
    DAM_TRY_CLEANUP(measure_ceilings(&bench));
cleanup:
    dam__ceiling_destroy(bench.ceiling);
    return status;
}

dam_status dam__benchmark_run(dam__device *device, const dam__benchmark *benchmark,
                              dam__bench_rows *rows)
{
    dam_status status = DAM_OK;
    dam__bench bench = {.device = device, .what = benchmark, .rows = rows};
    DAM_TRY_CLEANUP(dam__bench_check_stop(&bench));
    DAM_TRY_CLEANUP(dam__ceiling_create(device, &bench.ceiling));
    DAM_TRY_CLEANUP(measure_ceilings(&bench));
    DAM_TRY_CLEANUP(dam__bench_products(&bench));
    DAM_TRY_CLEANUP(dam__bench_step(&bench));
    if (dam__bench_can_sweep(&benchmark->training))
        DAM_TRY_CLEANUP(dam__bench_sweep(&bench));
    DAM_TRY_CLEANUP(measure_peak_again(&bench));
cleanup:
    dam__ceiling_destroy(bench.ceiling);
    return status;
}
