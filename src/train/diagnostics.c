#include "train/diagnostics.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/model_type.h"

static const char STEPS_NAME[] = "diagnostics/steps", VALUES_NAME[] = "diagnostics/values",
                  COLUMNS_NAME[] = "diagnostics_columns";

struct dam__diagnostics {
    dam__model *model;
    int count, columns;
    double steps[DAM__DIAGNOSED_STEPS];
    bool measured[DAM__DIAGNOSED_STEPS];
    const char *names[DAM__MAX_DIAGNOSED];
    dam__matrix numbers; /* count x columns */
};

dam_status dam__diagnosed_steps(const char *text, double *steps, int *count)
{
    const double most = 1e12;
    *count = 0;
    for (const char *at = text;; at++) {
        char *end = NULL;
        double value = *at >= '0' && *at <= '9' ? (double)strtoull(at, &end, 10) : -1;
        bool rises = value >= 0 && (*count == 0 || value > steps[*count - 1]);
        if (!rises || value > most || (*end != ',' && *end != '\0'))
            return dam__fail(DAM_USAGE,
                             "train.diagnostics = \"%.60s\" is no list of rising steps, counted "
                             "from 0; give it as \"0,10,100\"",
                             text);
        if (*count == DAM__DIAGNOSED_STEPS)
            return dam__fail(DAM_USAGE, "train.diagnostics lists more than %d steps; give fewer",
                             (int)DAM__DIAGNOSED_STEPS);
        steps[(*count)++] = value;
        if (*end == '\0')
            return DAM_OK;
        at = end;
    }
}

dam_status dam__diagnostics_create(dam__model *model, const char *steps, dam__plan *plan,
                                   dam__diagnostics **out)
{
    dam_status status = DAM_OK;
    dam__diagnostics *diagnostics = NULL;
    const dam__diagnose_ops *ops = model->ops->diagnose;
    if (ops == NULL)
        DAM_FAIL(DAM_USAGE, "train.diagnostics: models of kind \"%s\" tell nothing of steps",
                 dam__model_type_of(&model->config)->name);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *diagnostics, &diagnostics));
    diagnostics->model = model;
    DAM_TRY_CLEANUP(dam__diagnosed_steps(steps, diagnostics->steps, &diagnostics->count));
    diagnostics->columns = ops->names_of(model, diagnostics->names);
    DAM_TRY_CLEANUP(ops->plan(model, plan));
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "diagnostics", diagnostics->count, diagnostics->columns,
                                     1, &diagnostics->numbers));
    *out = diagnostics;
    diagnostics = NULL;
cleanup:
    dam__diagnostics_destroy(diagnostics);
    return status;
}

void dam__diagnostics_destroy(dam__diagnostics *diagnostics)
{
    if (diagnostics == NULL)
        return;
    dam__buffer_destroy(diagnostics->numbers.buffer);
    free(diagnostics);
}

dam_status dam__diagnostics_prepare(dam__diagnostics *diagnostics)
{
    if (diagnostics == NULL)
        return DAM_OK;
    return diagnostics->model->ops->diagnose->prepare(diagnostics->model);
}

/* The row of a step, or -1. */
static int row_of(const dam__diagnostics *diagnostics, double step)
{
    for (int i = 0; diagnostics != NULL && i < diagnostics->count; i++)
        if (diagnostics->steps[i] == step)
            return i;
    return -1;
}

dam_status dam__diagnostics_before(dam__diagnostics *diagnostics, double step, int size,
                                   double rate)
{
    int row = row_of(diagnostics, step);
    if (row < 0)
        return DAM_OK;
    dam__model *model = diagnostics->model;
    return model->ops->diagnose->before(model, size, rate, &diagnostics->numbers, row);
}

dam_status dam__diagnostics_after(dam__diagnostics *diagnostics, double step, int size)
{
    int row = row_of(diagnostics, step);
    if (row < 0)
        return DAM_OK;
    dam__model *model = diagnostics->model;
    diagnostics->measured[row] = true;
    return model->ops->diagnose->after(model, size, &diagnostics->numbers, row);
}

/* --- keeping -------------------------------------------------------------------------------------- */

static dam_status name_columns(const dam__diagnostics *diagnostics, dam__container *out)
{
    dam__text columns = {0};
    for (int i = 0; i < diagnostics->columns; i++)
        dam__text_append(&columns, "%s%s", i > 0 ? "," : "", diagnostics->names[i]);
    dam_status status = dam__text_status(&columns);
    if (status == DAM_OK)
        status = dam__container_set_text(out, COLUMNS_NAME, columns.data);
    dam__text_free(&columns);
    return status;
}

