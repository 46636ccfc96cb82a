/* Tables and pictures of diagnostics. */
#include <math.h>
#include <stdio.h>

#include "analyse/collapse.h"
#include "draw/plot.h"

enum { DIGITS = 9 };

static const double *values_of(const dam__collapse *c, size_t row, size_t column)
{
    return c->values + (row * c->columns + column) * c->runs;
}

static dam_status write_csv(const char *folder, const dam__collapse *c)
{
    char name[32];
    dam__csv csv = {0};
    dam__csv_cells(&csv, "step,number,slope");
    for (size_t r = 0; r < c->runs; r++) {
        (void)snprintf(name, sizeof name, "%c=%d", c->axis, c->sizes[r]);
        dam__csv_text(&csv, name);
    }
    dam__csv_end_row(&csv);
    for (size_t i = 0; i < c->rows * c->columns; i++) {
        dam__csv_integer(&csv, (int64_t)c->steps[i / c->columns]);
        dam__csv_text(&csv, c->first.names[i % c->columns]);
        dam__csv_real(&csv, c->slopes[i], DIGITS);
        for (size_t r = 0; r < c->runs; r++)
            dam__csv_real(&csv, c->values[i * c->runs + r], DIGITS);
        dam__csv_end_row(&csv);
    }
    return dam__csv_write(&csv, folder, "collapse.csv");
}

/* Columns of collapse.dat behind the first one: the steps, of one run alone its value. */
static size_t curves_of(const dam__collapse *c)
{
    return c->runs > 1 ? c->rows : 1;
}

/* A block a number: a row a size, a column a step; of one run a row a step. */
static void append_data(const dam__collapse *c, dam__plot *plot)
{
    dam__csv *data = &plot->data;
    for (size_t column = 0; column < c->columns; column++) {
        if (column > 0)
            dam__plot_end_block(plot);
        dam__text_append(&data->text, "# %s: ", c->first.names[column]);
        if (c->runs > 1) {
            dam__text_append(&data->text, "%c, then each step\n", c->axis);
        } else {
            dam__text_append(&data->text, "step, value\n");
        }
        for (size_t r = 0; r < c->runs && c->runs > 1; r++) {
            dam__csv_integer(data, c->sizes[r]);
            for (size_t row = 0; row < c->rows; row++)
                dam__csv_real(data, values_of(c, row, column)[r], DIGITS);
            dam__csv_end_row(data);
        }
        for (size_t row = 0; row < c->rows && c->runs == 1; row++) {
            dam__csv_integer(data, (int64_t)c->steps[row]);
            dam__csv_real(data, values_of(c, row, column)[0], DIGITS);
            dam__csv_end_row(data);
        }
    }
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

/* What each panel is called, and its range. */
static void append_panels(const dam__collapse *c, dam__plot *plot)
{
    dam__text title = {0};
    static const char *const arrays[] = {"name", "least", "most"};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        dam__plot_array(plot, arrays[i], c->columns);
    for (size_t column = 0; column < c->columns; column++) {
        size_t steepest = dam__collapse_steepest(c, (int)column, false);
        double least = 0, most = 0;
        title.length = 0;
        dam__text_append(&title, "%s", c->first.names[column]);
        if (steepest < c->rows * c->columns)
            dam__text_append(&title, ", steepest slope %+.2f", c->slopes[steepest]);
        dam__plot_text(plot, dam__text_part(&plot->variables, &title), "name[%zu]", column + 1);
        range_of(c, column, &least, &most);
        dam__plot_real(plot, least, "least[%zu]", column + 1);
        dam__plot_real(plot, most, "most[%zu]", column + 1);
    }
    dam__text_free(&title);
}

/* A curve a step, of one run the only one. */
static void append_curves(const dam__collapse *c, dam__plot *plot)
{
    char name[32];
    dam__plot_array(plot, "curve", curves_of(c));
    for (size_t i = 0; i < curves_of(c); i++) {
        if (c->runs > 1)
            (void)snprintf(name, sizeof name, "step %.0f", c->steps[i]);
        else
            (void)snprintf(name, sizeof name, "%c = %d", c->axis, c->sizes[0]);
        dam__plot_text(plot, name, "curve[%zu]", i + 1);
    }
}

dam_status dam__collapse_write(const char *folder, const dam__collapse *c, const dam_log *log)
{
    enum { ABREAST = 4, WIDTH = 1240, HEIGHT = 290, LINE = 24, KEYS = 8 };
    dam_status status = DAM_OK;
    size_t down = (c->columns + ABREAST - 1) / ABREAST, lines = (curves_of(c) + KEYS - 1) / KEYS;
    dam__plot plot;
    dam__plot_begin(&plot, "What training steps change, by size", "collapse", WIDTH,
                    HEIGHT * (int)down + LINE * ((int)lines - 1));
    DAM_TRY_CLEANUP(write_csv(folder, c));
    dam__plot_integer(&plot, (int64_t)c->runs, "runs");
    dam__plot_text(&plot, (const char[]){c->axis, '\0'}, "axis");
    dam__plot_integer(&plot, (int64_t)curves_of(c), "curves");
    dam__plot_integer(&plot, (int64_t)lines, "lines");
    dam__plot_integer(&plot, (int64_t)c->columns, "panels");
    append_panels(c, &plot);
    append_curves(c, &plot);
    append_data(c, &plot);
    DAM_TRY_CLEANUP(dam__plot_draw(&plot, "collapse", folder, log));
cleanup:
    dam__plot_free(&plot);
    return status;
}

dam_status dam__diagnostics_write_csv(const dam__run *run)
{
    dam_status status = DAM_OK;
    dam__diagnosed got = {0};
    dam__csv csv = {0};
    DAM_TRY_CLEANUP(dam__diagnosed_read(&run->container, &got));
    if (got.rows == 0)
        goto cleanup;
    dam__csv_text(&csv, "step");
    for (int c = 0; c < got.columns; c++)
        dam__csv_text(&csv, got.names[c]);
    dam__csv_end_row(&csv);
    for (int row = 0; row < got.rows; row++) {
        dam__csv_integer(&csv, (int64_t)got.steps[row]);
        for (int c = 0; c < got.columns; c++)
            dam__csv_real(&csv, got.values[row * got.columns + c], DIGITS);
        dam__csv_end_row(&csv);
    }
    DAM_TRY_CLEANUP(dam__csv_write(&csv, run->folder, "diagnostics.csv"));
cleanup:
    dam__csv_free(&csv);
    dam__diagnosed_free(&got);
    return status;
}
