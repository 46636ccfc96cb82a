/* src/draw: pictures and the sheet of memories, read back with libpng. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <png.h>

#include "draw/glyphs.h"
#include "draw/sheet.h"
#include "place.h"

static const uint8_t *pixel(const dam__image *image, int x, int y)
{
    assert_in_range(x, 0, image->width - 1);
    assert_in_range(y, 0, image->height - 1);
    return image->pixels + 3 * (y * image->width + x);
}

static bool has_colour(const dam__image *image, int x, int y, dam__colour colour)
{
    const uint8_t *at = pixel(image, x, y);
    return at[0] == colour.red && at[1] == colour.green && at[2] == colour.blue;
}

static int count_colour(const dam__image *image, int x, int y, int width, int height,
                        dam__colour colour)
{
    int count = 0;
    for (int row = y; row < y + height; row++)
        for (int column = x; column < x + width; column++)
            count += has_colour(image, column, row, colour);
    return count;
}

static void read_png(const char *path, dam__image *out)
{
    png_image png = {.version = PNG_IMAGE_VERSION};
    assert_int_not_equal(png_image_begin_read_from_file(&png, path), 0);
    png.format = PNG_FORMAT_RGB;
    out->width = (int)png.width;
    out->height = (int)png.height;
    out->pixels = malloc(PNG_IMAGE_SIZE(png));
    assert_int_not_equal(png_image_finish_read(&png, NULL, out->pixels, 0, NULL), 0);
}

static const dam__colour white = {255, 255, 255}, black = {0, 0, 0}, amber = {255, 191, 0};

static void png_holds_the_pixels(void **state)
{
    const place *at = *state;
    dam__image image = {0}, got = {0};
    assert_int_equal(dam__image_create(37, 11, (dam__colour){1, 2, 3}, &image), DAM_OK);
    for (int i = 0; i < 37 * 11; i++)
        dam__image_fill(&image, i % 37, i / 37, 1, 1,
                        (dam__colour){(uint8_t)i, (uint8_t)(i * 7), (uint8_t)(i >> 3)});
    assert_int_equal(dam__image_write_png(&image, at->file), DAM_OK);
    read_png(at->file, &got);
    assert_int_equal(got.width, 37);
    assert_int_equal(got.height, 11);
    assert_memory_equal(got.pixels, image.pixels, 37 * 11 * 3);
    dam__image_free(&got);

    char path[128];
    (void)snprintf(path, sizeof path, "%s/absent/picture.png", at->folder);
    assert_int_equal(dam__image_write_png(&image, path), DAM_INPUT);
    assert_non_null(strstr(dam_error(), path));
    dam__image_free(&image);
    assert_null(image.pixels);
    assert_int_equal(dam__image_create(0, 5, white, &image), DAM_INPUT);
    assert_int_equal(dam__image_create(5, 65536, white, &image), DAM_INPUT);
    assert_null(image.pixels);
}

static void rectangles_are_clipped(void **state)
{
    (void)state;
    dam__image image = {0};
    assert_int_equal(dam__image_create(10, 8, white, &image), DAM_OK);
    dam__image_fill(&image, -3, -2, 5, 4, black);
    assert_int_equal(count_colour(&image, 0, 0, 10, 8, black), 2 * 2);
    dam__image_fill(&image, 8, 7, 100, 100, black);
    assert_int_equal(count_colour(&image, 0, 0, 10, 8, black), 2 * 2 + 2 * 1);
    dam__image_fill(&image, 20, 20, 5, 5, black);
    dam__image_fill(&image, 4, 4, 0, -1, black);
    assert_int_equal(count_colour(&image, 0, 0, 10, 8, black), 6);
    dam__image_text(&image, 7, 5, 3, amber, "E");
    assert_true(count_colour(&image, 0, 0, 10, 8, amber) > 0);
    dam__image_free(&image);
}

static void glyphs_are_whole_and_distinct(void **state)
{
    (void)state;
    const char *all = "0123456789ABCDEFGHIJKLMNPQRSTUVWXYZ .,:-+=/%()^_'?";
    for (const char *a = all; *a != '\0'; a++) {
        assert_int_equal(strlen(dam__glyph(*a)), 35);
        assert_int_equal(strspn(dam__glyph(*a), ".#"), 35);
        for (const char *b = all; b != a; b++)
            assert_string_not_equal(dam__glyph(*a), dam__glyph(*b));
    }
    assert_string_equal(dam__glyph('q'), dam__glyph('Q'));
    assert_string_equal(dam__glyph('\xc3'), dam__glyph('?'));

    dam__image image = {0};
    int width = dam__image_text_width("L-1", 2);
    assert_int_equal(width, (3 * 6 - 1) * 2);
    assert_int_equal(dam__image_text_width("", 2), 0);
    assert_int_equal(dam__image_create(width + 4, 18, white, &image), DAM_OK);
    dam__image_text(&image, 2, 2, 2, black, "L-1");
    int dots = 0;
    for (const char *text = "L-1"; *text != '\0'; text++)
        for (const char *dot = dam__glyph(*text); *dot != '\0'; dot++)
            dots += *dot == '#';
    assert_int_equal(count_colour(&image, 0, 0, image.width, image.height, black), 4 * dots);
    assert_int_equal(count_colour(&image, 2, 2, width, 14, black), 4 * dots);
    assert_int_equal(count_colour(&image, 2, 2, 2, 14, black), 2 * 14); /* the stem of L */
    dam__image_free(&image);
}

