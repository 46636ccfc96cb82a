#include <string.h>

#include "compute/compute_internal.h"

dam__argument dam__arg_buffer(const dam__buffer *buffer)
{
    return (dam__argument){.kind = DAM__ARGUMENT_BUFFER, .count = 1, .buffer = buffer};
}

dam__argument dam__arg_matrix(const dam__matrix *matrix)
{
    return dam__arg_buffer(matrix->buffer);
}

dam__argument dam__arg_integer(int64_t value)
{
    return (dam__argument){.kind = DAM__ARGUMENT_INTEGER, .count = 1, .integers = {(int32_t)value}};
}

dam__argument dam__arg_size(unsigned long long value)
{
    return dam__arg_integer((int64_t)value);
}

dam__argument dam__arg_real(double value)
{
    return (dam__argument){.kind = DAM__ARGUMENT_REAL, .count = 1, .real = value};
}

dam__argument dam__arg_shape(const dam__matrix *matrix)
{
    return (dam__argument){.kind = DAM__ARGUMENT_INTEGER,
                           .count = 2,
                           .integers = {(int32_t)matrix->ld, (int32_t)matrix->stride}};
}

dam__argument dam__arg_seed(uint64_t seed)
{
    return (dam__argument){.kind = DAM__ARGUMENT_INTEGER,
                           .count = 2,
                           .integers = {(int32_t)seed, (int32_t)(seed >> 32)}};
}

/* A kernel that is given too few silently takes what its last launch gave it. */
static dam_status check_count(const dam__kernel *kernel, const dam__argument *arguments)
{
    cl_uint given = 0;
    while (arguments->kind != DAM__ARGUMENT_NONE)
        given += (arguments++)->count;
    if (given != kernel->arguments)
        return dam__fail(DAM_INTERNAL, "kernel '%s' takes %u arguments, but is given %u",
                         kernel->name, kernel->arguments, given);
    return DAM_OK;
}

/* An int is as large as a float, so a driver takes the one for the other. */
static dam_status check_kind(const dam__kernel *kernel, cl_uint index, dam__argument_kind given)
{
    static const char *const names[] = {"unknown", "a buffer", "an integer", "a real"};
    dam__argument_kind wanted =
        index < DAM__KNOWN_ARGUMENTS ? kernel->kinds[index] : DAM__ARGUMENT_NONE;
    if (wanted != DAM__ARGUMENT_NONE && wanted != given)
        return dam__fail(DAM_INTERNAL, "argument %u of kernel '%s' is %s, but is given %s", index,
                         kernel->name, names[wanted], names[given]);
    return DAM_OK;
}

static dam_status set_value(const dam__kernel *kernel, cl_uint index, size_t size,
                            const void *value)
{
    char subject[96];
    cl_int error = clSetKernelArg(kernel->handle, index, size, value);
    if (error == CL_SUCCESS)
        return DAM_OK;
    (void)snprintf(subject, sizeof subject, "argument %u of kernel '%s'", index, kernel->name);
    return dam__cl_fail(kernel->device, error, "clSetKernelArg", subject);
}

static dam_status set_argument(const dam__kernel *kernel, cl_uint index,
                               const dam__argument *argument)
{
    dam_status status = check_kind(kernel, index, argument->kind);
    cl_mem memory = argument->buffer != NULL ? argument->buffer->memory : NULL;
    float single = (float)argument->real;
    if (status != DAM_OK)
        return status;
    if (argument->kind == DAM__ARGUMENT_BUFFER)
        return set_value(kernel, index, sizeof memory, &memory);
    if (argument->kind == DAM__ARGUMENT_REAL)
        return kernel->device->precision == DAM__PRECISION_DOUBLE
                   ? set_value(kernel, index, sizeof argument->real, &argument->real)
                   : set_value(kernel, index, sizeof single, &single);
    for (cl_uint i = 0; status == DAM_OK && i < argument->count; i++)
        status = set_value(kernel, index + i, sizeof *argument->integers, &argument->integers[i]);
    return status;
}

/* Only a driver knows what arguments a kernel takes: they are not looked at. */
static dam_status record_launch(const dam__kernel *kernel, dam__range range, dam__work work)
{
    const dam__device *device = kernel->device;
    dam__recorded_launch launch = {.wide = device->precision == DAM__PRECISION_DOUBLE,
                                   .program = kernel->recorded,
                                   .range = range,
                                   .work = work};
    memcpy(launch.kernel, kernel->name, sizeof launch.kernel);
    return dam__recording_launch(device->recording, &launch);
}

dam_status dam__launch(dam__kernel *kernel, dam__range range, dam__work work,
                       const dam__argument *arguments)
{
    dam__device *device = kernel->device;
    for (int axis = 0; axis < 3; axis++) {
        range.global[axis] = range.global[axis] > 0 ? range.global[axis] : 1;
        range.local[axis] = range.local[axis] > 0 ? range.local[axis] : 1;
    }
    if (device->recording != NULL)
        return record_launch(kernel, range, work);
    DAM_TRY(check_count(kernel, arguments));
    for (cl_uint index = 0; index < kernel->arguments; index += (arguments++)->count)
        DAM_TRY(set_argument(kernel, index, arguments));
    cl_event *event = dam__profile_begin(device->profile, device->queue);
    cl_int error = clEnqueueNDRangeKernel(device->queue, kernel->handle, 3, NULL, range.global,
                                          range.local, 0, NULL, event);
    if (error != CL_SUCCESS)
        DAM_TRY(dam__cl_fail(device, error, "clEnqueueNDRangeKernel", kernel->name));
    const dam__timed timed = {.name = kernel->name, .flops = work.flops, .bytes = work.bytes};
    return dam__profile_end(device->profile, device->queue, &timed);
}

dam__range dam__range_groups(const dam__device *device, size_t groups, size_t rows)
{
    size_t group = (size_t)device->group;
    return (dam__range){.global = {groups * group, rows}, .local = {group, 1}};
}

dam__range dam__range_items(const dam__device *device, size_t items, size_t rows)
{
    size_t group = (size_t)device->group;
    return dam__range_groups(device, (items + group - 1) / group, rows);
}
