#include "draw/gif.h"

#include <gif_lib.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

enum {
    TABLE = 256,
    SAME = TABLE - 1, /* the colour of what is as in the frame before */
    CELL_BITS = 6,    /* of each channel: colours this alike are shown alike */
    CELLS = 1 << (3 * CELL_BITS)
};

struct dam__gif {
    GifFileType *file; /* giflib's, which writes into bytes */
    dam__text bytes;
    int width, height;
    dam__colour colours[TABLE];
    size_t count;
    uint16_t *cells; /* 1 + the colour nearest to a cell's; 0: not looked for yet */
    uint8_t *now, *before;
    bool begun;  /* there is a frame before */
    bool failed; /* a write of giflib's, which does not always say so */
    GifByteType *line;
};

static int write_bytes(GifFileType *file, const GifByteType *bytes, int count)
{
    dam__gif *gif = file->UserData;
    dam__text_append_bytes(&gif->bytes, bytes, (size_t)count);
    if (dam__text_status(&gif->bytes) == DAM_OK)
        return count;
    gif->failed = true;
    return 0;
}

/* What giflib's calls return: GIF_OK, or the reason is in the file. */
static dam_status check(const dam__gif *gif, int result)
{
    if (gif->failed)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for a film");
    if (result != GIF_ERROR)
        return DAM_OK;
    const char *reason = gif->file != NULL ? GifErrorString(gif->file->Error) : NULL;
    return dam__fail(DAM_NO_MEMORY, "cannot make the film: giflib: %s",
                     reason != NULL ? reason : "it gives no reason");
}

static dam_status begin_file(dam__gif *gif)
{
    dam_status status = DAM_OK;
    GifColorType table[TABLE] = {{0}};
    int error = 0;
    for (size_t i = 0; i < gif->count; i++)
        table[i] = (GifColorType){gif->colours[i].red, gif->colours[i].green, gif->colours[i].blue};
    ColorMapObject *map = GifMakeMapObject(TABLE, table);
    gif->file = EGifOpen(gif, write_bytes, &error);
    if (map == NULL || gif->file == NULL)
        DAM_FAIL(DAM_NO_MEMORY, "the host has no memory for a film");
    EGifSetGifVersion(gif->file, true);
    DAM_TRY_CLEANUP(check(gif, EGifPutScreenDesc(gif->file, gif->width, gif->height, 8, 0, map)));
    /* Netscape's extension, which all viewers know: repeat without end. */
    DAM_TRY_CLEANUP(check(gif, EGifPutExtensionLeader(gif->file, APPLICATION_EXT_FUNC_CODE)));
    DAM_TRY_CLEANUP(check(gif, EGifPutExtensionBlock(gif->file, 11, "NETSCAPE2.0")));
    DAM_TRY_CLEANUP(
        check(gif, EGifPutExtensionBlock(gif->file, 3, (const GifByteType[]){1, 0, 0})));
    DAM_TRY_CLEANUP(check(gif, EGifPutExtensionTrailer(gif->file)));
cleanup:
    GifFreeMapObject(map);
    return status;
}

dam_status dam__gif_create(int width, int height, const dam__colour *colours, size_t count,
                           dam__gif **out)
{
    dam_status status = DAM_OK;
    dam__gif *gif = NULL;
    *out = NULL;
    if (width < 1 || height < 1 || width > DAM__IMAGE_SIDE || height > DAM__IMAGE_SIDE ||
        count < 1 || count > DAM__GIF_COLOURS)
        DAM_FAIL(DAM_INPUT, "a film of %d x %d pixels in %zu colours cannot be made", width, height,
                 count);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *gif, &gif));
    gif->width = width;
    gif->height = height;
    gif->count = count;
    memcpy(gif->colours, colours, count * sizeof *colours);
    size_t pixels = (size_t)width * (size_t)height;
    DAM_TRY_CLEANUP(dam__alloc(CELLS, sizeof *gif->cells, &gif->cells));
    DAM_TRY_CLEANUP(dam__alloc(pixels, 1, &gif->now));
    DAM_TRY_CLEANUP(dam__alloc(pixels, 1, &gif->before));
    DAM_TRY_CLEANUP(dam__alloc((size_t)width, sizeof *gif->line, &gif->line));
    DAM_TRY_CLEANUP(begin_file(gif));
    *out = gif;
    gif = NULL;
cleanup:
    dam__gif_destroy(gif);
    return status;
}

void dam__gif_destroy(dam__gif *gif)
{
    if (gif == NULL)
        return;
    if (gif->file != NULL)
        (void)EGifCloseFile(gif->file, NULL);
    dam__text_free(&gif->bytes);
    free(gif->cells);
    free(gif->now);
    free(gif->before);
    free(gif->line);
    free(gif);
}

