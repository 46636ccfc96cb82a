#include "bench/benchmark.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "bench/benchmark_rounds.h"

enum {
    LEAST_ROUNDS = 3,
    USUAL_ROUNDS = DAM__BENCH_USUAL_ROUNDS,
    MOST_ROUNDS = 31, /* DAM__BENCH_MOST_ROUNDS where the median is to be sure */
    MOST_CALLS = 1 << 16
};

static const double USUAL_SECONDS = 3; /* of a comparison with the peak */
static const double WINDOW = 1.0 / 30; /* of them, between two looks at the peak */
static const double AGREEMENT = 0.02;  /* spread of the shares that is good enough */
static const double GIGA = 1e9;

void dam__bench_rows_free(dam__bench_rows *rows)
{
    for (size_t i = 0; i < rows->count; i++)
        free(rows->items[i].rounds);
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

dam_status dam__bench_row_keep(dam__bench_row *row, const double *values, size_t count)
{
    double *rounds = NULL;
    DAM_TRY(dam__alloc(count, sizeof *rounds, &rounds));
    memcpy(rounds, values, count * sizeof *rounds);
    free(row->rounds);
    row->rounds = rounds;
    row->round_count = count;
    return DAM_OK;
}

dam_status dam__bench_rows_measured(dam__bench_rows *rows, const char *metric, const double *values,
                                    size_t count, const char *unit, dam__bench_row **row)
{
    dam__bench_row *added = NULL;
    const dam__summary found = dam__bench_summary(values, count);
    DAM_TRY(dam__bench_rows_add(rows, metric, found.median, unit, found.spread, &added));
    if (row != NULL)
        *row = added;
    return dam__bench_row_keep(added, values, count);
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
    double rates[DAM__BENCH_MOST_ROUNDS];
    for (size_t i = 0; i < rounds->count; i++)
        rates[i] = rounds->rates[i] / GIGA;
    DAM_TRY(dam__bench_rows_measured(bench->rows, metric, rates, rounds->count, "GFLOP/s", &row));
    row->ceiling_name = DAM__BENCH_PEAK;
    row->ceiling = dam__bench_summary(rounds->peaks, rounds->count).median / GIGA;
    row->share = dam__bench_summary(rounds->shares, rounds->count).median;
    return DAM_OK;
}

/* --- rounds ----------------------------------------------------------------------------------- */

dam__summary dam__bench_summary(const double *values, size_t count)
{
    double sorted[DAM__BENCH_BLOCKS * DAM__BENCH_MOST_ROUNDS];
    memcpy(sorted, values, count * sizeof *sorted);
    return dam__summarise(sorted, count);
}

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

/* Whether the median of the time is as sure as it is wanted. */
static bool is_sure(const dam__rounds *rounds, double wanted)
{
    double sorted[DAM__BENCH_MOST_ROUNDS];
    memcpy(sorted, rounds->seconds, rounds->count * sizeof *sorted);
    (void)dam__summarise(sorted, rounds->count);
    return dam__median_error(sorted, rounds->count) <= wanted;
}

/* Whether the shares of the rounds so far agree, or the time is over; with `until` it goes on. */
static bool is_enough(const dam__benchmark *what, const dam__rounds *rounds, double seconds,
                      double limit)
{
    bool agree = rounds->count >= USUAL_ROUNDS &&
                 dam__bench_summary(rounds->shares, rounds->count).spread <= AGREEMENT;
    if (rounds->count < LEAST_ROUNDS)
        return false;
    if (what->until > 0)
        return rounds->count == DAM__BENCH_MOST_ROUNDS || seconds > what->longer ||
               (rounds->count >= USUAL_ROUNDS && is_sure(rounds, what->until) &&
                (agree || seconds > limit));
    return rounds->count == MOST_ROUNDS || seconds > limit || agree;
}

dam_status dam__bench_rounds(dam__bench *bench, const dam__workload *workload, dam__rounds *out)
{
    double before = 0, after = 0, seconds = 0;
    int calls = 1;
    out->count = 0;
    DAM_TRY(dam__bench_calls(bench, workload, &calls));
    double begin = dam__seconds();
    DAM_TRY(dam__ceiling_sample(bench->ceiling, DAM__CEILING_FMA, &before));
    while (!is_enough(bench->what, out, dam__seconds() - begin, seconds_of(bench, workload))) {
        size_t round = out->count;
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(dam__bench_time(bench, workload, calls, &seconds));
        DAM_TRY(dam__ceiling_sample(bench->ceiling, DAM__CEILING_FMA, &after));
        out->seconds[round] = seconds;
        out->rates[round] = workload->flops / seconds;
        out->peaks[round] = (before + after) / 2;
        out->shares[round] = out->rates[round] / out->peaks[round];
        before = after;
        out->count++;
    }
    return DAM_OK;
}

dam_status dam__bench_pair(dam__bench *bench, const dam__workload *work, const dam__workload *other,
                           double ratios[DAM__BENCH_USUAL_ROUNDS])
{
    double before = 0, after = 0, seconds = 0;
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
    return DAM_OK;
}

/* --- the whole -------------------------------------------------------------------------------- */

static dam_status add_ceiling(dam__bench *bench, const char *metric, const char *unit,
                              dam__ceiling_kind kind, double scale, dam__bench_row **row)
{
    double samples[DAM__CEILING_SAMPLES];
    dam__summary found;
    DAM_TRY(dam__ceiling_measure(bench->ceiling, kind, samples, &found));
    for (int i = 0; i < DAM__CEILING_SAMPLES; i++)
        samples[i] /= scale;
    return dam__bench_rows_measured(bench->rows, metric, samples, DAM__CEILING_SAMPLES, unit, row);
}

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
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(add_ceiling(bench, rows[kind].metric, rows[kind].unit, (dam__ceiling_kind)kind,
                            rows[kind].scale, NULL));
    }
    return DAM_OK;
}

/* A CPU that got hot, or whose cores others used, is slower at the end. */
static dam_status measure_peak_again(dam__bench *bench)
{
    static const double MOVED = 0.1;
    dam__bench_row *after = NULL;
    double before = dam__bench_rows_find(bench->rows, DAM__BENCH_PEAK)->value;
    DAM_TRY(dam__bench_check_stop(bench));
    DAM_TRY(
        add_ceiling(bench, DAM__BENCH_PEAK "_after", "GFLOP/s", DAM__CEILING_FMA, GIGA, &after));
    double change = after->value / before - 1;
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
