/* The names of OpenCL's error codes. */
#ifndef DAM__COMPUTE_ERRORS_H
#define DAM__COMPUTE_ERRORS_H

#include <CL/cl.h>

/* No code of OpenCL's: an answer claims to be longer than any can be. */
enum { DAM__CL_ENDLESS = 1 };

/* "CL_OUT_OF_RESOURCES" for -5; "unknown OpenCL error" for an unknown code. A static string. */
const char *dam__cl_error_name(cl_int error);

#endif
