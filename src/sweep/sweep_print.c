#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "command/layout.h"
#include "command/output.h"
#include "sweep/sweep_command.h"
#include "sweep/sweep_search.h"

enum { ROWS = 40, NARROW = 8, KEY_COLUMNS = 3 };

/* --- dry run ---------------------------------------------------------------------------------- */

dam_status print_sweep_plan(const dam__sweep_plan *plan, const dam__sweep_estimate *estimate,
                            const dam__device *device, bool json)
{
    dam__text text = {0};
    const dam__sweep *sweep = &plan->sweep;
    const dam_device_info *info = dam__device_facts(device);
    const double mib = 1024.0 * 1024.0;
    size_t trainings = dam__sweep_trainings(sweep);
    size_t left = dam__sweep_count(sweep, DAM__REPLICA_PENDING) +
                  dam__sweep_count(sweep, DAM__REPLICA_FAILED);
    if (json)
        return print_json(json_pack("{sI sI sI sI sI sI sI}", "cells", (json_int_t)sweep->cells,
                                    "seeds", (json_int_t)sweep->seeds, "trainings",
                                    (json_int_t)trainings, "left", (json_int_t)left, "groups",
                                    (json_int_t)plan->groups, "bytes", (json_int_t)estimate->bytes,
                                    "device_bytes", (json_int_t)info->global_memory));
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        for (size_t k = 0; k < axis->follower_count; k++)
            dam__text_append(&text, "%-30s moves with %s\n", axis->followers[k].key, axis->key);
        dam__text_append(&text, "%-30s %zu values: %s\n", axis->key, axis->count, axis->grid);
    }
    if (sweep->extend > 0)
        dam__text_append(&text, "%-30s searched, up to %d values more at either end\n",
                         sweep->axes[0].key, sweep->extend);
    dam__text_append(&text, "%-30s %zu\n", "cells", sweep->cells);
    dam__text_append(&text, "%-30s %zu (%zu seed%s a cell), %zu of them left\n", "trainings",
                     trainings, sweep->seeds, sweep->seeds == 1 ? "" : "s", left);
    dam__text_append(&text, "%-30s %zu (trainings that differ in numbers only)\n", "groups",
                     plan->groups);
    dam__text_append(&text, "%-30s %.3f MiB, the device has %.0f MiB\n",
                     "memory of the largest run", (double)estimate->bytes / mib,
                     (double)info->global_memory / mib);
    return print_text(&text);
}

/* Whether a line of a search was asked for that value of its first key. */
static bool asked_for(const dam__sweep *sweep, size_t index)
{
    dam__cell cell;
    dam__sweep_cell(sweep, index, &cell);
    return cell.status != DAM__REPLICA_OUTSIDE;
}

/* --- JSON ------------------------------------------------------------------------------------- */

static json_t *value_of(const double *numbers, char *const *values, size_t i)
{
    return numbers != NULL ? json_real(numbers[i]) : json_text(values[i]);
}

/* The values of a cell from an axis on: those of its key and of all that move with it. */
static void add_values(const dam__sweep *sweep, size_t index, size_t first, json_t *values)
{
    for (size_t i = first; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        size_t at = dam__sweep_index(sweep, index, i);
        (void)json_object_set_new(values, axis->key, value_of(axis->numbers, axis->values, at));
        for (size_t k = 0; k < axis->follower_count; k++) {
            const dam__follower *other = &axis->followers[k];
            (void)json_object_set_new(values, other->key,
                                      value_of(other->numbers, other->values, at));
        }
    }
}

static json_t *cell_json(const dam__sweep *sweep, size_t index)
{
    dam__cell cell;
    json_t *values = json_object(), *scores = json_array(), *metrics = json_object();
    dam__sweep_cell(sweep, index, &cell);
    add_values(sweep, index, 0, values);
    for (int m = 0; m < DAM__METRICS; m++)
        if (isfinite(cell.mean[m]))
            (void)json_object_set_new(metrics, dam__metric_name((dam__metric)m),
                                      json_real(cell.mean[m]));
    for (size_t seed = 0; seed < sweep->seeds; seed++) {
        const dam__replica_result *result = &sweep->results[index * sweep->seeds + seed];
        double score = result->status == DAM__REPLICA_DONE ? result->metrics[sweep->metric] : NAN;
        (void)json_array_append_new(scores, json_number(score));
    }
    return json_pack(
        "{so ss so so so so so so so so sf sf}", "values", values, "status",
        dam__replica_status_name(cell.status), "score", json_number(cell.mean[sweep->metric]),
        "spread", json_number(cell.spread), "scores", scores, "metrics", metrics, "done",
        json_integer((json_int_t)cell.done), "diverged", json_integer((json_int_t)cell.diverged),
        "failed", json_integer((json_int_t)cell.failed), "pending",
        json_integer((json_int_t)cell.pending), "epochs", cell.epochs, "seconds", cell.seconds);
}

