#include "sweep/sweep_search_picture.h"

#include <math.h>

#include "draw/script.h"
#include "run/history_table.h"

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
    return cell->status == DAM__PROBLEM_DONE ? cell->mean[sweep->metric] : NAN;
}

static void append_point(dam__text *data, double x, double y)
{
    char text[2][DAM__NUMBER_BYTES];
    dam__text_append(data, "%s %s\n", dam__number(text[0], x, EXACT),
                     dam__number(text[1], y, EXACT));
}

/* Blocks without a point would not count, so each has one that is missing. */
static void begin_block(dam__text *data)
{
    dam__text_append(data, "NaN NaN\n");
}

static void end_block(dam__text *data)
{
    dam__text_append(data, "\n\n");
}

/* --- scales ------------------------------------------------------------------------------------ */

static bool are_powers_of_two(const dam__axis *axis)
{
    for (size_t i = 0; i < axis->count; i++)
        if (log2(axis->numbers[i]) != floor(log2(axis->numbers[i])))
            return false;
    return true;
}

static void append_x(const dam__axis *axis, dam__text *script)
{
    char from[DAM__NUMBER_BYTES], to[DAM__NUMBER_BYTES];
    double step = sqrt(axis->numbers[1] / axis->numbers[0]);
    bool powers = are_powers_of_two(axis);
    dam__text_append(script, "set logscale x %d\nset format x '%s'\nset xrange [%s:%s]\n",
                     powers ? 2 : 10, powers ? "2^{%L}" : "%g",
                     dam__number(from, axis->numbers[0] / step, EXACT),
                     dam__number(to, axis->numbers[axis->count - 1] * step, EXACT));
    dam__text_append(script, "set xlabel ");
    dam__script_quoted(script, axis->key);
    dam__text_append(script, " noenhanced textcolor rgb '#34363c'\n");
}

/* Tics at plain numbers, as many as there is room for. */
static void append_tics(double low, double high, bool narrow, dam__text *script)
{
    static const double few[] = {1, 2, 5}, many[] = {1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8};
    char at[DAM__NUMBER_BYTES];
    dam__text tics = {0};
    int count = 0;
    for (int decade = (int)floor(log10(low)); decade <= (int)floor(log10(high)); decade++)
        for (size_t i = 0; i < (narrow ? sizeof many : sizeof few) / sizeof *few; i++) {
            double value = (narrow ? many[i] : few[i]) * pow(10, decade);
            if (value < low || value > high)
                continue;
            (void)dam__number(at, value, SHORT);
            dam__text_append(&tics, "%s'%s' %s", count > 0 ? ", " : "", at, at);
            count++;
        }
    if (count >= 2) /* between two of these numbers gnuplot's own tics tell more */
        dam__text_append(script, "set ytics (%s)\n", dam__text_part(script, &tics));
    dam__text_free(&tics);
}

/* A logarithmic axis where all is above 0. */
static void append_y(double least, double most, const char *label, dam__text *script)
{
    char bottom[DAM__NUMBER_BYTES], top[DAM__NUMBER_BYTES];
    bool logarithmic = least > 0;
    double margin = logarithmic ? pow(most / least, 0.08) * 1.02 : 0.08 * (most - least) + 1e-9;
    double low = logarithmic ? least / margin : least - margin;
    double high = logarithmic ? most * margin : most + margin;
    dam__text_append(script, "bottom = %s\ntop = %s\nset yrange [bottom:top]\n",
                     dam__number(bottom, low, EXACT), dam__number(top, high, EXACT));
    dam__text_append(script, "set ylabel ");
    dam__script_quoted(script, label);
    dam__text_append(script, " noenhanced textcolor rgb '#34363c'\n");
    if (!logarithmic)
        return;
    dam__text_append(script, "set logscale y\n");
    if (most <= 1e4 * least)
        append_tics(low, high, most < 8 * least, script);
}

/* The lines above a picture. */
static void append_heading(const char *title, const char *what, dam__text *script)
{
    dam__text_append(script, "set tmargin at screen 0.87\nset label ");
    dam__script_quoted(script, title);
    dam__text_append(script, " at screen 0.02, 0.96 font ',15' noenhanced "
                             "textcolor rgb '#34363c'\nset label ");
    dam__script_quoted(script, what);
    dam__text_append(script, " at screen 0.02, 0.915 font ',11' noenhanced "
                             "textcolor rgb '#5c5e64'\n"
                             "set key outside bottom center horizontal\n");
}

/* "data.dim = 64, model.power = 2": what a line is. */
static void name_line(const dam__sweep *sweep, size_t line, const char *more, dam__text *out)
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
    dam__text_append(out, "%s", more);
}

/* --- the score over the key -------------------------------------------------------------------- */

