#include "draw/image.h"

#include <math.h>
#include <png.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "draw/glyphs.h"

dam_status dam__image_create(int width, int height, dam__colour background, dam__image *out)
{
    *out = (dam__image){0};
    if (width < 1 || height < 1 || width > DAM__IMAGE_SIDE || height > DAM__IMAGE_SIDE)
        return dam__fail(DAM_INPUT, "a picture of %d x %d pixels cannot be made: 1 to %d a side",
                         width, height, (int)DAM__IMAGE_SIDE);
    size_t pixels = (size_t)width * (size_t)height;
    dam_status status = dam__alloc(pixels, 3, &out->pixels);
    if (status != DAM_OK)
        return status;
    out->width = width;
    out->height = height;
    dam__image_fill(out, 0, 0, width, height, background);
    return DAM_OK;
}

void dam__image_free(dam__image *image)
{
    free(image->pixels);
    *image = (dam__image){0};
}

void dam__image_fill(dam__image *image, int x, int y, int width, int height, dam__colour colour)
{
    int left = x > 0 ? x : 0, top = y > 0 ? y : 0;
    int right = width < image->width - x ? x + width : image->width;
    int bottom = height < image->height - y ? y + height : image->height;
    for (int row = top; row < bottom; row++) {
        for (int column = left; column < right; column++) {
            uint8_t *pixel =
                image->pixels + 3 * ((size_t)row * (size_t)image->width + (size_t)column);
            pixel[0] = colour.red;
            pixel[1] = colour.green;
            pixel[2] = colour.blue;
        }
    }
}

void dam__image_text(dam__image *image, int x, int y, int scale, dam__colour colour,
                     const char *text)
{
    for (; *text != '\0'; text++, x += (DAM__GLYPH_WIDTH + 1) * scale) {
        const char *dots = dam__glyph(*text);
        for (int i = 0; i < DAM__GLYPH_WIDTH * DAM__GLYPH_HEIGHT; i++)
            if (dots[i] == '#')
                dam__image_fill(image, x + i % DAM__GLYPH_WIDTH * scale,
                                y + i / DAM__GLYPH_WIDTH * scale, scale, scale, colour);
    }
}

int dam__image_text_width(const char *text, int scale)
{
    int glyphs = (int)strlen(text);
    return glyphs > 0 ? (glyphs * (DAM__GLYPH_WIDTH + 1) - 1) * scale : 0;
}

static uint8_t mix(uint8_t from, uint8_t to, double part)
{
    return (uint8_t)lround(from + (to - from) * part);
}

dam__colour dam__palette_colour(dam__palette palette, double value, double limit)
{
    static const dam__colour not_finite = {255, 191, 0};
    static const dam__colour grey[] = {{0, 0, 0}, {128, 128, 128}, {255, 255, 255}};
    static const dam__colour diverging[] = {{12, 44, 92},    {44, 108, 170},  {150, 192, 222},
                                            {247, 247, 245}, {241, 178, 150}, {200, 72, 64},
                                            {112, 12, 36}};
    if (!isfinite(value))
        return not_finite;
    const dam__colour *stops = palette == DAM__GREY ? grey : diverging;
    int last = palette == DAM__GREY ? 2 : 6;
    double share = limit > 0 ? fmax(-1, fmin(1, value / limit)) : 0;
    double at = (share + 1) / 2 * last;
    int below = at < last ? (int)at : last - 1;
    dam__colour from = stops[below], to = stops[below + 1];
    double part = at - below;
    return (dam__colour){mix(from.red, to.red, part), mix(from.green, to.green, part),
                         mix(from.blue, to.blue, part)};
}

/* The source rows or columns [*begin, *end) under pixel i of a tile's side; at least one. */
static void covered(size_t i, size_t tile, size_t source, size_t *begin, size_t *end)
{
    double step = (double)source / (double)tile;
    *begin = (size_t)floor((double)i * step);
    *end = (size_t)floor((double)(i + 1) * step);
    if (*begin >= source)
        *begin = source - 1;
    if (*end <= *begin)
        *end = *begin + 1;
    if (*end > source)
        *end = source;
}

