#include "train/checkpoint.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum { NAME_BYTES = 96 };
static const char MEMORIES_NAME[] = "state/memories";

static void parameter_name(char *name, const dam__parameter *parameter)
{
    (void)snprintf(name, NAME_BYTES, "parameters/%s", parameter->name);
}

static void square_name(char *name, const dam__parameter *parameter)
{
    (void)snprintf(name, NAME_BYTES, "squares/%s", parameter->name);
}

static void velocity_name(char *name, const dam__parameter *parameter)
{
    (void)snprintf(name, NAME_BYTES, "velocities/%s", parameter->name);
}

/* --- saving ----------------------------------------------------------------------------------- */

/* A step can diverge after the last loss that was read: non-finite values are not saved. */
static dam_status check_finite(dam__trainer *trainer, const char *name, const dam__array *array)
{
    const dam__position *position = dam__trainer_position(trainer);
    for (size_t i = 0; i < dam__array_items(array); i++)
        if (!isfinite(dam__array_at(array, i)))
            return dam__fail(DAM_DIVERGED, "'%s' is not finite after epoch %d, step %d; %s", name,
                             position->epoch + (position->step > 0),
                             position->step > 0 ? position->step : dam__trainer_steps(trainer),
                             dam__model_advice(dam__trainer_model(trainer)));
    return DAM_OK;
}

static dam_status save_matrix(dam__trainer *trainer, const char *name, const dam__matrix *matrix,
                              dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    const size_t shape[] = {(size_t)matrix->rows, (size_t)matrix->cols};
    const dam__device *device = dam__trainer_model(trainer)->device;
    bool wide = dam__device_precision(device) == DAM__PRECISION_DOUBLE;
    DAM_TRY_CLEANUP(dam__array_create(wide ? DAM__F64 : DAM__F32, 2, shape, &array));
    DAM_TRY_CLEANUP(dam__matrix_read(matrix, array.data, "checkpoint"));
    DAM_TRY_CLEANUP(check_finite(trainer, name, &array));
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

static dam_status save_doubles(dam__container *out, const char *name, const double *values,
                               int rank, const size_t *shape)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, rank, shape, &array));
    if (dam__array_items(&array) > 0)
        memcpy(array.data, values, dam__array_items(&array) * sizeof *values);
    DAM_TRY_CLEANUP(dam__container_add(out, name, &array));
cleanup:
    dam__array_free(&array);
    return status;
}

/* The order of the numbers in "state/position". */
enum { EPOCH, STEP, WAIT, BEST, SECONDS, FINISHED, STAGE, STAGE_EPOCH, STABLE, POSITION_ITEMS };

static dam_status save_position(dam__trainer *trainer, dam__container *out)
{
    const dam__position *position = dam__trainer_position(trainer);
    const double items[POSITION_ITEMS] = {
        [EPOCH] = position->epoch,     [STEP] = position->step,
        [WAIT] = position->wait,       [BEST] = position->best,
        [SECONDS] = position->seconds, [FINISHED] = dam__trainer_is_over(trainer),
        [STAGE] = position->stage,     [STAGE_EPOCH] = position->stage_epoch,
        [STABLE] = position->stable};
    const size_t shape[] = {POSITION_ITEMS};
    return save_doubles(out, "state/position", items, 1, shape);
}

/* What the last split took, until the first epoch of its stage is in the history. */
static dam_status save_split(dam__trainer *trainer, dam__container *out)
{
    const dam__position *position = dam__trainer_position(trainer);
    const double items[] = {position->split_seconds, position->split_epochs};
    const size_t shape[] = {2};
    return save_doubles(out, "state/split", items, 1, shape);
}

/* How many memories the model has at present. */
static dam_status save_memories(const dam__model *model, dam__container *out)
{
    const double memories = model->ops->grow->memories(model);
    return save_doubles(out, MEMORIES_NAME, &memories, 1, (const size_t[]){1});
}

