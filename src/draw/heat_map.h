/* Heat maps: the data and the variables of the template heat-map (src/draw/plots/heat-map.gp). */
#ifndef DAM__DRAW_HEAT_MAP_H
#define DAM__DRAW_HEAT_MAP_H

#include <stdbool.h>

#include "draw/plot.h"

typedef struct dam__heat_cell {
    double x, y;
    double value;  /* which the colour shows; an empty cell where it is not finite */
    double number; /* written on it, where the map is numbered */
    bool hatched, best;
} dam__heat_cell;

typedef struct dam__heat_map {
    const dam__heat_cell *cells; /* row by row */
    size_t count;
    double half_x, half_y; /* of a cell's sides */
    double least, most;    /* of the colours; least > most where no value is finite */
    bool logarithmic;      /* the colours */
    bool numbered;
    int digits;         /* of the numbers */
    const char *metric; /* what the colours show */
} dam__heat_map;

/* Appends them; what is a comment in the data. Axes and headings are the caller's. */
void dam__heat_map_plot(const dam__heat_map *map, const char *what, dam__plot *plot);

#endif
