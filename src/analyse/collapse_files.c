/* Tables and pictures of diagnostics. */
#include <math.h>
#include <stdlib.h>

#include "analyse/collapse.h"
#include "base/file.h"
#include "draw/gnuplot.h"
#include "draw/script.h"
#include "run/history_table.h"

static const double PATIENCE = 30; /* seconds for gnuplot */

enum { DIGITS = 9 };

static const double *values_of(const dam__collapse *c, size_t row, size_t column)
{
    return c->values + (row * c->columns + column) * c->runs;
}

static dam_status write_file(const char *folder, const char *name, const dam__text *text)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    DAM_TRY(dam__path_join(&path, folder, name));
    DAM_TRY(dam__text_write(text, path));
cleanup:
    free(path);
    return status;
}

static dam_status write_csv(const char *folder, const dam__collapse *c)
{
    char number[DAM__NUMBER_BYTES];
    dam__text text = {0};
    dam__text_append(&text, "step,number,slope");
    for (size_t r = 0; r < c->runs; r++)
        dam__text_append(&text, ",%c=%d", c->axis, c->sizes[r]);
    for (size_t i = 0; i < c->rows * c->columns; i++) {
        dam__text_append(&text, "\n%.0f,%s,%s", c->steps[i / c->columns],
                         c->first.names[i % c->columns], dam__number(number, c->slopes[i], DIGITS));
        for (size_t r = 0; r < c->runs; r++)
            dam__text_append(&text, ",%s", dam__number(number, c->values[i * c->runs + r], DIGITS));
    }
    dam__text_append(&text, "\n");
    dam_status status = write_file(folder, "collapse.csv", &text);
    dam__text_free(&text);
    return status;
}

/* Columns of collapse.dat behind the first one: the steps, of one run alone its value. */
static size_t curves_of(const dam__collapse *c)
{
    return c->runs > 1 ? c->rows : 1;
}

/* A block a number, two empty lines between them: a row a size, a column a step; of one run a row a
 * step. */
static dam_status write_data(const char *folder, const dam__collapse *c)
{
    char number[DAM__NUMBER_BYTES];
    dam__text text = {0};
    for (size_t column = 0; column < c->columns; column++) {
        dam__text_append(&text, "%s# %s: ", column > 0 ? "\n\n" : "", c->first.names[column]);
        if (c->runs > 1)
            dam__text_append(&text, "%c, then each step", c->axis);
        else
            dam__text_append(&text, "step, value");
        for (size_t r = 0; r < c->runs && c->runs > 1; r++) {
            dam__text_append(&text, "\n%d", c->sizes[r]);
            for (size_t row = 0; row < c->rows; row++)
                dam__text_append(&text, " %s",
                                 dam__number(number, values_of(c, row, column)[r], DIGITS));
        }
        for (size_t row = 0; row < c->rows && c->runs == 1; row++)
            dam__text_append(&text, "\n%.0f %s", c->steps[row],
                             dam__number(number, values_of(c, row, column)[0], DIGITS));
        dam__text_append(&text, "\n");
    }
    dam_status status = write_file(folder, "collapse.dat", &text);
    dam__text_free(&text);
    return status;
}

/*
 * At least a factor of 64 round all values: with the same range in most panels, slopes look alike.
 */
static void range_of(const dam__collapse *c, size_t column, double *least, double *most)
{
    const double usual = 64, tiny = 1e-30, margin = 1.3;
    *least = INFINITY;
    *most = 0;
    for (size_t row = 0; row < c->rows; row++)
        for (size_t r = 0; r < c->runs; r++) {
            double value = values_of(c, row, column)[r];
            if (!isfinite(value) || value < tiny)
                continue;
            *least = fmin(*least, value / margin);
            *most = fmax(*most, value * margin);
        }
    if (!(*most > 0)) {
        *least = 1;
        *most = 2;
    }
    double wider = sqrt(fmax(1, usual / (*most / *least)));
    *least /= wider;
    *most *= wider;
}

/* A curve a step over the sizes; of one run a curve over the steps, which may begin at 0. */
static void append_curves(dam__text *script, const dam__collapse *c, size_t column)
{
    static const char *const colours[] = {"#1f5fa8", "#d9701a", "#2e7d60", "#8a4fa3", "#b8324f"};
    enum { COLOURS = sizeof colours / sizeof *colours };
    for (size_t i = 0; i < curves_of(c); i++) {
        dam__text_append(script,
                         "%s'collapse.dat' index %zu using %s:%zu with linespoints lw 2 pt "
                         "7 ps 0.8 lc rgb '%s' ",
                         i > 0 ? ", \\\n     " : "plot ", column, c->runs > 1 ? "1" : "($1+1)",
                         i + 2, colours[i % COLOURS]);
        if (c->runs > 1)
            dam__text_append(script, "title 'step %.0f'", c->steps[i]);
        else
            dam__text_append(script, "title '%c = %d'", c->axis, c->sizes[0]);
    }
}

