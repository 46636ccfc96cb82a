/*
 * Time per kernel and bytes per transfer, from OpenCL events, or from the wall clock around a
 * finish on drivers whose events report 0 or 1 ns (rusticl).
 */
#ifndef DAM__COMPUTE_PROFILE_H
#define DAM__COMPUTE_PROFILE_H

#include <CL/cl.h>

#include "compute/opencl_device.h"

typedef struct dam__profile dam__profile;

dam_status dam__profile_create(dam__profile **out);
void dam__profile_destroy(dam__profile *profile);

/* One piece of queued work that is to be timed. */
typedef struct dam__timed {
    const char *name;
    bool transfer;
    double flops, bytes;
} dam__timed;

/*
 * Around the enqueue of timed work: _begin returns the event to pass to the enqueue (NULL where the
 * wall clock is used), _end records it. Both do nothing where profile is NULL.
 */
cl_event *dam__profile_begin(dam__profile *profile, cl_command_queue queue);
dam_status dam__profile_end(dam__profile *profile, cl_command_queue queue, const dam__timed *timed);

/* For work that gives no event of its own (a library's several kernels): always the wall clock. */
void dam__profile_begin_wall(dam__profile *profile, cl_command_queue queue);
dam_status dam__profile_end_wall(dam__profile *profile, cl_command_queue queue,
                                 const dam__timed *timed);

/* --- the trace (trace.c) ------------------------------------------------------------------------ */

typedef struct dam__trace dam__trace;

dam_status dam__trace_create(dam__trace **out);
void dam__trace_destroy(dam__trace *trace);
void dam__trace_clear(dam__trace *trace);

/* One event of a row of the profile; wall: start is the host's clock (dam__seconds), else the
 * device's. Nothing where trace is NULL. */
void dam__trace_add(dam__trace *trace, size_t row, bool wall, double start, double seconds,
                    double flops, double bytes);

/* The device's clock showed `device` when the host's showed at most `host`: the smallest difference
 * aligns the two clocks. */
void dam__trace_align(dam__trace *trace, double device, double host);

/* Writes the file; rows name the events. */
dam_status dam__trace_write(dam__trace *trace, const char *device, const dam__profile_row *rows,
                            const char *path, size_t *dropped);

#endif