/* Inside an epoch, the losses of its steps so far: they are part of its mean. */
static dam_status save_losses(dam__trainer *trainer, size_t steps, dam__container *out)
{
    dam_status status = DAM_OK;
    double *losses = NULL;
    const size_t shape[] = {steps};
    DAM_TRY_CLEANUP(dam__alloc(steps, sizeof *losses, &losses));
    DAM_TRY_CLEANUP(dam__trainer_read_losses(trainer, losses));
    DAM_TRY_CLEANUP(save_doubles(out, "state/losses", losses, 1, shape));
cleanup:
    free(losses);
    return status;
}

static dam_status save_history(const dam__history *history, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__text columns = {0};
    const size_t shape[] = {history->row_count, history->column_count};
    for (size_t i = 0; i < history->column_count; i++)
        dam__text_append(&columns, "%s%s", i > 0 ? "," : "", history->columns[i]);
    DAM_TRY_CLEANUP(dam__text_status(&columns));
    DAM_TRY_CLEANUP(dam__container_set_text(out, "history_columns", columns.data));
    DAM_TRY_CLEANUP(save_doubles(out, "history", history->rows, 2, shape));
cleanup:
    dam__text_free(&columns);
    return status;
}

dam_status dam__checkpoint_save(dam__trainer *trainer, dam__container *out)
{
    dam__model *model = dam__trainer_model(trainer);
    const dam__optimizer *optimizer = dam__trainer_optimizer(trainer);
    char name[NAME_BYTES];
    for (int i = 0; i < model->parameter_count; i++) {
        parameter_name(name, &model->parameters[i]);
        DAM_TRY(save_matrix(trainer, name, &model->parameters[i].value, out));
        const dam__matrix *velocity = dam__optimizer_velocity(optimizer, i);
        if (velocity->buffer == NULL)
            continue;
        velocity_name(name, &model->parameters[i]);
        DAM_TRY(save_matrix(trainer, name, velocity, out));
        const dam__matrix *square = dam__optimizer_square(optimizer, i);
        if (square->buffer == NULL)
            continue;
        square_name(name, &model->parameters[i]);
        DAM_TRY(save_matrix(trainer, name, square, out));
    }
    if (model->ops->grow != NULL)
        DAM_TRY(save_memories(model, out));
    DAM_TRY(save_position(trainer, out));
    if (dam__trainer_position(trainer)->split_seconds > 0)
        DAM_TRY(save_split(trainer, out));
    if (dam__trainer_position(trainer)->step > 0)
        DAM_TRY(save_losses(trainer, (size_t)dam__trainer_steps(trainer), out));
    DAM_TRY(save_history(dam__trainer_history(trainer), out));
    DAM_TRY(dam__record_save(dam__trainer_record(trainer), out));
    return dam__diagnostics_save(dam__trainer_diagnostics(trainer), out);
}

/* --- restoring -------------------------------------------------------------------------------- */

/* The array of that name with that many items, or DAM_INPUT. */
static dam_status find(const dam__container *container, const char *name, size_t items,
                       const dam__array **out)
{
    const dam__array *array = dam__container_array(container, name);
    if (array == NULL)
        return dam__advise(
            DAM__ADVICE_CHANGES,
            dam__fail(DAM_INPUT,
                      "the run file has no '%s', which its preset needs; leave out changes to what "
                      "shapes the model, or use the denseam that wrote it",
                      name));
    if (dam__array_items(array) != items)
        return dam__advise(
            DAM__ADVICE_CHANGES,
            dam__fail(DAM_INPUT,
                      "the run file's '%s' has %zu items where its preset needs %zu; leave out "
                      "changes to what shapes the model or its batches",
                      name, dam__array_items(array), items));
    *out = array;
    return DAM_OK;
}

static dam_status restore_matrix(const dam__container *container, const char *name,
                                 const dam__matrix *matrix)
{
    dam_status status = DAM_OK;
    const dam__array *array = NULL;
    double *values = NULL;
    size_t items = dam__matrix_items(matrix);
    DAM_TRY_CLEANUP(find(container, name, items, &array));
    if (array->rank != 2 || array->shape[0] != (size_t)matrix->rows)
        DAM_FAIL(DAM_INPUT, "the run file's '%s' is not of the %d x %d that its preset needs", name,
                 matrix->rows, matrix->cols);
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *values, &values));
    for (size_t i = 0; i < items; i++)
        values[i] = dam__array_at(array, i);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(matrix, values, "restored run"));
cleanup:
    free(values);
    return status;
}

