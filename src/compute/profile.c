#include "compute/profile.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "compute/compute_internal.h"

enum {
    MOST_PENDING = 4096,  /* events; then the queue is drained, and they are read at once */
    LEAST_NANOSECONDS = 2 /* rusticl says 0 or 1, always */
};

struct pending {
    cl_event event;
    size_t row;
    double flops, bytes;
};

struct dam__profile {
    dam__profile_row *rows;
    size_t row_count;
    struct pending pending[MOST_PENDING];
    size_t pending_count;
    cl_event current;
    dam__trace *trace; /* NULL unless asked for */
    double wall_start;
    bool paused;
    bool checked;    /* an event was read */
    bool wall_clock; /* set for good once an event told no time */
};

dam_status dam__profile_create(dam__profile **out)
{
    return dam__alloc(1, sizeof **out, out);
}

static void drop_pending(dam__profile *profile)
{
    for (size_t i = 0; i < profile->pending_count; i++)
        (void)clReleaseEvent(profile->pending[i].event);
    profile->pending_count = 0;
}

void dam__profile_destroy(dam__profile *profile)
{
    if (profile == NULL)
        return;
    drop_pending(profile);
    dam__trace_destroy(profile->trace);
    free(profile->rows);
    free(profile);
}

static dam_status find_row(dam__profile *profile, const dam__timed *timed, size_t *out)
{
    for (size_t i = 0; i < profile->row_count; i++)
        if (strncmp(profile->rows[i].name, timed->name, sizeof profile->rows[i].name - 1) == 0) {
            *out = i;
            return DAM_OK;
        }
    dam_status status = dam__grow(&profile->rows, profile->row_count + 1, sizeof *profile->rows);
    if (status != DAM_OK)
        return status;
    dam__profile_row row = {.transfer = timed->transfer};
    strncpy(row.name, timed->name, sizeof row.name - 1);
    *out = profile->row_count++;
    profile->rows[*out] = row;
    return DAM_OK;
}

/* Adds an event's time, in ns of the device's clock, to its row. */
static void take_time(dam__profile *profile, const struct pending *own, cl_ulong start,
                      cl_ulong end)
{
    double seconds = 1e-9 * (double)(end - start);
    profile->rows[own->row].seconds += seconds;
    dam__trace_add(profile->trace, own->row, false, 1e-9 * (double)start, seconds, own->flops,
                   own->bytes);
    dam__trace_align(profile->trace, 1e-9 * (double)end, dam__seconds());
}

/* Waits for all pending events and adds their times to the rows. */
static void resolve(dam__profile *profile)
{
    profile->checked = profile->checked || profile->pending_count > 0;
    for (size_t i = 0; i < profile->pending_count; i++) {
        cl_event event = profile->pending[i].event;
        cl_ulong start = 0, end = 0;
        cl_int error = clWaitForEvents(1, &event);
        if (error == CL_SUCCESS)
            error = clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_START, sizeof start, &start,
                                            NULL);
        if (error == CL_SUCCESS)
            error =
                clGetEventProfilingInfo(event, CL_PROFILING_COMMAND_END, sizeof end, &end, NULL);
        if (error != CL_SUCCESS || end < start + LEAST_NANOSECONDS)
            profile->wall_clock = true;
        else
            take_time(profile, &profile->pending[i], start, end);
    }
    drop_pending(profile);
}

static dam_status count_work(dam__profile *profile, const dam__timed *timed, size_t *row)
{
    dam_status status = find_row(profile, timed, row);
    if (status != DAM_OK)
        return status;
    profile->rows[*row].calls++;
    profile->rows[*row].flops += timed->flops;
    profile->rows[*row].bytes += timed->bytes;
    return DAM_OK;
}

void dam__profile_begin_wall(dam__profile *profile, cl_command_queue queue)
{
    if (profile == NULL || profile->paused)
        return;
    (void)dam__queue_finish(queue);
    profile->wall_start = dam__seconds();
}

dam_status dam__profile_end_wall(dam__profile *profile, cl_command_queue queue,
                                 const dam__timed *timed)
{
    if (profile == NULL || profile->paused)
        return DAM_OK;
    (void)dam__queue_finish(queue);
    double seconds = dam__seconds() - profile->wall_start;
    size_t row = 0;
    dam_status status = count_work(profile, timed, &row);
    if (status == DAM_OK) {
        profile->rows[row].seconds += seconds;
        dam__trace_add(profile->trace, row, true, profile->wall_start, seconds, timed->flops,
                       timed->bytes);
    }
    return status;
}

