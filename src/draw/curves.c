#include "draw/curves.h"

#include <math.h>
#include <stdlib.h>

#include "base/notice.h"
#include "base/text.h"
#include "draw/curve_panel.h"
#include "draw/plot.h"

enum { DIGITS = 15 };

/* Training and validation have the same colours in every panel. */
static const char *const colours[DAM__CURVE_ROLES] = {"#1f5fa8", "#d9701a", "#2e7d60", "#8a4fa3",
                                                      "#7a7a7a"};

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

/* Panels and curves count from 1; *curves is the last curve so far. */
static dam_status append_panel(const dam__curve_panel *panel, const dam__table *history,
                               size_t number, size_t *curves, dam__plot *plot)
{
    dam_status status = DAM_OK;
    double least, most;
    size_t others = 0;
    char *legend = NULL;
    dam__curve_range(panel, history, &least, &most);
    dam__plot_real(plot, panel->rising && least < most ? floor(least) : least, "least[%zu]",
                   number);
    dam__plot_real(plot, most, "most[%zu]", number);
    for (size_t i = 0; i < history->columns; i++) {
        if (!dam__curve_belongs(panel, history, i))
            continue;
        size_t curve = ++*curves, points = 0;
        for (size_t row = 0; row < history->rows; row++)
            points += isfinite(dam__table_at(history, row, i)) ? 1 : 0;
        dam__plot_integer(plot, (int64_t)number, "panel_of[%zu]", curve);
        dam__plot_integer(plot, (int64_t)i + 1, "field[%zu]", curve);
        dam__plot_integer(plot, points <= DAM__CURVE_FEW, "few[%zu]", curve);
        dam__plot_text(plot, colours[dam__curve_role(history->names[i], &others)], "colour[%zu]",
                       curve);
        free(legend);
        DAM_TRY_CLEANUP(dam__curve_legend(panel, history, i, &legend));
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
        dam__csv_real(&lists[0], dam__curve_place(history, first) - (first > 0 ? 0.5 : 0), DIGITS);
        dam__csv_real(&lists[1], dam__curve_place(history, row) + (last ? 0 : 0.5), DIGITS);
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
    double first = dam__curve_place(history, 0),
           last = dam__curve_place(history, history->rows - 1);
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
    dam__curve_panel panels[DAM__CURVE_PANELS];
    const bool grew = dam__curve_panels(history, panels);
    const size_t counts[] = {dam__curve_count(&panels[0], history),
                             dam__curve_count(&panels[1], history)};
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
