#include "model/power.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compute/random.h"

dam_status dam__power_plan(dam__power *power, dam__device *device, int size, dam__plan *plan)
{
    power->device = device;
    DAM_TRY(dam__plan_matrix(plan, "power iteration: v", 1, size, 1, &power->v));
    DAM_TRY(dam__plan_matrix(plan, "power iteration: A v", 1, size, 1, &power->w));
    return dam__plan_matrix(plan, "power iteration: beginning", 1, size, 1, &power->first);
}

dam_status dam__power_prepare(dam__power *power)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t size = (size_t)power->first.cols;
    DAM_TRY_CLEANUP(dam__program_create(power->device, "power", "", &power->program));
    DAM_TRY_CLEANUP(dam__program_kernel(power->program, "power_multiply", &power->multiply));
    DAM_TRY_CLEANUP(dam__program_kernel(power->program, "power_normalise", &power->normalise));
    DAM_TRY_CLEANUP(dam__alloc(size, sizeof *values, &values));
    /* Whatever is not orthogonal to the eigenvector will do: it is the same in every run. */
    dam__normals(0, DAM__STREAM_DIRECTIONS, 0, size, values);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&power->first, values, "power iteration: beginning"));
cleanup:
    free(values);
    return status;
}

void dam__power_free(dam__power *power)
{
    dam__buffer_destroy(power->v.buffer);
    dam__buffer_destroy(power->w.buffer);
    dam__buffer_destroy(power->first.buffer);
    dam__program_destroy(power->program);
    *power = (dam__power){0};
}

static dam_status normalise(dam__power *power, int size, bool centred, double scale,
                            const dam__buffer *out, size_t index)
{
    double items = size, bytes = (double)dam__real_size(power->device);
    return dam__launch(power->normalise, dam__range_groups(power->device, 1, 1),
                       (dam__work){.flops = 7 * items, .bytes = 3 * items * bytes},
                       DAM_ARGUMENTS(&power->v, &power->w, out, size, index, centred, scale));
}

static dam_status multiply(dam__power *power, const dam__matrix *matrix, int size)
{
    double items = (double)size * size, bytes = (double)dam__real_size(power->device);
    return dam__launch(power->multiply, dam__range_groups(power->device, (size_t)size, 1),
                       (dam__work){.flops = 2 * items, .bytes = items * bytes},
                       DAM_ARGUMENTS(matrix, &power->v, &power->w, size, matrix->ld));
}

dam_status dam__power_top(dam__power *power, const dam__matrix *matrix, int size, bool centred,
                          double scale, const dam__buffer *out, size_t index)
{
    enum { ITERATIONS = 400, PACE = 50 };
    const dam__matrix *first = &power->first;
    if (size > first->cols || size > matrix->cols)
        return dam__fail(DAM_INTERNAL, "a power iteration of %d was planned for %d", size,
                         first->cols);
    DAM_TRY(dam__buffer_copy(first->buffer, 0, power->w.buffer, 0,
                             first->stride * dam__real_size(power->device)));
    DAM_TRY(normalise(power, size, centred, scale, out, index));
    for (int i = 1; i <= ITERATIONS; i++) {
        DAM_TRY(multiply(power, matrix, size));
        DAM_TRY(normalise(power, size, centred, scale, out, index));
        if (i % PACE == 0)
            DAM_TRY(dam__device_pace(power->device));
    }
    return DAM_OK;
}