typedef struct search {
    const dam__search_view *view;
    double least, most;        /* scores shown */
    bool diverges[MOST_LINES]; /* has a block of its own that is drawn */
    bool has[2];               /* best values, interior or open, and edges */
} search;

static void find_range(search *s)
{
    const dam__sweep *sweep = s->view->sweep;
    dam__cell cell;
    s->least = INFINITY;
    s->most = -INFINITY;
    for (size_t line = 0; line < shown_lines(sweep); line++)
        for (size_t i = 0; i < sweep->axes[0].count; i++) {
            s->least = fmin(s->least, score_at(sweep, line, i, &cell));
            s->most = fmax(s->most, score_at(sweep, line, i, &cell));
        }
    if (!(s->least <= s->most)) { /* nothing is done: an empty frame */
        s->least = 1;
        s->most = 10;
    }
}

static void append_curve(const search *s, size_t line, dam__text *data)
{
    const dam__sweep *sweep = s->view->sweep;
    dam__cell cell;
    begin_block(data);
    for (size_t i = 0; i < sweep->axes[0].count; i++) {
        double score = score_at(sweep, line, i, &cell);
        if (isfinite(score))
            append_point(data, sweep->axes[0].numbers[i], score);
    }
    end_block(data);
}

/* From each value beside one that diverges, "x y dx": towards that one. */
static void append_divergence(search *s, size_t line, dam__text *data)
{
    const dam__sweep *sweep = s->view->sweep;
    const double *x = sweep->axes[0].numbers;
    char text[3][DAM__NUMBER_BYTES];
    dam__cell cell, beside;
    begin_block(data);
    for (size_t i = 0; i + 1 < sweep->axes[0].count; i++) {
        double here = score_at(sweep, line, i, &cell);
        double next = score_at(sweep, line, i + 1, &beside);
        bool up = isfinite(here) && beside.status == DAM__PROBLEM_DIVERGED;
        bool down = isfinite(next) && cell.status == DAM__PROBLEM_DIVERGED;
        if (!up && !down)
            continue;
        s->diverges[line] = true;
        dam__text_append(data, "%s %s %s\n", dam__number(text[0], up ? x[i] : x[i + 1], EXACT),
                         dam__number(text[1], up ? here : next, EXACT),
                         dam__number(text[2], up ? x[i + 1] - x[i] : x[i] - x[i + 1], EXACT));
    }
    end_block(data);
}

/* The best values of all lines: the edges, or the others. */
static void append_best(search *s, bool edges, dam__text *data)
{
    const dam__sweep *sweep = s->view->sweep;
    begin_block(data);
    for (size_t line = 0; line < shown_lines(sweep); line++) {
        dam__optimum best;
        dam__sweep_optimum(sweep, line, &best);
        if (!isfinite(best.score) || (best.place == DAM__PLACE_EDGE) != edges)
            continue;
        s->has[edges] = true;
        append_point(data, best.value, best.score);
    }
    end_block(data);
}

static void append_plots(const search *s, dam__text *script)
{
    const dam__sweep *sweep = s->view->sweep;
    const char *file = s->view->file;
    size_t lines = shown_lines(sweep);
    dam__text name = {0};
    const char *separator = "plot ";
    for (size_t line = 0; line < lines; line++) {
        name_line(sweep, line, "", &name);
        if (s->diverges[line])
            dam__text_append(
                script,
                "%s'%s' index %zu using 1:2:3:(top - $2) with vectors nohead dt 2 lw 1.5 lc rgb "
                "'%s' notitle, \\\n     '%s' index %zu using ($1 + $3):(top) with points pt 2 ps "
                "1.2 lw 2 lc rgb '%s' notitle",
                separator, file, lines + line, colour_of(sweep, line), file, lines + line,
                colour_of(sweep, line));
        separator = s->diverges[line] ? ", \\\n     " : separator;
        dam__text_append(script,
                         "%s'%s' index %zu using 1:2 with linespoints pt 7 ps 0.8 lw 2 lc "
                         "rgb '%s' title ",
                         separator, file, line, colour_of(sweep, line));
        dam__script_quoted(script, dam__text_part(script, &name));
        separator = ", \\\n     ";
    }
    for (size_t edge = 0; edge < 2; edge++)
        if (s->has[edge])
            dam__text_append(script,
                             "%s'%s' index %zu using 1:2 with points pt %d ps 2.2 lw 2.5 lc rgb "
                             "'#d62728' title '%s'",
                             separator, file, 2 * lines + edge, edge ? 4 : 6,
                             edge ? "edge: the next diverges" : "best");
    dam__text_append(script, "\n");
    dam__text_free(&name);
}