static bool within(double value, double least, double most)
{
    return value >= least && value <= most;
}

dam_status dam__checkpoint_memories(const dam__container *container, int *memories)
{
    const dam__array *array = NULL;
    if (dam__container_array(container, MEMORIES_NAME) == NULL)
        return DAM_OK;
    DAM_TRY(find(container, MEMORIES_NAME, 1, &array));
    double count = dam__array_at(array, 0);
    if (!within(count, 1, INT32_MAX) || count != trunc(count))
        return dam__fail(DAM_INPUT, "the run file's '%s' is %g", MEMORIES_NAME, count);
    *memories = (int)count;
    return DAM_OK;
}

/* A model that has grown since its preset takes the width it had. */
static dam_status restore_memories(dam__model *model, const dam__container *container)
{
    if (model->ops->grow == NULL)
        return DAM_OK;
    int memories = model->config.memories;
    DAM_TRY(dam__checkpoint_memories(container, &memories));
    if (memories > model->config.memories)
        DAM_TRY(model->ops->grow->resize(model, memories));
    return DAM_OK;
}

dam_status dam__checkpoint_parameters(dam__model *model, const dam__container *container)
{
    char name[NAME_BYTES];
    DAM_TRY(restore_memories(model, container));
    for (int i = 0; i < model->parameter_count; i++) {
        parameter_name(name, &model->parameters[i]);
        DAM_TRY(restore_matrix(container, name, &model->parameters[i].value));
    }
    return model->ops->refresh(model);
}

static dam_status restore_position(dam__trainer *trainer, const dam__container *container)
{
    const dam__array *array = NULL;
    const double most_epochs = 1e9;
    DAM_TRY(find(container, "state/position", POSITION_ITEMS, &array));
    double epoch = dam__array_at(array, EPOCH), step = dam__array_at(array, STEP);
    double wait = dam__array_at(array, WAIT), best = dam__array_at(array, BEST);
    double seconds = dam__array_at(array, SECONDS);
    double stage = dam__array_at(array, STAGE), first = dam__array_at(array, STAGE_EPOCH);
    if (!within(epoch, 0, most_epochs) || !within(step, 0, dam__trainer_steps(trainer)) ||
        !within(wait, 0, most_epochs) || isnan(best) || !within(seconds, 0, DBL_MAX) ||
        !within(stage, 0, most_epochs) || !within(first, 0, epoch))
        return dam__fail(DAM_INPUT,
                         "the run file stands at epoch %g, step %g, which its preset lacks", epoch,
                         step);
    *dam__trainer_position(trainer) = (dam__position){.epoch = (int)epoch,
                                                      .step = (int)step,
                                                      .wait = (int)wait,
                                                      .best = best,
                                                      .seconds = seconds,
                                                      .stage = (int)stage,
                                                      .stage_epoch = (int)first,
                                                      .stable = dam__array_at(array, STABLE) != 0};
    return DAM_OK;
}

static dam_status restore_split(dam__trainer *trainer, const dam__container *container)
{
    const dam__array *array = NULL;
    if (dam__container_array(container, "state/split") == NULL)
        return DAM_OK;
    DAM_TRY(find(container, "state/split", 2, &array));
    double seconds = dam__array_at(array, 0), epochs = dam__array_at(array, 1);
    if (!within(seconds, 0, DBL_MAX) || !within(epochs, 0, DBL_MAX))
        return dam__fail(DAM_INPUT, "the run file's last split took %g seconds, %g epochs", seconds,
                         epochs);
    dam__trainer_position(trainer)->split_seconds = seconds;
    dam__trainer_position(trainer)->split_epochs = epochs;
    return DAM_OK;
}

static dam_status restore_losses(dam__trainer *trainer, const dam__container *container)
{
    dam_status status = DAM_OK;
    const dam__array *array = NULL;
    double *losses = NULL;
    size_t steps = (size_t)dam__trainer_steps(trainer);
    if (dam__trainer_position(trainer)->step == 0)
        return DAM_OK;
    DAM_TRY_CLEANUP(find(container, "state/losses", steps, &array));
    DAM_TRY_CLEANUP(dam__alloc(steps, sizeof *losses, &losses));
    for (size_t i = 0; i < steps; i++)
        losses[i] = dam__array_at(array, i);
    DAM_TRY_CLEANUP(dam__trainer_write_losses(trainer, losses));
cleanup:
    free(losses);
    return status;
}