/* Of a search: the best value of the first key on each line. */
static json_t *optimum_json(const dam__sweep *sweep, size_t line)
{
    dam__optimum best;
    json_t *values = json_object();
    dam__sweep_optimum(sweep, line, &best);
    add_values(sweep, line, 1, values);
    return json_pack("{so ss so so so}", "values", values, "place", dam__place_name(best.place),
                     "best", json_number(best.value), "refined", json_number(best.refined), "score",
                     json_number(best.score));
}

static json_t *search_json(const dam__sweep *sweep)
{
    json_t *lines = json_array();
    dam__transfer transfer = dam__sweep_transfer(sweep);
    if (sweep->extend == 0) {
        json_decref(lines);
        return json_null();
    }
    for (size_t line = 0; line < dam__sweep_lines(sweep); line++)
        (void)json_array_append_new(lines, optimum_json(sweep, line));
    return json_pack("{ss so so sI so}", "key", sweep->axes[0].key, "steps",
                     transfer.known ? json_integer((json_int_t)transfer.steps) : json_null(),
                     "transfers",
                     transfer.verdict != DAM__TRANSFER_UNKNOWN
                         ? json_boolean(transfer.verdict == DAM__TRANSFER_YES)
                         : json_null(),
                     "edges", (json_int_t)transfer.edges, "lines", lines);
}

