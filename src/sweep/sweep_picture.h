/* The two kinds of pictures of a sweep: their data, and the variables of their templates. */
#ifndef DAM__SWEEP_SWEEP_PICTURE_H
#define DAM__SWEEP_SWEEP_PICTURE_H

#include "draw/plot.h"
#include "sweep/sweep.h"

/*
 * What one picture shows: the cells that differ from cell `first` in axes[0], and axes[1] where
 * count is 2. title may have several words but one line.
 */
typedef struct dam__sweep_view {
    const dam__sweep *sweep;
    size_t axes[2], count, first;
    const char *title;
} dam__sweep_view;

/* The cell at places i of axes[0] and j of axes[1]. */
size_t dam__sweep_view_cell(const dam__sweep_view *view, size_t i, size_t j);

/* The best cell of the view that has no diverged seed; false where there is none. */
bool dam__sweep_view_best(const dam__sweep_view *view, size_t *i, size_t *j);

/* The lines above the picture: its title, what is shown, and the best cell. */
void dam__sweep_view_heading(const dam__sweep_view *view, dam__plot *plot);

/* Whether a metric's values from least to most want a logarithmic scale. */
bool dam__sweep_wants_log(dam__metric metric, double least, double most);

/* A heat map, for the template heat-map. */
dam_status dam__sweep_heat_map(const dam__sweep_view *view, dam__plot *plot);

/* A curve with the spread over the seeds as bars, for the template sweep-curve. */
dam_status dam__sweep_curve(const dam__sweep_view *view, dam__plot *plot);

#endif
