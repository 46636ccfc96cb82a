#include "report/denoise_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/grid.h"

/* --- arrays --------------------------------------------------------------------------------------- */

/* One array of a result; NULL where it is absent. */
struct item {
    const char *name;
    const double *data;
    size_t rows, cols;
    bool wide; /* energies are differences; samples are float as those of all files */
};

enum { ITEMS = 8 };

static void list_items(const dam__denoise_result *result, struct item items[ITEMS])
{
    const dam__denoise_probes *probes = &result->probes, *coarse = &result->coarse;
    const dam__denoised *got = &result->denoised;
    const struct item all[ITEMS] = {
        {"states", got->states, got->count, got->dim, false},
        {"once", got->once, got->count, got->dim, false},
        {"energies", got->energies, got->count, got->steps + 1, true},
        {"probes", probes->noisy, probes->count, probes->dim, false},
        {"clean", probes->clean, probes->count, probes->dim, false},
        {"small_states", result->by_small.states, coarse->count, coarse->dim, false},
        {"small_probes", coarse->noisy, coarse->count, coarse->dim, false},
        {"large_states", result->by_large, coarse->count, coarse->dim, false},
    };
    memcpy(items, all, sizeof all);
}

static dam_status copy_item(const struct item *item, dam__array *out)
{
    dam_status status = dam__array_create(item->wide ? DAM__F64 : DAM__F32, 2,
                                          (const size_t[]){item->rows, item->cols}, out);
    for (size_t i = 0; status == DAM_OK && i < item->rows * item->cols; i++) {
        if (item->wide)
            ((double *)out->data)[i] = item->data[i];
        else
            ((float *)out->data)[i] = (float)item->data[i];
    }
    return status;
}

static dam_status write_hdf5(const char *folder, const dam__denoise_result *result,
                             const struct item items[ITEMS])
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__array array = {0};
    dam__text preset = {0};
    char *path = NULL;
    DAM_TRY(dam__path_join(&path, folder, "recall.h5"));
    DAM_TRY(dam__experiment_print(&result->run->experiment, &preset));
    DAM_TRY(dam__container_set_text(&container, "format", "denseam denoised 1"));
    DAM_TRY(dam__container_set_text(&container, "version", DENSEAM_VERSION));
    DAM_TRY(dam__container_set_text(&container, "preset", preset.data));
    for (int i = 0; i < ITEMS; i++) {
        if (items[i].data == NULL)
            continue;
        DAM_TRY(copy_item(&items[i], &array));
        DAM_TRY(dam__container_add(&container, items[i].name, &array));
    }
    DAM_TRY(dam__container_write(&container, path));
cleanup:
    dam__array_free(&array);
    dam__container_free(&container);
    dam__text_free(&preset);
    free(path);
    return status;
}

static dam_status write_npy(const char *folder, const struct item *item)
{
    dam_status status = DAM_OK;
    dam__array array = {0};
    char *name = NULL, *path = NULL;
    DAM_TRY(dam__format(&name, "%s.npy", item->name));
    DAM_TRY(dam__path_join(&path, folder, name));
    DAM_TRY(copy_item(item, &array));
    DAM_TRY(dam__npy_write(path, &array));
cleanup:
    dam__array_free(&array);
    free(name);
    free(path);
    return status;
}

dam_status dam__report_denoised(const char *folder, const dam__denoise_result *result,
                                dam__recall_format format)
{
    struct item items[ITEMS];
    dam_status status = DAM_OK;
    list_items(result, items);
    if (format == DAM__RECALL_HDF5)
        return write_hdf5(folder, result, items);
    for (int i = 0; i < ITEMS && status == DAM_OK; i++)
        if (items[i].data != NULL)
            status = write_npy(folder, &items[i]);
    return status;
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

dam_status dam__report_denoised_picture(const char *folder, const dam__denoise_result *result,
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
    DAM_TRY(dam__path_join(&path, folder, "recall.png"));
    DAM_TRY(dam__alloc(count * shown * dim, sizeof *tiles, &tiles));
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
                            .columns = count * (shown < abreast ? shown : abreast),
                            .palette = DAM__GREY,
                            .caption = caption,
                            .heads = heads,
                            .head_count = count};
    DAM_TRY(dam__memory_grid(&grid, &image));
    DAM_TRY(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    free(tiles);
    free(path);
    return status;
}
