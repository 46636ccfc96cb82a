#include "compute/opencl_device.h"

#include <float.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "compute/compute_internal.h"
#include "compute/ids.h"

/*
 * What failed, by the code and by the call: CL_OUT_OF_RESOURCES is said of memory only by calls
 * that take memory. From others it is a kernel that crashed, was stopped or is too large.
 */
static dam_status kind_of(cl_int error, const char *call)
{
    bool takes = strcmp(call, "clCreateBuffer") == 0 || strcmp(call, "clEnqueueFillBuffer") == 0;
    bool opens = strcmp(call, "clCreateContext") == 0 || strcmp(call, "clCreateCommandQueue") == 0;
    if (error == CL_OUT_OF_HOST_MEMORY || error == CL_MEM_OBJECT_ALLOCATION_FAILURE ||
        error == CL_INVALID_BUFFER_SIZE || (error == CL_OUT_OF_RESOURCES && takes))
        return DAM_NO_MEMORY;
    return opens ? DAM_NO_DEVICE : DAM_INTERNAL;
}

static const char *remedy(dam_status kind, cl_int error)
{
    if (error == CL_OUT_OF_HOST_MEMORY)
        return "; the host has no memory left for the driver";
    if (kind == DAM_NO_MEMORY)
        return "; take a smaller batch or fewer memories";
    if (error == CL_OUT_OF_RESOURCES)
        return "; the driver gave the work up, and the system's log may say why (dmesg)";
    return "";
}

dam_status dam__cl_fail(const dam__device *device, cl_int error, const char *call,
                        const char *subject)
{
    dam_status kind = kind_of(error, call);
    return dam__fail(kind, "%s%s%s on '%s' failed with %s (%d)%s", call,
                     subject != NULL ? " of " : "", subject != NULL ? subject : "",
                     device->info.name, dam__cl_error_name(error), (int)error, remedy(kind, error));
}

dam_status dam__cl_check(const dam__device *device, cl_int error, const char *call)
{
    char name[64];
    if (error == CL_SUCCESS)
        return DAM_OK;
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(call, "("), call);
    return dam__cl_fail(device, error, name, NULL);
}

/*
 * CPU shape pays off where the driver maps vectors to the CPU's registers: PoCL and Intel's do.
 * Mesa's llvmpipe calls itself a CPU too but spills them (thousands of times slower).
 */
static dam__shape natural_shape(const dam_device_info *info)
{
    bool vectors = info->type == DAM_DEVICE_CPU && info->native_float_width >= 4 &&
                   !dam__contains_nocase(info->name, "llvmpipe");
    return vectors ? DAM__SHAPE_CPU : DAM__SHAPE_GPU;
}

/* The vector width is a power of two from 2 to 16, as OpenCL's vector types have it. */
void dam__device_choose_widths(dam__device *device)
{
    enum { GPU_GROUP = 64, GPU_WIDTH = 4, CPU_WIDTH_AT_LEAST = 4, CPU_WIDTH_AT_MOST = 16 };
    int vector_width = GPU_WIDTH;
    device->group = GPU_GROUP;
    if (device->shape == DAM__SHAPE_CPU) {
        vector_width = (int)device->info.native_float_width;
        vector_width = vector_width < CPU_WIDTH_AT_LEAST ? CPU_WIDTH_AT_LEAST : vector_width;
        vector_width = vector_width > CPU_WIDTH_AT_MOST ? CPU_WIDTH_AT_MOST : vector_width;
        device->group = 1;
    }
    device->vector_width =
        device->precision == DAM__PRECISION_DOUBLE ? vector_width / 2 : vector_width;
    device->vector_width = dam__tuned(device, DAM__KERNEL_VECTOR_WIDTH, device->vector_width);
    if (device->shape == DAM__SHAPE_GPU)
        device->group = dam__tuned(device, DAM__KERNEL_GROUP, device->group);
}

dam_status dam__device_copy_tuning(dam__device *device, const dam__tuning *tuning)
{
    if (tuning == NULL)
        return DAM_OK;
    DAM_TRY(dam__alloc(1, sizeof *device->tuning, &device->tuning));
    *device->tuning = *tuning;
    device->part = dam__tuning_part_of(device->tuning, device->shape, device->precision);
    return DAM_OK;
}

/* A copy of the tuning, unless CLBlast does not take its part of it. */
static dam_status take_tuning(dam__device *device, const dam__tuning *tuning)
{
    if (tuning == NULL)
        return DAM_OK;
    DAM_TRY(dam__device_copy_tuning(device, tuning));
    if (dam__clblast_override(device, device->part) != DAM_OK) {
        dam__warn(&device->log, "the tuning of '%s' is ignored: %s", device->info.name,
                  dam_error());
        device->part = NULL;
        free(device->tuning);
        device->tuning = NULL;
    }
    return DAM_OK;
}

