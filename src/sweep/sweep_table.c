#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/number.h"
#include "base/text.h"
#include "sweep/sweep_report.h"

/* A field of a CSV file (RFC 4180): quoted where it must be. */
static void append_field(dam__text *text, const char *field)
{
    if (strpbrk(field, ",\"\n") == NULL) {
        dam__text_append(text, "%s", field);
        return;
    }
    dam__text_append(text, "\"");
    for (; *field != '\0'; field++)
        dam__text_append(text, "%s%c", *field == '"' ? "\"" : "", *field);
    dam__text_append(text, "\"");
}

/* ",0.25", or an empty field. */
static void append_number(dam__text *text, double value)
{
    char number[DAM__NUMBER_BYTES] = "";
    if (isfinite(value))
        dam__real_print(value, number);
    dam__text_append(text, ",%s", number);
}

/* Metrics that no problem has are left out. */
static void find_metrics(const dam__sweep *sweep, bool has[DAM__METRICS])
{
    memset(has, 0, DAM__METRICS * sizeof *has);
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        for (int m = 0; m < DAM__METRICS; m++)
            has[m] = has[m] || (sweep->results[p].status == DAM__PROBLEM_DONE &&
                                isfinite(sweep->results[p].metrics[m]));
    has[sweep->metric] = true;
}

static void append_head(dam__text *text, const dam__sweep *sweep, const bool has[DAM__METRICS])
{
    const char *name = dam__metric_name(sweep->metric);
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        dam__text_append(text, "%s,", axis->key);
        for (size_t k = 0; k < axis->follower_count; k++)
            dam__text_append(text, "%s,", axis->followers[k].key);
    }
    dam__text_append(text, "status,done,diverged,failed");
    for (int m = 0; m < DAM__METRICS; m++)
        if (has[m])
            dam__text_append(text, ",%s", dam__metric_name((dam__metric)m));
    dam__text_append(text, ",%s_spread", name);
    for (size_t seed = 0; seed < sweep->seeds; seed++)
        dam__text_append(text, ",%s_%zu", name, seed + 1);
    dam__text_append(text, ",epochs,seconds\n");
}

static void append_row(dam__text *text, const dam__sweep *sweep, size_t index,
                       const bool has[DAM__METRICS])
{
    dam__cell cell;
    dam__sweep_cell(sweep, index, &cell);
    if (cell.status == DAM__PROBLEM_OUTSIDE)
        return;
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        size_t at = dam__sweep_index(sweep, index, i);
        append_field(text, axis->values[at]);
        dam__text_append(text, ",");
        for (size_t k = 0; k < axis->follower_count; k++) {
            append_field(text, axis->followers[k].values[at]);
            dam__text_append(text, ",");
        }
    }
    dam__text_append(text, "%s,%zu,%zu,%zu", dam__problem_status_name(cell.status), cell.done,
                     cell.diverged, cell.failed);
    for (int m = 0; m < DAM__METRICS; m++)
        if (has[m])
            append_number(text, cell.mean[m]);
    append_number(text, cell.spread);
    for (size_t seed = 0; seed < sweep->seeds; seed++) {
        const dam__problem_result *result = &sweep->results[index * sweep->seeds + seed];
        bool done = result->status == DAM__PROBLEM_DONE;
        append_number(text, done ? result->metrics[sweep->metric] : NAN);
    }
    append_number(text, cell.epochs);
    append_number(text, cell.seconds);
    dam__text_append(text, "\n");
}

dam_status dam__report_sweep_table(const char *folder, const dam__sweep *sweep)
{
    dam_status status = DAM_OK;
    dam__text text = {0};
    char *path = NULL;
    bool has[DAM__METRICS];
    find_metrics(sweep, has);
    append_head(&text, sweep, has);
    for (size_t cell = 0; cell < sweep->cells; cell++)
        append_row(&text, sweep, cell, has);
    DAM_TRY(dam__path_join(&path, folder, "sweep.csv"));
    DAM_TRY(dam__text_write(&text, path));
cleanup:
    dam__text_free(&text);
    free(path);
    return status;
}
