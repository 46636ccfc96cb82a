/* Curves of capacity: the share of probes recovered. */
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "draw/gnuplot.h"
#include "recall/recall_report.h"
#include "run/history_table.h"

static const double PATIENCE = 30; /* seconds for gnuplot */

dam__recall_row dam__recall_row_of(const dam__recall_result *result)
{
    return (dam__recall_row){.cell = result->cell,
                             .memories = result->memories,
                             .probes = result->recalled.count,
                             .recovered = result->recovered,
                             .distance = result->distance,
                             .nearest = result->nearest,
                             .sweeps = result->sweeps,
                             .seconds = result->recalled.seconds};
}

static double share(const dam__recall_row *row)
{
    return (double)row->recovered / (double)row->probes;
}

static dam_status write_csv(const char *folder, const dam__recall_cells *cells,
                            const dam__recall_row *rows)
{
    dam_status status = DAM_OK;
    char *path = NULL, name[DAM__INTERACTION_BYTES], numbers[3][DAM__NUMBER_BYTES];
    dam__text text = {0};
    DAM_TRY(dam__path_join(&path, folder, "capacity.csv"));
    dam__text_append(&text,
                     "interaction,patterns,flips,probes,recovered,mean_distance,mean_sweeps\n");
    for (size_t i = 0; i < cells->count; i++)
        dam__text_append(&text, "%s,%zu,%d,%zu,%s,%s,%s\n",
                         dam__interaction_text(&rows[i].cell.interaction, name), rows[i].memories,
                         rows[i].cell.flips, rows[i].probes,
                         dam__number(numbers[0], share(&rows[i]), 9),
                         dam__number(numbers[1], rows[i].distance, 9),
                         dam__number(numbers[2], rows[i].sweeps, 9));
    DAM_TRY(dam__text_write(&text, path));
cleanup:
    dam__text_free(&text);
    free(path);
    return status;
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

/* Blocks of a curve each, two empty lines between them, as gnuplot's index counts them. */
static dam_status write_data(const char *folder, const dam__recall_cells *cells,
                             const dam__recall_row *rows, bool along_patterns, size_t curves)
{
    dam_status status = DAM_OK;
    char *path = NULL, name[DAM__INTERACTION_BYTES], number[DAM__NUMBER_BYTES];
    dam__text text = {0};
    size_t points = along_patterns ? cells->patterns : cells->flips;
    DAM_TRY(dam__path_join(&path, folder, "capacity.dat"));
    for (size_t curve = 0; curve < curves; curve++) {
        const dam__recall_row *first = &rows[row_at(cells, along_patterns, curve, 0)];
        dam__text_append(&text, "%s# %s: patterns, flips, share recovered\n",
                         curve > 0 ? "\n\n" : "",
                         dam__interaction_text(&first->cell.interaction, name));
        for (size_t point = 0; point < points; point++) {
            const dam__recall_row *row = &rows[row_at(cells, along_patterns, curve, point)];
            dam__text_append(&text, "%zu %d %s\n", row->memories, row->cell.flips,
                             dam__number(number, share(row), 9));
        }
    }
    DAM_TRY(dam__text_write(&text, path));
cleanup:
    dam__text_free(&text);
    free(path);
    return status;
}

/* In single quotes gnuplot takes all but the quote itself as it stands. */
static void append_title(dam__text *script, const char *title)
{
    dam__text_append(script, "set title '");
    for (const char *at = title; *at != '\0'; at++)
        dam__text_append(script, *at == '\'' ? "\u2019" : "%c", *at);
    dam__text_append(script, "' noenhanced font ',15' textcolor rgb '#34363c'\n");
}

static void append_curves(dam__text *script, const dam__recall_cells *cells,
                          const dam__recall_row *rows, bool along_patterns, size_t curves)
{
    static const char *const colours[] = {"#1f5fa8", "#d9701a", "#2e7d60", "#8a4fa3",
                                          "#b8324f", "#7a7a7a", "#0f9aa8", "#96781e"};
    enum { COLOURS = sizeof colours / sizeof *colours };
    /* Where curves coincide, those below show as rims of those above. */
    const double line = 1.8, rim = 1.6, dot = 0.7, ring = 0.28;
    const size_t most_rims = 5;
    char name[DAM__INTERACTION_BYTES];
    size_t others = along_patterns ? cells->flips : cells->patterns;
    for (size_t curve = 0; curve < curves; curve++) {
        const dam__recall_row *row = &rows[row_at(cells, along_patterns, curve, 0)];
        size_t above = curves - 1 - curve;
        double rims = (double)(above < most_rims ? above : most_rims);
        dam__text_append(
            script,
            "%s'capacity.dat' index %zu using %d:3 with linespoints lw %.1f pt 7 ps %.2f lc rgb "
            "'%s' title '%s",
            curve > 0 ? ", \\\n     " : "plot ", curve, along_patterns ? 1 : 2, line + rim * rims,
            dot + ring * rims, colours[curve % COLOURS],
            dam__interaction_text(&row->cell.interaction, name));
        if (others > 1 && along_patterns)
            dam__text_append(script, ", %d flips", row->cell.flips);
        else if (others > 1)
            dam__text_append(script, ", %zu patterns", row->memories);
        dam__text_append(script, "'");
    }
    dam__text_append(script, "\n");
}

static dam_status write_script(const char *folder, const char *title,
                               const dam__recall_cells *cells, const dam__recall_row *rows,
                               bool along_patterns, size_t curves)
{
    static const char preamble[] =
        "# Curves of capacity by denseam; 'gnuplot capacity.gp' in this folder draws them.\n"
        "if (!exists('picture')) picture = 'capacity.png'\n"
        "if (strstrt(GPVAL_TERMINALS, 'pngcairo') > 0) {\n"
        "    set terminal pngcairo size 1000,700 font 'sans,12' background '#ffffff'\n"
        "} else {\n"
        "    set terminal png size 1000,700 background '#ffffff'\n"
        "}\n"
        "set output picture\n"
        "set encoding utf8\n"
        "set border 3 lw 1 lc rgb '#8c8c88'\n"
        "set tics nomirror out scale 0.6 textcolor rgb '#46484e'\n"
        "set grid lt 1 lw 1 lc rgb '#e7e7e3'\n"
        "set key noenhanced bottom left reverse Left samplen 2 spacing 1.3\n"
        "set yrange [-0.02:1.02]\n"
        "set ylabel 'share of probes recovered'\n"
        "set autoscale xfix\n"
        "set rmargin 4\n";
    dam_status status = DAM_OK;
    dam__text script = {0};
    char *path = NULL;
    DAM_TRY(dam__path_join(&path, folder, "capacity.gp"));
    dam__text_append(&script, "%s%s", preamble,
                     along_patterns ? "set xlabel 'patterns stored'\nset logscale x\n"
                                    : "set xlabel 'flipped neurons of a probe'\n");
    append_title(&script, title);
    append_curves(&script, cells, rows, along_patterns, curves);
    DAM_TRY(dam__text_write(&script, path));
cleanup:
    dam__text_free(&script);
    free(path);
    return status;
}

dam_status dam__report_capacity(const char *folder, const char *title,
                                const dam__recall_cells *cells, const dam__recall_row *rows,
                                const dam_log *log)
{
    dam_status status = DAM_OK;
    bool along_patterns = cells->patterns > 1;
    size_t curves = cells->interactions * (along_patterns ? cells->flips : cells->patterns);
    DAM_TRY(write_csv(folder, cells, rows));
    DAM_TRY(write_data(folder, cells, rows, along_patterns, curves));
    DAM_TRY(write_script(folder, title, cells, rows, along_patterns, curves));
    DAM_TRY(dam__gnuplot(folder, "capacity.gp", "capacity.png", PATIENCE, log));
cleanup:
    return status;
}
