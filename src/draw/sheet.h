/* A contact sheet of memories: one tile a memory, zero in the middle of the colours. */
#ifndef DAM__DRAW_SHEET_H
#define DAM__DRAW_SHEET_H

#include "draw/image.h"

typedef struct dam__grid {
    const float *memories; /* count x dim, row-major, on the host */
    size_t count, dim;
    size_t height, width;   /* of a memory as an image; where their product is not dim, a memory is
                               drawn as a near square, row by row */
    dam__pixels pixels;     /* of such an image; in colours, their product is a third of dim */
    const int32_t *labels;  /* count classes, or NULL; tiles are then ordered by class, and a
                               negative one is shown as "-" */
    const float *certainty; /* count shares in [0, 1], or NULL: a bar under each tile */
    size_t columns;         /* 0: as many as make the sheet near square */
    size_t most;            /* tiles at most, the first memories; 0: 400 */
    dam__palette palette;
    /* Another arrangement than that: */
    const int32_t *places; /* place_count memories, tile by tile; a negative one leaves its place
                              empty; NULL: all memories, by class */
    size_t place_count;
    const char *caption;             /* above the sheet; NULL: how many memories there are */
    const char *const *row_captions; /* beside each row of tiles, or NULL; lines end at '\n' */
    const char *const *heads; /* above the tiles of each column, or NULL; head_count of them, */
    size_t head_count;        /* over and over; lines end at '\n' */
    int tile;                 /* pixels of a tile's side, about; 0: 56 */
} dam__grid;

/*
 * Draws the sheet; free with dam__image_free. Each memory is scaled by its own largest finite
 * |value|; values that are not finite are amber. Tiles are about 56 pixels, large memories are
 * averaged down to at most 112. DAM_INPUT: no memories, or a sheet over DAM__IMAGE_SIDE pixels.
 */
dam_status dam__memory_grid(const dam__grid *grid, dam__image *out);

enum { DAM__GRID_COLOURS = 127 };

/* Colours that show every sheet of that palette well, for pictures that can have few. */
void dam__grid_colours(dam__palette palette, dam__colour colours[DAM__GRID_COLOURS]);

#endif
