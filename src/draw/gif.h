/* Animated GIF films of images that share one palette, through giflib. */
#ifndef DAM__DRAW_GIF_H
#define DAM__DRAW_GIF_H

#include "draw/image.h"

/* Colours of a palette at most; one of GIF's 256 means "as in the frame before". */
enum { DAM__GIF_COLOURS = 255 };

typedef struct dam__gif dam__gif;

/*
 * Begins a film of width x height pixels that repeats for ever. Each pixel will show the nearest of
 * the colours, 1 to DAM__GIF_COLOURS of them. Destroy in any case. DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status dam__gif_create(int width, int height, const dam__colour *colours, size_t count,
                           dam__gif **out);
void dam__gif_destroy(dam__gif *gif);

/* Adds an image of the film's size, shown for so many hundredths of a second. Only what differs
 * from the image before is stored. DAM_INPUT, DAM_NO_MEMORY. */
dam_status dam__gif_add(dam__gif *gif, const dam__image *image, int hundredths);

/* Ends the film and replaces path by it, atomically. DAM_INPUT, DAM_NO_MEMORY. */
dam_status dam__gif_write(dam__gif *gif, const char *path);

#endif
