/*
 * What the files of src/compute share: OpenCL itself and the definitions of its handles.
 */
#ifndef DAM__COMPUTE_COMPUTE_INTERNAL_H
#define DAM__COMPUTE_COMPUTE_INTERNAL_H

#include <CL/cl.h>

#include "compute/errors.h"
#include "compute/matrix.h"
#include "compute/opencl_device.h"
#include "compute/profile.h"
#include "compute/program.h"
#include "compute/recording.h"
#include "compute/tuning.h"

/* A program that was compiled, or loaded, for a device. */
typedef struct dam__built {
    char *key;         /* its name and options */
    cl_program handle; /* NULL where it was only recorded: */
    int recorded;      /* its index */
    struct dam__built *next;
} dam__built;

struct dam__device {
    dam_device_info info;
    cl_platform_id platform;
    cl_device_id id;
    cl_context context;
    cl_command_queue queue;
    dam_log log;
    dam__precision precision;
    dam__shape shape;
    int vector_width, group;
    dam__tuning *tuning;          /* NULL where there is none */
    const dam__tuning_part *part; /* of it, for this shape and precision; else NULL */
    dam__profile *profile;        /* NULL unless profiling */
    dam__recording *recording;    /* NULL, or in the place of a driver; all handles are NULL then */
    dam__built *built;            /* shared by the dam__programs of a name and options */
    bool has_compiled;            /* whether the first compilation was reported */
    dam__fence pace[DAM__PACE_DEPTH];
    size_t paced; /* steps paced so far */
};

struct dam__buffer {
    dam__device *device;
    cl_mem memory;
    size_t bytes;
};

enum { DAM__KNOWN_ARGUMENTS = 40 };

struct dam__kernel {
    dam__device *device;
    cl_kernel handle;
    int recorded; /* index of its program in a recording */
    char name[64];
    cl_uint arguments;
    /* Of its first arguments; NONE where the driver does not tell. */
    dam__argument_kind kinds[DAM__KNOWN_ARGUMENTS];
    struct dam__kernel *next;
};

/* Compiles or loads cl/NAME.cl with these options, which are complete, for the device to keep. */
dam_status dam__program_build(dam__device *device, const char *name, const char *options);

/* clBuildProgram that leaves the caller's signal handlers alone. */
cl_int dam__cl_build(const dam__device *device, cl_program program, const char *options);

/* Releases a list of programs. */
void dam__built_free(dam__built *built);

/* The device's own copy of a tuning (or NULL), and its part. */
dam_status dam__device_copy_tuning(dam__device *device, const dam__tuning *tuning);

/* The vectors and groups that suit the device's shape and precision, or its tuning has. */
void dam__device_choose_widths(dam__device *device);

/* Tells CLBlast its parameters. DAM_INTERNAL where it does not take them. */
dam_status dam__clblast_override(const dam__device *device, const dam__tuning_part *part);

/*
 * Where CLBlast has parameters for the device that give wrong products, others are set, for the
 * device's precision and the whole process; *replaced tells. Does nothing without CLBlast.
 */
dam_status dam__clblast_make_safe(dam__device *device, bool *replaced);

/* clFinish that also waits for what was flushed before, which rusticl's (Mesa 22.3) does not. */
cl_int dam__queue_finish(cl_command_queue queue);

/*
 * Records a failed call by OpenCL's name for it, of a subject or NULL. DAM_NO_MEMORY where memory
 * is what failed, DAM_NO_DEVICE where the device could not be opened, else DAM_INTERNAL.
 */
dam_status dam__cl_fail(const dam__device *device, cl_int error, const char *call,
                        const char *subject);

/* DAM_OK, or the failed call recorded; its arguments may follow its name. */
dam_status dam__cl_check(const dam__device *device, cl_int error, const char *call);

/* DAM_TRY and DAM_TRY_CLEANUP for an OpenCL call that returns its error; want a `dam__device
 * *device` in scope. */
#define DAM_CL(call) DAM_TRY(dam__cl_check(device, (call), #call))
#define DAM_CL_CLEANUP(call) DAM_TRY_CLEANUP(dam__cl_check(device, (call), #call))

#endif