dam_status dam__checkpoint_history(const dam__container *container, dam__history *out)
{
    dam_status status = DAM_OK;
    char *columns = NULL;
    const char *names = dam__container_text(container, "history_columns");
    const dam__array *table = dam__container_array(container, "history");
    *out = (dam__history){0};
    if (names == NULL || table == NULL || table->rank != 2 || table->shape[1] == 0)
        DAM_FAIL(DAM_INPUT, "the run file has no history; it is not from this version");
    DAM_TRY_CLEANUP(dam__format(&columns, "%s", names));
    char *rest = NULL;
    for (char *name = strtok_r(columns, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest))
        DAM_TRY_CLEANUP(dam__history_column(out, name));
    if (out->column_count != table->shape[1])
        DAM_FAIL(DAM_INPUT, "the run file's history names %zu columns and has %zu",
                 out->column_count, table->shape[1]);
    for (size_t row = 0; row < table->shape[0]; row++) {
        double values[DAM__HISTORY_COLUMNS] = {0};
        for (size_t c = 0; c < out->column_count; c++)
            values[c] = dam__array_at(table, row * out->column_count + c);
        DAM_TRY_CLEANUP(dam__history_add(out, values));
    }
cleanup:
    free(columns);
    if (status != DAM_OK)
        dam__history_free(out);
    return status;
}

/* The trainer's history has its columns already: those of the file must be the same. */
static dam_status restore_history(dam__trainer *trainer, const dam__container *container)
{
    dam_status status = DAM_OK;
    dam__history *history = dam__trainer_history(trainer), restored = {0};
    DAM_TRY_CLEANUP(dam__checkpoint_history(container, &restored));
    bool same = restored.column_count == history->column_count;
    for (size_t c = 0; same && c < history->column_count; c++)
        same = strcmp(restored.columns[c], history->columns[c]) == 0;
    if (!same || restored.row_count != (size_t)dam__trainer_position(trainer)->epoch)
        DAM_TRY_CLEANUP(dam__advise(
            DAM__ADVICE_CHANGES,
            dam__fail(
                DAM_INPUT,
                "the run file's history does not go with its preset and its epoch %d; leave out "
                "changes to what it records, such as growth",
                dam__trainer_position(trainer)->epoch)));
    dam__history_free(history);
    *history = restored;
    restored = (dam__history){0};
cleanup:
    dam__history_free(&restored);
    return status;
}

dam_status dam__checkpoint_restore(dam__trainer *trainer, const dam__container *container)
{
    dam__model *model = dam__trainer_model(trainer);
    char name[NAME_BYTES];
    DAM_TRY(restore_memories(model, container));
    dam__optimizer_follow(dam__trainer_optimizer(trainer));
    for (int i = 0; i < model->parameter_count; i++) {
        const dam__matrix *velocity = dam__optimizer_velocity(dam__trainer_optimizer(trainer), i);
        if (velocity->buffer == NULL)
            continue;
        velocity_name(name, &model->parameters[i]);
        DAM_TRY(restore_matrix(container, name, velocity));
        const dam__matrix *square = dam__optimizer_square(dam__trainer_optimizer(trainer), i);
        if (square->buffer == NULL)
            continue;
        square_name(name, &model->parameters[i]);
        DAM_TRY(restore_matrix(container, name, square));
    }
    DAM_TRY(dam__checkpoint_parameters(model, container));
    DAM_TRY(restore_position(trainer, container));
    const dam__position *position = dam__trainer_position(trainer);
    dam__optimizer_set_steps(dam__trainer_optimizer(trainer),
                             (double)position->epoch * dam__trainer_steps(trainer) +
                                 position->step);
    DAM_TRY(restore_split(trainer, container));
    DAM_TRY(restore_losses(trainer, container));
    DAM_TRY(restore_history(trainer, container));
    DAM_TRY(dam__record_restore(container, dam__trainer_record(trainer)));
    return dam__diagnostics_restore(dam__trainer_diagnostics(trainer), container);
}
