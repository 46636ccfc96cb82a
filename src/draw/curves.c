#include "draw/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/text.h"
#include "draw/gnuplot.h"
#include "draw/script.h"

static const double PATIENCE = 30;        /* seconds for gnuplot */
static const double LOGARITHMIC = 30;     /* losses that span more get a logarithmic axis */
static const double DECADES_ALONE = 1000; /* and such a span labels at powers of ten only */
enum { FEW_TICS = 8, FEW_POINTS = 40, DIGITS = 15 }; /* up to so many points are marked */

/* The columns that end alike and share a panel. */
typedef struct curve_panel {
    const char *suffix, *axis;
    double factor; /* from the table to the axis */
    const char *unit;
    bool rising;              /* the largest value is the best */
    const char *top, *bottom; /* shares of the picture's height */
} curve_panel;

static bool belongs(const curve_panel *panel, const dam__table *history, size_t column)
{
    const char *name = history->names[column];
    size_t length = strlen(name), end = strlen(panel->suffix);
    double least, most;
    return length >= end && strcmp(name + length - end, panel->suffix) == 0 &&
           (length == end || name[length - end - 1] == '_') &&
           dam__table_range(history, column, &least, &most);
}

static bool is_empty(const curve_panel *panel, const dam__table *history)
{
    for (size_t i = 0; i < history->columns; i++)
        if (belongs(panel, history, i))
            return false;
    return true;
}

static dam_status write_data(const char *folder, const dam__table *history)
{
    dam_status status = DAM_OK;
    char number[DAM__NUMBER_BYTES];
    char *path = NULL;
    dam__text text = {0};
    DAM_TRY(dam__path_join(&path, folder, "curves.dat"));
    dam__text_append(&text, "#");
    for (size_t i = 0; i < history->columns; i++)
        dam__text_append(&text, " %s", history->names[i]);
    dam__text_append(&text, "\n");
    for (size_t row = 0; row < history->rows; row++)
        for (size_t i = 0; i < history->columns; i++)
            dam__text_append(&text, "%s%c",
                             dam__number(number, dam__table_at(history, row, i), DIGITS),
                             i + 1 < history->columns ? ' ' : '\n');
    DAM_TRY(dam__text_write(&text, path));
cleanup:
    dam__text_free(&text);
    free(path);
    return status;
}

static double epoch_of(const dam__table *history, size_t row)
{
    size_t column;
    double epoch = (double)row + 1;
    if (dam__table_find(history, "epoch", &column))
        epoch = dam__table_at(history, row, column);
    return epoch;
}

/* "validation accuracy, best 97.31 % in epoch 42". */
static void append_legend(const curve_panel *panel, const dam__table *history, size_t column,
                          dam__text *script)
{
    char number[DAM__NUMBER_BYTES], epoch[DAM__NUMBER_BYTES];
    dam__text legend = {0};
    double least, most;
    (void)dam__table_range(history, column, &least, &most);
    double best = panel->rising ? most : least;
    size_t row = 0;
    while (row + 1 < history->rows && dam__table_at(history, row, column) != best)
        row++;
    dam__text_append(&legend, "%s, best %s%s in epoch %s", history->names[column],
                     dam__number(number, panel->factor * best, 4), panel->unit,
                     dam__number(epoch, epoch_of(history, row), DIGITS));
    for (size_t i = 0; i < legend.length; i++)
        if (legend.data[i] == '_')
            legend.data[i] = ' ';
    dam__script_quoted(script, dam__text_part(script, &legend));
    dam__text_free(&legend);
}

/* Training and validation have the same colours in every panel. */
static const char *colour_of(const char *name, size_t *others)
{
    static const char *const colours[] = {"#2e7d60", "#8a4fa3", "#7a7a7a"};
    if (strncmp(name, "validation", strlen("validation")) == 0)
        return "#d9701a";
    if (strchr(name, '_') == NULL || strncmp(name, "train", strlen("train")) == 0 ||
        strcmp(name, "normalised_loss") == 0)
        return "#1f5fa8";
    return colours[(*others)++ % (sizeof colours / sizeof colours[0])];
}

/* Whether the run grew: then *epochs and *memories are the columns of its widths. */
static bool find_widths(const dam__table *history, size_t *epochs, size_t *memories)
{
    size_t stage = 0;
    return dam__table_find(history, "stage", &stage) && dam__table_find(history, "epoch", epochs) &&
           dam__table_find(history, "memories", memories);
}

/* The number of memories on the second axis: it changes where the shading does. */
static void append_widths(const dam__table *history, dam__text *script)
{
    size_t memories = 0, epochs = 0;
    if (!find_widths(history, &epochs, &memories))
        return;
    dam__text_append(script,
                     ", \\\n     'curves.dat' using %zu:%zu axes x1y2 with histeps lw 1.5 "
                     "dt 2 lc rgb '#8c8c88' title 'memories (axis on the right)'",
                     epochs + 1, memories + 1);
}

