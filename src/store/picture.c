/* What is done to pictures once they are decoded. */
#include "store/picture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void dam__picture_free(dam__picture *picture)
{
    free(picture->pixels);
    *picture = (dam__picture){0};
}

static size_t item_of(const dam__picture *picture)
{
    return picture->deep ? sizeof(uint16_t) : sizeof(uint8_t);
}

dam_status dam__picture_create(const char *name, dam__picture *picture)
{
    if (picture->width < 1 || picture->height < 1 ||
        picture->width > DAM__PICTURE_PIXELS / picture->height)
        return dam__fail(DAM_INPUT,
                         "'%s' has %zu x %zu pixels; pictures of 1 to %d million are read", name,
                         picture->width, picture->height, DAM__PICTURE_PIXELS >> 20);
    return dam__alloc(picture->width * picture->height, picture->channels * item_of(picture),
                      &picture->pixels);
}

/* --- upright ---------------------------------------------------------------------------------- */

/* EXIF says where the first row and the first column of what is stored are to be seen. */
static dam_status turn(const char *name, int orientation, dam__picture *picture)
{
    size_t width = picture->width, height = picture->height;
    size_t pixel = picture->channels * item_of(picture);
    bool swapped = orientation >= 5;
    bool right = orientation == 2 || orientation == 3 || orientation == 6 || orientation == 7;
    bool bottom = orientation == 3 || orientation == 4 || orientation == 7 || orientation == 8;
    dam__picture out = *picture;
    if (orientation == 1)
        return DAM_OK;
    out.width = swapped ? height : width;
    out.height = swapped ? width : height;
    DAM_TRY(dam__picture_create(name, &out));
    const char *from = picture->pixels;
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++, from += pixel) {
            size_t to_x = swapped ? y : x, to_y = swapped ? x : y;
            to_x = right ? out.width - 1 - to_x : to_x;
            to_y = bottom ? out.height - 1 - to_y : to_y;
            memcpy((char *)out.pixels + (to_y * out.width + to_x) * pixel, from, pixel);
        }
    free(picture->pixels);
    *picture = out;
    return DAM_OK;
}

dam_status dam__picture_decode(const char *name, const void *bytes, size_t length,
                               dam__picture *out)
{
    dam_status status = DAM_OK;
    dam__picture picture = {0};
    int orientation = 1;
    *out = (dam__picture){0};
    if (length >= 8 && dam__png_is(bytes))
        DAM_TRY_CLEANUP(dam__png_decode(name, bytes, length, &picture, &orientation));
    else if (length >= 3 && dam__jpeg_is(bytes))
        DAM_TRY_CLEANUP(dam__jpeg_decode(name, bytes, length, &picture, &orientation));
    else
        DAM_FAIL(DAM_INPUT, "'%s' is neither a PNG nor a JPEG picture", name);
    DAM_TRY_CLEANUP(turn(name, orientation, &picture));
    *out = picture;
    picture = (dam__picture){0};
cleanup:
    dam__picture_free(&picture);
    return status;
}

/* --- colours ---------------------------------------------------------------------------------- */

bool dam__picture_has_colours(const dam__picture *picture)
{
    size_t pixels = picture->width * picture->height;
    const uint8_t *bytes = picture->pixels;
    const uint16_t *deep = picture->pixels;
    if (picture->channels == 1)
        return false;
    for (size_t i = 0; i < 3 * pixels; i += 3)
        if (picture->deep ? deep[i] != deep[i + 1] || deep[i] != deep[i + 2]
                          : bytes[i] != bytes[i + 1] || bytes[i] != bytes[i + 2])
            return true;
    return false;
}

/* In 1/65536, as Pillow has them. */
static uint32_t luma(uint32_t red, uint32_t green, uint32_t blue)
{
    return (uint32_t)(((uint64_t)red * 19595 + (uint64_t)green * 38470 + (uint64_t)blue * 7471 +
                       0x8000) >>
                      16);
}

static void make_grey(dam__picture *picture)
{
    size_t pixels = picture->width * picture->height;
    uint8_t *bytes = picture->pixels;
    uint16_t *deep = picture->pixels;
    for (size_t i = 0; i < pixels; i++) {
        if (picture->deep)
            deep[i] = (uint16_t)luma(deep[3 * i], deep[3 * i + 1], deep[3 * i + 2]);
        else
            bytes[i] = (uint8_t)luma(bytes[3 * i], bytes[3 * i + 1], bytes[3 * i + 2]);
    }
}

