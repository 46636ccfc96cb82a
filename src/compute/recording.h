/*
 * A recording: what a device would compile and launch, without a device.
 *
 * A device that is opened with one (dam__device_options) has no driver: it takes and gives buffers
 * of no memory, which read as zeros, and writes down every program and every launch. So what a
 * preset asks of a GPU can be told, and compiled for it, where there is none.
 */
#ifndef DAM__COMPUTE_RECORDING_H
#define DAM__COMPUTE_RECORDING_H

#include "base/digest.h"
#include "compute/program.h"

/* One pair of source and options. */
typedef struct dam__recorded_program {
    char *name;                   /* of the file in cl/ */
    char *source;                 /* as a driver gets it */
    char *options;                /* likewise */
    char digest[DAM__DIGEST_HEX]; /* of both */
} dam__recorded_program;

enum { DAM__NO_PROGRAM = -1 }; /* of what a library launches */

/* Equal launches of one phase of one preset, which are counted. */
typedef struct dam__recorded_launch {
    const char *preset, *phase; /* not its own */
    char kernel[64];
    bool wide;        /* double precision */
    int program;      /* index, or DAM__NO_PROGRAM */
    dam__range range; /* of a library's product: rows, columns, depth; and how many of them */
    dam__work work;   /* of one of them */
    size_t count;
} dam__recorded_launch;

/* Zero-initialise; free with dam__recording_free. Everything stands in the order in which it came
 * first. */
typedef struct dam__recording {
    dam__recorded_program *programs;
    dam__recorded_launch *launches;
    size_t program_count, launch_count;
    size_t first;               /* launch of the present phase */
    const char *preset, *phase; /* what is being recorded */
} dam__recording;

void dam__recording_free(dam__recording *recording);

/* What the launches from now on belong to; both texts must outlive the recording. */
void dam__recording_begin(dam__recording *recording, const char *preset, const char *phase);

/* Whether what the device gives means nothing. */
bool dam__device_records(const dam__device *device);

/* From now on the launches of the same preset are of this phase, a text that outlives the
 * recording; nothing on a device that runs. */
void dam__device_phase(dam__device *device, const char *phase);

/*
 * A device for a recording, as info describes one: memory, units, native vectors. Its shape,
 * precision, log and tuning are those of options; their profile is not taken.
 */
dam_status dam__recording_open(dam__recording *recording, const dam_device_info *info,
                               const dam__device_options *options, dam__device **out);

/* --- for src/compute -------------------------------------------------------------------------- */

/* *out = the index of the pair. */
dam_status dam__recording_program(dam__recording *recording, const char *name, const char *source,
                                  const char *options, int *out);

dam_status dam__recording_launch(dam__recording *recording, const dam__recorded_launch *launch);

#endif