/* One panel: a curve a step. The first has the key of all, above the panels. */
static void append_panel(dam__text *script, const dam__collapse *c, size_t column)
{
    const char *name = c->first.names[column];
    dam__text title = {0};
    size_t steepest = dam__collapse_steepest(c, (int)column, false);
    char numbers[2][DAM__NUMBER_BYTES];
    double least = 0, most = 0;
    dam__text_append(&title, "%s", name);
    if (steepest < c->rows * c->columns)
        dam__text_append(&title, ", steepest slope %+.2f", c->slopes[steepest]);
    dam__text_append(script, "set title ");
    dam__script_quoted(script, dam__text_part(script, &title));
    dam__text_append(script, " noenhanced\n");
    range_of(c, column, &least, &most);
    dam__text_append(script, "set yrange [%s:%s]\n", dam__number(numbers[0], least, 3),
                     dam__number(numbers[1], most, 3));
    append_curves(script, c, column);
    dam__text_append(script, "\n%s", column == 0 ? "unset key\n" : "");
    dam__text_free(&title);
}

static dam_status write_script(const char *folder, const dam__collapse *c)
{
    enum { ABREAST = 4, WIDTH = 1240, HEIGHT = 290, LINE = 24, KEYS = 8 };
    dam__text script = {0};
    size_t down = (c->columns + ABREAST - 1) / ABREAST, lines = (curves_of(c) + KEYS - 1) / KEYS;
    dam__script_begin(&script,
                      "What training steps change, by size; 'gnuplot collapse.gp' in this "
                      "folder draws it.",
                      "collapse.png", WIDTH, HEIGHT * (int)down + LINE * ((int)lines - 1));
    dam__text_append(&script, c->runs > 1 ? "set logscale x 2\n"
                                          : "set logscale x 10\nset xlabel 'step + 1'\n");
    if (c->runs > 1)
        dam__text_append(&script, "set xlabel '%c'\n", c->axis);
    dam__text_append(&script,
                     "set logscale y 2\nset format y '2^{%%L}'\n"
                     "set grid lt 1 lw 1 lc rgb '#e7e7e3'\n"
                     "set key at screen 0.5, screen 0.995 center top vertical maxrows "
                     "%zu\nset offsets graph 0.05, graph 0.05, 0, 0\n"
                     "set multiplot layout %zu,%d title \" ",
                     lines, down, (int)ABREAST);
    /* The title is room for the key, whose lines are higher. */
    for (size_t i = 1; i < lines + lines / 3; i++)
        dam__text_append(&script, "\\n ");
    dam__text_append(&script, "\"\n");
    for (size_t column = 0; column < c->columns; column++)
        append_panel(&script, c, column);
    dam__text_append(&script, "unset multiplot\n");
    dam_status status = write_file(folder, "collapse.gp", &script);
    dam__text_free(&script);
    return status;
}

dam_status dam__report_collapse(const char *folder, const dam__collapse *collapse,
                                const dam_log *log)
{
    dam_status status = DAM_OK;
    DAM_TRY(write_csv(folder, collapse));
    DAM_TRY(write_data(folder, collapse));
    DAM_TRY(write_script(folder, collapse));
    DAM_TRY(dam__gnuplot(folder, "collapse.gp", "collapse.png", PATIENCE, log));
cleanup:
    return status;
}

dam_status dam__report_diagnostics(const dam__run *run)
{
    dam_status status = DAM_OK;
    char number[DAM__NUMBER_BYTES];
    dam__diagnosed got = {0};
    dam__text text = {0};
    DAM_TRY(dam__diagnosed_read(&run->container, &got));
    if (got.rows == 0)
        goto cleanup;
    dam__text_append(&text, "step");
    for (int c = 0; c < got.columns; c++)
        dam__text_append(&text, ",%s", got.names[c]);
    for (int i = 0; i < got.rows * got.columns; i++) {
        if (i % got.columns == 0)
            dam__text_append(&text, "\n%.0f", got.steps[i / got.columns]);
        dam__text_append(&text, ",%s", dam__number(number, got.values[i], DIGITS));
    }
    dam__text_append(&text, "\n");
    DAM_TRY(write_file(run->folder, "diagnostics.csv", &text));
cleanup:
    dam__text_free(&text);
    dam__diagnosed_free(&got);
    return status;
}
