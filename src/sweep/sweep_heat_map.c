/* Heat maps of a sweep: its cells over two keys. */
#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "draw/heat_map.h"
#include "sweep/sweep_axis.h"
#include "sweep/sweep_picture.h"

enum { SHORT = 3, NUMBERED_COLUMNS = 12, NUMBERED_ROWS = 16 };

static void find_range(const dam__sweep *sweep, dam__heat_map *map)
{
    map->least = INFINITY;
    map->most = -INFINITY;
    for (size_t i = 0; i < map->count; i++)
        if (isfinite(map->cells[i].value)) {
            map->least = fmin(map->least, map->cells[i].value);
            map->most = fmax(map->most, map->cells[i].value);
        }
    /* Distances are measured from 0, the perfect one: maps of two rules have one scale then. */
    dam__metric metric = sweep->metric;
    if (metric == DAM__METRIC_DISTANCE || metric == DAM__METRIC_DISTANCE_FLIPPED)
        map->least = fmin(map->least, 0);
    map->logarithmic = dam__sweep_wants_log(metric, map->least, map->most);
}

static void fill_cells(const dam__sweep_view *view, dam__heat_cell *cells)
{
    const dam__sweep *sweep = view->sweep;
    const dam__axis *x = &sweep->axes[view->axes[0]], *y = &sweep->axes[view->axes[1]];
    size_t best[2] = {0, 0};
    bool has_best = dam__sweep_view_best(view, &best[0], &best[1]);
    for (size_t j = 0; j < y->count; j++)
        for (size_t i = 0; i < x->count; i++) {
            dam__cell cell;
            dam__sweep_cell(sweep, dam__sweep_view_cell(view, i, j), &cell);
            *cells++ = (dam__heat_cell){.x = dam__sweep_place(x, i),
                                        .y = dam__sweep_place(y, j),
                                        .value = cell.mean[sweep->metric],
                                        .number = cell.mean[sweep->metric],
                                        .hatched = cell.diverged + cell.failed > 0,
                                        .best = has_best && best[0] == i && best[1] == j};
        }
}

dam_status dam__sweep_heat_map(const dam__sweep_view *view, dam__plot *plot)
{
    dam_status status = DAM_OK;
    const dam__sweep *sweep = view->sweep;
    const dam__axis *x = &sweep->axes[view->axes[0]], *y = &sweep->axes[view->axes[1]];
    dam__heat_cell *cells = NULL;
    char *what = NULL;
    dam__heat_map map = {.count = x->count * y->count,
                         .half_x = dam__sweep_half_step(x),
                         .half_y = dam__sweep_half_step(y),
                         .numbered = x->count <= NUMBERED_COLUMNS && y->count <= NUMBERED_ROWS,
                         .digits = SHORT,
                         .metric = dam__metric_name(sweep->metric)};
    DAM_TRY_CLEANUP(dam__alloc(map.count, sizeof *cells, &cells));
    DAM_TRY_CLEANUP(dam__format(&what, "%s over %s", map.metric, x->key));
    fill_cells(view, cells);
    map.cells = cells;
    find_range(sweep, &map);
    dam__heat_map_plot(&map, what, plot);
    DAM_TRY_CLEANUP(dam__sweep_plot_axis(x, "x", plot));
    DAM_TRY_CLEANUP(dam__sweep_plot_axis(y, "y", plot));
    dam__sweep_view_heading(view, plot);
cleanup:
    free(cells);
    free(what);
    return status;
}
