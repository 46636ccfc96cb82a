#include "run/history_table.h"

#include <math.h>
#include <string.h>

dam__table dam__table_of_history(const dam__history *history,
                                 const char *names[DAM__HISTORY_COLUMNS])
{
    for (size_t i = 0; i < history->column_count; i++)
        names[i] = history->columns[i];
    return (dam__table){names, history->column_count, history->row_count, history->rows};
}

bool dam__table_find(const dam__table *table, const char *name, size_t *column)
{
    for (size_t i = 0; i < table->columns; i++) {
        if (strcmp(table->names[i], name) == 0) {
            *column = i;
            return true;
        }
    }
    return false;
}

double dam__table_at(const dam__table *table, size_t row, size_t column)
{
    return table->values[row * table->columns + column];
}

bool dam__table_range(const dam__table *table, size_t column, double *least, double *most)
{
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t row = 0; row < table->rows; row++) {
        double value = dam__table_at(table, row, column);
        if (isfinite(value)) {
            *least = fmin(*least, value);
            *most = fmax(*most, value);
        }
    }
    return *least <= *most;
}
