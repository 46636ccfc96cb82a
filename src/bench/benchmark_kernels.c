/* The kernels of a training step one by one: how close each is to the ceiling that binds it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "bench/benchmark_rounds.h"

enum { ROUNDS = 9, QUICK_ROUNDS = 3, MOST_KERNELS = 64 };

static const double QUICK_SECONDS = 1; /* benchmarks that take less per comparison are in a hurry */

static const double GIGA = 1e9;

/* What a kernel may be bound by. */
enum ceiling { PEAK, COPY, CACHE, LAUNCH, CEILINGS };

static const struct {
    const char *name, *unit;
} ceilings[CEILINGS] = {[PEAK] = {DAM__BENCH_PEAK, "GFLOP/s"},
                        [COPY] = {DAM__BENCH_COPY, "GB/s"},
                        [CACHE] = {DAM__BENCH_CACHE, "GB/s"},
                        [LAUNCH] = {DAM__BENCH_LAUNCH, "us"}};

/* What the rounds gave of one kernel. */
typedef struct timing {
    char name[64];
    /* Of all its launches in a round: zeros where there were none, as of what an epoch begins with.
     */
    double calls[ROUNDS], flops[ROUNDS], bytes[ROUNDS], seconds[ROUNDS];
} timing;

typedef struct timings {
    timing items[MOST_KERNELS];
    int count, rounds;
    double limits[LAUNCH][ROUNDS]; /* flop/s or bytes/s, beside each round */
    double launch;                 /* seconds of a launch */
} timings;

static const dam__ceiling_kind sampled[LAUNCH] = {
    [PEAK] = DAM__CEILING_FMA, [COPY] = DAM__CEILING_COPY, [CACHE] = DAM__CEILING_CACHE};

static const dam__profile_row *find(const dam__profile_row *rows, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].name, name) == 0)
            return &rows[i];
    return NULL;
}

static timing *timing_of(timings *all, const char *name)
{
    for (int i = 0; i < all->count; i++)
        if (strcmp(all->items[i].name, name) == 0)
            return &all->items[i];
    if (all->count == MOST_KERNELS)
        return NULL;
    timing *added = &all->items[all->count++];
    (void)snprintf(added->name, sizeof added->name, "%s", name);
    return added;
}

/* What was recorded between two looks at the profile. */
static void take(timings *all, int round, const dam__profile_row *before, size_t before_count,
                 const dam__profile_row *after, size_t after_count)
{
    for (size_t i = 0; i < after_count; i++) {
        const dam__profile_row none = {0}, *old = find(before, before_count, after[i].name);
        old = old != NULL ? old : &none;
        double seconds = after[i].seconds - old->seconds;
        timing *own = after[i].transfer || seconds <= 0 ? NULL : timing_of(all, after[i].name);
        if (own == NULL)
            continue;
        own->calls[round] = (double)(after[i].calls - old->calls);
        own->flops[round] = after[i].flops - old->flops;
        own->bytes[round] = after[i].bytes - old->bytes;
        own->seconds[round] = seconds;
    }
}

/* One window of steps, recorded. */
static dam_status record(dam__bench *bench, const dam__workload *step, int calls, timings *all,
                         int round)
{
    dam_status status = DAM_OK;
    dam__profile_row *before = NULL, *after = NULL;
    size_t before_count = 0, after_count = 0;
    double seconds = 0;
    DAM_TRY_CLEANUP(dam__profile_rows(bench->device, &before, &before_count));
    bool paused = dam__profile_pause(bench->device, false);
    dam_status timed = dam__bench_time(bench, step, calls, &seconds);
    DAM_TRY_CLEANUP(dam__profile_rows(bench->device, &after, &after_count));
    (void)dam__profile_pause(bench->device, paused);
    DAM_TRY_CLEANUP(timed);
    take(all, round, before, before_count, after, after_count);
cleanup:
    free(before);
    free(after);
    return status;
}

/* --- what binds ------------------------------------------------------------------------------- */

static double sum_of(const double *values)
{
    double sum = 0;
    for (int round = 0; round < ROUNDS; round++)
        sum += values[round];
    return sum;
}

/* Seconds that a kernel's launches of a round would take at this ceiling; a kernel that takes no
 * longer than its launch costs nothing that could be saved. */
static double at_ceiling(const timings *all, const timing *own, enum ceiling ceiling, int round)
{
    if (ceiling == LAUNCH)
        return fmin(own->calls[round] * all->launch, own->seconds[round]);
    double work = ceiling == PEAK ? own->flops[round] : own->bytes[round];
    return work / all->limits[ceiling][round];
}

static double all_at_ceiling(const timings *all, const timing *own, enum ceiling ceiling)
{
    double seconds = 0;
    for (int round = 0; round < all->rounds; round++)
        seconds += at_ceiling(all, own, ceiling, round);
    return seconds;
}

/* A kernel that is faster than copies through memory found its data in a cache. */
static bool is_in_cache(const timings *all, const timing *own)
{
    double shares[ROUNDS];
    size_t count = 0;
    for (int round = 0; round < all->rounds; round++)
        if (own->seconds[round] > 0)
            shares[count++] = at_ceiling(all, own, COPY, round) / own->seconds[round];
    return dam__summarise(shares, count).median > 1;
}