static bool same(dam__colour a, dam__colour b)
{
    return a.red == b.red && a.green == b.green && a.blue == b.blue;
}

static void zero_is_the_middle_of_a_palette(void **state)
{
    (void)state;
    assert_true(same(dam__palette_colour(DAM__GREY, 0, 3), (dam__colour){128, 128, 128}));
    assert_true(same(dam__palette_colour(DAM__GREY, -3, 3), black));
    assert_true(same(dam__palette_colour(DAM__GREY, 99, 3), white));
    for (int i = 0; i < 2; i++) {
        dam__palette palette = (dam__palette)i;
        dam__colour zero = dam__palette_colour(palette, 0, 1);
        assert_true(same(dam__palette_colour(palette, 0, 0), zero));
        assert_true(same(dam__palette_colour(palette, 5, 0), zero));
        assert_true(same(dam__palette_colour(palette, NAN, 1), amber));
        assert_true(same(dam__palette_colour(palette, -INFINITY, 1), amber));
        assert_true(same(dam__palette_colour(palette, -7, 1), dam__palette_colour(palette, -1, 1)));
        assert_true(same(dam__palette_colour(palette, 1e-300, 2e-300),
                         dam__palette_colour(palette, 0.5, 1)));
    }
    dam__colour zero = dam__palette_colour(DAM__DIVERGING, 0, 1);
    dam__colour cold = dam__palette_colour(DAM__DIVERGING, -0.6, 1);
    dam__colour warm = dam__palette_colour(DAM__DIVERGING, 0.6, 1);
    assert_true(zero.red > 240 && zero.green > 240 && zero.blue > 240);
    assert_true(cold.blue > cold.red + 50 && warm.red > warm.blue + 50);
}

static void maps_grow_and_shrink(void **state)
{
    (void)state;
    const float values[16] = {-1, 1, 0, 0, 1, 3, 0, 0, 2, -2, -2, 2, 2, -2, 2, NAN};
    const dam__map small = {values, 3, 2, 2, DAM__PIXELS_GREY}; /* the fourth is missing */
    dam__image image = {0};
    assert_int_equal(dam__image_create(8, 8, amber, &image), DAM_OK);
    dam__image_map(&image, 1, 1, 6, 6, &small, DAM__GREY, 1);
    assert_int_equal(count_colour(&image, 1, 1, 3, 3, black), 9);
    assert_int_equal(count_colour(&image, 4, 1, 3, 3, white), 9);
    assert_int_equal(count_colour(&image, 1, 4, 3, 3, (dam__colour){128, 128, 128}), 9);
    assert_int_equal(count_colour(&image, 0, 0, 8, 8, amber), 64 - 27);

    const dam__map large = {values, 16, 4, 4, DAM__PIXELS_GREY};
    dam__image_map(&image, 0, 0, 2, 2, &large, DAM__GREY, 1);
    assert_true(has_colour(&image, 0, 0, white)); /* (-1 + 1 + 1 + 3) / 4 = 1 */
    assert_true(has_colour(&image, 1, 0, (dam__colour){128, 128, 128}));
    assert_true(has_colour(&image, 0, 1, (dam__colour){128, 128, 128}));
    assert_true(has_colour(&image, 1, 1, amber));
    dam__image_free(&image);
}

