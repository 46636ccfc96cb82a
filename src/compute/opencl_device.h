/*
 * An open device: one context, one in-order queue, and the shape of its kernels.
 */
#ifndef DAM__COMPUTE_OPENCL_DEVICE_H
#define DAM__COMPUTE_OPENCL_DEVICE_H

#include <stdbool.h>
#include <stdio.h>

#include "base/try.h"
#include "compute/precision.h"
#include "denseam/device.h"
#include "denseam/log.h"

typedef struct dam__device dam__device;
typedef struct dam__tuning dam__tuning; /* compute/tuning.h */

/*
 * The two shapes every kernel can take. CPU: one work-item a group, with the widest vectors. GPU:
 * groups of 64 work-items with short vectors.
 */
typedef enum dam__shape { DAM__SHAPE_AUTO, DAM__SHAPE_CPU, DAM__SHAPE_GPU } dam__shape;

typedef struct dam__device_options {
    dam_log log;
    dam__precision precision;
    dam__shape shape;
    bool profile;              /* time every kernel and count every transfer */
    const dam__tuning *tuning; /* copied; NULL: the built-in choices */
} dam__device_options;

/*
 * Opens the device. DAM_NO_DEVICE where it has no fp64 but precision asks for it, or where the
 * driver fails. Destroy with dam__device_close, after everything made on it. CLBlast keeps its
 * tuning for the life of the process, also for devices opened later.
 */
dam_status dam__device_open(const dam_device_info *info, const dam__device_options *options,
                            dam__device **out);
void dam__device_close(dam__device *device);

/* The facts of the device that selector names (dam_device_select). */
dam_status dam__device_find(const char *selector, dam_device_info *out);

/*
 * Opens the device that selector names, tuned as its tuning file says
 * (compute/tuning.h); options->tuning is not read.
 */
dam_status dam__device_open_selected(const char *selector, const dam__device_options *options,
                                     dam__device **out);

const dam_device_info *dam__device_facts(const dam__device *device);
const dam_log *dam__device_log(const dam__device *device);
dam__shape dam__device_shape(const dam__device *device); /* never AUTO */
dam__precision dam__device_precision(const dam__device *device);
size_t dam__real_size(const dam__device *device); /* bytes of a real: 4 or 8 */
double dam__real_epsilon(const dam__device *device);
int dam__vector_width(
    const dam__device *device);            /* reals in a vector: VECTOR_WIDTH of the kernels */
int dam__group(const dam__device *device); /* work-group size of reductions */

/* What the device was opened with, or NULL; its digest, or "none". */
const dam__tuning *dam__device_tuning(const dam__device *device);
const char *dam__device_tuning_digest(const dam__device *device);

/* Waits until all queued work is done. Never inside an epoch. */
dam_status dam__device_finish(dam__device *device);

/* The same before things are freed: nothing is recorded, so that the first failure stays. */
void dam__device_drain(dam__device *device);

enum { DAM__PACE_DEPTH = 8 };

/*
 * Called once a step: waits for the step PACE_DEPTH steps ago, so that the queue stays short
 * (Intel's watchdog kills work that is queued for seconds) but never empty.
 */
dam_status dam__device_pace(dam__device *device);

/*
 * From now on the profile also records when each kernel and transfer ran, for the first
 * DAM__TRACE_EVENTS (10 MiB); does nothing without a profile. DAM_NO_MEMORY.
 */
enum { DAM__TRACE_EVENTS = 1 << 18 };
dam_status dam__profile_trace(dam__device *device);

/*
 * Replaces the file at path by what was kept, as Chrome's trace format, which Perfetto and
 * chrome://tracing load: a row of kernels and one of transfers on the device's clock, from the
 * first event. Events of a library have the host's clock, aligned with the device's. *dropped
 * counts the events beyond the limit. Waits for the queue. DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status dam__profile_write_trace(dam__device *device, const char *path, size_t *dropped);

/* Prints the profile as a table, most time first; nothing unless opened with profile. */
dam_status dam__profile_print(dam__device *device, FILE *file);

/* One row of the profile. */
typedef struct dam__profile_row {
    char name[64];
    bool transfer; /* host <-> device: bytes counts what crossed */
    size_t calls;
    double seconds, flops, bytes;
} dam__profile_row;

/* *rows of everything recorded so far; free with free(). Waits for the queue. */
dam_status dam__profile_rows(dam__device *device, dam__profile_row **rows, size_t *count);
dam_status dam__profile_reset(dam__device *device);

/* While paused nothing is recorded. Returns whether it was paused, or there is no profile. */
bool dam__profile_pause(dam__device *device, bool pause);

#endif