dam_status dam__picture_recolour(size_t channels, dam__picture *picture)
{
    size_t pixels = picture->width * picture->height, item = item_of(picture);
    if (channels == picture->channels)
        return DAM_OK;
    if (channels == 1) {
        make_grey(picture);
    } else {
        DAM_TRY(dam__grow(&picture->pixels, pixels, 3 * item));
        char *at = picture->pixels;
        for (size_t i = pixels; i-- > 0;)
            for (size_t c = 3; c-- > 0;)
                memmove(at + (3 * i + c) * item, at + i * item, item);
    }
    picture->channels = channels;
    return DAM_OK;
}

/* --- sizes ------------------------------------------------------------------------------------ */

/* What one new pixel is made of along one side: `count` old ones from `first` on. */
typedef struct span {
    size_t first, count;
    const double *weights;
} span;

/* `to` spans, whose weights follow them in one block; free(). */
static dam_status make_spans(size_t from, size_t to, span **spans)
{
    double scale = (double)from / (double)to, reach = fmax(scale, 1);
    size_t widest = (size_t)ceil(reach) * 2 + 1;
    size_t bytes = 0, more = 0;
    DAM_TRY(dam__multiply(to, sizeof **spans, &bytes));
    DAM_TRY(dam__multiply(to, widest * sizeof(double), &more));
    DAM_TRY(dam__alloc(bytes + more, 1, spans));
    void *behind = *spans + to;
    double *weights = behind;
    for (size_t i = 0; i < to; i++, weights += widest) {
        double centre = ((double)i + 0.5) * scale, sum = 0;
        double begin = fmax(0, floor(centre - reach + 0.5)),
               end = fmin((double)from, floor(centre + reach + 0.5));
        span *s = &(*spans)[i];
        *s = (span){(size_t)begin, (size_t)(end - begin), weights};
        for (size_t k = 0; k < s->count; k++) {
            double distance = fabs((double)(s->first + k) - centre + 0.5) / reach;
            weights[k] = fmax(0, 1 - distance);
            sum += weights[k];
        }
        for (size_t k = 0; k < s->count; k++)
            weights[k] /= sum;
    }
    return DAM_OK;
}

static double level_at(const dam__picture *picture, size_t i)
{
    return picture->deep ? ((const uint16_t *)picture->pixels)[i]
                         : ((const uint8_t *)picture->pixels)[i];
}

/* Along rows, into doubles: height x width x channels. */
static void squeeze_rows(const dam__picture *picture, const span *spans, size_t width, double *out)
{
    size_t channels = picture->channels;
    for (size_t y = 0; y < picture->height; y++)
        for (size_t x = 0; x < width; x++)
            for (size_t c = 0; c < channels; c++) {
                size_t at = (y * picture->width + spans[x].first) * channels + c;
                double sum = 0;
                for (size_t k = 0; k < spans[x].count; k++)
                    sum += spans[x].weights[k] * level_at(picture, at + k * channels);
                *out++ = sum;
            }
}

/* And down columns. */
static void squeeze_columns(const double *rows, const span *spans, size_t row, dam__picture *out)
{
    for (size_t y = 0; y < out->height; y++)
        for (size_t x = 0; x < row; x++) {
            double sum = 0;
            for (size_t k = 0; k < spans[y].count; k++)
                sum += spans[y].weights[k] * rows[(spans[y].first + k) * row + x];
            if (out->deep)
                ((uint16_t *)out->pixels)[y * row + x] = (uint16_t)(sum + 0.5);
            else
                ((uint8_t *)out->pixels)[y * row + x] = (uint8_t)(sum + 0.5);
        }
}

dam_status dam__picture_resize(size_t width, size_t height, dam__picture *picture)
{
    dam_status status = DAM_OK;
    span *across = NULL, *down = NULL;
    double *rows = NULL;
    dam__picture out = *picture;
    if (width == picture->width && height == picture->height)
        return DAM_OK;
    out.pixels = NULL;
    out.width = width;
    out.height = height;
    DAM_TRY_CLEANUP(dam__picture_create("a resized picture", &out));
    DAM_TRY_CLEANUP(make_spans(picture->width, width, &across));
    DAM_TRY_CLEANUP(make_spans(picture->height, height, &down));
    DAM_TRY_CLEANUP(dam__alloc(picture->height * width, picture->channels * sizeof *rows, &rows));
    squeeze_rows(picture, across, width, rows);
    squeeze_columns(rows, down, width * picture->channels, &out);
    free(picture->pixels);
    *picture = out;
    out = (dam__picture){0};
cleanup:
    free(across);
    free(down);
    free(rows);
    if (status != DAM_OK)
        dam__picture_free(&out);
    return status;
}
