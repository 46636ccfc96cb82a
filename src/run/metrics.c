#include "run/metrics.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

static bool is_integral(const dam__table *table, size_t column)
{
    const double exact = 9007199254740992.0; /* 2^53: beyond it a double skips integers */
    for (size_t row = 0; row < table->rows; row++) {
        double value = dam__table_at(table, row, column);
        if (isfinite(value) && (trunc(value) != value || fabs(value) > exact))
            return false;
    }
    return true;
}

static json_t *make_value(double value, bool integral)
{
    if (!isfinite(value))
        return json_null();
    return integral ? json_integer((json_int_t)value) : json_real(value);
}

static dam_status append_row(const dam__table *table, size_t row, const bool *integral,
                             dam__text *text)
{
    dam_status status = DAM_OK;
    char *line = NULL;
    json_t *object = json_object();
    for (size_t i = 0; i < table->columns; i++)
        if (json_object_set_new(object, table->names[i],
                                make_value(dam__table_at(table, row, i), integral[i])) != 0)
            DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for row %zu of the metrics", row);
    line = json_dumps(object, JSON_REAL_PRECISION(15));
    if (line == NULL)
        DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for row %zu of the metrics", row);
    dam__text_append(text, "%s\n", line);
cleanup:
    free(line);
    json_decref(object);
    return status;
}

dam_status dam__metrics_write(const char *path, const dam__table *table)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    bool *integral = NULL;
    DAM_TRY_CLEANUP(dam__alloc(table->columns, sizeof *integral, &integral));
    for (size_t i = 0; i < table->columns; i++)
        integral[i] = is_integral(table, i);
    for (size_t row = 0; row < table->rows; row++)
        DAM_TRY_CLEANUP(append_row(table, row, integral, &text));
    DAM_TRY_CLEANUP(dam__text_write(&text, path));
cleanup:
    free(integral);
    dam__text_free(&text);
    return status;
}

/* --- reading ------------------------------------------------------------------------------------ */

static dam_status read_columns(const char *name, json_t *row, dam__history *out)
{
    const char *column = NULL;
    json_t *value = NULL;
    if (json_object_size(row) == 0 || json_object_size(row) > DAM__HISTORY_COLUMNS)
        return dam__fail(DAM_INPUT, "'%s' has %zu columns, which is no history of a run", name,
                         json_object_size(row));
    json_object_foreach(row, column, value)
    {
        if (strlen(column) >= DAM__COLUMN_NAME)
            return dam__fail(DAM_INPUT, "'%s' has a column whose name is too long", name);
        DAM_TRY(dam__history_column(out, column));
    }
    return DAM_OK;
}

static dam_status read_row(const char *name, size_t line, json_t *row, dam__history *out)
{
    double values[DAM__HISTORY_COLUMNS];
    if (out->column_count == 0)
        DAM_TRY(read_columns(name, row, out));
    for (size_t c = 0; c < out->column_count; c++) {
        const json_t *value = json_object_get(row, out->columns[c]);
        values[c] = json_is_number(value) ? json_number_value(value) : NAN;
        if (value != NULL && !json_is_number(value) && !json_is_null(value))
            return dam__fail(DAM_INPUT, "'%s', line %zu: '%s' is no number", name, line,
                             out->columns[c]);
    }
    return dam__history_add(out, values);
}

dam_status dam__metrics_parse(const char *name, const char *data, size_t length, dam__history *out)
{
    dam_status status = DAM_OK;
    const char *end = data + length;
    json_t *row = NULL;
    *out = (dam__history){0};
    for (size_t line = 1; data < end; line++) {
        const char *stop = memchr(data, '\n', (size_t)(end - data));
        stop = stop != NULL ? stop : end;
        row = json_loadb(data, (size_t)(stop - data), JSON_REJECT_DUPLICATES, NULL);
        if (!json_is_object(row))
            DAM_FAIL(DAM_INPUT, "'%s', line %zu is no JSON object: it is not what 'train' writes",
                     name, line);
        DAM_TRY_CLEANUP(read_row(name, line, row, out));
        json_decref(row);
        row = NULL;
        data = stop + 1;
    }
cleanup:
    json_decref(row);
    if (status != DAM_OK)
        dam__history_free(out);
    return status;
}