bool dam__image_fits(dam__pixels pixels, size_t height, size_t width, size_t dim)
{
    size_t rest = dim / dam__channels(pixels);
    return height > 0 && dim % dam__channels(pixels) == 0 && rest % height == 0 &&
           rest / height == width;
}

/* The pixels of a map under one of a tile. */
typedef struct patch {
    size_t top, bottom, left, right;
} patch;

/* Mean of a channel there; NaN where no number is. */
static double mean_under(const dam__map *map, const patch *under, size_t channel)
{
    size_t items = 0, pixels = map->height * map->width;
    double sum = 0;
    for (size_t i = under->top; i < under->bottom; i++) {
        for (size_t j = under->left; j < under->right; j++) {
            size_t at = dam__level_at(map->pixels, pixels, i * map->width + j, channel);
            if (at >= map->count)
                continue;
            sum += (double)map->values[at];
            items++;
        }
    }
    return items > 0 ? sum / (double)items : (double)NAN;
}

/* Whether any number of the map is there. */
static bool is_there(const dam__map *map, const patch *under)
{
    return map->pixels != DAM__PIXELS_GREY || under->top * map->width + under->left < map->count;
}

static dam__colour colour_of(const dam__map *map, const patch *under, dam__palette palette,
                             double limit)
{
    if (map->pixels == DAM__PIXELS_GREY)
        return dam__palette_colour(palette, mean_under(map, under, 0), limit);
    dam__colour out = {0};
    uint8_t *const levels[] = {&out.red, &out.green, &out.blue};
    for (size_t c = 0; c < sizeof levels / sizeof *levels; c++) {
        double mean = mean_under(map, under, c);
        if (!isfinite(mean))
            return dam__palette_colour(DAM__GREY, mean, limit);
        *levels[c] = dam__palette_colour(DAM__GREY, mean, limit).red;
    }
    return out;
}

void dam__image_map(dam__image *image, int x, int y, int tile_width, int tile_height,
                    const dam__map *map, dam__palette palette, double limit)
{
    for (int row = 0; row < tile_height; row++) {
        patch under;
        covered((size_t)row, (size_t)tile_height, map->height, &under.top, &under.bottom);
        for (int column = 0; column < tile_width; column++) {
            covered((size_t)column, (size_t)tile_width, map->width, &under.left, &under.right);
            if (is_there(map, &under))
                dam__image_fill(image, x + column, y + row, 1, 1,
                                colour_of(map, &under, palette, limit));
        }
    }
}

dam_status dam__image_png(const dam__image *image, void **bytes, size_t *length)
{
    dam_status status = DAM_OK;
    png_image png = {.version = PNG_IMAGE_VERSION,
                     .width = (png_uint_32)image->width,
                     .height = (png_uint_32)image->height,
                     .format = PNG_FORMAT_RGB};
    png_alloc_size_t written = PNG_IMAGE_PNG_SIZE_MAX(png);
    void *made = NULL;
    *bytes = NULL;
    DAM_TRY_CLEANUP(dam__alloc(written, 1, &made));
    if (png_image_write_to_memory(&png, made, &written, 0, image->pixels, 0, NULL) == 0)
        DAM_FAIL(DAM_INTERNAL, "cannot draw a picture: libpng: %s", png.message);
    *bytes = made;
    *length = written;
    made = NULL;
cleanup:
    png_image_free(&png);
    free(made);
    return status;
}

dam_status dam__image_write_png(const dam__image *image, const char *path)
{
    void *bytes = NULL;
    size_t length = 0;
    dam_status status = dam__image_png(image, &bytes, &length);
    if (status == DAM_OK)
        status = dam__file_write(path, bytes, length);
    free(bytes);
    return status;
}
