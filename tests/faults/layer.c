/*
 * A layer of the OpenCL loader (OPENCL_LAYERS=faults.so) that makes calls fail or lie, so that a
 * test sees what the tool makes of a driver that does.
 *
 *   DENSEAM_FAULT=NAME[:PARAMETER]@K=WHAT   the K-th call of NAME, of any NAME with "*", every with
 *                                           K = 0; PARAMETER: only what is asked of infos, as a
 * number WHAT: -5, ...    fails with that code nan        what is read back is NaN (single and
 * double) zero ones  the info is all bytes 0, or 255 huge       the info says that it has SIZE_MAX
 * bytes DENSEAM_FAULT_COUNT=FILE                writes how many calls there were of NAME, at the
 * end
 *
 * Releases are left alone: nobody looks at what they say.
 */
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <CL/cl.h>
#include <CL/cl_layer.h>

typedef struct fault {
    char name[64];
    unsigned long parameter, at;
    char what[16];
} fault;

static const cl_icd_dispatch *driver;
static cl_icd_dispatch layer;
static fault wanted;
static atomic_ulong calls;

/* What is to become of this call: "" for nothing. */
static const char *fate(const char *name, unsigned long parameter)
{
    bool named = strcmp(wanted.name, "*") == 0 || strcmp(wanted.name, name) == 0;
    if (!named || (wanted.parameter != 0 && wanted.parameter != parameter))
        return "";
    unsigned long number = atomic_fetch_add(&calls, 1) + 1;
    return wanted.at == 0 || wanted.at == number ? wanted.what : "";
}

/* The error of a call that is to fail, else 0. */
static cl_int error_of(const char *what)
{
    return what[0] == '-' ? (cl_int)strtol(what, NULL, 10) : CL_SUCCESS;
}

#define PARAMETERS(...) (__VA_ARGS__)
#define VALUES(...) (__VA_ARGS__)

/* Calls that return their error. */
#define STATUS_CALLS(X)                                                                            \
    X(clGetPlatformIDs, PARAMETERS(cl_uint n, cl_platform_id *ids, cl_uint *count),                \
      VALUES(n, ids, count))                                                                       \
    X(clGetDeviceIDs,                                                                              \
      PARAMETERS(cl_platform_id platform, cl_device_type type, cl_uint n, cl_device_id *ids,       \
                 cl_uint *count),                                                                  \
      VALUES(platform, type, n, ids, count))                                                       \
    X(clBuildProgram,                                                                              \
      PARAMETERS(cl_program program, cl_uint n, const cl_device_id *ids, const char *options,      \
                 void(CL_CALLBACK * tell)(cl_program, void *), void *user),                        \
      VALUES(program, n, ids, options, tell, user))                                                \
    X(clGetKernelInfo,                                                                             \
      PARAMETERS(cl_kernel kernel, cl_kernel_info what, size_t size, void *value, size_t *needed), \
      VALUES(kernel, what, size, value, needed))                                                   \
    X(clGetKernelArgInfo,                                                                          \
      PARAMETERS(cl_kernel kernel, cl_uint index, cl_kernel_arg_info what, size_t size,            \
                 void *value, size_t *needed),                                                     \
      VALUES(kernel, index, what, size, value, needed))                                            \
    X(clGetKernelWorkGroupInfo,                                                                    \
      PARAMETERS(cl_kernel kernel, cl_device_id id, cl_kernel_work_group_info what, size_t size,   \
                 void *value, size_t *needed),                                                     \
      VALUES(kernel, id, what, size, value, needed))                                               \
    X(clGetEventProfilingInfo,                                                                     \
      PARAMETERS(cl_event event, cl_profiling_info what, size_t size, void *value,                 \
                 size_t *needed),                                                                  \
      VALUES(event, what, size, value, needed))                                                    \
    X(clSetKernelArg, PARAMETERS(cl_kernel kernel, cl_uint index, size_t size, const void *value), \
      VALUES(kernel, index, size, value))                                                          \
    X(clEnqueueWriteBuffer,                                                                        \
      PARAMETERS(cl_command_queue queue, cl_mem buffer, cl_bool wait, size_t offset, size_t bytes, \
                 const void *from, cl_uint n, const cl_event *events, cl_event *event),            \
      VALUES(queue, buffer, wait, offset, bytes, from, n, events, event))                          \
    X(clEnqueueCopyBuffer,                                                                         \
      PARAMETERS(cl_command_queue queue, cl_mem from, cl_mem to, size_t from_offset,               \
                 size_t to_offset, size_t bytes, cl_uint n, const cl_event *events,                \
                 cl_event *event),                                                                 \
      VALUES(queue, from, to, from_offset, to_offset, bytes, n, events, event))                    \
    X(clEnqueueFillBuffer,                                                                         \
      PARAMETERS(cl_command_queue queue, cl_mem buffer, const void *pattern, size_t length,        \
                 size_t offset, size_t bytes, cl_uint n, const cl_event *events, cl_event *event), \
      VALUES(queue, buffer, pattern, length, offset, bytes, n, events, event))                     \
    X(clEnqueueNDRangeKernel,                                                                      \
      PARAMETERS(cl_command_queue queue, cl_kernel kernel, cl_uint rank, const size_t *offset,     \
                 const size_t *global, const size_t *local, cl_uint n, const cl_event *events,     \
                 cl_event *event),                                                                 \
      VALUES(queue, kernel, rank, offset, global, local, n, events, event))                        \
    X(clEnqueueMarkerWithWaitList,                                                                 \
      PARAMETERS(cl_command_queue queue, cl_uint n, const cl_event *events, cl_event *event),      \
      VALUES(queue, n, events, event))                                                             \
    X(clWaitForEvents, PARAMETERS(cl_uint n, const cl_event *events), VALUES(n, events))           \
    X(clFlush, PARAMETERS(cl_command_queue queue), VALUES(queue))                                  \
    X(clFinish, PARAMETERS(cl_command_queue queue), VALUES(queue))