static dam_status print_sweep_json(const dam__sweep *sweep, const char *folder)
{
    json_t *cells = json_array(), *keys = json_array();
    size_t best = 0;
    bool has_best = dam__sweep_best(sweep, 0, 1, &best);
    for (size_t i = 0; i < sweep->axis_count; i++)
        (void)json_array_append_new(keys, json_string(sweep->axes[i].key));
    for (size_t cell = 0; cell < sweep->cells; cell++)
        if (asked_for(sweep, cell))
            (void)json_array_append_new(cells, cell_json(sweep, cell));
    return print_json(json_pack("{so so sI ss so so so}", "sweep", json_text(folder), "keys", keys,
                                "seeds", (json_int_t)sweep->seeds, "score",
                                dam__metric_name(sweep->metric), "best",
                                has_best ? cell_json(sweep, best) : json_null(), "search",
                                search_json(sweep), "cells", cells));
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
static void append_word(dam__text *text, const char *word)
{
    enum { WIDTH = 11 };
    dam__text_append(text, "%-*.*s ", WIDTH, WIDTH, word);
}

static void append_head(dam__text *text, const dam__sweep *sweep)
{
    for (size_t i = 0; i < sweep->axis_count && i < KEY_COLUMNS; i++)
        append_word(text, short_name(sweep->axes[i].key));
    dam__text_append(text, "%*s %*s %*s %6s %s\n", NARROW, "score", NARROW, "spread", NARROW,
                     "loss", "epochs", "status");
}

static void append_figure(dam__text *text, double value)
{
    if (isfinite(value))
        dam__text_append(text, "%*.4g ", NARROW, value);
    else
        dam__text_append(text, "%*s ", NARROW, "-");
}

static void append_row(dam__text *text, const dam__sweep *sweep, size_t index, bool best)
{
    dam__cell cell;
    dam__sweep_cell(sweep, index, &cell);
    for (size_t i = 0; i < sweep->axis_count && i < KEY_COLUMNS; i++) {
        const dam__axis *axis = &sweep->axes[i];
        size_t at = dam__sweep_index(sweep, index, i);
        if (axis->numbers != NULL)
            dam__text_append(text, "%-11.6g ", axis->numbers[at]);
        else
            append_word(text, axis->values[at]);
    }
    append_figure(text, cell.mean[sweep->metric]);
    append_figure(text, cell.spread);
    append_figure(text, cell.mean[DAM__METRIC_LOSS]);
    dam__text_append(text, "%6.0f %s\n", cell.epochs,
                     best ? "best" : dam__replica_status_name(cell.status));
}

/* Returns how many rows there are. */
static size_t sort_rows(const dam__sweep *sweep, row *rows)
{
    size_t count = 0;
    for (size_t i = 0; i < sweep->cells; i++) {
        dam__cell cell;
        dam__sweep_cell(sweep, i, &cell);
        double value = cell.mean[sweep->metric];
        bool ranked = cell.status == DAM__REPLICA_DONE && isfinite(value);
        if (cell.status == DAM__REPLICA_OUTSIDE)
            continue;
        rows[count++] = (row){!ranked                            ? INFINITY
                              : dam__metric_rises(sweep->metric) ? -value
                                                                 : value,
                              .cell = i};
    }
    /* A grid that fits is shown in its order. */
    if (count > ROWS)
        qsort(rows, count, sizeof *rows, compare_rows);
    return count;
}

/* --- search ----------------------------------------------------------------------------------- */

/* "2^-3" where all values of the key are powers of two, else as it is. */
static void append_power(dam__text *text, const dam__axis *axis, double value, bool exact)
{
    bool powers = true;
    char number[32];
    for (size_t i = 0; i < axis->count; i++)
        powers = powers && log2(axis->numbers[i]) == floor(log2(axis->numbers[i]));
    if (!isfinite(value))
        (void)snprintf(number, sizeof number, "-");
    else if (powers)
        (void)snprintf(number, sizeof number, exact ? "2^%.0f" : "2^%.2f", log2(value));
    else
        (void)snprintf(number, sizeof number, "%.5g", value);
    dam__text_append(text, "%*s ", NARROW, number);
}

static void append_optimum(dam__text *text, const dam__sweep *sweep, size_t line)
{
    dam__optimum best;
    dam__sweep_optimum(sweep, line, &best);
    for (size_t i = 1; i < sweep->axis_count && i <= KEY_COLUMNS; i++) {
        const dam__axis *axis = &sweep->axes[i];
        append_word(text, axis->values[dam__sweep_index(sweep, line, i)]);
    }
    append_power(text, &sweep->axes[0], best.value, true);
    append_power(text, &sweep->axes[0], best.refined, false);
    dam__text_append(text, "%-8s ", dam__place_name(best.place));
    append_figure(text, best.score);
    dam__text_append(text, "\n");
}

static bool has_open(const dam__sweep *sweep)
{
    bool open = false;
    for (size_t line = 0; line < dam__sweep_lines(sweep) && !open; line++) {
        dam__optimum best;
        dam__sweep_optimum(sweep, line, &best);
        open = best.place == DAM__PLACE_OPEN;
    }
    return open;
}

static void append_verdict(dam__text *text, const dam__transfer *transfer)
{
    static const char *const words[] = {"unknown", "no", "yes"};
    if (!transfer->known) {
        dam__text_append(text, "transfers: unknown (a line has no best value yet)\n");
        return;
    }
    dam__text_append(text, "transfers: %s (the best values lie %zu step%s apart)\n",
                     words[transfer->verdict], transfer->steps, transfer->steps == 1 ? "" : "s");
    if (transfer->edges > 0)
        dam__text_append(text, "%zu of them %s the last before divergence, which is no optimum\n",
                         transfer->edges, transfer->edges == 1 ? "is" : "are");
}

/* A row a line of the grid: its best value of the first key. */
static void append_search(dam__text *text, const dam__sweep *sweep)
{
    const char *key = sweep->axes[0].key;
    dam__transfer transfer = dam__sweep_transfer(sweep);
    dam__text_append(text, "\nthe best %s:\n", key);
    for (size_t i = 1; i < sweep->axis_count && i <= KEY_COLUMNS; i++)
        append_word(text, short_name(sweep->axes[i].key));
    dam__text_append(text, "%*s %*s %-8s %*s\n", NARROW, "best", NARROW, "refined", "place", NARROW,
                     dam__metric_name(sweep->metric));
    for (size_t line = 0; line < dam__sweep_lines(sweep); line++)
        append_optimum(text, sweep, line);
    if (has_open(sweep))
        dam__text_append(text, "open: the best may lie beyond the values tried; raise "
                               "sweep.extend\n");
    if (dam__sweep_lines(sweep) > 1)
        append_verdict(text, &transfer);
    dam__text_append(text, "\n");
}

/* --- all of it -------------------------------------------------------------------------------- */

static void append_end(dam__text *text, const dam__sweep *sweep, size_t cells, const char *folder)
{
    dam__text line = {0};
    size_t lost = dam__sweep_count(sweep, DAM__REPLICA_DIVERGED);
    if (cells > ROWS)
        dam__text_append(text, "the best %d of %zu cells; sweep.csv has all\n", ROWS, cells);
    if (sweep->axis_count > KEY_COLUMNS)
        dam__text_append(text, "only the first %d of %zu keys; sweep.csv has all\n", KEY_COLUMNS,
                         sweep->axis_count);
    dam__text_append(&line, "score is %s; %zu of %zu trainings diverged; the sweep is in %s",
                     dam__metric_name(sweep->metric), lost, dam__sweep_trainings(sweep), folder);
    append_wrapped(text, 0, 0, dam__text_part(text, &line));
    dam__text_free(&line);
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
    DAM_TRY_CLEANUP(dam__alloc(sweep->cells, sizeof *rows, &rows));
    size_t count = sort_rows(sweep, rows);
    append_head(&text, sweep);
    for (size_t i = 0; i < count && i < ROWS; i++)
        append_row(&text, sweep, rows[i].cell, has_best && rows[i].cell == best);
    if (sweep->extend > 0)
        append_search(&text, sweep);
    append_end(&text, sweep, count, folder);
    DAM_TRY_CLEANUP(print_text(&text));
cleanup:
    dam__text_free(&text);
    free(rows);
    return status;
}
