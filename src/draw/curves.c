#include "draw/curves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "base/number.h"
#include "base/text.h"
#include "draw/plot.h"

enum { FEW_POINTS = 40, DIGITS = 15 }; /* up to so many points are marked */

/* The columns that end alike and share a panel. */
typedef struct curve_panel {
    const char *suffix;
    double factor; /* from the table to the axis */
    bool rising;   /* the largest value is the best, and a share, shown in percent */
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

static size_t count_curves(const curve_panel *panel, const dam__table *history)
{
    size_t count = 0;
    for (size_t i = 0; i < history->columns; i++)
        count += belongs(panel, history, i);
    return count;
}

static void append_data(const dam__table *history, dam__csv *data)
{
    dam__csv_cells(data, "#");
    for (size_t i = 0; i < history->columns; i++)
        dam__csv_cells(data, history->names[i]);
    dam__csv_end_row(data);
    for (size_t row = 0; row < history->rows; row++) {
        for (size_t i = 0; i < history->columns; i++)
            dam__csv_real(data, dam__table_at(history, row, i), DIGITS);
        dam__csv_end_row(data);
    }
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
static dam_status name_curve(const curve_panel *panel, const dam__table *history, size_t column,
                             char **legend)
{
    char number[DAM__NUMBER_BYTES], epoch[DAM__NUMBER_BYTES];
    double least, most;
    (void)dam__table_range(history, column, &least, &most);
    double best = panel->rising ? most : least;
    size_t row = 0;
    while (row + 1 < history->rows && dam__table_at(history, row, column) != best)
        row++;
    dam_status status =
        dam__format(legend, "%s, best %s%s in epoch %s", history->names[column],
                    dam__real_digits(panel->factor * best, 4, number), panel->rising ? " %" : "",
                    dam__real_digits(epoch_of(history, row), DIGITS, epoch));
    for (char *at = *legend; status == DAM_OK && *at != '\0'; at++)
        if (*at == '_')
            *at = ' ';
    return status;
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

/* Panels and curves count from 1; *curves is the last curve so far. */
static dam_status append_panel(const curve_panel *panel, const dam__table *history, size_t number,
                               size_t *curves, dam__plot *plot)
{
    dam_status status = DAM_OK;
    double least, most;
    size_t others = 0;
    char *legend = NULL;
    /* The plateau is what differs between runs: the steep start may leave the panel. */
    panel_range(panel, history,
                panel->rising && history->rows > FEW_POINTS ? history->rows / 10 : 0, &least,
                &most);
    dam__plot_real(plot, panel->rising && least < most ? floor(least) : least, "least[%zu]",
                   number);
    dam__plot_real(plot, most, "most[%zu]", number);
    for (size_t i = 0; i < history->columns; i++) {
        if (!belongs(panel, history, i))
            continue;
        size_t curve = ++*curves, points = 0;
        for (size_t row = 0; row < history->rows; row++)
            points += isfinite(dam__table_at(history, row, i)) ? 1 : 0;
        dam__plot_integer(plot, (int64_t)number, "panel_of[%zu]", curve);
        dam__plot_integer(plot, (int64_t)i + 1, "field[%zu]", curve);
        dam__plot_integer(plot, points <= FEW_POINTS, "few[%zu]", curve);
        dam__plot_text(plot, colour_of(history->names[i], &others), "colour[%zu]", curve);
        free(legend);
        DAM_TRY_CLEANUP(name_curve(panel, history, i, &legend));
        dam__plot_text(plot, legend, "legend[%zu]", curve);
    }
cleanup:
    free(legend);
    return status;
}

/*
 * Of a run that grew: where its stages begin and end, and their memories, as lists of words. A
 * stage reaches from half an epoch before its first row to half a one after its last.
 */
static dam_status append_stages(const dam__table *history, dam__plot *plot)
{
    dam_status status = DAM_OK;
    size_t stage = 0, memories = 0, first = 0;
    bool grew = dam__table_find(history, "stage", &stage);
    bool widens = grew && dam__table_find(history, "memories", &memories);
    dam__csv lists[] = {{.separator = ' '}, {.separator = ' '}, {.separator = ' '}};
    for (size_t row = 0; grew && row < history->rows; row++) {
        bool last = row + 1 == history->rows;
        if (!last && dam__table_at(history, row, stage) == dam__table_at(history, row + 1, stage))
            continue;
        dam__csv_real(&lists[0], epoch_of(history, first) - (first > 0 ? 0.5 : 0), DIGITS);
        dam__csv_real(&lists[1], epoch_of(history, row) + (last ? 0 : 0.5), DIGITS);
        if (widens)
            dam__csv_real(&lists[2], dam__table_at(history, first, memories), DIGITS);
        first = row + 1;
    }
    static const char *const names[] = {"stage_from", "stage_to", "stage_memories"};
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        DAM_TRY_CLEANUP(dam__text_status(&lists[i].text));
        dam__plot_text(plot, lists[i].text.length > 0 ? lists[i].text.data : "", "%s", names[i]);
    }
cleanup:
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
        dam__csv_free(&lists[i]);
    return status;
}

/* Fields of the data count from 1; 0: there is none. */
static void append_axes(const char *title, const dam__table *history, dam__plot *plot)
{
    double first = epoch_of(history, 0), last = epoch_of(history, history->rows - 1);
    double aside = first == last ? 1 : 0, least, most = 1;
    size_t epochs = 0, memories = 0, stage = 0;
    bool counted = dam__table_find(history, "epoch", &epochs);
    bool widens = counted && dam__table_find(history, "stage", &stage) &&
                  dam__table_find(history, "memories", &memories);
    if (widens)
        (void)dam__table_range(history, memories, &least, &most);
    dam__plot_text(plot, title != NULL ? title : "", "title");
    dam__plot_real(plot, first - aside, "from");
    dam__plot_real(plot, last + aside, "to");
    dam__plot_integer(plot, counted ? (int64_t)epochs + 1 : 0, "epoch_field");
    dam__plot_integer(plot, widens ? (int64_t)memories + 1 : 0, "memories_field");
    dam__plot_real(plot, most, "most_memories");
}

dam_status dam__curves(const char *folder, const char *title, const dam__table *history,
                       const dam_log *log)
{
    dam_status status = DAM_OK;
    /* Losses of different widths differ by more than learning does. */
    const curve_panel normalised = {"normalised_loss", 1, false};
    const bool grew = count_curves(&normalised, history) > 0;
    const curve_panel panels[] = {grew ? normalised : (curve_panel){"loss", 1, false},
                                  {"accuracy", 100, true}};
    const size_t counts[] = {count_curves(&panels[0], history), count_curves(&panels[1], history)};
    static const char *const arrays[] = {"panel_of", "field", "few", "colour", "legend"};
    size_t number = 0, curves = 0;
    dam__plot plot;
    dam__plot_begin(&plot, "Curves of a training run by denseam", "curves", 1200, 800);
    append_data(history, &plot.data);
    if (counts[0] + counts[1] == 0) {
        dam__info(log, "the history in '%s' has no loss or accuracy to draw yet", folder);
        DAM_TRY_CLEANUP(dam__csv_write(&plot.data, folder, "curves.dat"));
        goto cleanup;
    }
    append_axes(title, history, &plot);
    DAM_TRY_CLEANUP(append_stages(history, &plot));
    dam__plot_text(&plot, grew ? "loss + log(sum of class weights)" : "loss", "loss");
    dam__plot_text(&plot,
                   counts[1] == 0   ? "loss"
                   : counts[0] == 0 ? "accuracy"
                                    : "loss accuracy",
                   "panels");
    dam__plot_integer(&plot, (int64_t)(counts[0] + counts[1]), "curves");
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
        dam__plot_array(&plot, arrays[i], counts[0] + counts[1]);
    dam__plot_array(&plot, "least", 2);
    dam__plot_array(&plot, "most", 2);
    for (size_t i = 0; i < 2; i++)
        if (counts[i] > 0)
            DAM_TRY_CLEANUP(append_panel(&panels[i], history, ++number, &curves, &plot));
    DAM_TRY_CLEANUP(dam__plot_draw(&plot, "curves", folder, log));
cleanup:
    dam__plot_free(&plot);
    return status;
}
