#include "recall/denoise_report.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "draw/sheet.h"

/* Energies are differences, which want all their digits; samples are float as those of all files.
 */
dam_status dam__denoise_result_write(const char *folder, const dam__denoise_result *result,
                                     dam__recall_format format)
{
    const dam__denoise_probes *probes = &result->probes, *coarse = &result->coarse;
    const dam__denoised *got = &result->denoised;
    const dam__recall_item items[] = {
        {"states", got->states, DAM__F64, true, got->count, got->dim},
        {"once", got->once, DAM__F64, true, got->count, got->dim},
        {"energies", got->energies, DAM__F64, false, got->count, got->steps + 1},
        {"probes", probes->noisy, DAM__F64, true, probes->count, probes->dim},
        {"clean", probes->clean, DAM__F64, true, probes->count, probes->dim},
        {"small_states", result->by_small.states, DAM__F64, true, coarse->count, coarse->dim},
        {"small_probes", coarse->noisy, DAM__F64, true, coarse->count, coarse->dim},
        {"large_states", result->by_large, DAM__F64, true, coarse->count, coarse->dim},
    };
    return dam__recall_files_write(folder, "denseam denoised 1", &result->run->experiment, format,
                                   items, (int)(sizeof items / sizeof *items));
}

/* --- the sheet ------------------------------------------------------------------------------------ */

/* One column of a sample's tiles. */
struct column {
    const char *head;
    const double *images;
    size_t side; /* how often a pixel is repeated along each axis */
};

enum { COLUMNS = 7 };

static size_t list_columns(const dam__denoise_result *result, struct column columns[COLUMNS])
{
    size_t count = 0, side = result->side;
    const struct column all[COLUMNS] = {
        {"clean", result->probes.clean, 1},
        {"corrupted", result->probes.noisy, 1},
        {"denoised", result->denoised.states, 1},
        {"clean,\naveraged", result->coarse.clean, side},
        {"corrupted\naveraged", result->coarse.noisy, side},
        {"denoised,\naveraged", result->by_large, side},
        {"averaged,\ndenoised", result->by_small.states, side},
    };
    for (size_t i = 0; i < COLUMNS; i++)
        if (all[i].images != NULL)
            columns[count++] = all[i];
    return count;
}

/* 0 is black, 1 white, in every tile alike; numbers that are not finite stay. */
static float shade(double value)
{
    double signed_value = 2 * value - 1;
    return (float)(signed_value < -1 ? -1 : signed_value > 1 ? 1 : signed_value);
}

static void fill_tile(const dam__denoise_probes *shape, const struct column *column, size_t sample,
                      float *tile)
{
    size_t width = shape->width / column->side, dim = shape->dim / (column->side * column->side);
    for (size_t i = 0; i < shape->dim; i++) {
        size_t y = i / shape->width / column->side, x = i % shape->width / column->side;
        tile[i] = shade(column->images[sample * dim + y * width + x]);
    }
}

dam_status dam__denoise_result_draw(const char *folder, const dam__denoise_result *result,
                                    bool *drawn)
{
    enum { SAMPLES = 32, ABREAST = 4, WIDE = 2 };
    dam_status status = DAM_OK;
    const dam__denoise_probes *probes = &result->probes;
    struct column columns[COLUMNS];
    const char *heads[COLUMNS] = {NULL};
    size_t count = list_columns(result, columns), dim = probes->dim;
    size_t abreast = result->small != NULL ? WIDE : ABREAST;
    size_t shown = probes->count < SAMPLES ? probes->count : SAMPLES;
    float *tiles = NULL;
    char *path = NULL, caption[64];
    dam__image image = {0};
    *drawn = probes->height > 0;
    if (!*drawn)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, "recall.png"));
    DAM_TRY_CLEANUP(dam__alloc(count * shown * dim, sizeof *tiles, &tiles));
    for (size_t i = 0; i < count; i++)
        heads[i] = columns[i].head;
    (void)snprintf(caption, sizeof caption, "%zu of %zu probes", shown, probes->count);
    for (size_t i = 0; i < shown * count; i++)
        fill_tile(probes, &columns[i % count], i / count, tiles + i * dim);
    const dam__grid grid = {.memories = tiles,
                            .count = count * shown,
                            .dim = dim,
                            .height = probes->height,
                            .width = probes->width,
                            .pixels = probes->pixels,
                            .columns = count * (shown < abreast ? shown : abreast),
                            .palette = DAM__GREY,
                            .caption = caption,
                            .heads = heads,
                            .head_count = count};
    DAM_TRY_CLEANUP(dam__memory_grid(&grid, &image));
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    free(tiles);
    free(path);
    return status;
}
