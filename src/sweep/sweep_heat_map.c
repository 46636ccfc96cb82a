/*
 * Heat maps. The cells are an image, which gnuplot draws without seams but only where every one has
 * a value; so those that have none lie over it as boxes, as does the rest. The data has a block for
 * each of them, in the order of the enum.
 */
#include <math.h>

#include "draw/script.h"
#include "run/history_table.h"
#include "sweep/sweep_axis.h"
#include "sweep/sweep_picture.h"

enum block { CELLS, EMPTY, HATCHED, ON_DARK, ON_LIGHT, BEST, BLOCKS };
enum { EXACT = 15, SHORT = 3, NUMBERED_COLUMNS = 12, NUMBERED_ROWS = 16 };

static const char viridis[] =
    "set palette defined (0 '#440154', 1 '#482475', 2 '#414487', 3 '#355f8d', 4 '#2a788e', "
    "5 '#21918c', 6 '#22a884', 7 '#44bf70', 8 '#7ad151', 9 '#bddf26', 10 '#fde725')\n";

#define HATCHING                                                                                   \
    "using 1:2:3:4:5:6 with boxxyerror fillstyle transparent pattern 4 noborder lc rgb '#8c8c88'"

typedef struct heat_map {
    const dam__sweep_view *view;
    const dam__axis *x, *y;
    double least, most; /* of the finite values */
    bool logarithmic;
    size_t items[BLOCKS];
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

/* Lines "x y low high low high value". */
static void append_block(heat_map *map, enum block block, dam__text *data)
{
    char text[6][DAM__NUMBER_BYTES], shown[DAM__NUMBER_BYTES];
    double half_x = dam__sweep_half_step(map->x), half_y = dam__sweep_half_step(map->y);
    size_t best[2] = {0, 0};
    bool has_best = dam__sweep_view_best(map->view, &best[0], &best[1]);
    for (size_t j = 0; j < map->y->count; j++)
        for (size_t i = 0; i < map->x->count; i++) {
            dam__cell cell;
            double value = value_at(map, i, j, &cell);
            double x = dam__sweep_place(map->x, i), y = dam__sweep_place(map->y, j);
            const double places[] = {x, y, x - half_x, x + half_x, y - half_y, y + half_y};
            if (!belongs(map, block, &cell, value, has_best && best[0] == i && best[1] == j))
                continue;
            map->items[block]++;
            for (size_t k = 0; k < 6; k++)
                dam__text_append(data, "%s ", dam__number(text[k], places[k], EXACT));
            dam__text_append(data, "%s\n",
                             dam__number(shown,
                                         block == CELLS && !isfinite(value) ? map->least : value,
                                         block == CELLS ? EXACT : SHORT));
        }
    /* To gnuplot empty blocks do not count: more blank lines are one separator. */
    if (map->items[block] > 0)
        dam__text_append(data, "\n\n");
}

static void append_scale(const heat_map *map, dam__text *script)
{
    char from[DAM__NUMBER_BYTES], to[DAM__NUMBER_BYTES];
    dam__text_append(script, "%s", viridis);
    if (map->least < map->most)
        dam__text_append(script, "set cbrange [%s:%s]\n%s", dam__number(from, map->least, EXACT),
                         dam__number(to, map->most, EXACT),
                         map->logarithmic ? "set logscale cb\n" : "");
    dam__text_append(script, "set cblabel ");
    dam__script_quoted(script, dam__metric_name(map->view->sweep->metric));
    dam__text_append(script, " noenhanced textcolor rgb '#34363c'\n"
                             "set colorbox noborder\n");
}

static void append_plots(const heat_map *map, dam__text *script)
{
    static const char *const styles[BLOCKS] = {
        [CELLS] = "using 1:2:7 with image pixels",
        [EMPTY] = "using 1:2:3:4:5:6 with boxxyerror fillstyle solid noborder lc rgb '#ececea'",
        [HATCHED] = HATCHING,
        [ON_DARK] = "using 1:2:7:(0) with labels font ',10' textcolor rgb '#ffffff'",
        [ON_LIGHT] = "using 1:2:7:(0) with labels font ',10' textcolor rgb '#202226'",
        [BEST] = "using 1:2:3:4:5:6 with boxxyerror lc rgb '#d62728' lw 3 fillstyle empty"};
    const char *separator = "plot ";
    int index = 0;
    for (int block = 0; block < BLOCKS; block++) {
        if (map->items[block] == 0)
            continue;
        int own = index++;
        if (block == CELLS && !(map->least <= map->most))
            continue;
        dam__text_append(script, "%s'%s' index %d %s notitle", separator, map->view->file, own,
                         styles[block]);
        separator = ", \\\n     ";
    }
    dam__text_append(script, "\n");
}

void dam__sweep_heat_map(const dam__sweep_view *view, dam__text *data, dam__text *script)
{
    const dam__sweep *sweep = view->sweep;
    heat_map map = {
        .view = view, .x = &sweep->axes[view->axes[0]], .y = &sweep->axes[view->axes[1]]};
    find_range(&map);
    dam__text_append(data, "# %s over %s; x y low high low high value\n",
                     dam__metric_name(sweep->metric), map.x->key);
    for (int block = 0; block < BLOCKS; block++)
        append_block(&map, (enum block)block, data);
    dam__text_append(script, "set tmargin at screen 0.87\nunset grid\nset border 15\n");
    dam__sweep_view_heading(view, script);
    dam__sweep_script_axis(map.x, "x", script);
    dam__sweep_script_axis(map.y, "y", script);
    append_scale(&map, script);
    append_plots(&map, script);
}
