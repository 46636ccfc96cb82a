#include "analyse/activated.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "data/patches.h"
#include "draw/run_pictures.h"
#include "draw/tiles.h"

/* What the rows are made of. */
struct parts {
    const dam__activated *from;
    const dam__array *memories;
    int32_t *labels; /* of the memories */
    float *purity, *values;
    double *sample;
    dam__tile *tiles;
    size_t *top;
    size_t columns;
};

static void name_column(char text[DAM__TILE_TEXT], const char *before, long column, long classes)
{
    if (column < 0 || column >= classes)
        (void)snprintf(text, DAM__TILE_TEXT, "%snone", before);
    else
        (void)snprintf(text, DAM__TILE_TEXT, "%s%ld", before, column);
}

static void make_sample(const struct parts *parts, size_t i, dam__tile *tile, float *values)
{
    const dam__activated *from = parts->from;
    long classes = from->run->classes;
    (void)dam__dataset_prepared(from->picked, i, parts->sample);
    for (size_t j = 0; j < from->picked->features; j++)
        values[j] = (float)parts->sample[j];
    tile->values = values;
    if (from->picked->labels != NULL)
        name_column(tile->lines[0], "class ", from->picked->labels[i], classes);
    else
        (void)snprintf(tile->lines[0], DAM__TILE_TEXT, "no. %zu", from->numbers[i]);
    name_column(tile->lines[1], "says ", (long)dam__activations_predicted(from->activations, i),
                classes);
}

static void make_memory(const struct parts *parts, size_t i, size_t mu, dam__tile *tile,
                        float *values)
{
    const dam__activations *activations = parts->from->activations;
    const double percent = 100;
    size_t dim = parts->from->picked->features;
    double share = activations->posterior[i * (activations->memories + 1) + mu];
    for (size_t j = 0; j < dim; j++)
        values[j] = (float)dam__array_at(parts->memories, mu * dim + j);
    tile->values = values;
    (void)snprintf(tile->lines[0], DAM__TILE_TEXT, "%.1f%%", percent * share);
    if (parts->labels[mu] < 0)
        (void)snprintf(tile->lines[1], DAM__TILE_TEXT, "none (%.0f%%)",
                       percent * (double)parts->purity[mu]);
    else
        (void)snprintf(tile->lines[1], DAM__TILE_TEXT, "%d (%.0f%%)", (int)parts->labels[mu],
                       percent * (double)parts->purity[mu]);
}

static dam_status make_tiles(struct parts *parts)
{
    const dam__activated *from = parts->from;
    size_t rows = from->activations->samples, dim = from->picked->features, known = 0;
    size_t top = parts->columns - 1, tiles = rows * parts->columns;
    DAM_TRY(dam__run_memory_classes(from->run, &parts->labels, &parts->purity, &known));
    parts->memories = dam__container_array(&from->run->container, "parameters/memories");
    if (parts->memories == NULL || known != from->activations->memories ||
        dam__array_items(parts->memories) != known * dim)
        return dam__fail(DAM_INPUT, "'%s' does not have the memories of its preset",
                         from->run->file);
    DAM_TRY(dam__alloc(tiles, sizeof *parts->tiles, &parts->tiles));
    DAM_TRY(dam__alloc(tiles * dim, sizeof *parts->values, &parts->values));
    DAM_TRY(dam__alloc(dim, sizeof *parts->sample, &parts->sample));
    DAM_TRY(dam__alloc(top, sizeof *parts->top, &parts->top));
    for (size_t i = 0; i < rows; i++) {
        size_t at = i * parts->columns;
        make_sample(parts, i, &parts->tiles[at], parts->values + at * dim);
        dam__activations_top(from->activations, i, top, parts->top);
        for (size_t k = 0; k < top; k++)
            make_memory(parts, i, parts->top[k], &parts->tiles[at + 1 + k],
                        parts->values + (at + 1 + k) * dim);
    }
    return DAM_OK;
}

dam_status dam__activated_draw(const dam__activated *activated, const char *path)
{
    dam_status status = DAM_OK;
    dam__image image = {0};
    size_t memories = activated->activations->memories;
    struct parts parts = {.from = activated,
                          .columns = 1 + (activated->top < memories ? activated->top : memories)};
    DAM_TRY_CLEANUP(make_tiles(&parts));
    const dam__tiles sheet = {.tiles = parts.tiles,
                              .rows = activated->activations->samples,
                              .columns = parts.columns,
                              .dim = activated->picked->features,
                              .height = activated->picked->height,
                              .width = activated->picked->width,
                              .pixels = activated->picked->pixels,
                              .title = "Samples, and memories: share, class (purity)"};
    DAM_TRY_CLEANUP(dam__tiles_draw(&sheet, &image));
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    free(parts.labels);
    free(parts.purity);
    free(parts.values);
    free(parts.sample);
    free(parts.tiles);
    free(parts.top);
    return status;
}
