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

#endif
