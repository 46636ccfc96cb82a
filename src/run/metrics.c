#include "run/metrics.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>

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