void dam__search_curves(const dam__search_view *view, dam__text *data, dam__text *script)
{
    const dam__sweep *sweep = view->sweep;
    search s = {.view = view};
    dam__text what = {0};
    size_t lines = shown_lines(sweep);
    find_range(&s);
    dam__text_append(data, "# %s over %s\n", dam__metric_name(sweep->metric), sweep->axes[0].key);
    for (size_t line = 0; line < lines; line++)
        append_curve(&s, line, data);
    for (size_t line = 0; line < lines; line++)
        append_divergence(&s, line, data);
    append_best(&s, false, data);
    append_best(&s, true, data);
    dam__text_append(&what, "%s over %s", dam__metric_name(sweep->metric), sweep->axes[0].key);
    if (sweep->seeds > 1)
        dam__text_append(&what, ", mean of %zu seeds", sweep->seeds);
    if (dam__sweep_count(sweep, DAM__PROBLEM_DIVERGED) > 0)
        dam__text_append(&what, "; crosses: diverged");
    if (dam__sweep_lines(sweep) > lines)
        dam__text_append(&what, "; the first %zu of %zu lines", lines, dam__sweep_lines(sweep));
    append_heading(view->title, dam__text_part(script, &what), script);
    append_x(&sweep->axes[0], script);
    append_y(s.least, s.most, dam__metric_name(sweep->metric), script);
    append_plots(&s, script);
    dam__text_free(&what);
}

/* --- the loss over the epochs ------------------------------------------------------------------ */

/* Mean over the seeds of a cell; *epochs = 0 where it is not done. */
static void mean_curve(const dam__sweep *sweep, size_t cell, double *curve, int *epochs)
{
    dam__cell seen;
    dam__sweep_cell(sweep, cell, &seen);
    *epochs = seen.status == DAM__PROBLEM_DONE ? sweep->results[cell * sweep->seeds].epochs : 0;
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

/* A block a line, in which nothing may be; *drawn says whether. */
static void append_losses(const dam__sweep *sweep, size_t cell, range *r, bool *drawn,
                          dam__text *data)
{
    double curve[DAM__SWEEP_POINTS];
    int epochs = 0;
    *drawn = false;
    mean_curve(sweep, cell, curve, &epochs);
    begin_block(data);
    for (int i = 0; i < DAM__SWEEP_POINTS; i++) {
        int epoch = dam__curve_epoch(i, epochs);
        if (epoch == 0 || !isfinite(curve[i]))
            continue;
        append_point(data, epoch, curve[i]);
        *drawn = true;
        r->least = fmin(r->least, curve[i]);
        r->most = fmax(r->most, curve[i]);
        r->epochs = epoch > r->epochs ? epoch : r->epochs;
    }
    end_block(data);
}

static void append_loss_plots(const dam__search_view *view, const bool *drawn, dam__text *script)
{
    dam__text name = {0};
    const char *separator = "plot ";
    for (size_t line = 0; line < shown_lines(view->sweep); line++) {
        if (!drawn[line])
            continue;
        name_line(view->sweep, line, "", &name);
        dam__text_append(script, "%s'%s' index %zu using 1:2 with lines lw 2.5 lc rgb '%s' title ",
                         separator, view->file, line, colour_of(view->sweep, line));
        dam__script_quoted(script, dam__text_part(script, &name));
        separator = ", \\\n     ";
    }
    dam__text_append(script, "\n");
    dam__text_free(&name);
}

void dam__search_epochs(const dam__search_view *view, dam__text *data, dam__text *script,
                        bool *drawn)
{
    const dam__sweep *sweep = view->sweep;
    range r = {INFINITY, -INFINITY, 0};
    bool has[MOST_LINES] = {false};
    dam__text what = {0};
    dam__optimum best;
    *drawn = false;
    dam__sweep_optimum(sweep, 0, &best);
    if (!isfinite(best.score))
        return;
    dam__text_append(data, "# loss over epochs at %s = %s\n", sweep->axes[0].key,
                     sweep->axes[0].values[best.index]);
    for (size_t line = 0; line < shown_lines(sweep); line++) {
        size_t cell = line + best.index * dam__sweep_lines(sweep);
        append_losses(sweep, cell, &r, &has[line], data);
        *drawn = *drawn || has[line];
    }
    if (!*drawn)
        return;
    dam__text_append(&what, "mean loss of an epoch's batches at %s = %s", sweep->axes[0].key,
                     sweep->axes[0].values[best.index]);
    if (dam__sweep_lines(sweep) > 1)
        dam__text_append(&what, ", the best value of the first line");
    append_heading(view->title, dam__text_part(script, &what), script);
    dam__text_append(script,
                     "set xrange [0:%d]\nset xlabel 'epoch' textcolor rgb "
                     "'#34363c'\n",
                     r.epochs + 1);
    append_y(r.least, r.most, "loss", script);
    append_loss_plots(view, has, script);
    dam__text_free(&what);
}
