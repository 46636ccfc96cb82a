#include "draw/tiles.h"

#include <math.h>
#include <stdbool.h>

enum {
    SIDE = 112, /* of a tile, about */
    MARGIN = 20,
    GAP = 10,
    GROUP_GAP = 26, /* between groups of columns */
    SCALE = 2,      /* of the glyphs below tiles and of the title */
    LINE = (DAM__GLYPH_HEIGHT + 3) * SCALE,
    TEXT_GAP = 5,
    HEAD_SCALE = 1,
    HEAD = 16
};

static const dam__colour paper = {255, 255, 255}, frame = {214, 214, 210}, ink = {52, 54, 60};

typedef struct layout {
    size_t map_height, map_width; /* of a tile's numbers */
    dam__pixels pixels;
    int tile_height, tile_width, cell_width, cell_height;
    int top; /* of the first row */
    int width, height;
} layout;

static void fit_tile(const dam__tiles *sheet, layout *at)
{
    bool image = dam__image_fits(sheet->pixels, sheet->height, sheet->width, sheet->dim);
    at->pixels = image ? sheet->pixels : DAM__PIXELS_GREY;
    at->map_width = image ? sheet->width : (size_t)ceil(sqrt((double)sheet->dim));
    at->map_height = image ? sheet->height : (sheet->dim + at->map_width - 1) / at->map_width;
    size_t side = at->map_width > at->map_height ? at->map_width : at->map_height;
    /* Small tiles are enlarged by a whole number, so that all their pixels are alike. */
    double scale = side <= SIDE ? floor((double)SIDE / (double)side) : (double)SIDE / (double)side;
    at->tile_width = (int)fmax(1, round((double)at->map_width * scale));
    at->tile_height = (int)fmax(1, round((double)at->map_height * scale));
}

static int larger(int a, int b)
{
    return a > b ? a : b;
}

/* Left edge of a column, from that of the first. */
static int column_at(const dam__tiles *sheet, const layout *at, size_t column)
{
    size_t groups = column > 0;
    if (sheet->paired > 0 && column > 0)
        groups = 1 + (column - 1) / sheet->paired;
    return (int)column * at->cell_width + (int)groups * (GROUP_GAP - GAP);
}

static dam_status lay_out(const dam__tiles *sheet, layout *at)
{
    if (sheet->rows == 0 || sheet->columns == 0 || sheet->dim == 0)
        return dam__fail(DAM_INPUT, "there is nothing to draw");
    fit_tile(sheet, at);
    int widest = at->tile_width;
    for (size_t i = 0; i < sheet->rows * sheet->columns; i++)
        for (int line = 0; line < 2; line++)
            widest = larger(widest, dam__image_text_width(sheet->tiles[i].lines[line], SCALE));
    for (size_t i = 0; sheet->heads != NULL && i < sheet->columns; i++)
        widest = larger(widest, dam__image_text_width(sheet->heads[i], HEAD_SCALE));
    at->cell_width = widest + GAP;
    at->cell_height = at->tile_height + TEXT_GAP + 2 * LINE + GAP;
    at->top = MARGIN + 2 * LINE + (sheet->heads != NULL ? HEAD : 0);
    size_t most = DAM__IMAGE_SIDE / 2;
    if (sheet->columns > most / (size_t)at->cell_width ||
        sheet->rows > most / (size_t)at->cell_height)
        return dam__fail(DAM_INPUT, "a sheet of %zu x %zu tiles is too large; ask for fewer",
                         sheet->rows, sheet->columns);
    int tiles = column_at(sheet, at, sheet->columns - 1) + at->cell_width - GAP;
    at->width = 2 * MARGIN + larger(tiles, dam__image_text_width(sheet->title, SCALE));
    at->height = at->top + (int)sheet->rows * at->cell_height - GAP + MARGIN - TEXT_GAP;
    return DAM_OK;
}

static void draw_centred(dam__image *image, int x, int y, int width, int scale, const char *text)
{
    dam__image_text(image, x + (width - dam__image_text_width(text, scale)) / 2, y, scale, ink,
                    text);
}

static void draw_tile(const dam__tiles *sheet, const layout *at, const dam__tile *tile, int x,
                      int y, dam__image *image)
{
    int cell = at->cell_width - GAP, left = x + (cell - at->tile_width) / 2;
    double limit = tile->limit;
    if (tile->values != NULL) {
        const dam__map map = {.values = tile->values,
                              .count = sheet->dim,
                              .height = at->map_height,
                              .width = at->map_width,
                              .pixels = at->pixels};
        for (size_t i = 0; tile->limit == 0 && i < sheet->dim; i++)
            if (isfinite(tile->values[i]))
                limit = fmax(limit, fabs((double)tile->values[i]));
        dam__image_fill(image, left - 1, y - 1, at->tile_width + 2, at->tile_height + 2, frame);
        dam__image_fill(image, left, y, at->tile_width, at->tile_height, paper);
        dam__image_map(image, left, y, at->tile_width, at->tile_height, &map, DAM__DIVERGING,
                       limit);
    }
    for (int line = 0; line < 2; line++)
        draw_centred(image, x, y + at->tile_height + TEXT_GAP + line * LINE, cell, SCALE,
                     tile->lines[line]);
}

dam_status dam__tiles_draw(const dam__tiles *sheet, dam__image *out)
{
    layout at = {0};
    *out = (dam__image){0};
    DAM_TRY(lay_out(sheet, &at));
    DAM_TRY(dam__image_create(at.width, at.height, paper, out));
    dam__image_text(out, MARGIN, MARGIN, SCALE, ink, sheet->title);
    for (size_t i = 0; sheet->heads != NULL && i < sheet->columns; i++)
        draw_centred(out, MARGIN + column_at(sheet, &at, i), at.top - HEAD, at.cell_width - GAP,
                     HEAD_SCALE, sheet->heads[i]);
    for (size_t i = 0; i < sheet->rows * sheet->columns; i++)
        draw_tile(sheet, &at, &sheet->tiles[i], MARGIN + column_at(sheet, &at, i % sheet->columns),
                  at.top + (int)(i / sheet->columns) * at.cell_height, out);
    return DAM_OK;
}
