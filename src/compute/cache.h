/*
 * Compiled programs kept in $XDG_CACHE_HOME/denseam/programs. Any failure means "not there": the
 * caller compiles. DENSEAM_TRACE_CACHE=1 logs each hit and miss.
 */
#ifndef DAM__COMPUTE_CACHE_H
#define DAM__COMPUTE_CACHE_H

#include <CL/cl.h>

#include "compute/device.h"

/* Whether a built program was loaded into *out. */
bool dam__cache_load(dam__device *device, const char *name, const char *source, const char *options,
                     cl_program *out);

void dam__cache_store(dam__device *device, const char *name, const char *source,
                      const char *options, cl_program program);

#endif
