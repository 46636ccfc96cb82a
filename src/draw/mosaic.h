/* Pictures of files beside one another under a caption, as a figure of a paper has them. */
#ifndef DAM__DRAW_MOSAIC_H
#define DAM__DRAW_MOSAIC_H

#include "draw/image.h"

/*
 * Draws the PNG or JPEG files of count paths (at least one) in rows of at most three, each scaled
 * down to at most 700 pixels of width, under a caption of one line. Free with dam__image_free.
 * DAM_INPUT: a file that is no picture, or more pixels than an image has; DAM_NO_MEMORY.
 */
dam_status dam__mosaic(const char *const *paths, size_t count, const char *caption,
                       dam__image *out);

#endif
