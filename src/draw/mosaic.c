#include "draw/mosaic.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "store/picture.h"

enum { TILE = 700, GAP = 12, SCALE = 2, HEAD = DAM__GLYPH_HEIGHT * SCALE + 2 * GAP };

static const size_t MOST_BYTES = (size_t)1 << 28;

static dam_status read_tile(const char *path, dam__picture *out)
{
    dam_status status = DAM_OK;
    char *bytes = NULL;
    size_t length = 0;
    DAM_TRY_CLEANUP(dam__file_read(path, MOST_BYTES, &bytes, &length));
    DAM_TRY_CLEANUP(dam__picture_decode(path, bytes, length, out));
    if (out->deep)
        DAM_FAIL(DAM_INPUT, "'%s' has 16 bits a colour; a mosaic takes pictures of 8", path);
    DAM_TRY_CLEANUP(dam__picture_recolour(3, out));
    if (out->width > TILE)
        DAM_TRY_CLEANUP(dam__picture_resize(TILE, out->height * TILE / out->width + 1, out));
cleanup:
    free(bytes);
    return status;
}

static void paste(const dam__picture *tile, dam__image *image, size_t x, size_t y)
{
    size_t width = (size_t)image->width;
    for (size_t row = 0; row < tile->height; row++)
        memcpy(image->pixels + 3 * ((y + row) * width + x),
               (const uint8_t *)tile->pixels + 3 * row * tile->width, 3 * tile->width);
}

/* Four stand better two by two. */
static size_t columns_of(size_t count)
{
    enum { MOST = 3 };
    return count == 4 ? 2 : count < MOST ? count : MOST;
}

static dam_status arrange(const dam__picture *tiles, size_t count, const char *caption,
                          dam__image *out)
{
    static const dam__colour paper = {255, 255, 255}, ink = {52, 54, 60};
    size_t columns = columns_of(count), rows = (count + columns - 1) / columns;
    size_t width = 0, height = 0;
    for (size_t i = 0; i < count; i++) {
        width = tiles[i].width > width ? tiles[i].width : width;
        height = tiles[i].height > height ? tiles[i].height : height;
    }
    size_t whole = columns * (width + GAP) + GAP;
    size_t text = (size_t)dam__image_text_width(caption, SCALE) + (size_t)(2 * GAP);
    whole = text > whole && text <= DAM__IMAGE_SIDE ? text : whole;
    size_t high = rows * (height + GAP) + HEAD;
    if (whole > DAM__IMAGE_SIDE || high > DAM__IMAGE_SIDE)
        return dam__fail(DAM_INPUT,
                         "%zu pictures of %zu x %zu pixels make none of at most %d a side", count,
                         width, height, (int)DAM__IMAGE_SIDE);
    DAM_TRY(dam__image_create((int)whole, (int)high, paper, out));
    dam__image_text(out, GAP, GAP, SCALE, ink, caption);
    for (size_t i = 0; i < count; i++)
        paste(&tiles[i], out, GAP + i % columns * (width + GAP),
              HEAD + i / columns * (height + GAP));
    return DAM_OK;
}

dam_status dam__mosaic(const char *const *paths, size_t count, const char *caption, dam__image *out)
{
    dam_status status = DAM_OK;
    dam__picture *tiles = NULL;
    *out = (dam__image){0};
    DAM_TRY_CLEANUP(dam__alloc(count, sizeof *tiles, &tiles));
    for (size_t i = 0; i < count; i++)
        DAM_TRY_CLEANUP(read_tile(paths[i], &tiles[i]));
    DAM_TRY_CLEANUP(arrange(tiles, count, caption, out));
cleanup:
    for (size_t i = 0; tiles != NULL && i < count; i++)
        dam__picture_free(&tiles[i]);
    free(tiles);
    return status;
}