/* Where the first tile of a sheet stands: margin, caption, the gap below it. */
enum { LEFT = 20, TOP = 20 + 14 + 14 };

static void tiles_have_a_fixed_zero_and_the_order_of_labels(void **state)
{
    (void)state;
    float memories[4 * 784] = {0};
    for (int i = 0; i < 784; i++) {
        memories[i] = 1e-6F;           /* class 1: all at its own largest value */
        memories[2 * 784 + i] = -1e6F; /* class 0 */
        memories[3 * 784 + i] = i < 392 ? NAN : 5;
    }
    const int32_t labels[4] = {1, 7, 0, -1};
    const float certainty[4] = {0.5F, 0, 2, NAN};
    dam__grid grid = {.memories = memories,
                      .count = 4,
                      .dim = 784,
                      .height = 28,
                      .width = 28,
                      .labels = labels,
                      .certainty = certainty,
                      .columns = 4};
    dam__image sheet = {0};
    assert_int_equal(dam__memory_grid(&grid, &sheet), DAM_OK);
    dam__colour zero = dam__palette_colour(DAM__DIVERGING, 0, 1);
    dam__colour cold = dam__palette_colour(DAM__DIVERGING, -1, 1);
    dam__colour warm = dam__palette_colour(DAM__DIVERGING, 1, 1);
    const int step = 64, side = 56;
    assert_int_equal(count_colour(&sheet, LEFT, TOP, side, side / 2, amber), side * side / 2);
    assert_int_equal(count_colour(&sheet, LEFT, TOP + 28, side, side / 2, warm), side * side / 2);
    assert_int_equal(count_colour(&sheet, LEFT + step, TOP, side, side, cold), side * side);
    assert_int_equal(count_colour(&sheet, LEFT + 2 * step, TOP, side, side, warm), side * side);
    assert_int_equal(count_colour(&sheet, LEFT + 3 * step, TOP, side, side, zero), side * side);

    /* Bars: not a number, full (2 is clipped), half, none. */
    const dam__colour bar = {46, 125, 96}, ink = {52, 54, 60};
    const int full[4] = {0, 56, 28, 0};
    for (int i = 0; i < 4; i++)
        assert_int_equal(count_colour(&sheet, LEFT + i * step, TOP + side, side, 8, bar),
                         3 * full[i]);
    /* Labels: "-", 0, 1, 7, in dots of 2 x 2. */
    for (int i = 0; i < 4; i++) {
        int dots = 0;
        for (const char *dot = dam__glyph("-017"[i]); *dot != '\0'; dot++)
            dots += *dot == '#';
        assert_int_equal(count_colour(&sheet, LEFT + i * step, TOP + side, side, 28, ink),
                         4 * dots);
    }
    dam__image_free(&sheet);

    grid.labels = NULL;
    grid.certainty = NULL;
    grid.palette = DAM__GREY;
    assert_int_equal(dam__memory_grid(&grid, &sheet), DAM_OK);
    assert_int_equal(sheet.height, TOP + side + 20);
    assert_true(has_colour(&sheet, LEFT, TOP, white));
    assert_true(has_colour(&sheet, LEFT + step, TOP, (dam__colour){128, 128, 128}));
    assert_true(has_colour(&sheet, LEFT + 2 * step, TOP, black));
    dam__image_free(&sheet);
}

