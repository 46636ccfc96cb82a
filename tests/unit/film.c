/* src/draw: films in GIF, read back with giflib, and where memories stand in them. */
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
#include <gif_lib.h>
#include <png.h>

#include "draw/film.h"
#include "draw/gif.h"
#include "draw/sheet.h"
#include "place.h"

/* A film as a viewer shows it: each frame over those before. */
typedef struct film {
    int width, height, frames, repeats;
    dam__image *images;
    int *hundredths;
} film;

static void paint(const GifFileType *file, const SavedImage *frame, int transparent,
                  dam__image *out)
{
    const GifImageDesc *part = &frame->ImageDesc;
    assert_null(part->ColorMap);
    assert_true(part->Left >= 0 && part->Left + part->Width <= out->width);
    assert_true(part->Top >= 0 && part->Top + part->Height <= out->height);
    for (int i = 0; i < part->Width * part->Height; i++) {
        int colour = frame->RasterBits[i];
        if (colour == transparent)
            continue;
        assert_true(colour < file->SColorMap->ColorCount);
        const GifColorType *shown = &file->SColorMap->Colors[colour];
        dam__image_fill(out, part->Left + i % part->Width, part->Top + i / part->Width, 1, 1,
                        (dam__colour){shown->Red, shown->Green, shown->Blue});
    }
}

static void read_film(const char *path, film *out)
{
    int error = 0;
    GifFileType *file = DGifOpenFileName(path, &error);
    assert_non_null(file);
    assert_int_equal(DGifSlurp(file), GIF_OK);
    *out = (film){.width = file->SWidth, .height = file->SHeight, .frames = file->ImageCount};
    out->images = calloc((size_t)out->frames, sizeof *out->images);
    out->hundredths = calloc((size_t)out->frames, sizeof *out->hundredths);
    for (int i = 0; i < out->frames; i++) {
        GraphicsControlBlock control;
        assert_int_equal(DGifSavedExtensionToGCB(file, i, &control), GIF_OK);
        assert_int_equal(control.DisposalMode, DISPOSE_DO_NOT);
        assert_int_equal(
            dam__image_create(out->width, out->height, (dam__colour){1, 2, 3}, &out->images[i]),
            DAM_OK);
        if (i > 0)
            memcpy(out->images[i].pixels, out->images[i - 1].pixels,
                   3 * (size_t)out->width * (size_t)out->height);
        paint(file, &file->SavedImages[i], control.TransparentColor, &out->images[i]);
        out->hundredths[i] = control.DelayTime;
        for (int j = 0; i == 0 && j < file->SavedImages[i].ExtensionBlockCount; j++) {
            const ExtensionBlock *block = &file->SavedImages[i].ExtensionBlocks[j];
            out->repeats += block->ByteCount == 11 && memcmp(block->Bytes, "NETSCAPE2.0", 11) == 0;
        }
    }
    assert_int_equal(DGifCloseFile(file, &error), GIF_OK);
}

static void free_film(film *f)
{
    for (int i = 0; i < f->frames; i++)
        dam__image_free(&f->images[i]);
    free(f->images);
    free(f->hundredths);
}

static const dam__colour colours[] = {{255, 255, 255}, {0, 0, 0}, {200, 40, 40}, {40, 40, 200}};

