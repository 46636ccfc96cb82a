#include "draw/sheet.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum {
    TILE = 56,
    MOST_TILES = 400,
    MARGIN = 20, /* round the sheet */
    GAP = 8,     /* between tiles */
    BAR = 3,     /* height of the certainty bar */
    BAR_GAP = 3, /* above it */
    TEXT_GAP = 5,
    HEAD_GAP = 3, /* below a line of a head */
    CAPTION_SCALE = 2,
    CAPTION_GAP = 14, /* below the caption */
    LEGEND = 96       /* width of the colour scale */
};

static const dam__colour paper = {255, 255, 255}, frame = {214, 214, 210}, ink = {52, 54, 60},
                         track = {228, 228, 224}, accent = {46, 125, 96};

/* Where things stand, in pixels. */
typedef struct layout {
    size_t tiles, columns, rows;
    size_t map_height, map_width; /* of a memory */
    dam__pixels pixels;
    int tile_height, tile_width;
    int cell_height, cell_width;         /* a tile with all below it, and the gap */
    int label_scale, label_top, bar_top; /* below a tile's upper edge */
    int head_height;                     /* of the columns' heads, with the gap below */
    int left, width, height;             /* left: of the tiles */
    char caption[96];
} layout;

static void fit_tile(const dam__grid *grid, layout *at)
{
    const size_t tile = grid->tile > 0 ? (size_t)grid->tile : TILE, largest = 2 * tile;
    bool image = dam__image_fits(grid->pixels, grid->height, grid->width, grid->dim);
    at->pixels = image ? grid->pixels : DAM__PIXELS_GREY;
    at->map_width = image ? grid->width : (size_t)ceil(sqrt((double)grid->dim));
    at->map_height = image ? grid->height : (grid->dim + at->map_width - 1) / at->map_width;
    size_t side = at->map_width > at->map_height ? at->map_width : at->map_height;
    if (side > largest) {
        double shrink = (double)largest / (double)side;
        at->tile_width = (int)fmax(1, round((double)at->map_width * shrink));
        at->tile_height = (int)fmax(1, round((double)at->map_height * shrink));
    } else {
        int scale = (int)fmax(1, round((double)tile / (double)side));
        at->tile_width = (int)at->map_width * scale;
        at->tile_height = (int)at->map_height * scale;
    }
}

/* Heads are small; columns are as wide as they are. */
static void fit_head(const char *head, layout *at)
{
    int letters = 0, lines = 1;
    for (; *head != '\0'; head++) {
        lines += *head == '\n' ? 1 : 0;
        letters = *head == '\n' ? 0 : letters + 1;
        int width = letters * (DAM__GLYPH_WIDTH + 1);
        at->cell_width = width > at->cell_width ? width : at->cell_width;
    }
    int height = lines * (DAM__GLYPH_HEIGHT + HEAD_GAP) + HEAD_GAP;
    at->head_height = height > at->head_height ? height : at->head_height;
}

/* Labels stand under the tile, as large as the widest of them allows. */
static void fit_cell(const dam__grid *grid, layout *at)
{
    int bottom = at->tile_height;
    at->cell_width = at->tile_width;
    at->label_scale = 2;
    if (grid->certainty != NULL) {
        at->bar_top = bottom + BAR_GAP;
        bottom = at->bar_top + BAR;
    }
    if (grid->labels != NULL) {
        int widest = 0;
        size_t drawn = grid->places != NULL ? grid->count : at->tiles;
        for (size_t i = 0; i < drawn; i++) {
            char text[16];
            (void)snprintf(text, sizeof text, "%d", grid->labels[i]);
            int width = dam__image_text_width(text, 1);
            widest = width > widest ? width : widest;
        }
        at->label_scale = 2 * widest <= at->tile_width ? 2 : 1;
        if (widest > at->cell_width)
            at->cell_width = widest;
        at->label_top = bottom + TEXT_GAP;
        bottom = at->label_top + DAM__GLYPH_HEIGHT * at->label_scale;
    }
    for (size_t i = 0; i < grid->head_count; i++)
        fit_head(grid->heads[i], at);
    at->cell_width += GAP;
    at->cell_height = bottom + GAP + (grid->labels != NULL ? GAP / 2 : 0);
}

static void write_caption(const dam__grid *grid, layout *at)
{
    const char *order = grid->labels != NULL ? ", by class" : "";
    const char *bar = grid->certainty != NULL ? ", bar: certainty" : "";
    if (grid->caption != NULL)
        (void)snprintf(at->caption, sizeof at->caption, "%s", grid->caption);
    else if (at->tiles < grid->count)
        (void)snprintf(at->caption, sizeof at->caption, "First %zu of %zu memories%s%s", at->tiles,
                       grid->count, order, bar);
    else
        (void)snprintf(at->caption, sizeof at->caption, "%zu %s%s%s", grid->count,
                       grid->count == 1 ? "memory" : "memories", order, bar);
}

