#include "compute/compute_internal.h"

dam__argument dam__arg(const dam__buffer *buffer)
{
    return (dam__argument){.type = DAM__ARGUMENT_BUFFER, .buffer = buffer};
}

dam__argument dam__arg_int(int32_t value)
{
    return (dam__argument){.type = DAM__ARGUMENT_INT, .integer = value};
}

dam__argument dam__arg_uint(uint32_t value)
{
    return (dam__argument){.type = DAM__ARGUMENT_UINT, .integer = (int32_t)value};
}

dam__argument dam__arg_real(double value)
{
    return (dam__argument){.type = DAM__ARGUMENT_REAL, .real = value};
}

static cl_int set_argument(const dam__kernel *kernel, cl_uint index, const dam__argument *argument)
{
    switch (argument->type) {
    case DAM__ARGUMENT_BUFFER: {
        cl_mem memory = argument->buffer != NULL ? argument->buffer->memory : NULL;
        return clSetKernelArg(kernel->handle, index, sizeof memory, &memory);
    }
    case DAM__ARGUMENT_INT:
    case DAM__ARGUMENT_UINT:
        return clSetKernelArg(kernel->handle, index, sizeof argument->integer, &argument->integer);
    case DAM__ARGUMENT_REAL:
        break;
    }
    if (kernel->device->precision == DAM__PRECISION_DOUBLE)
        return clSetKernelArg(kernel->handle, index, sizeof argument->real, &argument->real);
    float single = (float)argument->real;
    return clSetKernelArg(kernel->handle, index, sizeof single, &single);
}

dam_status dam__launch(dam__kernel *kernel, dam__range range, dam__work work, size_t count,
                       const dam__argument *arguments)
{
    dam_status status = DAM_OK;
    dam__device *device = kernel->device;
    for (size_t i = 0; i < count; i++) {
        cl_int error = set_argument(kernel, (cl_uint)i, &arguments[i]);
        if (error != CL_SUCCESS)
            DAM_FAIL(DAM_INTERNAL, "argument %zu of kernel '%s' was refused with %s", i,
                     kernel->name, dam__cl_error_name(error));
    }
    for (int axis = 0; axis < 3; axis++) {
        range.global[axis] = range.global[axis] > 0 ? range.global[axis] : 1;
        range.local[axis] = range.local[axis] > 0 ? range.local[axis] : 1;
    }
    cl_event *event = dam__profile_begin(device->profile, device->queue);
    cl_int error = clEnqueueNDRangeKernel(device->queue, kernel->handle, 3, NULL, range.global,
                                          range.local, 0, NULL, event);
    if (error != CL_SUCCESS)
        DAM_TRY(dam__cl_fail(device, error, kernel->name));
    const dam__timed timed = {.name = kernel->name, .flops = work.flops, .bytes = work.bytes};
    DAM_TRY(dam__profile_end(device->profile, device->queue, &timed));
cleanup:
    return status;
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
