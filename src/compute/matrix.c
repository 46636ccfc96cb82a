#include "compute/matrix.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "compute/compute_internal.h"

size_t dam__matrix_items(const dam__matrix *matrix)
{
    return (size_t)matrix->rows * (size_t)matrix->cols * (size_t)matrix->count;
}

static size_t matrix_bytes(const dam__matrix *matrix, size_t real)
{
    return matrix->stride * (size_t)matrix->count * real;
}

/* Copies row by row between dense and padded storage; every replica's rows follow one another. */
static void copy_rows(const dam__matrix *matrix, size_t real, char *to, size_t to_row,
                      const char *from, size_t from_row)
{
    size_t rows = (size_t)matrix->rows * (size_t)matrix->count;
    for (size_t i = 0; i < rows; i++)
        memcpy(to + i * to_row, from + i * from_row, (size_t)matrix->cols * real);
}

dam_status dam__matrix_write(const dam__matrix *matrix, const void *dense, const char *what)
{
    dam_status status = DAM_OK;
    char *padded = NULL;
    size_t real = dam__real_size(matrix->buffer->device);
    size_t bytes = matrix_bytes(matrix, real);
    DAM_TRY_CLEANUP(dam__alloc(bytes, 1, &padded));
    copy_rows(matrix, real, padded, matrix->ld * real, dense, (size_t)matrix->cols * real);
    DAM_TRY_CLEANUP(dam__buffer_write(matrix->buffer, 0, padded, bytes, true, what));
cleanup:
    free(padded);
    return status;
}

dam_status dam__matrix_read(const dam__matrix *matrix, void *dense, const char *what)
{
    dam_status status = DAM_OK;
    char *padded = NULL;
    size_t real = dam__real_size(matrix->buffer->device);
    size_t bytes = matrix_bytes(matrix, real);
    DAM_TRY_CLEANUP(dam__alloc(bytes, 1, &padded));
    DAM_TRY_CLEANUP(dam__buffer_read(matrix->buffer, 0, padded, bytes, what));
    copy_rows(matrix, real, dense, (size_t)matrix->cols * real, padded, matrix->ld * real);
cleanup:
    free(padded);
    return status;
}

dam_status dam__matrix_write_doubles(const dam__matrix *matrix, const double *dense,
                                     const char *what)
{
    if (dam__device_precision(matrix->buffer->device) == DAM__PRECISION_DOUBLE)
        return dam__matrix_write(matrix, dense, what);
    dam_status status = DAM_OK;
    float *single = NULL;
    size_t items = dam__matrix_items(matrix);
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *single, &single));
    for (size_t i = 0; i < items; i++)
        single[i] = (float)dense[i];
    DAM_TRY_CLEANUP(dam__matrix_write(matrix, single, what));
cleanup:
    free(single);
    return status;
}

dam_status dam__matrix_read_unchecked(const dam__matrix *matrix, double *dense, const char *what)
{
    if (dam__device_precision(matrix->buffer->device) == DAM__PRECISION_DOUBLE)
        return dam__matrix_read(matrix, dense, what);
    dam_status status = DAM_OK;
    float *single = NULL;
    size_t items = dam__matrix_items(matrix);
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *single, &single));
    DAM_TRY_CLEANUP(dam__matrix_read(matrix, single, what));
    for (size_t i = 0; i < items; i++)
        dense[i] = (double)single[i];
cleanup:
    free(single);
    return status;
}

/* --- results ---------------------------------------------------------------------------------- */

static dam_status impossible(const dam__device *device, const char *what, size_t item, double value)
{
    char number[DAM__NUMBER_BYTES];
    return dam__advise(DAM__ADVICE_KERNELS,
                       dam__fail(DAM_DIVERGED,
                                 "the %s that '%s' computed are impossible: number %zu is %s; the "
                                 "run diverged, or the device is wrong",
                                 what, device->info.name, item + 1,
                                 dam__real_digits(value, 6, number)));
}

dam_status dam__matrix_read_doubles(const dam__matrix *matrix, double *dense, const char *what)
{
    DAM_TRY(dam__matrix_read_unchecked(matrix, dense, what));
    size_t items = dam__matrix_items(matrix);
    for (size_t i = 0; i < items; i++)
        if (!isfinite(dense[i]))
            return impossible(matrix->buffer->device, what, i, dense[i]);
    return DAM_OK;
}

dam_status dam__integers_read(dam__buffer *buffer, size_t count, int32_t most, int32_t *out,
                              const char *what)
{
    DAM_TRY(dam__buffer_read(buffer, 0, out, count * sizeof *out, what));
    for (size_t i = 0; i < count; i++)
        if (out[i] < 0 || out[i] > most)
            return impossible(buffer->device, what, i, out[i]);
    return DAM_OK;
}
