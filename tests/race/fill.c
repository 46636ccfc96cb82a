/*
 * Preloaded by race.sh. Oclgrind 21.10 takes memory that clEnqueueFillBuffer filled for
 * uninitialised, even after kernels wrote to it; a write of the same bytes it understands.
 */
#define CL_TARGET_OPENCL_VERSION 120
#include <CL/cl.h>
#include <stdlib.h>
#include <string.h>

cl_int clEnqueueFillBuffer(cl_command_queue queue, cl_mem buffer, const void *pattern,
                           size_t pattern_size, size_t offset, size_t size, cl_uint waits,
                           const cl_event *wait_list, cl_event *event)
{
    char *bytes = malloc(size);
    if (bytes == NULL)
        return CL_OUT_OF_HOST_MEMORY;
    for (size_t i = 0; i < size; i += pattern_size)
        memcpy(bytes + i, pattern, pattern_size);
    cl_int error =
        clEnqueueWriteBuffer(queue, buffer, CL_TRUE, offset, size, bytes, waits, wait_list, event);
    free(bytes);
    return error;
}