static void a_film_holds_the_pixels(void **state)
{
    const place *at = *state;
    enum { WIDTH = 300, HEIGHT = 41, FRAMES = 5 };
    dam__gif *gif = NULL;
    dam__image images[FRAMES] = {{0}};
    uint32_t random = 7;
    assert_int_equal(dam__gif_create(WIDTH, HEIGHT, colours, 4, &gif), DAM_OK);
    for (int f = 0; f < FRAMES; f++) {
        assert_int_equal(dam__image_create(WIDTH, HEIGHT, colours[0], &images[f]), DAM_OK);
        /* Noise; the last frames are a part of it less, nothing else, and one corner else. */
        for (int i = 0; i < WIDTH * HEIGHT && f < 2; i++) {
            random = random * 1664525 + 1013904223;
            dam__image_fill(&images[f], i % WIDTH, i / WIDTH, 1, 1, colours[random >> 30]);
        }
        if (f >= 2)
            memcpy(images[f].pixels, images[f - 1].pixels, (size_t)3 * WIDTH * HEIGHT);
        if (f == 2)
            dam__image_fill(&images[f], 20, 10, 50, 7, colours[3]);
        if (f == 4)
            dam__image_fill(&images[f], WIDTH - 1, HEIGHT - 1, 1, 1, colours[2]);
        assert_int_equal(dam__gif_add(gif, &images[f], 10 + f), DAM_OK);
    }
    dam__image other = {0};
    assert_int_equal(dam__image_create(WIDTH, HEIGHT - 1, colours[0], &other), DAM_OK);
    assert_int_equal(dam__gif_add(gif, &other, 1), DAM_INPUT);
    dam__image_free(&other);
    assert_int_equal(dam__gif_write(gif, at->file), DAM_OK);
    dam__gif_destroy(gif);

    film got;
    read_film(at->file, &got);
    assert_int_equal(got.width, WIDTH);
    assert_int_equal(got.height, HEIGHT);
    assert_int_equal(got.frames, FRAMES);
    assert_int_equal(got.repeats, 1);
    for (int f = 0; f < FRAMES; f++) {
        assert_memory_equal(got.images[f].pixels, images[f].pixels, (size_t)3 * WIDTH * HEIGHT);
        assert_int_equal(got.hundredths[f], 10 + f);
        dam__image_free(&images[f]);
    }
    free_film(&got);
}

static void impossible_films_are_refused(void **state)
{
    const place *at = *state;
    dam__gif *gif = NULL;
    char path[128];
    assert_int_equal(dam__gif_create(0, 5, colours, 4, &gif), DAM_INPUT);
    assert_int_equal(dam__gif_create(5, 65536, colours, 4, &gif), DAM_INPUT);
    assert_int_equal(dam__gif_create(5, 5, colours, 256, &gif), DAM_INPUT);
    assert_null(gif);
    assert_int_equal(dam__gif_create(5, 5, colours, 4, &gif), DAM_OK);
    (void)snprintf(path, sizeof path, "%s/absent/film.gif", at->folder);
    assert_int_equal(dam__gif_write(gif, path), DAM_INPUT);
    assert_non_null(strstr(dam_error(), path));
    dam__gif_destroy(gif);
    dam__gif_destroy(NULL);
}

/* 2 x 2 images of memories that double twice: 2, 4 and then 7, memory 1 of class 0. */
enum { DIM = 4, COLUMNS = 3 };

static void add(dam__record *record, int epoch, int stage, int rows)
{
    double values[7 * DIM], weights[7 * COLUMNS];
    for (int i = 0; i < rows * DIM; i++)
        values[i] = sin(1.0 + epoch + i);
    for (int i = 0; i < rows; i++)
        for (int y = 0; y < COLUMNS; y++)
            weights[i * COLUMNS + y] = y == (i == 1 ? 0 : 1) ? 0.8 : 0.1;
    const dam__frame frame = {.epoch = epoch, .stage = stage, .memories = rows, .rows = rows};
    assert_int_equal(dam__record_add(record, &frame, 1, DIM, COLUMNS, values, weights), DAM_OK);
}

static void make(dam__record *record, dam__history *history)
{
    *record = (dam__record){0};
    *history = (dam__history){0};
    assert_int_equal(dam__history_column(history, "validation_accuracy"), DAM_OK);
    for (int epoch = 0; epoch <= 3; epoch++) {
        add(record, epoch, epoch > 1 ? epoch - 1 : 0, epoch < 2 ? 2 : epoch == 2 ? 4 : 7);
        if (epoch == 1)
            assert_int_equal(dam__record_split(record, 2, (const int[]){0, 1}, 2), DAM_OK);
        if (epoch == 2)
            assert_int_equal(dam__record_split(record, 4, (const int[]){0, 2, 3}, 3), DAM_OK);
        if (epoch > 0)
            assert_int_equal(dam__history_add(history, (const double[]){0.25 * epoch}), DAM_OK);
    }
}

