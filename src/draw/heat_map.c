#include "draw/heat_map.h"

#include <math.h>

/* A block of data for each way that the template draws cells. */
enum block { CELLS, EMPTY, HATCHED, ON_DARK, ON_LIGHT, BEST, BLOCKS };
enum { EXACT = 15 };

/* Whether white is seen better on the colour of a value than black. */
static bool is_dark(const dam__heat_map *map, double value)
{
    static const double MIDDLE = 0.6;
    double share = map->logarithmic ? log(value / map->least) / log(map->most / map->least)
                                    : (value - map->least) / (map->most - map->least);
    return map->most > map->least ? share < MIDDLE : true;
}

/* Which block besides the cells a cell stands in. */
static bool belongs(const dam__heat_map *map, enum block block, const dam__heat_cell *cell)
{
    bool written = map->numbered && isfinite(cell->value);
    switch (block) {
    case EMPTY:
        return !isfinite(cell->value);
    case HATCHED:
        return cell->hatched;
    case ON_DARK:
        return written && is_dark(map, cell->value);
    case ON_LIGHT:
        return written && !is_dark(map, cell->value);
    case BEST:
        return cell->best;
    default:
        return true;
    }
}

/* Rows "x y low high low high value"; returns how many. */
static size_t append_block(const dam__heat_map *map, enum block block, dam__csv *data)
{
    size_t rows = 0;
    for (size_t i = 0; i < map->count; i++) {
        const dam__heat_cell *cell = &map->cells[i];
        const double places[] = {cell->x,
                                 cell->y,
                                 cell->x - map->half_x,
                                 cell->x + map->half_x,
                                 cell->y - map->half_y,
                                 cell->y + map->half_y};
        if (!belongs(map, block, cell))
            continue;
        rows++;
        for (size_t k = 0; k < sizeof places / sizeof *places; k++)
            dam__csv_real(data, places[k], EXACT);
        if (block == CELLS)
            dam__csv_real(data, isfinite(cell->value) ? cell->value : map->least, EXACT);
        else
            dam__csv_real(data, cell->number, map->digits);
        dam__csv_end_row(data);
    }
    return rows;
}

void dam__heat_map_plot(const dam__heat_map *map, const char *what, dam__plot *plot)
{
    static const char *const names[BLOCKS] = {"cells",   "empty",    "hatched",
                                              "on_dark", "on_light", "best"};
    int number = 0;
    dam__text_append(&plot->data.text, "# %s; x y low high low high value\n", what);
    for (int block = 0; block < BLOCKS; block++) {
        bool has = append_block(map, (enum block)block, &plot->data) > 0;
        bool drawn = has && (block != CELLS || map->least <= map->most);
        dam__plot_integer(plot, drawn ? number : -1, "block_%s", names[block]);
        if (has)
            dam__plot_end_block(plot);
        number += has;
    }
    dam__plot_real(plot, map->least, "least");
    dam__plot_real(plot, map->most, "most");
    dam__plot_integer(plot, map->logarithmic, "logarithmic");
    dam__plot_text(plot, map->metric, "metric");
}