#define STATUS_CALL(NAME, PARAMETERS, VALUES)                                                      \
    static cl_int CL_API_CALL my_##NAME PARAMETERS                                                 \
    {                                                                                              \
        cl_int error = error_of(fate(#NAME, 0));                                                   \
        return error != CL_SUCCESS ? error : driver->NAME VALUES;                                  \
    }
STATUS_CALLS(STATUS_CALL)

/* Calls that return an object, and their error behind a pointer. */
#define OBJECT_CALLS(X)                                                                            \
    X(cl_context, clCreateContext,                                                                 \
      PARAMETERS(const cl_context_properties *properties, cl_uint n, const cl_device_id *ids,      \
                 void(CL_CALLBACK * tell)(const char *, const void *, size_t, void *), void *user, \
                 cl_int *error),                                                                   \
      VALUES(properties, n, ids, tell, user, error))                                               \
    X(cl_command_queue, clCreateCommandQueue,                                                      \
      PARAMETERS(cl_context context, cl_device_id id, cl_command_queue_properties properties,      \
                 cl_int *error),                                                                   \
      VALUES(context, id, properties, error))                                                      \
    X(cl_mem, clCreateBuffer,                                                                      \
      PARAMETERS(cl_context context, cl_mem_flags flags, size_t bytes, void *from, cl_int *error), \
      VALUES(context, flags, bytes, from, error))                                                  \
    X(cl_program, clCreateProgramWithSource,                                                       \
      PARAMETERS(cl_context context, cl_uint n, const char **texts, const size_t *lengths,         \
                 cl_int *error),                                                                   \
      VALUES(context, n, texts, lengths, error))                                                   \
    X(cl_program, clCreateProgramWithBinary,                                                       \
      PARAMETERS(cl_context context, cl_uint n, const cl_device_id *ids, const size_t *lengths,    \
                 const unsigned char **binaries, cl_int *states, cl_int *error),                   \
      VALUES(context, n, ids, lengths, binaries, states, error))                                   \
    X(cl_kernel, clCreateKernel, PARAMETERS(cl_program program, const char *name, cl_int *error),  \
      VALUES(program, name, error))

#define OBJECT_CALL(TYPE, NAME, PARAMETERS, VALUES)                                                \
    static TYPE CL_API_CALL my_##NAME PARAMETERS                                                   \
    {                                                                                              \
        cl_int failure = error_of(fate(#NAME, 0));                                                 \
        if (failure == CL_SUCCESS)                                                                 \
            return driver->NAME VALUES;                                                            \
        if (error != NULL)                                                                         \
            *error = failure;                                                                      \
        return NULL;                                                                               \
    }
OBJECT_CALLS(OBJECT_CALL)

/* Infos, which may lie as well. */
static cl_int lie(const char *what, cl_int error, size_t size, void *value, size_t *needed)
{
    if (error == CL_SUCCESS && strcmp(what, "huge") == 0 && needed != NULL)
        *needed = SIZE_MAX;
    if (error == CL_SUCCESS && strcmp(what, "zero") == 0 && value != NULL)
        memset(value, 0, size);
    if (error == CL_SUCCESS && strcmp(what, "ones") == 0 && value != NULL)
        memset(value, 255, size);
    return error;
}

#define INFO_CALLS(X)                                                                              \
    X(clGetPlatformInfo,                                                                           \
      PARAMETERS(cl_platform_id platform, cl_platform_info what, size_t size, void *value,         \
                 size_t *needed),                                                                  \
      VALUES(platform, what, size, value, needed))                                                 \
    X(clGetDeviceInfo,                                                                             \
      PARAMETERS(cl_device_id id, cl_device_info what, size_t size, void *value, size_t *needed),  \
      VALUES(id, what, size, value, needed))                                                       \
    X(clGetProgramInfo,                                                                            \
      PARAMETERS(cl_program program, cl_program_info what, size_t size, void *value,               \
                 size_t *needed),                                                                  \
      VALUES(program, what, size, value, needed))                                                  \
    X(clGetProgramBuildInfo,                                                                       \
      PARAMETERS(cl_program program, cl_device_id id, cl_program_build_info what, size_t size,     \
                 void *value, size_t *needed),                                                     \
      VALUES(program, id, what, size, value, needed))

#define INFO_CALL(NAME, PARAMETERS, VALUES)                                                        \
    static cl_int CL_API_CALL my_##NAME PARAMETERS                                                 \
    {                                                                                              \
        const char *lot = fate(#NAME, what);                                                       \
        cl_int error = error_of(lot);                                                              \
        return error != CL_SUCCESS ? error : lie(lot, driver->NAME VALUES, size, value, needed);   \
    }
INFO_CALLS(INFO_CALL)

static cl_int CL_API_CALL my_clEnqueueReadBuffer(cl_command_queue queue, cl_mem buffer,
                                                 cl_bool wait, size_t offset, size_t bytes,
                                                 void *to, cl_uint n, const cl_event *events,
                                                 cl_event *event)
{
    const char *lot = fate("clEnqueueReadBuffer", 0);
    cl_int error = error_of(lot);
    if (error != CL_SUCCESS)
        return error;
    bool not_numbers = strcmp(lot, "nan") == 0;
    error = driver->clEnqueueReadBuffer(queue, buffer, not_numbers ? CL_TRUE : wait, offset, bytes,
                                        to, n, events, event);
    if (error == CL_SUCCESS && not_numbers)
        memset(to, 255, bytes);
    return error;
}

/* --- the loader's side -------------------------------------------------------------------------- */

static void read_wish(void)
{
    const char *text = getenv("DENSEAM_FAULT");
    char name[64] = "", what[16] = "";
    if (text == NULL)
        return;
    if (sscanf(text, "%63[^:@]:%li@%lu=%15s", name, (long *)&wanted.parameter, &wanted.at, what) !=
            4 &&
        sscanf(text, "%63[^:@]@%lu=%15s", name, &wanted.at, what) != 3) {
        (void)fprintf(stderr, "DENSEAM_FAULT=%s is not NAME[:PARAMETER]@K=WHAT\n", text);
        abort();
    }
    memcpy(wanted.name, name, sizeof name);
    memcpy(wanted.what, what, sizeof what);
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *path = getenv("DENSEAM_FAULT_COUNT");
    FILE *file = path != NULL && driver != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        (void)fprintf(file, "%lu\n", atomic_load(&calls));
        (void)fclose(file);
    }
}

CL_API_ENTRY cl_int CL_API_CALL clGetLayerInfo(cl_layer_info what, size_t size, void *value,
                                               size_t *needed)
{
    const cl_layer_api_version version = CL_LAYER_API_VERSION_100;
    if (what != CL_LAYER_API_VERSION || (value != NULL && size < sizeof version))
        return CL_INVALID_VALUE;
    if (value != NULL)
        memcpy(value, &version, sizeof version);
    if (needed != NULL)
        *needed = sizeof version;
    return CL_SUCCESS;
}

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint count, const cl_icd_dispatch *target,
                                            cl_uint *own_count, const cl_icd_dispatch **own)
{
    if (count < sizeof *target / sizeof target->clGetPlatformIDs)
        return CL_INVALID_VALUE;
    read_wish();
    driver = target;
    layer = *target;
#define TAKE(NAME, PARAMETERS, VALUES) layer.NAME = my_##NAME;
#define TAKE_OBJECT(TYPE, NAME, PARAMETERS, VALUES) layer.NAME = my_##NAME;
    STATUS_CALLS(TAKE)
    OBJECT_CALLS(TAKE_OBJECT)
    INFO_CALLS(TAKE)
    layer.clEnqueueReadBuffer = my_clEnqueueReadBuffer;
    *own_count = count;
    *own = &layer;
    return CL_SUCCESS;
}