static void twins_stand_where_they_split(void **state)
{
    (void)state;
    dam__record record;
    dam__history history;
    int32_t *places = NULL;
    size_t *families = NULL, place_count = 0, family_count = 0;
    make(&record, &history);
    assert_int_equal(dam__film_places(&record, &places, &place_count, &families, &family_count),
                     DAM_OK);
    /* 1 has class 0 and comes first, with its twin 3 and that one's twin 6. 0 split into 2, then
     * into 4; 2 into 5. */
    assert_int_equal(place_count, 7);
    assert_memory_equal(places, ((const int32_t[]){1, 3, 6, 0, 4, 2, 5}), 7 * 4);
    assert_int_equal(family_count, 2);
    assert_int_equal(families[0], 0);
    assert_int_equal(families[1], 3);
    free(places);
    free(families);
    dam__record_free(&record);
    dam__history_free(&history);
}

static int count_colour(const dam__image *image, dam__colour colour)
{
    int count = 0;
    for (int i = 0; i < image->width * image->height; i++)
        count += image->pixels[3 * i] == colour.red && image->pixels[3 * i + 1] == colour.green &&
                 image->pixels[3 * i + 2] == colour.blue;
    return count;
}

static void a_film_shows_every_frame_in_its_places(void **state)
{
    const place *at = *state;
    dam__record record;
    dam__history history;
    make(&record, &history);
    const dam__film drawn = {&record, &history, 2, 2, DAM__PIXELS_GREY};
    size_t frames = 0;
    film got;
    assert_int_equal(dam__film_write(&drawn, at->file, &frames), DAM_OK);
    read_film(at->file, &got);
    assert_int_equal(frames, 4);
    assert_int_equal(got.frames, 4);
    /* A frame round each tile of 56 x 56 pixels tells how many memories there are. */
    const dam__colour line = {214, 214, 210};
    int scale = count_colour(&got.images[0], line) - 2 * (4 * 56 + 4);
    for (int f = 0; f < 4; f++)
        assert_int_equal(count_colour(&got.images[f], line),
                         scale + record.frames[f].rows * (4 * 56 + 4));
    /* A place that is empty at first is white, and shows its twin later on. */
    int changed = 0;
    for (size_t i = 0; i < 3 * (size_t)got.width * (size_t)got.height; i++)
        changed += got.images[0].pixels[i] != got.images[3].pixels[i];
    assert_true(changed > 5 * 56 * 56);
    free_film(&got);

    assert_int_equal(dam__film_sheet(&drawn, at->file), DAM_OK);
    png_image png = {.version = PNG_IMAGE_VERSION};
    assert_int_not_equal(png_image_begin_read_from_file(&png, at->file), 0);
    dam__image sheet = {0};
    png.format = PNG_FORMAT_RGB;
    assert_int_equal(dam__image_create((int)png.width, (int)png.height, colours[0], &sheet),
                     DAM_OK);
    assert_int_not_equal(png_image_finish_read(&png, NULL, sheet.pixels, 0, NULL), 0);
    assert_int_equal(count_colour(&sheet, line), scale + (2 + 2 + 4 + 7) * (4 * 56 + 4));
    dam__image_free(&sheet);
    dam__record_free(&record);
    dam__history_free(&history);
}

static void a_long_record_makes_a_film_of_some_frames(void **state)
{
    const place *at = *state;
    dam__record record = {0};
    dam__history history = {0};
    for (int epoch = 0; epoch < 500; epoch++)
        add(&record, epoch, 0, 2);
    const dam__film drawn = {&record, &history, 0, 0, DAM__PIXELS_GREY};
    size_t frames = 0;
    film got;
    assert_int_equal(dam__film_write(&drawn, at->file, &frames), DAM_OK);
    read_film(at->file, &got);
    assert_int_equal(frames, DAM__FILM_FRAMES);
    assert_int_equal(got.frames, DAM__FILM_FRAMES);
    free_film(&got);
    assert_int_equal(dam__film_sheet(&drawn, at->file), DAM_OK);
    dam__record_free(&record);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_film_holds_the_pixels, set_up, tear_down),
        cmocka_unit_test_setup_teardown(impossible_films_are_refused, set_up, tear_down),
        cmocka_unit_test(twins_stand_where_they_split),
        cmocka_unit_test_setup_teardown(a_film_shows_every_frame_in_its_places, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_long_record_makes_a_film_of_some_frames, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
