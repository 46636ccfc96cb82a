/* The history of a run as a table. */
#ifndef DAM__RUN_HISTORY_TABLE_H
#define DAM__RUN_HISTORY_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "train/history.h"

/* One row an epoch; owned by the caller. A value that does not exist (yet) is NaN. */
typedef struct dam__table {
    const char *const *names; /* of the columns: epoch, loss, validation_loss, ... */
    size_t columns, rows;
    const double *values; /* rows x columns, row-major */
} dam__table;

/* The history as a table; names is storage for column names; both must outlive the table. */
dam__table dam__table_of_history(const dam__history *history,
                                 const char *names[DAM__HISTORY_COLUMNS]);

/* Whether there is a column of that name; *column is then its index. */
bool dam__table_find(const dam__table *table, const char *name, size_t *column);

double dam__table_at(const dam__table *table, size_t row, size_t column);

/* The least and greatest finite value of a column; false where it has none. */
bool dam__table_range(const dam__table *table, size_t column, double *least, double *most);

#endif
