/* The table of a run: a row an epoch, columns by name. */
#ifndef DAM__TRAIN_HISTORY_H
#define DAM__TRAIN_HISTORY_H

#include <stddef.h>

#include "base/try.h"

enum { DAM__HISTORY_COLUMNS = 16, DAM__COLUMN_NAME = 32 };

typedef struct dam__history {
    char columns[DAM__HISTORY_COLUMNS][DAM__COLUMN_NAME];
    size_t column_count;
    double *rows; /* row_count x column_count */
    size_t row_count;
} dam__history;

void dam__history_free(dam__history *history);

/* Adds a column to a table that has no rows yet; DAM_INTERNAL where there are too many. */
dam_status dam__history_column(dam__history *history, const char *name);

/* Appends a row of column_count values. */
dam_status dam__history_add(dam__history *history, const double *row);

/* Value of a column in a row; NaN where there is no such column. */
double dam__history_value(const dam__history *history, size_t row, const char *column);

#endif
