#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/layout.h"
#include "cli/output.h"
#include "cli/sweep.h"

enum { ROWS = 40, NARROW = 8, KEY_COLUMNS = 3 };

/* --- dry run ---------------------------------------------------------------------------------- */

dam_status print_sweep_plan(const dam__sweep_plan *plan, const dam__sweep_estimate *estimate,
                            const dam__device *device, bool json)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    const dam__sweep *sweep = &plan->sweep;
    const dam_device_info *info = dam__device_facts(device);
    const double mib = 1024.0 * 1024.0;
    size_t trainings = sweep->cells * sweep->seeds;
    size_t left = dam__sweep_count(sweep, DAM__PROBLEM_PENDING) +
                  dam__sweep_count(sweep, DAM__PROBLEM_FAILED);
    if (json)
        return print_json(json_pack("{sI sI sI sI sI sI sI}", "cells", (json_int_t)sweep->cells,
                                    "seeds", (json_int_t)sweep->seeds, "trainings",
                                    (json_int_t)trainings, "left", (json_int_t)left, "groups",
                                    (json_int_t)plan->groups, "bytes", (json_int_t)estimate->bytes,
                                    "device_bytes", (json_int_t)info->global_memory));
    for (size_t i = 0; i < sweep->axis_count; i++)
        DAM_TRY(dam__text_append(&text, "%-30s %zu values: %s\n", sweep->axes[i].key,
                                 sweep->axes[i].count, sweep->axes[i].grid));
    DAM_TRY(dam__text_append(&text, "%-30s %zu\n", "cells", sweep->cells));
    DAM_TRY(dam__text_append(&text, "%-30s %zu (%zu seeds a cell), %zu of them left\n", "trainings",
                             sweep->cells * sweep->seeds, sweep->seeds, left));
    DAM_TRY(dam__text_append(&text, "%-30s %zu (trainings that differ in numbers only)\n", "groups",
                             plan->groups));
    DAM_TRY(dam__text_append(&text, "%-30s %.3f MiB, the device has %.0f MiB\n",
                             "memory of the largest run", (double)estimate->bytes / mib,
                             (double)info->global_memory / mib));
    DAM_TRY(print_text(&text));
cleanup:
    dam__text_free(&text);
    return status;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *number_or_null(double value)
{
    return isfinite(value) ? json_real(value) : json_null();
}

static json_t *value_of(const dam__axis *axis, size_t i)
{
    return axis->numbers != NULL ? json_real(axis->numbers[i]) : json_text(axis->values[i]);
}

static json_t *cell_json(const dam__sweep *sweep, size_t index)
{
    dam__cell cell;
    json_t *values = json_object(), *scores = json_array(), *metrics = json_object();
    dam__sweep_cell(sweep, index, &cell);
    for (size_t i = 0; i < sweep->axis_count; i++)
        (void)json_object_set_new(values, sweep->axes[i].key,
                                  value_of(&sweep->axes[i], dam__sweep_index(sweep, index, i)));
    for (int m = 0; m < DAM__METRICS; m++)
        if (isfinite(cell.mean[m]))
            (void)json_object_set_new(metrics, dam__metric_name((dam__metric)m),
                                      json_real(cell.mean[m]));
    for (size_t seed = 0; seed < sweep->seeds; seed++) {
        const dam__problem_result *result = &sweep->results[index * sweep->seeds + seed];
        double score = result->status == DAM__PROBLEM_DONE ? result->metrics[sweep->metric] : NAN;
        (void)json_array_append_new(scores, number_or_null(score));
    }
    return json_pack(
        "{so ss so so so so so so so so sf sf}", "values", values, "status",
        dam__problem_status_name(cell.status), "score", number_or_null(cell.mean[sweep->metric]),
        "spread", number_or_null(cell.spread), "scores", scores, "metrics", metrics, "done",
        json_integer((json_int_t)cell.done), "diverged", json_integer((json_int_t)cell.diverged),
        "failed", json_integer((json_int_t)cell.failed), "pending",
        json_integer((json_int_t)cell.pending), "epochs", cell.epochs, "seconds", cell.seconds);
}

static dam_status print_sweep_json(const dam__sweep *sweep, const char *folder)
{
    json_t *cells = json_array(), *keys = json_array();
    size_t best = 0;
    bool has_best = dam__sweep_best(sweep, 0, 1, &best);
    for (size_t i = 0; i < sweep->axis_count; i++)
        (void)json_array_append_new(keys, json_string(sweep->axes[i].key));
    for (size_t cell = 0; cell < sweep->cells; cell++)
        (void)json_array_append_new(cells, cell_json(sweep, cell));
    return print_json(json_pack("{so so sI ss so so}", "sweep", json_text(folder), "keys", keys,
                                "seeds", (json_int_t)sweep->seeds, "score",
                                dam__metric_name(sweep->metric), "best",
                                has_best ? cell_json(sweep, best) : json_null(), "cells", cells));
}

/* --- table ------------------------------------------------------------------------------------ */