/* Space for the captions of the rows, left of the tiles. */
static int caption_width(const dam__grid *grid, const layout *at)
{
    int widest = 0;
    for (size_t row = 0; grid->row_captions != NULL && row < at->rows; row++) {
        int letters = 0;
        for (const char *line = grid->row_captions[row]; *line != '\0'; line++) {
            letters = *line == '\n' ? 0 : letters + 1;
            int width = letters * (DAM__GLYPH_WIDTH + 1) * CAPTION_SCALE;
            widest = width > widest ? width : widest;
        }
    }
    return widest > 0 ? widest + GAP : 0;
}

static dam_status lay_out(const dam__grid *grid, layout *at)
{
    size_t most = grid->most > 0 ? grid->most : MOST_TILES;
    at->tiles = grid->count < most ? grid->count : most;
    if (grid->places != NULL)
        at->tiles = grid->place_count;
    fit_tile(grid, at);
    fit_cell(grid, at);
    write_caption(grid, at);
    double wanted = sqrt((double)at->tiles * at->cell_height / at->cell_width);
    at->columns = grid->columns > 0 ? grid->columns : (size_t)fmax(1, round(wanted));
    if (at->columns > at->tiles)
        at->columns = at->tiles;
    at->rows = (at->tiles + at->columns - 1) / at->columns;
    int beside = caption_width(grid, at);
    at->left = MARGIN + beside;
    size_t width = (size_t)beside + at->columns * (size_t)at->cell_width - GAP;
    size_t caption =
        (size_t)dam__image_text_width(at->caption, CAPTION_SCALE) + (size_t)(3 * GAP + LEGEND);
    width = (width > caption ? width : caption) + (size_t)(2 * MARGIN);
    size_t height = (size_t)(2 * MARGIN + DAM__GLYPH_HEIGHT * CAPTION_SCALE + CAPTION_GAP) +
                    (size_t)at->head_height + at->rows * (size_t)at->cell_height - GAP;
    if (width > DAM__IMAGE_SIDE || height > DAM__IMAGE_SIDE)
        return dam__fail(DAM_INPUT,
                         "a sheet of %zu tiles in %zu columns has over %d pixels a side; ask for "
                         "fewer",
                         at->tiles, at->columns, (int)DAM__IMAGE_SIDE);
    at->width = (int)width;
    at->height = (int)height;
    return DAM_OK;
}

typedef struct tile {
    int32_t memory; /* negative: none */
    int32_t label;
} tile;

static int compare_tiles(const void *a, const void *b)
{
    const tile *first = a, *second = b;
    if (first->label != second->label)
        return first->label < second->label ? -1 : 1;
    return first->memory < second->memory ? -1 : first->memory > second->memory;
}

static double largest_value(const float *values, size_t count)
{
    double most = 0;
    for (size_t i = 0; i < count; i++)
        if (isfinite(values[i]))
            most = fmax(most, fabs((double)values[i]));
    return most;
}

static void draw_tile(const dam__grid *grid, const layout *at, const tile *drawn, int x, int y,
                      dam__image *image)
{
    const dam__map map = {.values = grid->memories + (size_t)drawn->memory * grid->dim,
                          .count = grid->dim,
                          .height = at->map_height,
                          .width = at->map_width,
                          .pixels = at->pixels};
    dam__image_fill(image, x - 1, y - 1, at->tile_width + 2, at->tile_height + 2, frame);
    dam__image_fill(image, x, y, at->tile_width, at->tile_height, paper);
    dam__image_map(image, x, y, at->tile_width, at->tile_height, &map, grid->palette,
                   largest_value(map.values, map.count));
    if (grid->certainty != NULL) {
        double share = (double)grid->certainty[drawn->memory];
        share = isfinite(share) ? fmax(0, fmin(1, share)) : 0;
        dam__image_fill(image, x, y + at->bar_top, at->tile_width, BAR, track);
        dam__image_fill(image, x, y + at->bar_top, (int)lround(share * at->tile_width), BAR,
                        accent);
    }
    if (grid->labels != NULL) {
        char text[16] = "-";
        if (drawn->label >= 0)
            (void)snprintf(text, sizeof text, "%d", drawn->label);
        int width = dam__image_text_width(text, at->label_scale);
        dam__image_text(image, x + (at->tile_width - width) / 2, y + at->label_top, at->label_scale,
                        ink, text);
    }
}

/* The lines beside each row, in the middle of its tiles' height. */
static void draw_row_captions(const dam__grid *grid, const layout *at, int top, dam__image *image)
{
    const int line_height = (DAM__GLYPH_HEIGHT + 3) * CAPTION_SCALE;
    for (size_t row = 0; grid->row_captions != NULL && row < at->rows; row++) {
        char line[32];
        const char *rest = grid->row_captions[row];
        int lines = 1;
        for (const char *c = rest; *c != '\0'; c++)
            lines += *c == '\n' ? 1 : 0;
        int y = top + (int)row * at->cell_height + (at->tile_height - lines * line_height) / 2;
        for (; lines > 0; lines--, y += line_height) {
            int length = (int)strcspn(rest, "\n");
            (void)snprintf(line, sizeof line, "%.*s", length, rest);
            dam__image_text(image, MARGIN, y, CAPTION_SCALE, ink, line);
            rest += length + (rest[length] != '\0' ? 1 : 0);
        }
    }
}