static void odd_shapes_are_drawn(void **state)
{
    const place *at = *state;
    static const struct {
        size_t count, dim, height, width, columns;
        int tile_width, tile_height;
    } cases[] = {
        {1, 1, 0, 0, 0, 56, 56},         {1, 784, 28, 28, 0, 56, 56},
        {3, 2, 0, 0, 0, 56, 28},         {5, 6, 2, 3, 2, 57, 38},
        {5, 6, 3, 3, 0, 57, 38},         {7, 10, 0, 0, 99, 56, 42},
        {2, 10000, 1, 10000, 0, 112, 1}, {1, 50176, 224, 224, 0, 112, 112},
        {1000, 4, 2, 2, 0, 56, 56},
    };
    float *memories = malloc(50176 * sizeof *memories);
    for (int i = 0; i < 50176; i++)
        memories[i] = 1;
    dam__colour most = dam__palette_colour(DAM__DIVERGING, 1, 1);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        dam__image sheet = {0}, got = {0};
        const dam__grid grid = {.memories = memories,
                                .count = cases[i].count,
                                .dim = cases[i].dim,
                                .height = cases[i].height,
                                .width = cases[i].width,
                                .columns = cases[i].columns};
        assert_int_equal(dam__memory_grid(&grid, &sheet), DAM_OK);
        assert_int_equal(dam__image_write_png(&sheet, at->file), DAM_OK);
        read_png(at->file, &got);
        assert_int_equal(got.width, sheet.width);
        assert_int_equal(got.height, sheet.height);
        int area = cases[i].tile_width * cases[i].tile_height;
        int drawn = count_colour(&got, LEFT, TOP, cases[i].tile_width, cases[i].tile_height, most);
        /* A near square leaves what is behind the last value empty. */
        if (cases[i].dim == 10)
            assert_int_equal(drawn, area * 10 / 12);
        else
            assert_int_equal(drawn, area);
        dam__image_free(&sheet);
        dam__image_free(&got);
    }
    free(memories);
}

static void only_the_first_memories_are_shown(void **state)
{
    (void)state;
    static float memories[1000 * 9];
    static int32_t labels[1000];
    for (int i = 0; i < 1000; i++) {
        labels[i] = i < 400 ? i % 10 : 0; /* those left out would come first */
        for (int j = 0; j < 9; j++)
            memories[i * 9 + j] = (float)((i * 31 + j * 17) % 23 - 11);
    }
    dam__grid grid = {.memories = memories, .count = 1000, .dim = 9, .labels = labels};
    dam__image all = {0}, first = {0};
    assert_int_equal(dam__memory_grid(&grid, &all), DAM_OK);
    grid.count = 400;
    assert_int_equal(dam__memory_grid(&grid, &first), DAM_OK);
    assert_int_equal(all.width, first.width);
    assert_int_equal(all.height, first.height);
    size_t caption = (size_t)(TOP - 2) * (size_t)all.width * 3;
    size_t bytes = (size_t)all.width * (size_t)all.height * 3;
    assert_memory_equal(all.pixels + caption, first.pixels + caption, bytes - caption);
    assert_memory_not_equal(all.pixels, first.pixels, caption);
    dam__image_free(&first);
    grid.most = 3;
    assert_int_equal(dam__memory_grid(&grid, &first), DAM_OK);
    assert_true(first.height < all.height / 4);
    dam__image_free(&first);
    dam__image_free(&all);

    grid.count = 0;
    assert_int_equal(dam__memory_grid(&grid, &all), DAM_INPUT);
    assert_string_equal(dam_error(), "there are no memories to draw");
    grid =
        (dam__grid){.memories = memories, .count = 9000, .dim = 1, .columns = 9000, .most = 9000};
    assert_int_equal(dam__memory_grid(&grid, &all), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "ask for fewer"));
    assert_null(all.pixels);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(png_holds_the_pixels),
        cmocka_unit_test(rectangles_are_clipped),
        cmocka_unit_test(glyphs_are_whole_and_distinct),
        cmocka_unit_test(zero_is_the_middle_of_a_palette),
        cmocka_unit_test(maps_grow_and_shrink),
        cmocka_unit_test(tiles_have_a_fixed_zero_and_the_order_of_labels),
        TEST(odd_shapes_are_drawn),
        cmocka_unit_test(only_the_first_memories_are_shown),
    };
    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
