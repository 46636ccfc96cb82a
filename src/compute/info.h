/* What OpenCL tells as a text: its length is the driver's word, which is not believed blindly. */
#ifndef DAM__COMPUTE_INFO_H
#define DAM__COMPUTE_INFO_H

#include <CL/cl.h>

#include "base/try.h"

/* Who is asked: a platform, a device, a program, or a program about its build for a device. */
typedef struct dam__asked {
    cl_platform_id platform;
    cl_device_id device;
    cl_program program;
} dam__asked;

/*
 * *text = the answer, of at most some MiB, ended by a NUL whatever the driver wrote; free with
 * free(). NULL where the driver fails: then *error is its code, or DAM__CL_ENDLESS
 * (compute/errors.h). DAM_NO_MEMORY.
 */
dam_status dam__info_text(const dam__asked *asked, cl_uint what, char **text, cl_int *error);

#endif