dam_status dam__device_open(const dam_device_info *info, const dam__device_options *options,
                            dam__device **out)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *device, &device));
    device->info = *info;
    device->log = options->log;
    device->precision = options->precision;
    if (options->precision == DAM__PRECISION_DOUBLE && !info->fp64)
        DAM_TRY_CLEANUP(
            dam__advise(DAM__ADVICE_DEVICE,
                        dam__fail(DAM_NO_DEVICE,
                                  "'%s' has no fp64, which train.precision = \"double\" needs; "
                                  "take \"single\" or another device",
                                  info->name)));
    DAM_TRY_CLEANUP(dam__device_ids(info, &device->platform, &device->id));
    device->shape = options->shape == DAM__SHAPE_AUTO ? natural_shape(info) : options->shape;
    DAM_TRY_CLEANUP(take_tuning(device, options->tuning));
    dam__device_choose_widths(device);
    cl_int error = CL_SUCCESS;
    const cl_context_properties properties[] = {CL_CONTEXT_PLATFORM,
                                                (cl_context_properties)device->platform, 0};
    device->context = clCreateContext(properties, 1, &device->id, NULL, NULL, &error);
    if (device->context == NULL)
        DAM_TRY_CLEANUP(dam__cl_fail(device, error, "clCreateContext", NULL));
    device->queue = clCreateCommandQueue(device->context, device->id,
                                         options->profile ? CL_QUEUE_PROFILING_ENABLE : 0, &error);
    if (device->queue == NULL)
        DAM_TRY_CLEANUP(dam__cl_fail(device, error, "clCreateCommandQueue", NULL));
    if (options->profile)
        DAM_TRY_CLEANUP(dam__profile_create(&device->profile));
    *out = device;
    device = NULL;
cleanup:
    dam__device_close(device);
    return status;
}

void dam__device_close(dam__device *device)
{
    if (device == NULL)
        return;
    dam__device_drain(device);
    for (size_t i = 0; i < DAM__PACE_DEPTH; i++)
        dam__fence_clear(&device->pace[i]);
    dam__profile_destroy(device->profile);
    dam__built_free(device->built);
    if (device->queue != NULL)
        (void)clReleaseCommandQueue(device->queue);
    if (device->context != NULL)
        (void)clReleaseContext(device->context);
    free(device->tuning);
    free(device);
}

const dam_device_info *dam__device_facts(const dam__device *device)
{
    return &device->info;
}

const dam_log *dam__device_log(const dam__device *device)
{
    return &device->log;
}

dam__shape dam__device_shape(const dam__device *device)
{
    return device->shape;
}

dam__precision dam__device_precision(const dam__device *device)
{
    return device->precision;
}

size_t dam__real_size(const dam__device *device)
{
    return device->precision == DAM__PRECISION_DOUBLE ? sizeof(double) : sizeof(float);
}

double dam__real_epsilon(const dam__device *device)
{
    return device->precision == DAM__PRECISION_DOUBLE ? DBL_EPSILON : (double)FLT_EPSILON;
}

int dam__vector_width(const dam__device *device)
{
    return device->vector_width;
}

int dam__group(const dam__device *device)
{
    return device->group;
}

const dam__tuning *dam__device_tuning(const dam__device *device)
{
    return device->tuning;
}

const char *dam__device_tuning_digest(const dam__device *device)
{
    return device->tuning != NULL ? device->tuning->digest : "none";
}

int dam__tuned(const dam__device *device, dam__kernel_key key, int built_in)
{
    const dam__set *set = device->part != NULL ? &device->part->sets[DAM__SPACE_KERNELS] : NULL;
    return set != NULL && set->given && set->values[key] > 0 ? set->values[key] : built_in;
}

cl_int dam__queue_finish(cl_command_queue queue)
{
    cl_event last = NULL;
    cl_int error = clEnqueueMarkerWithWaitList(queue, 0, NULL, &last);
    if (error != CL_SUCCESS)
        return error;
    error = clWaitForEvents(1, &last);
    (void)clReleaseEvent(last);
    return error == CL_SUCCESS ? clFinish(queue) : error;
}

dam_status dam__device_finish(dam__device *device)
{
    if (device->recording != NULL)
        return DAM_OK;
    return dam__cl_check(device, dam__queue_finish(device->queue), "clFinish");
}

void dam__device_drain(dam__device *device)
{
    if (device->recording == NULL && device->queue != NULL)
        (void)dam__queue_finish(device->queue);
}

dam_status dam__device_pace(dam__device *device)
{
    dam__fence *fence = &device->pace[device->paced++ % DAM__PACE_DEPTH];
    DAM_TRY(dam__fence_wait(device, fence));
    return dam__fence_set(device, fence);
}

dam_status dam__fence_set(dam__device *device, dam__fence *fence)
{
    cl_event event = NULL;
    dam__fence_clear(fence);
    if (device->recording != NULL)
        return DAM_OK;
    DAM_CL(clEnqueueMarkerWithWaitList(device->queue, 0, NULL, &event));
    fence->event = event;
    DAM_CL(clFlush(device->queue));
    return DAM_OK;
}

dam_status dam__fence_wait(dam__device *device, dam__fence *fence)
{
    if (fence->event == NULL)
        return DAM_OK;
    cl_event event = fence->event;
    DAM_CL(clWaitForEvents(1, &event));
    dam__fence_clear(fence);
    return DAM_OK;
}

void dam__fence_clear(dam__fence *fence)
{
    if (fence->event != NULL)
        (void)clReleaseEvent(fence->event);
    fence->event = NULL;
}
