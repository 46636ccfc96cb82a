/*
 * The ceilings of a device, measured on it: the numbers that others are compared with.
 *
 * Timed by the wall clock around a finish; each sample lasts long enough for it.
 */
#ifndef DAM__COMPUTE_CEILING_H
#define DAM__COMPUTE_CEILING_H

#include "base/summary.h"
#include "compute/opencl_device.h"

typedef enum dam__ceiling_kind {
    DAM__CEILING_FMA,     /* fused multiply-adds in registers: flop/s, two each */
    DAM__CEILING_COPY,    /* device memory, larger than caches: bytes read and written a second */
    DAM__CEILING_CACHE,   /* the same of what stays in a cache */
    DAM__CEILING_LATENCY, /* an empty kernel from its launch until the host sees its end: seconds */
    DAM__CEILING_LAUNCH,  /* each of many empty kernels queued back to back: seconds */
    DAM__CEILING_UPLOAD,  /* host to device: bytes a second */
    DAM__CEILING_DOWNLOAD, /* device to host: bytes a second */
    DAM__CEILING_KINDS
} dam__ceiling_kind;

typedef struct dam__ceiling dam__ceiling;

/*
 * Compiles the kernels and finds how much work makes a sample long enough (a few tens of
 * milliseconds). Its buffers stay allocated until dam__ceiling_destroy. DAM_SELFTEST where the
 * multiply-adds gave a wrong result, so that the device cannot be trusted.
 */
dam_status dam__ceiling_create(dam__device *device, dam__ceiling **out);
void dam__ceiling_destroy(dam__ceiling *ceiling);

/* One sample, in the kind's unit. Waits for the queue before and after. */
dam_status dam__ceiling_sample(dam__ceiling *ceiling, dam__ceiling_kind kind, double *out);

enum { DAM__CEILING_SAMPLES = 7 };

/* The median of several samples, which samples gets in their order unless it is NULL. */
dam_status dam__ceiling_measure(dam__ceiling *ceiling, dam__ceiling_kind kind,
                                double samples[DAM__CEILING_SAMPLES], dam__summary *out);

#endif