cl_event *dam__profile_begin(dam__profile *profile, cl_command_queue queue)
{
    if (profile == NULL || profile->paused)
        return NULL;
    if (profile->wall_clock) {
        dam__profile_begin_wall(profile, queue);
        return NULL;
    }
    profile->current = NULL;
    return &profile->current;
}

dam_status dam__profile_end(dam__profile *profile, cl_command_queue queue, const dam__timed *timed)
{
    if (profile == NULL || profile->paused)
        return DAM_OK;
    if (profile->wall_clock)
        return dam__profile_end_wall(profile, queue, timed);
    size_t row = 0;
    dam_status status = count_work(profile, timed, &row);
    if (status != DAM_OK)
        return status;
    profile->pending[profile->pending_count++] =
        (struct pending){profile->current, row, timed->flops, timed->bytes};
    /* The first event is read at once: it tells whether this driver's can be believed. */
    if (profile->pending_count == MOST_PENDING || !profile->checked)
        resolve(profile);
    return DAM_OK;
}

dam_status dam__profile_rows(dam__device *device, dam__profile_row **rows, size_t *count)
{
    dam__profile *profile = device->profile;
    *rows = NULL;
    *count = 0;
    if (profile == NULL)
        return DAM_OK;
    resolve(profile);
    dam_status status = dam__alloc(profile->row_count, sizeof **rows, rows);
    if (status == DAM_OK && profile->row_count > 0) {
        memcpy(*rows, profile->rows, profile->row_count * sizeof **rows);
        *count = profile->row_count;
    }
    return status;
}

bool dam__profile_pause(dam__device *device, bool pause)
{
    dam__profile *profile = device->profile;
    if (profile == NULL)
        return true;
    bool before = profile->paused;
    profile->paused = pause;
    return before;
}

dam_status dam__profile_reset(dam__device *device)
{
    dam__profile *profile = device->profile;
    if (profile == NULL)
        return DAM_OK;
    resolve(profile);
    profile->row_count = 0;
    dam__trace_clear(profile->trace);
    return DAM_OK;
}

dam_status dam__profile_trace(dam__device *device)
{
    dam__profile *profile = device->profile;
    return profile == NULL || profile->trace != NULL ? DAM_OK : dam__trace_create(&profile->trace);
}

dam_status dam__profile_write_trace(dam__device *device, const char *path, size_t *dropped)
{
    dam__profile *profile = device->profile;
    *dropped = 0;
    if (profile == NULL || profile->trace == NULL)
        return DAM_OK;
    resolve(profile);
    return dam__trace_write(profile->trace, device->info.name, profile->rows, path, dropped);
}

static int slower_first(const void *a, const void *b)
{
    const dam__profile_row *x = a, *y = b;
    return (x->seconds < y->seconds) - (x->seconds > y->seconds);
}

dam_status dam__profile_print(dam__device *device, FILE *file)
{
    dam__profile_row *rows = NULL;
    size_t count = 0;
    dam_status status = dam__profile_rows(device, &rows, &count);
    if (status != DAM_OK || count == 0) {
        free(rows);
        return status;
    }
    qsort(rows, count, sizeof *rows, slower_first);
    double total = 0;
    for (size_t i = 0; i < count; i++)
        total += rows[i].seconds;
    (void)fprintf(file, "%-30s %7s %9s %6s %8s %8s\n", "kernel or transfer", "calls", "ms", "share",
                  "GFLOP/s", "GB/s");
    for (size_t i = 0; i < count; i++) {
        const dam__profile_row *row = &rows[i];
        double seconds = row->seconds > 0 ? row->seconds : 1e-9;
        (void)fprintf(file, "%-30.30s %7zu %9.2f %5.1f%% ", row->name, row->calls,
                      1e3 * row->seconds, 100 * row->seconds / (total > 0 ? total : 1));
        if (row->transfer)
            (void)fprintf(file, "%8s %8.2f %.0f bytes\n", "", 1e-9 * row->bytes / seconds,
                          row->bytes);
        else
            (void)fprintf(file, "%8.2f %8.2f\n", 1e-9 * row->flops / seconds,
                          1e-9 * row->bytes / seconds);
    }
    free(rows);
    return DAM_OK;
}
