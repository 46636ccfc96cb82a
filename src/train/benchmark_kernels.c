/* The kernels of a training step one by one: their rates, and their parts of its time. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "train/benchmark_rounds.h"

enum { ROUNDS = 9, MOST_KERNELS = 64 };

static const double LEAST_PART = 0.05; /* of the kernels' time, for a row */
static const double GIGA = 1e9;

/* What the rounds gave of one kernel. */
typedef struct timing {
    char name[64];
    double seconds[ROUNDS], rates[ROUNDS], shares[ROUNDS], parts[ROUNDS];
    bool counts; /* flops; else it only moves numbers */
} timing;

typedef struct timings {
    timing items[MOST_KERNELS];
    int count;
} timings;

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

/* Seconds and rates of what was recorded between two looks at the profile. */
static void take(timings *all, int round, const dam__profile_row *before, size_t before_count,
                 const dam__profile_row *after, size_t after_count)
{
    double total = 0;
    for (size_t i = 0; i < after_count; i++) {
        const dam__profile_row *old = find(before, before_count, after[i].name);
        double seconds = after[i].seconds - (old != NULL ? old->seconds : 0);
        double flops = after[i].flops - (old != NULL ? old->flops : 0);
        double bytes = after[i].bytes - (old != NULL ? old->bytes : 0);
        timing *own = after[i].transfer || seconds <= 0 ? NULL : timing_of(all, after[i].name);
        if (own == NULL)
            continue;
        own->counts = flops > 0;
        own->seconds[round] = seconds;
        own->rates[round] = (own->counts ? flops : bytes) / seconds;
        total += seconds;
    }
    for (int i = 0; i < all->count; i++)
        all->items[i].parts[round] = all->items[i].seconds[round] / total;
}

/* One window of steps, recorded. */
static dam_status record(dam__bench *bench, const dam__candidate *step, int calls, timings *all,
                         int round)
{
    dam_status status = DAM_OK;
    dam__profile_row *before = NULL, *after = NULL;
    size_t before_count = 0, after_count = 0;
    double seconds = 0;
    DAM_TRY(dam__profile_rows(bench->device, &before, &before_count));
    bool paused = dam__profile_pause(bench->device, false);
    dam_status timed = dam__bench_time(bench, step, calls, &seconds);
    DAM_TRY(dam__profile_rows(bench->device, &after, &after_count));
    (void)dam__profile_pause(bench->device, paused);
    DAM_TRY(timed);
    take(all, round, before, before_count, after, after_count);
cleanup:
    free(before);
    free(after);
    return status;
}

static dam_status add_rows(dam__bench *bench, timing *own, double peak)
{
    dam_status status = DAM_OK;
    dam__bench_row *row = NULL;
    char name[80];
    const dam__summary part = dam__summarise(own->parts, ROUNDS);
    const dam__summary rate = dam__summarise(own->rates, ROUNDS);
    const dam__summary share = dam__summarise(own->shares, ROUNDS);
    if (part.median < LEAST_PART)
        return DAM_OK;
    DAM_TRY(dam__bench_add(bench, own->name, rate.median / GIGA, own->counts ? "GFLOP/s" : "GB/s",
                           rate.spread, &row));
    if (own->counts) {
        row->ceiling_name = DAM__BENCH_PEAK;
        row->ceiling = peak / GIGA;
        row->share = share.median;
    }
    (void)snprintf(name, sizeof name, "%.58s_part", own->name);
    DAM_TRY(dam__bench_add(bench, name, 100 * part.median, "%", part.spread, NULL));
cleanup:
    return status;
}

dam_status dam__bench_kernels(dam__bench *bench, const dam__candidate *step)
{
    dam_status status = DAM_OK;
    timings *all = NULL;
    double peaks[ROUNDS], before = 0, after = 0;
    int calls = 1;
    DAM_TRY(dam__alloc(1, sizeof *all, &all));
    DAM_TRY(dam__bench_calls(bench, step, &calls));
    DAM_TRY(dam__ceiling_sample(bench->ceiling, DAM__CEILING_FMA, &before));
    for (int round = 0; round < ROUNDS; round++) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(record(bench, step, calls, all, round));
        DAM_TRY(dam__ceiling_sample(bench->ceiling, DAM__CEILING_FMA, &after));
        peaks[round] = (before + after) / 2;
        for (int i = 0; i < all->count; i++)
            all->items[i].shares[round] = all->items[i].rates[round] / peaks[round];
        before = after;
    }
    double peak = dam__summarise(peaks, ROUNDS).median;
    for (int i = 0; i < all->count; i++)
        DAM_TRY(add_rows(bench, &all->items[i], peak));
cleanup:
    free(all);
    return status;
}
