/* Heat maps: a block of data for each way that src/draw/plots/heat-map.gp draws cells. */
#include <math.h>

#include "sweep/sweep_axis.h"
#include "sweep/sweep_picture.h"

enum block { CELLS, EMPTY, HATCHED, ON_DARK, ON_LIGHT, BEST, BLOCKS };
enum { EXACT = 15, SHORT = 3, NUMBERED_COLUMNS = 12, NUMBERED_ROWS = 16 };

typedef struct heat_map {
    const dam__sweep_view *view;
    const dam__axis *x, *y;
    double least, most; /* of the finite values */
    bool logarithmic;
} heat_map;

static double value_at(const heat_map *map, size_t i, size_t j, dam__cell *cell)
{
    const dam__sweep *sweep = map->view->sweep;
    dam__sweep_cell(sweep, dam__sweep_view_cell(map->view, i, j), cell);
    return cell->mean[sweep->metric];
}

static void find_range(heat_map *map)
{
    dam__cell cell;
    map->least = INFINITY;
    map->most = -INFINITY;
    for (size_t i = 0; i < map->x->count; i++)
        for (size_t j = 0; j < map->y->count; j++) {
            double value = value_at(map, i, j, &cell);
            if (isfinite(value)) {
                map->least = fmin(map->least, value);
                map->most = fmax(map->most, value);
            }
        }
    /* Distances are measured from 0, the perfect one: maps of two rules have one scale then. */
    dam__metric metric = map->view->sweep->metric;
    if (metric == DAM__METRIC_DISTANCE || metric == DAM__METRIC_DISTANCE_FLIPPED)
        map->least = fmin(map->least, 0);
    map->logarithmic = dam__sweep_wants_log(map->view->sweep->metric, map->least, map->most);
}

/* Whether white is seen better on the colour of a value than black. */
static bool is_dark(const heat_map *map, double value)
{
    static const double MIDDLE = 0.6;
    double share = map->logarithmic ? log(value / map->least) / log(map->most / map->least)
                                    : (value - map->least) / (map->most - map->least);
    return map->most > map->least ? share < MIDDLE : true;
}

/* Which block besides the cells a cell stands in. */
static bool belongs(const heat_map *map, enum block block, const dam__cell *cell, double value,
                    bool best)
{
    bool few = map->x->count <= NUMBERED_COLUMNS && map->y->count <= NUMBERED_ROWS;
    switch (block) {
    case EMPTY:
        return !isfinite(value);
    case HATCHED:
        return cell->diverged + cell->failed > 0;
    case ON_DARK:
        return few && isfinite(value) && is_dark(map, value);
    case ON_LIGHT:
        return few && isfinite(value) && !is_dark(map, value);
    case BEST:
        return best;
    default:
        return true;
    }
}

/* Rows "x y low high low high value"; returns how many. */
static size_t append_block(const heat_map *map, enum block block, dam__csv *data)
{
    double half_x = dam__sweep_half_step(map->x), half_y = dam__sweep_half_step(map->y);
    size_t best[2] = {0, 0}, rows = 0;
    bool has_best = dam__sweep_view_best(map->view, &best[0], &best[1]);
    for (size_t j = 0; j < map->y->count; j++)
        for (size_t i = 0; i < map->x->count; i++) {
            dam__cell cell;
            double value = value_at(map, i, j, &cell);
            double x = dam__sweep_place(map->x, i), y = dam__sweep_place(map->y, j);
            const double places[] = {x, y, x - half_x, x + half_x, y - half_y, y + half_y};
            if (!belongs(map, block, &cell, value, has_best && best[0] == i && best[1] == j))
                continue;
            rows++;
            for (size_t k = 0; k < sizeof places / sizeof *places; k++)
                dam__csv_real(data, places[k], EXACT);
            dam__csv_real(data, block == CELLS && !isfinite(value) ? map->least : value,
                          block == CELLS ? EXACT : SHORT);
            dam__csv_end_row(data);
        }
    return rows;
}

dam_status dam__sweep_heat_map(const dam__sweep_view *view, dam__plot *plot)
{
    static const char *const names[BLOCKS] = {"cells",   "empty",    "hatched",
                                              "on_dark", "on_light", "best"};
    const dam__sweep *sweep = view->sweep;
    heat_map map = {
        .view = view, .x = &sweep->axes[view->axes[0]], .y = &sweep->axes[view->axes[1]]};
    find_range(&map);
    dam__text_append(&plot->data.text, "# %s over %s; x y low high low high value\n",
                     dam__metric_name(sweep->metric), map.x->key);
    int number = 0;
    for (int block = 0; block < BLOCKS; block++) {
        bool has = append_block(&map, (enum block)block, &plot->data) > 0;
        bool drawn = has && (block != CELLS || map.least <= map.most);
        dam__plot_integer(plot, drawn ? number : -1, "block_%s", names[block]);
        if (has)
            dam__plot_end_block(plot);
        number += has;
    }
    dam__plot_real(plot, map.least, "least");
    dam__plot_real(plot, map.most, "most");
    dam__plot_integer(plot, map.logarithmic, "logarithmic");
    dam__plot_text(plot, dam__metric_name(sweep->metric), "metric");
    DAM_TRY(dam__sweep_plot_axis(map.x, "x", plot));
    DAM_TRY(dam__sweep_plot_axis(map.y, "y", plot));
    dam__sweep_view_heading(view, plot);
    return DAM_OK;
}
