/* Pictures, PNG and JPEG, as arrays of grey levels or of red, green and blue. */
#ifndef DAM__STORE_PICTURE_H
#define DAM__STORE_PICTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/try.h"

/* Of the files' pictures what arrays are made of; DAM__COLOUR_AUTO: grey, unless one has colours.
 */
typedef enum dam__colour_wish {
    DAM__COLOUR_AUTO,
    DAM__COLOUR_GREY,
    DAM__COLOUR_RGB
} dam__colour_wish;

/* A decoded picture: height rows of width pixels of channels (1 or 3) levels, which are bytes or,
 * deep, uint16_t. Free with dam__picture_free. */
typedef struct dam__picture {
    size_t width, height, channels;
    bool deep;
    bool blended; /* it had transparent parts, which are white now, as on paper */
    void *pixels;
} dam__picture;

enum { DAM__PICTURE_PIXELS = 1 << 28 }; /* the largest that is read */

void dam__picture_free(dam__picture *picture);

bool dam__png_is(const unsigned char *first);  /* of eight bytes */
bool dam__jpeg_is(const unsigned char *first); /* of three */

/*
 * Decodes a whole file. Palettes and 1, 2 or 4 bits become bytes, CMYK becomes RGB, transparent
 * parts become white, and pictures are turned upright as EXIF says. DAM_INPUT names the file:
 * damaged, cut short, too large, neither PNG nor JPEG.
 */
dam_status dam__picture_decode(const char *name, const void *bytes, size_t length,
                               dam__picture *out);

/* Its parts. *orientation: EXIF's, 1 to 8. */
dam_status dam__png_decode(const char *name, const unsigned char *bytes, size_t length,
                           dam__picture *out, int *orientation);
dam_status dam__jpeg_decode(const char *name, const unsigned char *bytes, size_t length,
                            dam__picture *out, int *orientation);

/* EXIF's orientation among so many bytes of TIFF; 1 (upright) where there is none. */
int dam__exif_orientation(const unsigned char *tiff, size_t length);

/* Allocates pixels for the sizes that are set. DAM_INPUT: none, or more than are read. */
dam_status dam__picture_create(const char *name, dam__picture *picture);

/* Whether red, green and blue differ anywhere. */
bool dam__picture_has_colours(const dam__picture *picture);

/* Makes it have 1 or 3 channels; grey is ITU-R 601's luma. */
dam_status dam__picture_recolour(size_t channels, dam__picture *picture);

/*
 * Makes it of that size: each pixel is the mean under a triangle as wide as two pixels of the
 * coarser side (bilinear where it grows, without aliases where it shrinks).
 */
dam_status dam__picture_resize(size_t width, size_t height, dam__picture *picture);

#endif
