/* Curves of capacity: the share of probes recovered. */
#include <math.h>
#include <stdio.h>

#include "base/csv.h"
#include "draw/plot.h"
#include "recall/recall_report.h"

enum { DIGITS = 9 };

void dam__recall_row_add(dam__recall_row *row, const dam__recall_result *result)
{
    row->cell = result->cell;
    row->memories = result->memories;
    row->probes = result->recalled.count;
    row->seeds++;
    double share = (double)result->recovered / (double)row->probes;
    double before = share - row->recovered;
    row->recovered += before / row->seeds;
    row->squares += before * (share - row->recovered);
    row->distance += (result->distance - row->distance) / row->seeds;
    row->sweeps += (result->sweeps - row->sweeps) / row->seeds;
    row->seconds += result->recalled.seconds;
}

double dam__recall_row_deviation(const dam__recall_row *row)
{
    return row->seeds > 1 ? sqrt(row->squares / (row->seeds - 1)) : NAN;
}

static dam_status write_csv(const char *folder, const dam__recall_cells *cells,
                            const dam__recall_row *rows)
{
    char name[DAM__INTERACTION_BYTES];
    dam__csv csv = {0};
    dam__csv_line(&csv, "interaction,patterns,flips,probes,recovered,mean_distance,mean_sweeps,"
                        "seeds,recovered_deviation");
    for (size_t i = 0; i < cells->count; i++) {
        dam__csv_text(&csv, dam__interaction_text(&rows[i].cell.interaction, name));
        dam__csv_integer(&csv, (int64_t)rows[i].memories);
        dam__csv_integer(&csv, rows[i].cell.flips);
        dam__csv_integer(&csv, (int64_t)rows[i].probes);
        dam__csv_real(&csv, rows[i].recovered, DIGITS);
        dam__csv_real(&csv, rows[i].distance, DIGITS);
        dam__csv_real(&csv, rows[i].sweeps, DIGITS);
        dam__csv_integer(&csv, rows[i].seeds);
        dam__csv_real(&csv, dam__recall_row_deviation(&rows[i]), DIGITS);
        dam__csv_end_row(&csv);
    }
    return dam__csv_write(&csv, folder, "capacity.csv");
}

/* The row at a curve's point: along patterns, one curve for each number of flips; or the reverse.
 */
static size_t row_at(const dam__recall_cells *cells, bool along_patterns, size_t curve,
                     size_t point)
{
    size_t others = along_patterns ? cells->flips : cells->patterns;
    size_t interaction = curve / others, other = curve % others;
    size_t pattern = along_patterns ? point : other, flip = along_patterns ? other : point;
    return (interaction * cells->patterns + pattern) * cells->flips + flip;
}

/* Blocks of a curve each, and the curves' names. */
static void append_curves(dam__plot *plot, const dam__recall_cells *cells,
                          const dam__recall_row *rows, bool along_patterns, size_t curves)
{
    char interaction[DAM__INTERACTION_BYTES], name[64];
    size_t points = along_patterns ? cells->patterns : cells->flips;
    size_t others = along_patterns ? cells->flips : cells->patterns;
    for (size_t curve = 0; curve < curves; curve++) {
        const dam__recall_row *first = &rows[row_at(cells, along_patterns, curve, 0)];
        (void)dam__interaction_text(&first->cell.interaction, interaction);
        if (curve > 0)
            dam__plot_end_block(plot);
        dam__text_append(&plot->data.text, "# %s: patterns, flips, share recovered%s\n",
                         interaction, first->seeds > 1 ? ", its deviation" : "");
        for (size_t point = 0; point < points; point++) {
            const dam__recall_row *row = &rows[row_at(cells, along_patterns, curve, point)];
            dam__csv_integer(&plot->data, (int64_t)row->memories);
            dam__csv_integer(&plot->data, row->cell.flips);
            dam__csv_real(&plot->data, row->recovered, DIGITS);
            if (row->seeds > 1)
                dam__csv_real(&plot->data, dam__recall_row_deviation(row), DIGITS);
            dam__csv_end_row(&plot->data);
        }
        if (others == 1)
            (void)snprintf(name, sizeof name, "%s", interaction);
        else if (along_patterns)
            (void)snprintf(name, sizeof name, "%s, %d flips", interaction, first->cell.flips);
        else
            (void)snprintf(name, sizeof name, "%s, %zu patterns", interaction, first->memories);
        dam__plot_text(plot, name, "name[%zu]", curve + 1);
    }
}

dam_status dam__capacity_write(const char *folder, const char *title,
                               const dam__recall_cells *cells, const dam__recall_row *rows,
                               const dam_log *log)
{
    dam_status status = DAM_OK;
    bool along_patterns = cells->patterns > 1;
    size_t curves = cells->interactions * (along_patterns ? cells->flips : cells->patterns);
    dam__plot plot;
    dam__plot_begin(&plot, "Curves of capacity by denseam", "capacity", 1000, 700);
    DAM_TRY_CLEANUP(write_csv(folder, cells, rows));
    dam__plot_text(&plot, title, "title");
    dam__plot_integer(&plot, along_patterns ? 1 : 2, "x_field");
    dam__plot_integer(&plot, (int64_t)curves, "curves");
    dam__plot_integer(&plot, rows[0].seeds, "seeds");
    dam__plot_array(&plot, "name", curves);
    append_curves(&plot, cells, rows, along_patterns, curves);
    DAM_TRY_CLEANUP(dam__plot_draw(&plot, "capacity", folder, log));
cleanup:
    dam__plot_free(&plot);
    return status;
}