static void append_curves(const curve_panel *panel, const dam__table *history, dam__text *script)
{
    size_t epochs = 0, others = 0;
    const char *separator = "plot ";
    bool has_epochs = dam__table_find(history, "epoch", &epochs);
    for (size_t i = 0; i < history->columns; i++) {
        if (!belongs(panel, history, i))
            continue;
        size_t points = 0;
        for (size_t row = 0; row < history->rows; row++)
            points += isfinite(dam__table_at(history, row, i)) ? 1 : 0;
        dam__text_append(script, "%s'curves.dat' using ", separator);
        if (has_epochs)
            dam__text_append(script, "%zu", epochs + 1);
        else
            dam__text_append(script, "($0 + 1)");
        dam__text_append(script, ":(%d * $%zu) with %s lw 2 lc rgb '%s' title ", (int)panel->factor,
                         i + 1, points > FEW_POINTS ? "lines" : "linespoints pt 7 ps 0.7",
                         colour_of(history->names[i], &others));
        append_legend(panel, history, i, script);
        separator = ", \\\n     ";
    }
    if (!panel->rising)
        append_widths(history, script);
    dam__text_append(script, "\n");
}

/* Least and most of all curves of a panel from a row on, as on the axis. */
static void panel_range(const curve_panel *panel, const dam__table *history, size_t from,
                        double *least, double *most)
{
    const dam__table rest = {history->names, history->columns, history->rows - from,
                             history->values + from * history->columns};
    double low, high;
    *least = INFINITY;
    *most = -INFINITY;
    for (size_t i = 0; i < history->columns; i++) {
        if (belongs(panel, history, i) && dam__table_range(&rest, i, &low, &high)) {
            *least = fmin(*least, panel->factor * low);
            *most = fmax(*most, panel->factor * high);
        }
    }
}

/* gnuplot by itself labels powers of ten alone, and rounds the range to them. */
static void append_logarithmic_axis(double least, double most, dam__text *script)
{
    char from[DAM__NUMBER_BYTES], to[DAM__NUMBER_BYTES];
    const char *separator = "";
    dam__text_append(script, "set logscale y\nset yrange [%s:%s]\n",
                     dam__number(from, least / 1.2, 4), dam__number(to, most * 1.2, 4));
    if (most > DECADES_ALONE * least)
        return;
    dam__text_append(script, "set ytics (");
    int last = (int)floor(log10(most));
    for (int exponent = (int)floor(log10(least)); exponent <= last; exponent++) {
        double decade = pow(10, exponent);
        for (int i = 0; i < 3; i++) {
            dam__text_append(script, "%s%s", separator,
                             dam__number(from, decade * (i == 2 ? 5 : 1 + i), 4));
            separator = ", ";
        }
    }
    dam__text_append(script, ")\n");
}

static void append_axis(const curve_panel *panel, const dam__table *history, dam__text *script)
{
    double least, most;
    char from[DAM__NUMBER_BYTES];
    if (panel->rising) {
        /* The plateau is what differs between runs: the steep start may leave the panel. */
        panel_range(panel, history, history->rows > FEW_POINTS ? history->rows / 10 : 0, &least,
                    &most);
        if (least < most)
            dam__text_append(script, "set yrange [%s:*]\n",
                             dam__number(from, floor(least), DIGITS));
        return;
    }
    panel_range(panel, history, 0, &least, &most);
    if (least > 0 && isnormal(least) && most > LOGARITHMIC * least)
        append_logarithmic_axis(least, most, script);
}

/*
 * One stage of a run that grew: every second one is shaded, and in one panel the number of memories
 * stands at its foot. It reaches from half an epoch before its first row to half a one after its
 * last.
 */
static void append_stage(const dam__table *history, size_t first, size_t last, bool shaded,
                         bool labelled, dam__text *script)
{
    char from[DAM__NUMBER_BYTES], to[DAM__NUMBER_BYTES], width[DAM__NUMBER_BYTES];
    size_t memories = 0;
    (void)dam__number(from, epoch_of(history, first) - (first > 0 ? 0.5 : 0), DIGITS);
    (void)dam__number(to, epoch_of(history, last) + (last + 1 < history->rows ? 0.5 : 0), DIGITS);
    if (shaded)
        dam__text_append(script,
                         "set object rectangle from first %s, graph 0 to first %s, graph 1 "
                         "behind fillcolor rgb '#f1f0ea' fillstyle solid noborder\n",
                         from, to);
    if (labelled && dam__table_find(history, "memories", &memories))
        dam__text_append(script,
                         "set label '%s' at first %s, graph 0 offset 0.4, 0.7 font ',10' "
                         "textcolor rgb '#7a7c80'\n",
                         dam__number(width, dam__table_at(history, first, memories), DIGITS), from);
}