/* The last line of each head stands right above the tiles. */
static void draw_heads(const dam__grid *grid, const layout *at, int top, dam__image *image)
{
    for (size_t column = 0; grid->head_count > 0 && column < at->columns; column++) {
        const char *rest = grid->heads[column % grid->head_count];
        int lines = 1;
        for (const char *c = rest; *c != '\0'; c++)
            lines += *c == '\n' ? 1 : 0;
        int y = top - HEAD_GAP - lines * (DAM__GLYPH_HEIGHT + HEAD_GAP);
        for (; lines > 0; lines--, y += DAM__GLYPH_HEIGHT + HEAD_GAP) {
            char line[32];
            int length = (int)strcspn(rest, "\n");
            (void)snprintf(line, sizeof line, "%.*s", length, rest);
            int x = at->left + (int)column * at->cell_width +
                    (at->cell_width - GAP - dam__image_text_width(line, 1)) / 2;
            dam__image_text(image, x, y, 1, ink, line);
            rest += length + (rest[length] != '\0' ? 1 : 0);
        }
    }
}

/* A scale of colours at the upper right: "-", zero in the middle, "+". */
static void draw_legend(const dam__grid *grid, const layout *at, dam__image *image)
{
    int sign = (DAM__GLYPH_WIDTH + 2) * CAPTION_SCALE;
    int x = at->width - MARGIN - LEGEND, width = LEGEND - 2 * sign;
    dam__image_text(image, x, MARGIN, CAPTION_SCALE, ink, "-");
    dam__image_text(image, at->width - MARGIN - DAM__GLYPH_WIDTH * CAPTION_SCALE, MARGIN,
                    CAPTION_SCALE, ink, "+");
    x += sign;
    dam__image_fill(image, x - 1, MARGIN + 1, width + 2, 12, frame);
    for (int i = 0; i < width; i++)
        dam__image_fill(image, x + i, MARGIN + 2, 1, 10,
                        dam__palette_colour(grid->palette, 2.0 * i / (width - 1) - 1, 1));
}

/* The memory and class of each tile, in the order of tiles. */
static void arrange(const dam__grid *grid, const layout *at, tile *tiles)
{
    for (size_t i = 0; i < at->tiles; i++) {
        int32_t memory = grid->places != NULL ? grid->places[i] : (int32_t)i;
        bool labelled = grid->labels != NULL && memory >= 0;
        tiles[i] = (tile){memory, labelled ? grid->labels[memory] : 0};
    }
    if (grid->places == NULL)
        qsort(tiles, at->tiles, sizeof *tiles, compare_tiles);
}

dam_status dam__memory_grid(const dam__grid *grid, dam__image *out)
{
    dam_status status = DAM_OK;
    layout at = {0};
    tile *tiles = NULL;
    *out = (dam__image){0};
    if (grid->count == 0 || grid->dim == 0)
        DAM_FAIL(DAM_INPUT, "there are no memories to draw");
    DAM_TRY_CLEANUP(lay_out(grid, &at));
    DAM_TRY_CLEANUP(dam__alloc(at.tiles, sizeof *tiles, &tiles));
    arrange(grid, &at, tiles);
    DAM_TRY_CLEANUP(dam__image_create(at.width, at.height, paper, out));
    dam__image_text(out, MARGIN, MARGIN, CAPTION_SCALE, ink, at.caption);
    draw_legend(grid, &at, out);
    int top = MARGIN + DAM__GLYPH_HEIGHT * CAPTION_SCALE + CAPTION_GAP + at.head_height;
    draw_heads(grid, &at, top, out);
    draw_row_captions(grid, &at, top, out);
    int inset = (at.cell_width - GAP - at.tile_width) / 2;
    for (size_t i = 0; i < at.tiles; i++)
        if (tiles[i].memory >= 0)
            draw_tile(grid, &at, &tiles[i], at.left + inset + (int)(i % at.columns) * at.cell_width,
                      top + (int)(i / at.columns) * at.cell_height, out);
cleanup:
    free(tiles);
    return status;
}

void dam__grid_colours(dam__palette palette, dam__colour colours[DAM__GRID_COLOURS])
{
    const dam__colour fixed[] = {paper, frame,  ink,
                                 track, accent, dam__palette_colour(palette, NAN, 1)};
    const int count = sizeof fixed / sizeof *fixed;
    const int half = (DAM__GRID_COLOURS - count - 1) / 2; /* as many on either side of zero */
    for (int i = 0; i < DAM__GRID_COLOURS; i++)
        colours[i] = i < count ? fixed[i] : dam__palette_colour(palette, i - count - half, half);
}
