#include "compute/ceiling.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "compute/program.h"

enum {
    UNROLLED = 8,
    MOST_ROUNDS = 1 << 20, /* x UNROLLED is counted exactly in a float */
    MOST_LAUNCHES = 1 << 20
};

static const double SAMPLE_SECONDS = 0.02;
static const size_t MIB = 1 << 20;

struct dam__ceiling {
    dam__device *device;
    dam__program *program;
    dam__kernel *fma, *copy, *empty;
    int chains, copied_vectors;      /* of one work-item */
    size_t items;                    /* work-items of the multiply-adds */
    size_t copied;                   /* bytes of from and of to */
    size_t cached;                   /* the first of them, which caches hold */
    size_t transferred;              /* bytes of host */
    int amounts[DAM__CEILING_KINDS]; /* how often a sample does it */
    dam__buffer *start, *results, *from, *to;
    void *host;
};

void dam__ceiling_destroy(dam__ceiling *ceiling)
{
    if (ceiling == NULL)
        return;
    dam__program_destroy(ceiling->program);
    dam__buffer_destroy(ceiling->start);
    dam__buffer_destroy(ceiling->results);
    dam__buffer_destroy(ceiling->from);
    dam__buffer_destroy(ceiling->to);
    free(ceiling->host);
    free(ceiling);
}

/* --- shapes ----------------------------------------------------------------------------------- */

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/*
 * Enough groups to fill every device and to make the last ones cost little; enough chains to hide
 * latency (4 cycles x 2 units on CPUs) in 16 vector registers.
 */
static void choose_sizes(dam__ceiling *ceiling)
{
    enum { CHAINS_ON_CPU = 12, CHAINS_ON_GPU = 8, GROUPS_ON_CPU = 64, GROUPS_ON_GPU = 256 };
    enum { COPIED_ON_CPU = 256, COPIED_ON_GPU = 1 };
    const dam_device_info *info = dam__device_facts(ceiling->device);
    bool cpu = dam__device_shape(ceiling->device) == DAM__SHAPE_CPU;
    size_t units = info->compute_units > 0 ? info->compute_units : 1;
    size_t group = (size_t)dam__group(ceiling->device);
    ceiling->chains = cpu ? CHAINS_ON_CPU : CHAINS_ON_GPU;
    ceiling->copied_vectors = cpu ? COPIED_ON_CPU : COPIED_ON_GPU;
    ceiling->items = units * group * (cpu ? GROUPS_ON_CPU : GROUPS_ON_GPU);
    /* Whole groups' shares; beyond every cache where memory allows. */
    size_t limit = smaller((size_t)info->largest_allocation, (size_t)info->global_memory / 16);
    size_t mib = smaller(256, limit / MIB);
    ceiling->copied = (mib > 0 ? mib : 1) * MIB;
    /* What two cores' second-level caches hold; a GPU's larger one, so that launches count little.
     */
    ceiling->cached = smaller((cpu ? 1 : 8) * MIB, ceiling->copied);
    ceiling->transferred = smaller(64 * MIB, ceiling->copied);
}

static dam_status allocate(dam__ceiling *ceiling)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    size_t real = dam__real_size(ceiling->device);
    DAM_TRY_CLEANUP(dam__plan_create(ceiling->device, &plan));
    DAM_TRY_CLEANUP(dam__plan_buffer(plan, "ceiling: start",
                                     (size_t)dam__vector_width(ceiling->device) * real,
                                     &ceiling->start));
    DAM_TRY_CLEANUP(
        dam__plan_buffer(plan, "ceiling: results", 2 * ceiling->items * real, &ceiling->results));
    DAM_TRY_CLEANUP(
        dam__plan_buffer(plan, "ceiling: copied from", ceiling->copied, &ceiling->from));
    DAM_TRY_CLEANUP(dam__plan_buffer(plan, "ceiling: copied to", ceiling->copied, &ceiling->to));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__alloc(ceiling->transferred, 1, &ceiling->host));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

static dam_status compile(dam__ceiling *ceiling)
{
    dam_status status = DAM_OK;
    char *options = NULL;
    DAM_TRY_CLEANUP(dam__format(&options, "-DCHAINS=%d -DUNROLLED=%d -DCOPIED=%d", ceiling->chains,
                                UNROLLED, ceiling->copied_vectors));
    DAM_TRY_CLEANUP(dam__program_create(ceiling->device, "ceiling", options, &ceiling->program));
    DAM_TRY_CLEANUP(dam__program_kernel(ceiling->program, "ceiling_fma", &ceiling->fma));
    DAM_TRY_CLEANUP(dam__program_kernel(ceiling->program, "ceiling_copy", &ceiling->copy));
    DAM_TRY_CLEANUP(dam__program_kernel(ceiling->program, "ceiling_empty", &ceiling->empty));
cleanup:
    free(options);
    return status;
}

