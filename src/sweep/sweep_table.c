#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/csv.h"
#include "sweep/sweep_report.h"

/* Metrics that no replica has are left out. */
static void find_metrics(const dam__sweep *sweep, bool has[DAM__METRICS])
{
    memset(has, 0, DAM__METRICS * sizeof *has);
    for (size_t p = 0; p < sweep->cells * sweep->seeds; p++)
        for (int m = 0; m < DAM__METRICS; m++)
            has[m] = has[m] || (sweep->results[p].status == DAM__REPLICA_DONE &&
                                isfinite(sweep->results[p].metrics[m]));
    has[sweep->metric] = true;
}

static void append_head(dam__csv *csv, const dam__sweep *sweep, const bool has[DAM__METRICS])
{
    char name[64];
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        dam__csv_text(csv, axis->key);
        for (size_t k = 0; k < axis->follower_count; k++)
            dam__csv_text(csv, axis->followers[k].key);
    }
    dam__csv_cells(csv, "status,done,diverged,failed");
    for (int m = 0; m < DAM__METRICS; m++)
        if (has[m])
            dam__csv_text(csv, dam__metric_name((dam__metric)m));
    (void)snprintf(name, sizeof name, "%s_spread", dam__metric_name(sweep->metric));
    dam__csv_text(csv, name);
    for (size_t seed = 0; seed < sweep->seeds; seed++) {
        (void)snprintf(name, sizeof name, "%s_%zu", dam__metric_name(sweep->metric), seed + 1);
        dam__csv_text(csv, name);
    }
    dam__csv_line(csv, "epochs,seconds");
}

static void append_row(dam__csv *csv, const dam__sweep *sweep, size_t index,
                       const bool has[DAM__METRICS])
{
    dam__cell cell;
    dam__sweep_cell(sweep, index, &cell);
    if (cell.status == DAM__REPLICA_OUTSIDE)
        return;
    for (size_t i = 0; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        size_t at = dam__sweep_index(sweep, index, i);
        dam__csv_text(csv, axis->values[at]);
        for (size_t k = 0; k < axis->follower_count; k++)
            dam__csv_text(csv, axis->followers[k].values[at]);
    }
    dam__csv_text(csv, dam__replica_status_name(cell.status));
    dam__csv_integer(csv, (int64_t)cell.done);
    dam__csv_integer(csv, (int64_t)cell.diverged);
    dam__csv_integer(csv, (int64_t)cell.failed);
    for (int m = 0; m < DAM__METRICS; m++)
        if (has[m])
            dam__csv_real(csv, cell.mean[m], 0);
    dam__csv_real(csv, cell.spread, 0);
    for (size_t seed = 0; seed < sweep->seeds; seed++) {
        const dam__replica_result *result = &sweep->results[index * sweep->seeds + seed];
        bool done = result->status == DAM__REPLICA_DONE;
        dam__csv_real(csv, done ? result->metrics[sweep->metric] : NAN, 0);
    }
    dam__csv_real(csv, cell.epochs, 0);
    dam__csv_real(csv, cell.seconds, 0);
    dam__csv_end_row(csv);
}

dam_status dam__sweep_table_write(const char *folder, const dam__sweep *sweep)
{
    dam__csv csv = {0};
    bool has[DAM__METRICS];
    find_metrics(sweep, has);
    append_head(&csv, sweep, has);
    for (size_t cell = 0; cell < sweep->cells; cell++)
        append_row(&csv, sweep, cell, has);
    return dam__csv_write(&csv, folder, "sweep.csv");
}
