/* The arrays of a sweep in a container, and back. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "sweep/sweep.h"

static const double MOST_EPOCHS = 1e9;
#define CURVES "results/curve"

/* The grid's shape with the seeds behind. */
static int shape_of(const dam__sweep *sweep, size_t shape[DAM__MAX_RANK])
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        shape[i] = sweep->axes[i].count;
    shape[sweep->axis_count] = sweep->seeds;
    return (int)sweep->axis_count + 1;
}

static dam_status save_axis(const dam__axis *axis, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    char *name = NULL;
    DAM_TRY_CLEANUP(dam__format(&name, "axes/%s", axis->key));
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, 1, &axis->count, &array));
    for (size_t i = 0; i < axis->count; i++)
        ((double *)array.data)[i] = axis->numbers != NULL ? axis->numbers[i] : (double)i;
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    free(name);
    return status;
}

/* What is stored of a replica, as numbers: its status, epochs, seconds, then its metrics. */
enum { STATUS, EPOCHS, SECONDS, FIRST_METRIC, COLUMNS = FIRST_METRIC + DAM__METRICS };

static const char *column_name(int column)
{
    static const char *const names[] = {"status", "epochs", "seconds"};
    return column < FIRST_METRIC ? names[column]
                                 : dam__metric_name((dam__metric)(column - FIRST_METRIC));
}

static double column_value(const dam__replica_result *result, int column)
{
    switch (column) {
    case STATUS:
        return result->status;
    case EPOCHS:
        return result->epochs;
    case SECONDS:
        return result->seconds;
    default:
        /* What is not there yet is no number either. */
        return result->status == DAM__REPLICA_PENDING || result->status == DAM__REPLICA_OUTSIDE
                   ? NAN
                   : result->metrics[column - FIRST_METRIC];
    }
}

static dam_status save_column(const dam__sweep *sweep, int column, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    char *name = NULL;
    size_t shape[DAM__MAX_RANK];
    int rank = shape_of(sweep, shape);
    DAM_TRY_CLEANUP(dam__format(&name, "results/%s", column_name(column)));
    DAM_TRY_CLEANUP(dam__array_create(column == STATUS ? DAM__U8 : DAM__F64, rank, shape, &array));
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++) {
        double value = column_value(&sweep->results[p], column);
        if (column == STATUS)
            ((unsigned char *)array.data)[p] = (unsigned char)value;
        else
            ((double *)array.data)[p] = value;
    }
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    free(name);
    return status;
}

/* The grid's shape, the seeds, then the points of a curve. */
static int shape_of_curves(const dam__sweep *sweep, size_t shape[DAM__MAX_RANK])
{
    int rank = shape_of(sweep, shape);
    shape[rank] = DAM__SWEEP_POINTS;
    return rank + 1;
}

static dam_status save_curves(const dam__sweep *sweep, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    size_t shape[DAM__MAX_RANK], replicas = sweep->cells * sweep->seeds;
    int rank = shape_of_curves(sweep, shape);
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, rank, shape, &array));
    memcpy(array.data, sweep->curves, replicas * DAM__SWEEP_POINTS * sizeof *sweep->curves);
    DAM_TRY_CLEANUP(dam__container_add(out, CURVES, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

static dam_status restore_curves(dam__sweep *sweep, const dam__container *container)
{
    size_t shape[DAM__MAX_RANK], replicas = sweep->cells * sweep->seeds;
    int rank = shape_of_curves(sweep, shape);
    const dam__array *array = dam__container_array(container, CURVES);
    if (array == NULL || array->rank != rank || array->element != DAM__F64 ||
        memcmp(array->shape, shape, (size_t)rank * sizeof *shape) != 0)
        return dam__fail(DAM_INPUT, "'" CURVES "' is not there, or not of the grid's shape; use "
                                    "another copy");
    memcpy(sweep->curves, array->data, replicas * DAM__SWEEP_POINTS * sizeof *sweep->curves);
    return DAM_OK;
}

dam_status dam__sweep_save(const dam__sweep *sweep, dam__container *out)
{
    for (size_t i = 0; i < sweep->axis_count; i++)
        DAM_TRY(save_axis(&sweep->axes[i], out));
    for (int column = 0; column < COLUMNS; column++)
        DAM_TRY(save_column(sweep, column, out));
    if (sweep->curves != NULL)
        DAM_TRY(save_curves(sweep, out));
    return DAM_OK;
}

/* Stores a number of the file in its result; false where it makes no sense. */
static bool take(dam__replica_result *result, int column, double value)
{
    switch (column) {
    case STATUS:
        result->status = value <= DAM__REPLICA_OUTSIDE ? (dam__replica_status)value : 0;
        return value <= DAM__REPLICA_OUTSIDE;
    case EPOCHS:
        result->epochs = value >= 0 && value <= MOST_EPOCHS ? (int)value : 0;
        return value >= 0 && value <= MOST_EPOCHS && value == floor(value);
    case SECONDS:
        result->seconds = value;
        return isfinite(value) && value >= 0;
    default:
        result->metrics[column - FIRST_METRIC] = value;
        return !isinf(value);
    }
}

/* A metric that is younger than the file. */
static void leave_out(dam__sweep *sweep, int column)
{
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        (void)take(&sweep->results[p], column, NAN);
}

static dam_status restore_column(dam__sweep *sweep, int column, const dam__container *container)
{
    enum { FIRST_YOUNG = FIRST_METRIC + DAM__METRIC_VALIDATION_F1 };
    dam_status status = DAM_OK;
    char *name = NULL;
    size_t shape[DAM__MAX_RANK];
    int rank = shape_of(sweep, shape);
    DAM_TRY_CLEANUP(dam__format(&name, "results/%s", column_name(column)));
    const dam__array *array = dam__container_array(container, name);
    if (array == NULL && column >= FIRST_YOUNG) {
        leave_out(sweep, column);
        goto cleanup;
    }
    if (array == NULL || array->rank != rank ||
        memcmp(array->shape, shape, (size_t)rank * sizeof *shape) != 0 ||
        (column == STATUS && array->element != DAM__U8))
        DAM_FAIL(DAM_INPUT, "'%s' is not there, or not of the grid's shape; use another copy",
                 name);
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        if (!take(&sweep->results[p], column, dam__array_at(array, p)))
            DAM_FAIL(DAM_INPUT, "'%s' holds an impossible value for replica %zu; use another copy",
                     name, p);
cleanup:
    free(name);
    return status;
}

dam_status dam__sweep_restore(dam__sweep *sweep, const dam__container *container)
{
    for (int column = 0; column < COLUMNS; column++)
        DAM_TRY(restore_column(sweep, column, container));
    if (sweep->curves != NULL)
        DAM_TRY(restore_curves(sweep, container));
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++) {
        const dam__replica_result result = sweep->results[p];
        dam__sweep_note(sweep, p, &result);
    }
    return DAM_OK;
}