static int distance(dam__colour a, dam__colour b)
{
    int red = a.red - b.red, green = a.green - b.green, blue = a.blue - b.blue;
    return red * red + green * green + blue * blue;
}

/* The nearest colour, looked for once for each cell of colours. */
static uint8_t nearest(dam__gif *gif, dam__colour colour)
{
    const int drop = 8 - CELL_BITS;
    size_t cell = ((size_t)colour.red >> drop) << (2 * CELL_BITS) |
                  ((size_t)colour.green >> drop) << CELL_BITS | (size_t)colour.blue >> drop;
    if (gif->cells[cell] == 0) {
        int best = INT_MAX;
        for (size_t i = 0; i < gif->count; i++) {
            int far = distance(colour, gif->colours[i]);
            if (far < best)
                gif->cells[cell] = (uint16_t)(i + 1);
            best = far < best ? far : best;
        }
    }
    return (uint8_t)(gif->cells[cell] - 1);
}

typedef struct window {
    int left, top, right, bottom; /* the last two lie outside */
} window;

/* What differs from the frame before; one pixel where nothing does: a frame has some. */
static window changed_window(const dam__gif *gif)
{
    window all = {gif->width, gif->height, 0, 0};
    if (!gif->begun)
        return (window){0, 0, gif->width, gif->height};
    for (int y = 0; y < gif->height; y++) {
        size_t row = (size_t)y * (size_t)gif->width;
        for (int x = 0; x < gif->width; x++) {
            if (gif->now[row + (size_t)x] == gif->before[row + (size_t)x])
                continue;
            all.left = x < all.left ? x : all.left;
            all.right = x + 1 > all.right ? x + 1 : all.right;
            all.top = y < all.top ? y : all.top;
            all.bottom = y + 1;
        }
    }
    return all.bottom > 0 ? all : (window){0, 0, 1, 1};
}

static dam_status put_frame(dam__gif *gif, int hundredths)
{
    const GraphicsControlBlock control = {.DisposalMode = DISPOSE_DO_NOT,
                                          .UserInputFlag = false,
                                          .DelayTime = hundredths,
                                          .TransparentColor =
                                              gif->begun ? SAME : NO_TRANSPARENT_COLOR};
    GifByteType extension[4];
    const window part = changed_window(gif);
    (void)EGifGCBToExtension(&control, extension);
    DAM_TRY(check(
        gif, EGifPutExtension(gif->file, GRAPHICS_EXT_FUNC_CODE, sizeof extension, extension)));
    DAM_TRY(check(gif, EGifPutImageDesc(gif->file, part.left, part.top, part.right - part.left,
                                        part.bottom - part.top, false, NULL)));
    for (int y = part.top; y < part.bottom; y++) {
        size_t row = (size_t)y * (size_t)gif->width;
        for (int x = part.left; x < part.right; x++) {
            size_t at = row + (size_t)x;
            bool same = gif->begun && gif->now[at] == gif->before[at];
            gif->line[x - part.left] = same ? SAME : gif->now[at];
        }
        DAM_TRY(check(gif, EGifPutLine(gif->file, gif->line, part.right - part.left)));
    }
    return DAM_OK;
}

dam_status dam__gif_add(dam__gif *gif, const dam__image *image, int hundredths)
{
    size_t pixels = (size_t)gif->width * (size_t)gif->height;
    if (image->width != gif->width || image->height != gif->height)
        return dam__fail(DAM_INPUT, "a picture of %d x %d pixels in a film of %d x %d",
                         image->width, image->height, gif->width, gif->height);
    for (size_t i = 0; i < pixels; i++) {
        const uint8_t *pixel = image->pixels + 3 * i;
        gif->now[i] = nearest(gif, (dam__colour){pixel[0], pixel[1], pixel[2]});
    }
    DAM_TRY(put_frame(gif, hundredths));
    uint8_t *before = gif->before;
    gif->before = gif->now;
    gif->now = before;
    gif->begun = true;
    return DAM_OK;
}

dam_status dam__gif_write(dam__gif *gif, const char *path)
{
    GifFileType *file = gif->file;
    int error = 0;
    gif->file = NULL;
    if (EGifCloseFile(file, &error) == GIF_ERROR || gif->failed)
        return dam__fail(DAM_NO_MEMORY, "cannot make the film '%s': giflib: %s", path,
                         GifErrorString(error) != NULL ? GifErrorString(error)
                                                       : "it gives no reason");
    return dam__text_write(&gif->bytes, path);
}