dam_status dam__diagnostics_save(const dam__diagnostics *diagnostics, dam__container *out)
{
    dam_status status = DAM_OK;
    dam__array steps = {0}, values = {0};
    double *all = NULL;
    size_t rows = 0;
    if (diagnostics == NULL)
        return DAM_OK;
    size_t count = (size_t)diagnostics->count, columns = (size_t)diagnostics->columns;
    for (size_t i = 0; i < count; i++)
        rows += diagnostics->measured[i];
    if (rows == 0)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, 1, &rows, &steps));
    DAM_TRY_CLEANUP(dam__array_create(DAM__F64, 2, (const size_t[]){rows, columns}, &values));
    DAM_TRY_CLEANUP(dam__alloc(count * columns, sizeof *all, &all));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&diagnostics->numbers, all, "diagnostics"));
    for (size_t i = 0, row = 0; i < count; i++) {
        if (!diagnostics->measured[i])
            continue;
        ((double *)steps.data)[row] = diagnostics->steps[i];
        memcpy((double *)values.data + row++ * columns, all + i * columns, columns * sizeof *all);
    }
    DAM_TRY_CLEANUP(name_columns(diagnostics, out));
    DAM_TRY_CLEANUP(dam__container_add(out, STEPS_NAME, &steps));
    DAM_TRY_CLEANUP(dam__container_add(out, VALUES_NAME, &values));
cleanup:
    dam__array_free(&steps);
    dam__array_free(&values);
    free(all);
    return status;
}

/* Rows of steps that are no longer asked for are left out. */
dam_status dam__diagnostics_restore(dam__diagnostics *diagnostics, const dam__container *container)
{
    dam_status status = DAM_OK;
    dam__diagnosed kept = {0};
    double *all = NULL;
    if (diagnostics == NULL)
        return DAM_OK;
    size_t columns = (size_t)diagnostics->columns;
    DAM_TRY_CLEANUP(dam__diagnosed_read(container, &kept));
    if (kept.rows > 0 && kept.columns != diagnostics->columns)
        DAM_TRY_CLEANUP(dam__advise(
            DAM__ADVICE_CHANGES,
            dam__fail(
                DAM_INPUT,
                "the run file's diagnostics have %d numbers a step where its preset has %d; leave "
                "out changes to what shapes the model",
                kept.columns, diagnostics->columns)));
    DAM_TRY_CLEANUP(dam__alloc((size_t)diagnostics->count * columns, sizeof *all, &all));
    for (int i = 0; i < kept.rows; i++) {
        int row = row_of(diagnostics, kept.steps[i]);
        if (row < 0)
            continue;
        memcpy(all + (size_t)row * columns, kept.values + (size_t)i * columns,
               columns * sizeof *all);
        diagnostics->measured[row] = true;
    }
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&diagnostics->numbers, all, "diagnostics"));
cleanup:
    dam__diagnosed_free(&kept);
    free(all);
    return status;
}

/* --- reading -------------------------------------------------------------------------------------- */

void dam__diagnosed_free(dam__diagnosed *diagnosed)
{
    free(diagnosed->text);
    free(diagnosed->steps);
    free(diagnosed->values);
    *diagnosed = (dam__diagnosed){0};
}

/* Names go into tables, terminals and gnuplot's scripts: a run file's must be of plain letters. */
static bool is_plain(const char *name)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return name[strspn(name, letters)] == '\0';
}

static dam_status split_names(const char *names, dam__diagnosed *out)
{
    char *rest = NULL;
    dam_status status = dam__format(&out->text, "%s", names);
    if (status != DAM_OK)
        return status;
    for (char *name = strtok_r(out->text, ",", &rest); name != NULL;
         name = strtok_r(NULL, ",", &rest)) {
        if (out->columns == DAM__MAX_DIAGNOSED)
            return dam__fail(DAM_INPUT, "the run file's diagnostics have more than %d columns",
                             (int)DAM__MAX_DIAGNOSED);
        if (!is_plain(name))
            return dam__fail(DAM_INPUT, "the run file's diagnostics name a column with other than "
                                        "letters, digits and '_'; use another copy");
        out->names[out->columns++] = name;
    }
    return DAM_OK;
}

dam_status dam__diagnosed_read(const dam__container *container, dam__diagnosed *out)
{
    dam_status status = DAM_OK;
    dam__diagnosed read = {0};
    const dam__array *steps = dam__container_array(container, STEPS_NAME);
    const dam__array *values = dam__container_array(container, VALUES_NAME);
    const char *names = dam__container_text(container, COLUMNS_NAME);
    *out = (dam__diagnosed){0};
    if (steps == NULL && values == NULL)
        return DAM_OK;
    if (names != NULL)
        DAM_TRY_CLEANUP(split_names(names, &read));
    if (names == NULL || steps == NULL || values == NULL || steps->rank != 1 || values->rank != 2 ||
        steps->shape[0] > DAM__DIAGNOSED_STEPS || values->shape[0] != steps->shape[0] ||
        values->shape[1] != (size_t)read.columns)
        DAM_FAIL(DAM_INPUT, "the run file's diagnostics do not fit each other; use another copy");
    size_t items = dam__array_items(values);
    read.rows = (int)steps->shape[0];
    DAM_TRY_CLEANUP(dam__alloc(steps->shape[0], sizeof *read.steps, &read.steps));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *read.values, &read.values));
    for (size_t i = 0; i < steps->shape[0]; i++)
        read.steps[i] = dam__array_at(steps, i);
    for (size_t i = 0; i < items; i++)
        read.values[i] = dam__array_at(values, i);
    *out = read;
    read = (dam__diagnosed){0};
cleanup:
    dam__diagnosed_free(&read);
    return status;
}
