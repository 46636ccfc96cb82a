#include "sweep/sweep_search_picture.h"

#include <math.h>

#include "base/number.h"

enum { EXACT = 15, SHORT = 4, MOST_LINES = 16 };

/* From dark to light, so that sizes are in order. */
static const char *const colours[MOST_LINES] = {
    "#1b2a6b", "#1f5fa8", "#2a8fa8", "#2f9e77", "#78ab3a", "#c7a21b", "#e0802a", "#d1483a",
    "#a12b5c", "#6b2a6b", "#5c5e64", "#8c6d46", "#46788c", "#7a8c46", "#8c466d", "#202226"};

static size_t shown_lines(const dam__sweep *sweep)
{
    size_t lines = dam__sweep_lines(sweep);
    return lines < MOST_LINES ? lines : MOST_LINES;
}

static const char *colour_of(const dam__sweep *sweep, size_t line)
{
    return colours[shown_lines(sweep) <= MOST_LINES / 4 ? 2 * line : line];
}

/* The score of a value of a line; NaN where there is none. */
static double score_at(const dam__sweep *sweep, size_t line, size_t i, dam__cell *cell)
{
    dam__sweep_cell(sweep, line + i * dam__sweep_lines(sweep), cell);
    return cell->status == DAM__REPLICA_DONE ? cell->mean[sweep->metric] : NAN;
}

static void append_point(dam__csv *data, double x, double y)
{
    dam__csv_real(data, x, EXACT);
    dam__csv_real(data, y, EXACT);
    dam__csv_end_row(data);
}

/* Blocks without a point would not count, so each has one that is missing. */
static void begin_block(dam__csv *data)
{
    dam__csv_line(data, "NaN NaN");
}

/* --- scales ------------------------------------------------------------------------------------ */

static bool are_powers_of_two(const dam__axis *axis)
{
    for (size_t i = 0; i < axis->count; i++)
        if (log2(axis->numbers[i]) != floor(log2(axis->numbers[i])))
            return false;
    return true;
}

static void append_x(const dam__axis *axis, dam__plot *plot)
{
    double step = sqrt(axis->numbers[1] / axis->numbers[0]);
    dam__plot_integer(plot, are_powers_of_two(axis) ? 2 : 10, "base");
    dam__plot_real(plot, axis->numbers[0] / step, "x_from");
    dam__plot_real(plot, axis->numbers[axis->count - 1] * step, "x_to");
    dam__plot_text(plot, axis->key, "x_label");
}

/* A logarithmic axis where all is above 0; tics at plain numbers, as many as fit. */
static void append_y(double least, double most, const char *label, dam__plot *plot)
{
    static const double few[] = {1, 2, 5}, many[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    char at[DAM__NUMBER_BYTES];
    bool logarithmic = least > 0, narrow = most < 8 * least;
    double margin = logarithmic ? pow(most / least, 0.08) * 1.02 : 0.08 * (most - least) + 1e-9;
    double low = logarithmic ? least / margin : least - margin;
    double high = logarithmic ? most * margin : most + margin;
    dam__text tics = {0};
    int count = 0;
    bool plain = logarithmic && most <= 1e4 * least;
    dam__plot_real(plot, low, "bottom");
    dam__plot_real(plot, high, "top");
    dam__plot_text(plot, label, "y_label");
    dam__plot_integer(plot, logarithmic, "logarithmic");
    for (int decade = (int)floor(log10(low)); plain && decade <= (int)floor(log10(high)); decade++)
        for (size_t i = 0; i < (narrow ? sizeof many : sizeof few) / sizeof *few; i++) {
            double value = (narrow ? many[i] : few[i]) * pow(10, decade);
            if (value < low || value > high)
                continue;
            (void)dam__real_digits(value, SHORT, at);
            dam__text_append(&tics, "%s'%s' %s", count > 0 ? ", " : "", at, at);
            count++;
        }
    if (count >= 2) /* between two of these numbers gnuplot's own tics tell more */
        dam__text_append(&plot->variables, "set ytics (%s)\n",
                         dam__text_part(&plot->variables, &tics));
    dam__text_free(&tics);
}

/* "data.dim = 64, model.power = 2": what a line is. */
static void name_line(const dam__sweep *sweep, size_t line, dam__text *out)
{
    out->length = 0;
    for (size_t i = 1; i < sweep->axis_count; i++) {
        const dam__axis *axis = &sweep->axes[i];
        if (axis->count > 1)
            dam__text_append(out, "%s%s = %s", out->length > 0 ? ", " : "", axis->key,
                             axis->values[dam__sweep_index(sweep, line, i)]);
    }
    if (out->length == 0)
        dam__text_append(out, "%s", dam__metric_name(sweep->metric));
}

/* The curves of both pictures: their names and colours. What else they have is set later. */
static void append_lines(const dam__sweep *sweep, dam__plot *plot)
{
    static const char *const arrays[] = {"name", "colour", "drawn", "diverges"};
    dam__text name = {0};
    dam__plot_integer(plot, (int64_t)shown_lines(sweep), "lines");
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        dam__plot_array(plot, arrays[i], shown_lines(sweep));
    for (size_t line = 0; line < shown_lines(sweep); line++) {
        name_line(sweep, line, &name);
        dam__plot_text(plot, dam__text_part(&plot->variables, &name), "name[%zu]", line + 1);
        dam__plot_text(plot, colour_of(sweep, line), "colour[%zu]", line + 1);
    }
    dam__text_free(&name);
}

/* --- the score over the key -------------------------------------------------------------------- */

static void find_range(const dam__sweep *sweep, double *least, double *most)
{
    dam__cell cell;
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t line = 0; line < shown_lines(sweep); line++)
        for (size_t i = 0; i < sweep->axes[0].count; i++) {
            *least = fmin(*least, score_at(sweep, line, i, &cell));
            *most = fmax(*most, score_at(sweep, line, i, &cell));
        }
    if (!(*least <= *most)) { /* nothing is done: an empty frame */
        *least = 1;
        *most = 10;
    }
}