/* --- work ------------------------------------------------------------------------------------- */

/* What `amount` of the kind counts for: flops, bytes, or launches. */
static double counted(const dam__ceiling *ceiling, dam__ceiling_kind kind, int amount)
{
    double vector_width = dam__vector_width(ceiling->device);
    switch (kind) {
    case DAM__CEILING_FMA:
        return 2.0 * amount * UNROLLED * ceiling->chains * vector_width * (double)ceiling->items;
    case DAM__CEILING_COPY:
        return 2.0 * amount * (double)ceiling->copied;
    case DAM__CEILING_CACHE:
        return 2.0 * amount * (double)ceiling->cached;
    case DAM__CEILING_UPLOAD:
    case DAM__CEILING_DOWNLOAD:
        return (double)amount * (double)ceiling->transferred;
    default:
        return amount;
    }
}

static dam_status launch_fma(dam__ceiling *ceiling, int rounds)
{
    size_t groups = ceiling->items / (size_t)dam__group(ceiling->device);
    return dam__launch(ceiling->fma, dam__range_groups(ceiling->device, groups, 1),
                       (dam__work){.flops = counted(ceiling, DAM__CEILING_FMA, rounds)},
                       DAM_ARGUMENTS(ceiling->start, ceiling->results, rounds, 1.0, 1.0));
}

static dam_status launch_copy(dam__ceiling *ceiling, dam__ceiling_kind kind)
{
    const dam__device *device = ceiling->device;
    size_t vector = dam__real_size(device) * (size_t)dam__vector_width(device);
    size_t bytes = kind == DAM__CEILING_CACHE ? ceiling->cached : ceiling->copied;
    size_t items = bytes / vector / (size_t)ceiling->copied_vectors;
    return dam__launch(ceiling->copy, dam__range_items(device, items, 1),
                       (dam__work){.bytes = counted(ceiling, kind, 1)},
                       DAM_ARGUMENTS(ceiling->from, ceiling->to));
}

static dam_status launch_empty(dam__ceiling *ceiling)
{
    return dam__launch(ceiling->empty, (dam__range){.global = {1}}, (dam__work){0},
                       DAM_NO_ARGUMENTS);
}

/* One of the `amount` of a kind other than multiply-adds. */
static dam_status do_once(dam__ceiling *ceiling, dam__ceiling_kind kind)
{
    switch (kind) {
    case DAM__CEILING_COPY:
    case DAM__CEILING_CACHE:
        return launch_copy(ceiling, kind);
    case DAM__CEILING_UPLOAD:
        return dam__buffer_write(ceiling->to, 0, ceiling->host, ceiling->transferred, true,
                                 "ceiling: upload");
    case DAM__CEILING_DOWNLOAD:
        return dam__buffer_read(ceiling->from, 0, ceiling->host, ceiling->transferred,
                                "ceiling: download");
    case DAM__CEILING_LATENCY: {
        dam_status status = launch_empty(ceiling);
        return status == DAM_OK ? dam__device_finish(ceiling->device) : status;
    }
    default:
        return launch_empty(ceiling);
    }
}

static dam_status time_amount(dam__ceiling *ceiling, dam__ceiling_kind kind, int amount,
                              double *seconds)
{
    DAM_TRY(dam__device_finish(ceiling->device));
    double begin = dam__seconds();
    if (kind == DAM__CEILING_FMA)
        DAM_TRY(launch_fma(ceiling, amount));
    else
        for (int i = 0; i < amount; i++)
            DAM_TRY(do_once(ceiling, kind));
    DAM_TRY(dam__device_finish(ceiling->device));
    *seconds = dam__seconds() - begin;
    return DAM_OK;
}

/* --- preparation ------------------------------------------------------------------------------ */

static dam_status write_start(dam__ceiling *ceiling)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    int count = dam__vector_width(ceiling->device);
    const dam__matrix start = {.buffer = ceiling->start,
                               .rows = 1,
                               .cols = count,
                               .count = 1,
                               .ld = (size_t)count,
                               .stride = (size_t)count};
    DAM_TRY_CLEANUP(dam__alloc((size_t)count, sizeof *values, &values));
    for (int l = 0; l < count; l++)
        values[l] = l;
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&start, values, "ceiling: start"));
cleanup:
    free(values);
    return status;
}