/* The one that would take longest. */
static enum ceiling binding_ceiling(const timings *all, const timing *own)
{
    enum ceiling memory = is_in_cache(all, own) ? CACHE : COPY;
    double peak = all_at_ceiling(all, own, PEAK), copy = all_at_ceiling(all, own, memory);
    double launch = all_at_ceiling(all, own, LAUNCH);
    if (peak >= copy && peak >= launch)
        return PEAK;
    return copy >= launch ? memory : LAUNCH;
}

static double total_of(const timings *all)
{
    double total = 0;
    for (int i = 0; i < all->count; i++)
        total += sum_of(all->items[i].seconds);
    return total;
}

/* --- rows ------------------------------------------------------------------------------------- */

static dam_status add_row(dam__bench *bench, const timings *all, const timing *own)
{
    dam__bench_row *row = NULL;
    double values[ROUNDS], limits[ROUNDS], shares[ROUNDS], seconds[ROUNDS];
    enum ceiling binding = binding_ceiling(all, own);
    size_t count = 0;
    for (int r = 0; r < all->rounds; r++) {
        double took = own->seconds[r], work = binding == PEAK ? own->flops[r] : own->bytes[r];
        if (took <= 0)
            continue;
        values[count] = binding == LAUNCH ? 1e6 * took / own->calls[r] : work / took / GIGA;
        limits[count] = binding == LAUNCH ? 1e6 * all->launch : all->limits[binding][r] / GIGA;
        shares[count] = at_ceiling(all, own, binding, r) / took;
        seconds[count] = took / own->calls[r];
        count++;
    }
    DAM_TRY(dam__bench_rows_measured(bench->rows, own->name, values, count, ceilings[binding].unit,
                                     &row));
    row->ceiling_name = ceilings[binding].name;
    row->ceiling = dam__summarise(limits, count).median;
    row->share = dam__summarise(shares, count).median;
    row->kernel = true;
    row->part = sum_of(own->seconds) / total_of(all);
    row->flops = sum_of(own->flops) / sum_of(own->calls);
    row->bytes = sum_of(own->bytes) / sum_of(own->calls);
    row->seconds = dam__summarise(seconds, count).median;
    return DAM_OK;
}

/* What a step's kernels would take at their ceilings, and what part of its time that is. */
static dam_status add_bound(dam__bench *bench, const timings *all, int calls)
{
    double bounds[ROUNDS] = {0};
    for (int i = 0; i < all->count; i++)
        for (int r = 0; r < all->rounds; r++)
            bounds[r] += 1e3 / calls *
                         at_ceiling(all, &all->items[i], binding_ceiling(all, &all->items[i]), r);
    dam__bench_row *bound = NULL;
    DAM_TRY(dam__bench_rows_measured(bench->rows, "step_bound", bounds, (size_t)all->rounds, "ms",
                                     &bound));
    double ceiling = bound->value;
    dam__bench_row *step = dam__bench_rows_find(bench->rows, "step_time");
    step->ceiling_name = "step_bound";
    step->ceiling = ceiling;
    step->share = ceiling / step->value;
    return DAM_OK;
}

static int longest_first(const void *a, const void *b)
{
    double x = sum_of(((const timing *)a)->seconds), y = sum_of(((const timing *)b)->seconds);
    return (x < y) - (x > y);
}

static dam_status measure(dam__bench *bench, const dam__workload *step, int calls, timings *all)
{
    double before[LAUNCH], after = 0;
    for (int c = PEAK; c < LAUNCH; c++)
        DAM_TRY(dam__ceiling_sample(bench->ceiling, sampled[c], &before[c]));
    for (int round = 0; round < all->rounds; round++) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(record(bench, step, calls, all, round));
        for (int c = PEAK; c < LAUNCH; c++) {
            DAM_TRY(dam__ceiling_sample(bench->ceiling, sampled[c], &after));
            all->limits[c][round] = (before[c] + after) / 2;
            before[c] = after;
        }
    }
    return DAM_OK;
}

dam_status dam__bench_kernels(dam__bench *bench, const dam__workload *step)
{
    dam_status status = DAM_OK;
    timings *all = NULL;
    int calls = 1;
    double seconds = bench->what->seconds;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *all, &all));
    all->rounds = seconds > 0 && seconds < QUICK_SECONDS ? QUICK_ROUNDS : ROUNDS;
    all->launch = 1e-6 * dam__bench_rows_find(bench->rows, DAM__BENCH_LAUNCH)->value;
    DAM_TRY_CLEANUP(dam__bench_calls(bench, step, &calls));
    DAM_TRY_CLEANUP(measure(bench, step, calls, all));
    qsort(all->items, (size_t)all->count, sizeof *all->items, longest_first);
    for (int i = 0; i < all->count; i++)
        DAM_TRY_CLEANUP(add_row(bench, all, &all->items[i]));
    if (all->count > 0)
        DAM_TRY_CLEANUP(add_bound(bench, all, calls));
cleanup:
    free(all);
    return status;
}