static void append_curve(const dam__sweep *sweep, size_t line, dam__csv *data)
{
    dam__cell cell;
    begin_block(data);
    for (size_t i = 0; i < sweep->axes[0].count; i++) {
        double score = score_at(sweep, line, i, &cell);
        if (isfinite(score))
            append_point(data, sweep->axes[0].numbers[i], score);
    }
}

/* From each value beside one that diverges, "x y dx": towards that one. Returns how many. */
static size_t append_divergence(const dam__sweep *sweep, size_t line, dam__csv *data)
{
    const double *x = sweep->axes[0].numbers;
    dam__cell cell, beside;
    size_t count = 0;
    begin_block(data);
    for (size_t i = 0; i + 1 < sweep->axes[0].count; i++) {
        double here = score_at(sweep, line, i, &cell);
        double next = score_at(sweep, line, i + 1, &beside);
        bool up = isfinite(here) && beside.status == DAM__REPLICA_DIVERGED;
        bool down = isfinite(next) && cell.status == DAM__REPLICA_DIVERGED;
        if (!up && !down)
            continue;
        count++;
        dam__csv_real(data, up ? x[i] : x[i + 1], EXACT);
        dam__csv_real(data, up ? here : next, EXACT);
        dam__csv_real(data, up ? x[i + 1] - x[i] : x[i] - x[i + 1], EXACT);
        dam__csv_end_row(data);
    }
    return count;
}

/* The best values of all lines: the edges, or the others. Returns how many. */
static size_t append_best(const dam__sweep *sweep, bool edges, dam__csv *data)
{
    size_t count = 0;
    begin_block(data);
    for (size_t line = 0; line < shown_lines(sweep); line++) {
        dam__optimum best;
        dam__sweep_optimum(sweep, line, &best);
        if (!isfinite(best.score) || (best.place == DAM__PLACE_EDGE) != edges)
            continue;
        count++;
        append_point(data, best.value, best.score);
    }
    return count;
}

/* The blocks of the data, and which of them have something. */
static void append_blocks(const dam__sweep *sweep, dam__plot *plot)
{
    const size_t lines = shown_lines(sweep);
    for (size_t line = 0; line < lines; line++) {
        append_curve(sweep, line, &plot->data);
        dam__plot_end_block(plot);
        dam__plot_integer(plot, 1, "drawn[%zu]", line + 1);
    }
    for (size_t line = 0; line < lines; line++) {
        bool diverges = append_divergence(sweep, line, &plot->data) > 0;
        dam__plot_end_block(plot);
        dam__plot_integer(plot, diverges, "diverges[%zu]", line + 1);
    }
    for (int edges = 0; edges < 2; edges++) {
        bool has = append_best(sweep, edges, &plot->data) > 0;
        dam__plot_end_block(plot);
        dam__plot_integer(plot, has, "%s", edges ? "edge" : "best");
    }
}

