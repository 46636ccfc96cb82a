/*
 * A layer of the OpenCL loader (OPENCL_LAYERS=faults.so) that makes calls fail or lie, so that a
 * test sees what the tool makes of a driver that does.
 *
 * DENSEAM_FAULT=NAME[:PARAMETER]@K[+]=WHAT,...
 *     the K-th call of NAME, of any with "*"; with "+" all from there on. PARAMETER, a number: only
 *     what asks an info for it. WHAT:
 *       -5, ...    it fails with that code
 *       nan        what is read back is NaN (single and double)
 *       zero ones  the info is all bytes 0, or 255
 *       huge       the info claims SIZE_MAX bytes, and fills what it is given
 * DENSEAM_FAULT_COUNT=FILE
 *     writes how many calls of the first NAME there were
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
    bool lasts;
    char what[16];
    atomic_ulong calls;
} fault;

enum { MOST = 4, ENOUGH = 1 << 20 };

static const cl_icd_dispatch *driver;
static cl_icd_dispatch layer;
static fault wanted[MOST];
static int wishes;

/* What is to become of this call: "" for nothing. */
static const char *fate(const char *name, unsigned long parameter)
{
    const char *lot = "";
    for (int i = 0; i < wishes; i++) {
        fault *f = &wanted[i];
        bool named = strcmp(f->name, "*") == 0 || strcmp(f->name, name) == 0;
        if (!named || (f->parameter != 0 && f->parameter != parameter))
            continue;
        unsigned long number = atomic_fetch_add(&f->calls, 1) + 1;
        if (f->at == number || (f->lasts && f->at < number))
            lot = f->what;
    }
    return lot;
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
    if (strcmp(what, "huge") == 0) {
        if (needed != NULL)
            *needed = SIZE_MAX;
        if (value != NULL)
            memset(value, 'x', size < ENOUGH ? size : ENOUGH);
        return CL_SUCCESS;
    }
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

/* --- the loader's side --------------------------------------------------------------------- */

/* NAME[:PARAMETER]@K[+]=WHAT; false where it is not. */
static bool read_fault(char *text, fault *f)
{
    char *at = strchr(text, '@'), *what = strchr(text, '='), *end = NULL;
    if (at == NULL || what == NULL || what < at)
        return false;
    *at++ = *what++ = '\0';
    char *parameter = strchr(text, ':');
    if (parameter != NULL) {
        *parameter++ = '\0';
        f->parameter = strtoul(parameter, &end, 0);
        if (end == parameter || *end != '\0')
            return false;
    }
    f->at = strtoul(at, &end, 10);
    f->lasts = *end == '+';
    (void)snprintf(f->name, sizeof f->name, "%s", text);
    (void)snprintf(f->what, sizeof f->what, "%s", what);
    return end > at && end[f->lasts ? 1 : 0] == '\0';
}

static void read_faults(void)
{
    const char *given = getenv("DENSEAM_FAULT");
    char *text = strdup(given != NULL ? given : ""), *rest = NULL;
    for (char *one = strtok_r(text, ",", &rest); one != NULL; one = strtok_r(NULL, ",", &rest))
        if (wishes == MOST || !read_fault(one, &wanted[wishes++])) {
            (void)fprintf(stderr, "'%s' is not NAME[:PARAMETER]@K[+]=WHAT\n", given);
            abort();
        }
    free(text);
}

__attribute__((destructor)) static void tell_count(void)
{
    const char *path = getenv("DENSEAM_FAULT_COUNT");
    FILE *file = path != NULL && driver != NULL ? fopen(path, "w") : NULL;
    if (file != NULL) {
        (void)fprintf(file, "%lu\n", atomic_load(&wanted[0].calls));
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

CL_API_ENTRY cl_int CL_API_CALL clInitLayer(cl_uint entries, const cl_icd_dispatch *target,
                                            cl_uint *own_count, const cl_icd_dispatch **own)
{
    if (entries < sizeof *target / sizeof target->clGetPlatformIDs)
        return CL_INVALID_VALUE;
    read_faults();
    driver = target;
    layer = *target;
#define TAKE(NAME, PARAMETERS, VALUES) layer.NAME = my_##NAME;
#define TAKE_OBJECT(TYPE, NAME, PARAMETERS, VALUES) layer.NAME = my_##NAME;
    STATUS_CALLS(TAKE)
    OBJECT_CALLS(TAKE_OBJECT)
    INFO_CALLS(TAKE)
    layer.clEnqueueReadBuffer = my_clEnqueueReadBuffer;
    *own_count = entries;
    *own = &layer;
    return CL_SUCCESS;
}
