/* Which columns of a history are drawn as curves, in which panels, and what they are called: for
 * gnuplot's picture (curves.h) and for pages (svg_curves.h). */
#ifndef DAM__DRAW_CURVE_PANEL_H
#define DAM__DRAW_CURVE_PANEL_H

#include "base/try.h"
#include "run/history_table.h"

/* The columns that end alike and share a panel. */
typedef struct dam__curve_panel {
    const char *suffix;
    double factor; /* from the table to the axis */
    bool rising;   /* the largest value is the best, and a share, shown in percent */
} dam__curve_panel;

enum {
    DAM__CURVE_PANELS = 2,
    DAM__CURVE_FEW = 40, /* up to so many points are marked */
    DAM__CURVE_ROLES = 5
};

/* The panels of losses and of accuracies; whether the losses are the normalised ones of a run that
 * grew, where these differ from the loss. */
bool dam__curve_panels(const dam__table *history, dam__curve_panel out[DAM__CURVE_PANELS]);

/* Whether a column has a finite value and is drawn in the panel; how many are. */
bool dam__curve_belongs(const dam__curve_panel *panel, const dam__table *history, size_t column);
size_t dam__curve_count(const dam__curve_panel *panel, const dam__table *history);

/* What a row stands for: its column epoch, or its number. */
double dam__curve_place(const dam__table *history, size_t row);

/* *legend = "validation accuracy, best 97.31 % in epoch 42"; free(). */
dam_status dam__curve_legend(const dam__curve_panel *panel, const dam__table *history,
                             size_t column, char **legend);

/* Of a column: 0 training, 1 validation, else one of the others in turn, which *others counts. */
size_t dam__curve_role(const char *name, size_t *others);

/* Least and most of all curves of a panel, as on the axis. */
void dam__curve_range(const dam__curve_panel *panel, const dam__table *history, double *least,
                      double *most);

#endif