/* Whether every work-item counted as far as it had to (see cl/ceiling.cl). */
static dam_status check_fma(dam__ceiling *ceiling, int rounds)
{
    dam_status status = DAM_OK;
    double *results = NULL;
    size_t count = 2 * ceiling->items;
    const dam__matrix row = {.buffer = ceiling->results,
                             .rows = 1,
                             .cols = (int)count,
                             .count = 1,
                             .ld = count,
                             .stride = count};
    int vector_width = dam__vector_width(ceiling->device);
    const double wanted[] = {0.5 * vector_width * ceiling->chains * (ceiling->chains - 1),
                             (double)rounds * UNROLLED + vector_width - 1};
    DAM_TRY_CLEANUP(launch_fma(ceiling, rounds));
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *results, &results));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&row, results, "ceiling: results"));
    for (size_t i = 0; i < count; i++)
        if (results[i] != wanted[i % 2])
            DAM_FAIL(DAM_SELFTEST,
                     "'%s' multiplied and added wrongly: %.9g instead of %.9g; run 'denseam "
                     "selftest', and do not trust this device",
                     dam__device_facts(ceiling->device)->name, results[i], wanted[i % 2]);
cleanup:
    free(results);
    return status;
}

/* Doubles the amount until it takes long enough to tell how many make a sample. */
static dam_status calibrate(dam__ceiling *ceiling, dam__ceiling_kind kind)
{
    int most = kind == DAM__CEILING_FMA ? MOST_ROUNDS : MOST_LAUNCHES, amount = 1;
    double seconds = 0;
    /* The first call may compile or allocate in the driver. */
    DAM_TRY(time_amount(ceiling, kind, amount, &seconds));
    DAM_TRY(time_amount(ceiling, kind, amount, &seconds));
    while (seconds < SAMPLE_SECONDS / 4 && amount < most) {
        amount *= 2;
        DAM_TRY(time_amount(ceiling, kind, amount, &seconds));
    }
    double wanted = amount * SAMPLE_SECONDS / seconds;
    ceiling->amounts[kind] = wanted < 1 ? 1 : wanted > most ? most : (int)wanted;
    return DAM_OK;
}

dam_status dam__ceiling_create(dam__device *device, dam__ceiling **out)
{
    dam_status status = DAM_OK;
    dam__ceiling *ceiling = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *ceiling, &ceiling));
    ceiling->device = device;
    choose_sizes(ceiling);
    DAM_TRY_CLEANUP(allocate(ceiling));
    DAM_TRY_CLEANUP(compile(ceiling));
    DAM_TRY_CLEANUP(write_start(ceiling));
    for (int kind = 0; kind < DAM__CEILING_KINDS; kind++)
        DAM_TRY_CLEANUP(calibrate(ceiling, (dam__ceiling_kind)kind));
    DAM_TRY_CLEANUP(check_fma(ceiling, ceiling->amounts[DAM__CEILING_FMA]));
    *out = ceiling;
    ceiling = NULL;
cleanup:
    dam__ceiling_destroy(ceiling);
    return status;
}

dam_status dam__ceiling_sample(dam__ceiling *ceiling, dam__ceiling_kind kind, double *out)
{
    double seconds = 0;
    int amount = ceiling->amounts[kind];
    dam_status status = time_amount(ceiling, kind, amount, &seconds);
    if (status != DAM_OK)
        return status;
    bool time = kind == DAM__CEILING_LATENCY || kind == DAM__CEILING_LAUNCH;
    *out = time ? seconds / amount : counted(ceiling, kind, amount) / seconds;
    return DAM_OK;
}

dam_status dam__ceiling_measure(dam__ceiling *ceiling, dam__ceiling_kind kind,
                                double samples[DAM__CEILING_SAMPLES], dam__summary *out)
{
    double sorted[DAM__CEILING_SAMPLES];
    for (int i = 0; i < DAM__CEILING_SAMPLES; i++) {
        DAM_TRY(dam__ceiling_sample(ceiling, kind, &sorted[i]));
        if (samples != NULL)
            samples[i] = sorted[i];
    }
    *out = dam__summarise(sorted, DAM__CEILING_SAMPLES);
    return DAM_OK;
}
