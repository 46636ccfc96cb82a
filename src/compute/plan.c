#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/compute_internal.h"

/* Rows start on multiples of this many elements, so that the widest vector loads are aligned. */
enum { ROW_ALIGNMENT = 16 };

struct entry {
    char name[64];
    size_t bytes;
    dam__buffer **slot;
};

struct dam__plan {
    dam__device *device;
    struct entry *entries;
    size_t count;
};

dam_status dam__plan_create(dam__device *device, dam__plan **out)
{
    dam_status status = dam__alloc(1, sizeof **out, out);
    if (status == DAM_OK)
        (*out)->device = device;
    return status;
}

void dam__plan_destroy(dam__plan *plan)
{
    if (plan == NULL)
        return;
    free(plan->entries);
    free(plan);
}

dam_status dam__plan_buffer(dam__plan *plan, const char *name, size_t bytes, dam__buffer **slot)
{
    dam_status status = dam__grow(&plan->entries, plan->count + 1, sizeof *plan->entries);
    if (status != DAM_OK)
        return status;
    /* OpenCL has no empty buffers. */
    struct entry entry = {.bytes = bytes > 0 ? bytes : 1, .slot = slot};
    strncpy(entry.name, name, sizeof entry.name - 1);
    plan->entries[plan->count++] = entry;
    *slot = NULL;
    return DAM_OK;
}

dam_status dam__plan_matrix(dam__plan *plan, const char *name, int rows, int cols, int count,
                            dam__matrix *out)
{
    size_t bytes = 0;
    size_t ld = ((size_t)cols + ROW_ALIGNMENT - 1) / ROW_ALIGNMENT * ROW_ALIGNMENT;
    *out = (dam__matrix){.rows = rows, .cols = cols, .count = count, .ld = ld};
    DAM_TRY(dam__multiply(ld, (size_t)rows, &out->stride));
    DAM_TRY(dam__multiply(out->stride, (size_t)count, &bytes));
    DAM_TRY(dam__multiply(bytes, dam__real_size(plan->device), &bytes));
    return dam__plan_buffer(plan, name, bytes, &out->buffer);
}

dam_status dam__plan_matrix_like(dam__plan *plan, const char *name, const dam__matrix *like,
                                 dam__matrix *out)
{
    size_t bytes = 0;
    *out = *like;
    DAM_TRY(dam__multiply(like->stride, (size_t)like->count, &bytes));
    DAM_TRY(dam__multiply(bytes, dam__real_size(plan->device), &bytes));
    return dam__plan_buffer(plan, name, bytes, &out->buffer);
}

size_t dam__plan_total(const dam__plan *plan)
{
    size_t total = 0;
    for (size_t i = 0; i < plan->count; i++)
        if (__builtin_add_overflow(total, plan->entries[i].bytes, &total))
            return SIZE_MAX;
    return total;
}

bool dam__plan_entry(const dam__plan *plan, size_t i, const char **name, size_t *bytes)
{
    if (i >= plan->count)
        return false;
    *name = plan->entries[i].name;
    *bytes = plan->entries[i].bytes;
    return true;
}

dam_status dam__plan_check(const dam__plan *plan)
{
    const dam_device_info *info = &plan->device->info;
    const double mib = 1024.0 * 1024.0;
    for (size_t i = 0; i < plan->count; i++)
        if (plan->entries[i].bytes > info->largest_allocation)
            return dam__fail(DAM_NO_MEMORY,
                             "'%s' needs one buffer of %.1f MiB, but '%s' allows %.1f MiB each; "
                             "take fewer memories or a smaller batch",
                             plan->entries[i].name, (double)plan->entries[i].bytes / mib,
                             info->name, (double)info->largest_allocation / mib);
    size_t total = dam__plan_total(plan);
    if (total > info->global_memory)
        return dam__fail(DAM_NO_MEMORY,
                         "the run needs %.1f MiB on the device, but '%s' has %.1f MiB; "
                         "take fewer memories or a smaller batch",
                         (double)total / mib, info->name, (double)info->global_memory / mib);
    return DAM_OK;
}

dam_status dam__plan_fit(dam__plan_maker *make, void *user, int size, bool streams)
{
    dam_status status = DAM_OK;
    for (;;) {
        const dam__plan *plan = NULL;
        DAM_TRY(make(user, size, streams, &plan));
        status = dam__plan_check(plan);
        if (status != DAM_NO_MEMORY || (streams && size <= 1))
            break;
        size = streams ? size / 2 : size;
        streams = true;
    }
    return status;
}

static dam_status take_memory(dam__buffer *buffer)
{
    dam__device *device = buffer->device;
    cl_int error = CL_SUCCESS;
    buffer->memory =
        clCreateBuffer(device->context, CL_MEM_READ_WRITE, buffer->bytes, NULL, &error);
    if (buffer->memory == NULL)
        return dam__cl_fail(device, error, "clCreateBuffer", NULL);
    return dam__buffer_clear(buffer);
}

static dam_status make_buffer(dam__device *device, const struct entry *entry)
{
    dam_status status = DAM_OK;
    dam__buffer *buffer = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *buffer, &buffer));
    buffer->device = device;
    buffer->bytes = entry->bytes;
    if (device->recording == NULL)
        DAM_TRY_CLEANUP(take_memory(buffer));
    *entry->slot = buffer;
    buffer = NULL;
cleanup:
    dam__buffer_destroy(buffer);
    if (status != DAM_OK)
        return dam__fail_within(status, "allocating '%s' (%zu bytes)", entry->name, entry->bytes);
    return status;
}

dam_status dam__plan_allocate(dam__plan *plan)
{
    dam_status status = DAM_OK;
    size_t made = 0;
    DAM_TRY_CLEANUP(dam__plan_check(plan));
    for (; made < plan->count; made++)
        DAM_TRY_CLEANUP(make_buffer(plan->device, &plan->entries[made]));
    DAM_TRY_CLEANUP(dam__device_finish(plan->device));
cleanup:
    if (status != DAM_OK)
        for (size_t i = 0; i < made; i++) {
            dam__buffer_destroy(*plan->entries[i].slot);
            *plan->entries[i].slot = NULL;
        }
    return status;
}