/* A row of the table: what it is sorted by, and its place in the grid. */
typedef struct row {
    double key; /* less is better; infinite where there is no score */
    size_t cell;
} row;

static int compare_rows(const void *a, const void *b)
{
    const row *first = a, *second = b;
    if (first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return first->cell < second->cell ? -1 : first->cell > second->cell;
}

static const char *short_name(const char *key)
{
    const char *dot = strchr(key, '.');
    return dot != NULL ? dot + 1 : key;
}

/* Cut at the width of a column. */
static dam_status append_word(dam__text *text, const char *word)
{
    enum { WIDTH = 11 };
    return dam__text_append(text, "%-*.*s ", WIDTH, WIDTH, word);
}

static dam_status append_head(dam__text *text, const dam__sweep *sweep)
{
    dam_status status = DAM_OK;
    for (size_t i = 0; i < sweep->axis_count && i < KEY_COLUMNS; i++)
        DAM_TRY(append_word(text, short_name(sweep->axes[i].key)));
    DAM_TRY(dam__text_append(text, "%*s %*s %*s %6s %s\n", NARROW, "score", NARROW, "spread",
                             NARROW, "loss", "epochs", "status"));
cleanup:
    return status;
}

static dam_status append_figure(dam__text *text, double value)
{
    return isfinite(value) ? dam__text_append(text, "%*.4g ", NARROW, value)
                           : dam__text_append(text, "%*s ", NARROW, "-");
}

static dam_status append_row(dam__text *text, const dam__sweep *sweep, size_t index, bool best)
{
    dam_status status = DAM_OK;
    dam__cell cell;
    dam__sweep_cell(sweep, index, &cell);
    for (size_t i = 0; i < sweep->axis_count && i < KEY_COLUMNS; i++) {
        const dam__axis *axis = &sweep->axes[i];
        size_t at = dam__sweep_index(sweep, index, i);
        DAM_TRY(axis->numbers != NULL ? dam__text_append(text, "%-11.6g ", axis->numbers[at])
                                      : append_word(text, axis->values[at]));
    }
    DAM_TRY(append_figure(text, cell.mean[sweep->metric]));
    DAM_TRY(append_figure(text, cell.spread));
    DAM_TRY(append_figure(text, cell.mean[DAM__METRIC_LOSS]));
    DAM_TRY(dam__text_append(text, "%6.0f %s\n", cell.epochs,
                             best ? "best" : dam__problem_status_name(cell.status)));
cleanup:
    return status;
}

static void sort_rows(const dam__sweep *sweep, row *rows)
{
    for (size_t i = 0; i < sweep->cells; i++) {
        dam__cell cell;
        dam__sweep_cell(sweep, i, &cell);
        double value = cell.mean[sweep->metric];
        bool ranked = cell.status == DAM__PROBLEM_DONE && isfinite(value);
        rows[i].cell = i;
        rows[i].key = !ranked ? INFINITY : dam__metric_rises(sweep->metric) ? -value : value;
    }
    /* A grid that fits is shown in its order. */
    if (sweep->cells > ROWS)
        qsort(rows, sweep->cells, sizeof *rows, compare_rows);
}

static dam_status append_end(dam__text *text, const dam__sweep *sweep, const char *folder)
{
    dam_status status = DAM_OK;
    char *line = NULL;
    size_t lost = dam__sweep_count(sweep, DAM__PROBLEM_DIVERGED);
    if (sweep->cells > ROWS)
        DAM_TRY(dam__text_append(text, "the best %d of %zu cells; sweep.csv has all\n", ROWS,
                                 sweep->cells));
    if (sweep->axis_count > KEY_COLUMNS)
        DAM_TRY(dam__text_append(text, "only the first %d of %zu keys; sweep.csv has all\n",
                                 KEY_COLUMNS, sweep->axis_count));
    DAM_TRY(dam__format(&line, "score is %s; %zu of %zu trainings diverged; the sweep is in %s",
                        dam__metric_name(sweep->metric), lost, sweep->cells * sweep->seeds,
                        folder));
    DAM_TRY(append_wrapped(text, 0, 0, line));
cleanup:
    free(line);
    return status;
}

dam_status print_sweep(const dam__sweep *sweep, const char *folder, bool json)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    row *rows = NULL;
    size_t best = 0;
    if (json)
        return print_sweep_json(sweep, folder);
    bool has_best = dam__sweep_best(sweep, 0, 1, &best);
    DAM_TRY(dam__alloc(sweep->cells, sizeof *rows, &rows));
    sort_rows(sweep, rows);
    DAM_TRY(append_head(&text, sweep));
    for (size_t i = 0; i < sweep->cells && i < ROWS; i++)
        DAM_TRY(append_row(&text, sweep, rows[i].cell, has_best && rows[i].cell == best));
    DAM_TRY(append_end(&text, sweep, folder));
    DAM_TRY(print_text(&text));
cleanup:
    dam__text_free(&text);
    free(rows);
    return status;
}
