/*
 * Time per kernel and bytes per transfer, from OpenCL events, or from the wall clock round a finish
 * on drivers whose events report 0 ns (rusticl).
 */
#ifndef DAM__COMPUTE_PROFILE_H
#define DAM__COMPUTE_PROFILE_H

#include <CL/cl.h>

#include "compute/device.h"

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
 * Round the enqueue of timed work: _begin returns the event to pass to the enqueue (NULL where the
 * wall clock is used), _end records it. Both do nothing where profile is NULL.
 */
cl_event *dam__profile_begin(dam__profile *profile, cl_command_queue queue);
dam_status dam__profile_end(dam__profile *profile, cl_command_queue queue, const dam__timed *timed);

/* For work that gives no event of its own (a library's several kernels): always the wall clock. */
void dam__profile_begin_wall(dam__profile *profile, cl_command_queue queue);
dam_status dam__profile_end_wall(dam__profile *profile, cl_command_queue queue,
                                 const dam__timed *timed);

#endif
