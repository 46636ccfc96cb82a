/* Small pictures in memory: rectangles, maps of numbers, labels; written as PNG. */
#ifndef DAM__DRAW_IMAGE_H
#define DAM__DRAW_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/try.h"
#include "data/pixels.h"

typedef struct dam__colour {
    uint8_t red, green, blue;
} dam__colour;

/* height rows of width pixels, three bytes each; free with dam__image_free. */
typedef struct dam__image {
    int width, height;
    uint8_t *pixels;
} dam__image;

/* How a signed value in [-1, 1] is shown: blue over near-white to red, or black to white. */
typedef enum dam__palette { DAM__DIVERGING, DAM__GREY } dam__palette;

enum { DAM__IMAGE_SIDE = 65535, DAM__GLYPH_WIDTH = 5, DAM__GLYPH_HEIGHT = 7 };

/* An image of one colour; sides from 1 to DAM__IMAGE_SIDE. DAM_INPUT, DAM_NO_MEMORY. */
dam_status dam__image_create(int width, int height, dam__colour background, dam__image *out);
void dam__image_free(dam__image *image);

/* Fills a rectangle; what lies outside the image is left out, here and below. */
void dam__image_fill(dam__image *image, int x, int y, int width, int height, dam__colour colour);

/*
 * Writes text in 5 x 7 glyphs, each dot scale pixels wide, one dot between them; x, y is the upper
 * left corner. Upper and lower case look alike; characters without a glyph are shown as '?'.
 */
void dam__image_text(dam__image *image, int x, int y, int scale, dam__colour colour,
                     const char *text);

/* The width of that text in pixels; 0 for an empty one. */
int dam__image_text_width(const char *text, int scale);

/* The colour of value / limit, clipped to [-1, 1]; of 0 where limit is 0; amber if not finite. */
dam__colour dam__palette_colour(dam__palette palette, double value, double limit);

/* height x width numbers, row-major, of which only the first count are there. */
typedef struct dam__map {
    const float *values;
    size_t count, height, width;
    dam__pixels pixels; /* in colours each is grey by itself, and palettes do not apply */
} dam__map;

/* Whether dim numbers are an image of that size. */
bool dam__image_fits(dam__pixels pixels, size_t height, size_t width, size_t dim);

/*
 * Draws the map into tile_width x tile_height pixels at x, y: each pixel shows the mean of the
 * numbers it covers, and stays as it was where there are none.
 */
void dam__image_map(dam__image *image, int x, int y, int tile_width, int tile_height,
                    const dam__map *map, dam__palette palette, double limit);

/* The bytes of the image as 8-bit RGB PNG; free(). DAM_NO_MEMORY. */
dam_status dam__image_png(const dam__image *image, void **bytes, size_t *length);

/* Replaces path by the image as 8-bit RGB PNG, atomically. DAM_INPUT, DAM_NO_MEMORY. */
dam_status dam__image_write_png(const dam__image *image, const char *path);

#endif
