/* A sheet of rows of tiles, each with two short lines of text below it. */
#ifndef DAM__DRAW_TILES_H
#define DAM__DRAW_TILES_H

#include "draw/image.h"

enum { DAM__TILE_TEXT = 32 };

typedef struct dam__tile {
    const float *values; /* dim numbers; NULL for an empty place */
    double limit;        /* what is shown in full colour; 0: the largest |value| */
    char lines[2][DAM__TILE_TEXT];
} dam__tile;

typedef struct dam__tiles {
    const dam__tile *tiles; /* rows x columns, row-major */
    size_t rows, columns, dim;
    size_t height, width;     /* of a tile as an image; else, as in dam__grid, a near square */
    dam__pixels pixels;       /* of such an image */
    const char *title;        /* one line */
    const char *const *heads; /* a short line over each column, or NULL */
    size_t paired; /* a wider gap behind the first column and every so many more; 0: only there */
} dam__tiles;

/* Draws the sheet; free with dam__image_free. DAM_INPUT: no tiles, or too large a picture. */
dam_status dam__tiles_draw(const dam__tiles *sheet, dam__image *out);

#endif
