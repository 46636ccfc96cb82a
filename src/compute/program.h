/*
 * Programs compiled from the embedded sources for one configuration, and kernel launches.
 */
#ifndef DAM__COMPUTE_PROGRAM_H
#define DAM__COMPUTE_PROGRAM_H

#include "compute/arguments.h"
#include "compute/matrix.h"

typedef struct dam__program dam__program;
typedef struct dam__kernel dam__kernel;

/*
 * Compiles common.cl, then cl/PART.cl where the first line of cl/NAME.cl is a comment "needs:
 * PART", then cl/NAME.cl, with the device's shape (REAL, VECTOR_WIDTH, GROUP) and further "-D"
 * options ("" for none), or loads the binary from $XDG_CACHE_HOME/denseam; once per device, however
 * many programs of that name and options are made. The cache is never fatal; DENSEAM_TRACE_CACHE=1
 * reports each hit and miss through the log. DAM_INTERNAL holds the build log's first lines.
 */
dam_status dam__program_create(dam__device *device, const char *name, const char *options,
                               dam__program **out);

/* Whether a program had to be compiled that no cache was known to have. */
bool dam__device_has_compiled(const dam__device *device);

/* Before its device is closed. */
void dam__program_destroy(dam__program *program);

/* The kernel of that name; it belongs to the program. */
dam_status dam__program_kernel(dam__program *program, const char *name, dam__kernel **out);

/* *names = the names of all its kernels, separated by semicolons; free with free(). */
dam_status dam__program_kernel_names(const dam__program *program, char **names);

/* Work-items and work-group sizes per axis; local 0 means 1. Global must be a multiple of local. */
typedef struct dam__range {
    size_t global[3], local[3];
} dam__range;

/* The flops and bytes of one launch, at least, for the profile. */
typedef struct dam__work {
    double flops, bytes;
} dam__work;

/* Queues a kernel: returns before it ran. */
dam_status dam__launch(dam__kernel *kernel, dam__range range, dam__work work,
                       const dam__argument *arguments);

/* groups work-groups of the device's reduction size along x, rows along y. */
dam__range dam__range_groups(const dam__device *device, size_t groups, size_t rows);

/* items work-items along x, rounded up to whole groups. */
dam__range dam__range_items(const dam__device *device, size_t items, size_t rows);

#endif
