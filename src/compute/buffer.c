#include <stdlib.h>
#include <string.h>

#include "compute/compute_internal.h"

void dam__buffer_destroy(dam__buffer *buffer)
{
    if (buffer == NULL)
        return;
    if (buffer->memory != NULL)
        (void)clReleaseMemObject(buffer->memory);
    free(buffer);
}

static dam_status check_span(const dam__buffer *buffer, size_t offset, size_t bytes,
                             const char *what)
{
    if (offset > buffer->bytes || bytes > buffer->bytes - offset)
        return dam__fail(DAM_INTERNAL, "%s: %zu bytes at %zu lie beyond a buffer of %zu", what,
                         bytes, offset, buffer->bytes);
    return DAM_OK;
}

dam_status dam__buffer_write(dam__buffer *buffer, size_t offset, const void *data, size_t bytes,
                             bool wait, const char *what)
{
    dam__device *device = buffer->device;
    DAM_TRY(check_span(buffer, offset, bytes, what));
    if (bytes == 0 || device->recording != NULL)
        return DAM_OK;
    cl_event *event = dam__profile_begin(device->profile, device->queue);
    DAM_CL(clEnqueueWriteBuffer(device->queue, buffer->memory, wait ? CL_TRUE : CL_FALSE, offset,
                                bytes, data, 0, NULL, event));
    const dam__timed timed = {.name = what, .transfer = true, .bytes = (double)bytes};
    return dam__profile_end(device->profile, device->queue, &timed);
}

dam_status dam__buffer_read(dam__buffer *buffer, size_t offset, void *data, size_t bytes,
                            const char *what)
{
    dam__device *device = buffer->device;
    DAM_TRY(check_span(buffer, offset, bytes, what));
    if (bytes == 0)
        return DAM_OK;
    if (device->recording != NULL) {
        memset(data, 0, bytes);
        return DAM_OK;
    }
    cl_event *event = dam__profile_begin(device->profile, device->queue);
    DAM_CL(clEnqueueReadBuffer(device->queue, buffer->memory, CL_TRUE, offset, bytes, data, 0, NULL,
                               event));
    const dam__timed timed = {.name = what, .transfer = true, .bytes = (double)bytes};
    return dam__profile_end(device->profile, device->queue, &timed);
}

dam_status dam__buffer_clear(dam__buffer *buffer)
{
    dam__device *device = buffer->device;
    /* Fills want a multiple of the pattern; four bytes where they divide, else one. */
    const cl_uint zero = 0;
    if (device->recording != NULL)
        return DAM_OK;
    DAM_CL(clEnqueueFillBuffer(device->queue, buffer->memory, &zero,
                               buffer->bytes % sizeof zero == 0 ? sizeof zero : 1, 0, buffer->bytes,
                               0, NULL, NULL));
    return DAM_OK;
}

dam_status dam__buffer_copy(dam__buffer *from, size_t from_offset, dam__buffer *to,
                            size_t to_offset, size_t bytes)
{
    dam__device *device = from->device;
    DAM_TRY(check_span(from, from_offset, bytes, "copy from"));
    DAM_TRY(check_span(to, to_offset, bytes, "copy to"));
    if (device->recording != NULL)
        return DAM_OK;
    DAM_CL(clEnqueueCopyBuffer(device->queue, from->memory, to->memory, from_offset, to_offset,
                               bytes, 0, NULL, NULL));
    return DAM_OK;
}