void dam__search_curves(const dam__sweep *sweep, dam__plot *plot)
{
    double least, most;
    dam__text what = {0};
    size_t lines = shown_lines(sweep);
    find_range(sweep, &least, &most);
    dam__text_append(&what, "%s over %s", dam__metric_name(sweep->metric), sweep->axes[0].key);
    dam__text_append(&plot->data.text, "# %s\n", dam__text_part(&plot->data.text, &what));
    append_lines(sweep, plot);
    append_blocks(sweep, plot);
    if (sweep->seeds > 1)
        dam__text_append(&what, ", mean of %zu seeds", sweep->seeds);
    if (dam__sweep_count(sweep, DAM__REPLICA_DIVERGED) > 0)
        dam__text_append(&what, "; crosses: diverged");
    if (dam__sweep_lines(sweep) > lines)
        dam__text_append(&what, "; the first %zu of %zu lines", lines, dam__sweep_lines(sweep));
    dam__plot_text(plot, dam__text_part(&plot->variables, &what), "what");
    dam__plot_integer(plot, 0, "epochs");
    append_x(&sweep->axes[0], plot);
    append_y(least, most, dam__metric_name(sweep->metric), plot);
    dam__text_free(&what);
}

/* --- the loss over the epochs ------------------------------------------------------------------ */

/* Mean over the seeds of a cell; *epochs = 0 where it is not done. */
static void mean_curve(const dam__sweep *sweep, size_t cell, double *curve, int *epochs)
{
    dam__cell seen;
    dam__sweep_cell(sweep, cell, &seen);
    *epochs = seen.status == DAM__REPLICA_DONE ? sweep->results[cell * sweep->seeds].epochs : 0;
    for (size_t i = 0; i < DAM__SWEEP_POINTS; i++) {
        curve[i] = 0;
        for (size_t seed = 0; seed < sweep->seeds; seed++)
            curve[i] += sweep->curves[(cell * sweep->seeds + seed) * DAM__SWEEP_POINTS + i] /
                        (double)sweep->seeds;
    }
}

typedef struct range {
    double least, most;
    int epochs;
} range;

/* A block a line, in which nothing may be; returns whether there is something. */
static bool append_losses(const dam__sweep *sweep, size_t cell, range *r, dam__csv *data)
{
    double curve[DAM__SWEEP_POINTS];
    int epochs = 0;
    bool drawn = false;
    mean_curve(sweep, cell, curve, &epochs);
    begin_block(data);
    for (int i = 0; i < DAM__SWEEP_POINTS; i++) {
        int epoch = dam__curve_epoch(i, epochs);
        if (epoch == 0 || !isfinite(curve[i]))
            continue;
        append_point(data, epoch, curve[i]);
        drawn = true;
        r->least = fmin(r->least, curve[i]);
        r->most = fmax(r->most, curve[i]);
        r->epochs = epoch > r->epochs ? epoch : r->epochs;
    }
    return drawn;
}

void dam__search_epochs(const dam__sweep *sweep, dam__plot *plot, bool *drawn)
{
    range r = {INFINITY, -INFINITY, 0};
    dam__text what = {0};
    dam__optimum best;
    *drawn = false;
    dam__sweep_optimum(sweep, 0, &best);
    if (!isfinite(best.score))
        return;
    dam__text_append(&plot->data.text, "# loss over epochs at %s = %s\n", sweep->axes[0].key,
                     sweep->axes[0].values[best.index]);
    append_lines(sweep, plot);
    for (size_t line = 0; line < shown_lines(sweep); line++) {
        size_t cell = line + best.index * dam__sweep_lines(sweep);
        bool has = append_losses(sweep, cell, &r, &plot->data);
        dam__plot_end_block(plot);
        dam__plot_integer(plot, has, "drawn[%zu]", line + 1);
        dam__plot_integer(plot, 0, "diverges[%zu]", line + 1);
        *drawn = *drawn || has;
    }
    if (!*drawn)
        return;
    dam__text_append(&what, "mean loss of an epoch's batches at %s = %s", sweep->axes[0].key,
                     sweep->axes[0].values[best.index]);
    if (dam__sweep_lines(sweep) > 1)
        dam__text_append(&what, ", the best value of the first line");
    dam__plot_text(plot, dam__text_part(&plot->variables, &what), "what");
    dam__plot_integer(plot, r.epochs, "epochs");
    dam__plot_integer(plot, 0, "best");
    dam__plot_integer(plot, 0, "edge");
    append_y(r.least, r.most, "loss", plot);
    dam__text_free(&what);
}
