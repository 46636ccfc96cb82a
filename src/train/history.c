#include "train/history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void dam__history_free(dam__history *history)
{
    free(history->rows);
    *history = (dam__history){0};
}

dam_status dam__history_column(dam__history *history, const char *name)
{
    if (history->column_count == DAM__HISTORY_COLUMNS || strlen(name) >= DAM__COLUMN_NAME ||
        history->row_count > 0)
        return dam__fail(DAM_INTERNAL, "the history takes no further column '%s'", name);
    strcpy(history->columns[history->column_count++], name);
    return DAM_OK;
}

dam_status dam__history_add(dam__history *history, const double *row)
{
    size_t columns = history->column_count;
    dam_status status =
        dam__grow(&history->rows, (history->row_count + 1) * columns, sizeof *history->rows);
    if (status == DAM_OK) {
        memcpy(history->rows + history->row_count * columns, row, columns * sizeof *row);
        history->row_count++;
    }
    return status;
}

double dam__history_value(const dam__history *history, size_t row, const char *column)
{
    for (size_t c = 0; c < history->column_count; c++)
        if (strcmp(history->columns[c], column) == 0 && row < history->row_count)
            return history->rows[row * history->column_count + c];
    return NAN;
}
