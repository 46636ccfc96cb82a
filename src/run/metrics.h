/* metrics.jsonl: the history of a run, machine-readable. */
#ifndef DAM__RUN_METRICS_H
#define DAM__RUN_METRICS_H

#include "base/try.h"
#include "run/history_table.h"

/*
 * Replaces path by JSON lines, one object a row with the columns in order: null where a value is
 * not finite, integers where a column holds nothing else, 15 significant digits otherwise.
 * DAM_INPUT: the reason, the old file is unchanged; DAM_NO_MEMORY.
 */
dam_status dam__metrics_write(const char *path, const dam__table *table);

/*
 * The history that such lines hold, whose first row names the columns; NaN where a later one has no
 * number for one. name stands for the bytes in messages. DAM_INPUT: no JSON, no objects of numbers,
 * too many columns; DAM_NO_MEMORY. Free with dam__history_free.
 */
dam_status dam__metrics_parse(const char *name, const char *data, size_t length, dam__history *out);

#endif
