#include "compute/info.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compute/errors.h"

enum { LONGEST = 16 * 1024 * 1024 }; /* a compiler's log; names are far shorter */

static cl_int ask(const dam__asked *asked, cl_uint what, size_t size, char *text, size_t *length)
{
    if (asked->program != NULL && asked->device != NULL)
        return clGetProgramBuildInfo(asked->program, asked->device, what, size, text, length);
    if (asked->program != NULL)
        return clGetProgramInfo(asked->program, what, size, text, length);
    if (asked->device != NULL)
        return clGetDeviceInfo(asked->device, what, size, text, length);
    return clGetPlatformInfo(asked->platform, what, size, text, length);
}

dam_status dam__info_text(const dam__asked *asked, cl_uint what, char **text, cl_int *error)
{
    size_t length = 0;
    *text = NULL;
    *error = ask(asked, what, 0, NULL, &length);
    if (*error == CL_SUCCESS && length > LONGEST)
        *error = DAM__CL_ENDLESS;
    if (*error != CL_SUCCESS)
        return DAM_OK;
    DAM_TRY(dam__alloc(length + 1, 1, text));
    if (length > 0)
        *error = ask(asked, what, length, *text, NULL);
    if (*error != CL_SUCCESS) {
        free(*text);
        *text = NULL;
    }
    return DAM_OK;
}
