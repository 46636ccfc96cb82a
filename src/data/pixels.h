/* Where the levels of a picture stand in a sample. */
#ifndef DAM__DATA_PIXELS_H
#define DAM__DATA_PIXELS_H

#include <stddef.h>

typedef enum dam__pixels {
    DAM__PIXELS_GREY,   /* height x width */
    DAM__PIXELS_RGB,    /* height x width x 3, as pictures have them */
    DAM__PIXELS_PLANES, /* 3 x height x width */
    DAM__PIXELS_KINDS
} dam__pixels;

static inline size_t dam__channels(dam__pixels pixels)
{
    return pixels == DAM__PIXELS_GREY ? 1 : 3;
}

/* The place of a channel of pixel `at` of `count`. */
static inline size_t dam__level_at(dam__pixels pixels, size_t count, size_t at, size_t channel)
{
    return pixels == DAM__PIXELS_RGB      ? at * 3 + channel
           : pixels == DAM__PIXELS_PLANES ? channel * count + at
                                          : at;
}

#endif