static void append_stages(const dam__table *history, bool labelled, dam__text *script)
{
    size_t stage = 0, first = 0;
    bool shaded = false;
    if (!dam__table_find(history, "stage", &stage))
        return;
    for (size_t row = 0; row < history->rows; row++) {
        if (row + 1 < history->rows &&
            dam__table_at(history, row, stage) == dam__table_at(history, row + 1, stage))
            continue;
        append_stage(history, first, row, shaded, labelled, script);
        shaded = !shaded;
        first = row + 1;
    }
}

/* From 0 to a little over the greatest width, which would else lie on the border. */
static void append_second_axis(const dam__table *history, size_t memories, dam__text *script)
{
    double least, most = 1;
    char to[DAM__NUMBER_BYTES];
    (void)dam__table_range(history, memories, &least, &most);
    dam__text_append(script, "set border 11\nset y2range [0:%s]\nset y2tics\n",
                     dam__number(to, 1.1 * most, 4));
}

static void append_panel(const curve_panel *panel, const dam__table *history, bool lowest,
                         dam__text *script)
{
    size_t epochs = 0, memories = 0;
    dam__text_append(script,
                     "\nset tmargin at screen %s\nset bmargin at screen %s\n"
                     "set label '%s' at graph 0, graph 1 offset 0, 0.9 "
                     "textcolor rgb '#34363c'\n"
                     "set key %s\n",
                     panel->top, panel->bottom, panel->axis,
                     panel->rising ? "bottom right" : "top right");
    append_stages(history, !panel->rising, script);
    append_axis(panel, history, script);
    dam__text_append(script, "%s",
                     lowest ? "set format x '%g'\nset xlabel 'epoch' textcolor rgb '#34363c'\n"
                            : "set format x ''\n");
    bool widens = !panel->rising && find_widths(history, &epochs, &memories);
    if (widens)
        append_second_axis(history, memories, script);
    append_curves(panel, history, script);
    if (widens)
        dam__text_append(script, "set border 3\nunset y2tics\n");
    dam__text_append(script, "unset label\nunset object\nunset logscale y\nset yrange [*:*]\n"
                             "set ytics autofreq\n");
}

static void append_preamble(const char *title, const dam__table *history, dam__text *script)
{
    char from[DAM__NUMBER_BYTES], to[DAM__NUMBER_BYTES];
    double first = epoch_of(history, 0), last = epoch_of(history, history->rows - 1);
    double aside = first == last ? 1 : 0;
    size_t epochs = 0, memories = 0;
    dam__script_begin(
        script,
        "Curves of a training run by denseam; 'gnuplot curves.gp' in this folder draws them.",
        "curves.png", 1200, 800);
    dam__text_append(script,
                     "set lmargin at screen 0.06\nset rmargin at screen %s\n"
                     "set xrange [%s:%s]\n",
                     find_widths(history, &epochs, &memories) ? "0.95" : "0.97",
                     dam__number(from, first - aside, DIGITS),
                     dam__number(to, last + aside, DIGITS));
    if (last - first <= FEW_TICS) /* gnuplot would label halves of epochs */
        dam__text_append(script, "set xtics 1\n");
    if (title != NULL) {
        dam__text_append(script, "set label ");
        dam__script_quoted(script, title);
        dam__text_append(script, " at screen 0.06, 0.96 font ',15' noenhanced "
                                 "textcolor rgb '#34363c'\n");
    }
    dam__text_append(script, "set multiplot\n");
}

dam_status dam__curves(const char *folder, const char *title, const dam__table *history,
                       const dam_log *log)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    dam__text script = {0};
    curve_panel loss = {"loss", "loss", 1, "", false, "0.89", "0.465"};
    curve_panel accuracy = {"accuracy", "accuracy (%)", 100, " %", true, "0.395", "0.085"};
    /* Losses of different widths differ by more than learning does. */
    const curve_panel normalised = {
        "normalised_loss", "loss + log(sum of class weights)", 1, "", false, "0.89", "0.465"};
    if (!is_empty(&normalised, history))
        loss = normalised;
    bool no_loss = is_empty(&loss, history), no_accuracy = is_empty(&accuracy, history);
    DAM_TRY(write_data(folder, history));
    if (no_loss && no_accuracy) {
        dam__info(log, "the history in '%s' has no loss or accuracy to draw yet", folder);
        goto cleanup;
    }
    if (no_accuracy)
        loss.bottom = accuracy.bottom;
    if (no_loss)
        accuracy.top = loss.top;
    append_preamble(title, history, &script);
    if (!no_loss)
        append_panel(&loss, history, no_accuracy, &script);
    if (!no_accuracy)
        append_panel(&accuracy, history, true, &script);
    dam__text_append(&script, "unset multiplot\n");
    DAM_TRY(dam__path_join(&path, folder, "curves.gp"));
    DAM_TRY(dam__text_write(&script, path));
    DAM_TRY(dam__gnuplot(folder, "curves.gp", "curves.png", PATIENCE, log));
cleanup:
    dam__text_free(&script);
    free(path);
    return status;
}
