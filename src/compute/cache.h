/*
 * A cache of compiled programs in $XDG_CACHE_HOME/denseam/programs. Any failure is a miss: the
 * caller compiles. DENSEAM_TRACE_CACHE=1 logs hits and misses.
 */
#ifndef DAM__COMPUTE_CACHE_H
#define DAM__COMPUTE_CACHE_H

#include <CL/cl.h>

#include "compute/opencl_device.h"

typedef enum dam__cached {
    DAM__CACHE_MISS,
    DAM__CACHE_KEPT_BY_DRIVER, /* not here, but quick to compile: the driver has its own cache */
    DAM__CACHE_HIT,
} dam__cached;

/* Loads a built program into *out where it is a hit. */
dam__cached dam__cache_load(dam__device *device, const char *name, const char *source,
                            const char *options, cl_program *out);

/* Whether the driver has such a cache, which all contexts and processes share. */
bool dam__driver_keeps_programs(const dam__device *device);

/* After a miss. */
void dam__cache_store(dam__device *device, const char *name, const char *source,
                      const char *options, cl_program program);

#endif
