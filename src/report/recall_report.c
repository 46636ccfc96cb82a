#include "report/recall_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/grid.h"

/* One array of a result. */
struct item {
    const char *name;
    dam__element element;
    const void *data;
    size_t rows, cols; /* cols 0: one axis */
};

enum { ITEMS = 8 };

static void list_items(const dam__recall_result *result, struct item items[ITEMS])
{
    const dam__recalled *got = &result->recalled;
    size_t count = got->count;
    const struct item all[ITEMS] = {
        {"states", DAM__F32, got->states, count, got->dim},
        {"energies", DAM__F64, got->energies, count, got->sweeps + 1},
        {"flips", DAM__I32, got->flips, count, got->sweeps},
        {"sweeps", DAM__I32, got->taken, count, 0},
        {"ends", DAM__I32, got->ends, count, 0},
        {"nearest", DAM__I32, got->nearest, count, 0},
        {"distances", DAM__F64, got->distances, count, 0},
        {"probes", DAM__F32, result->probes, count, got->dim},
    };
    memcpy(items, all, sizeof all);
}

static dam_status copy_item(const struct item *item, dam__array *out)
{
    dam_status status = dam__array_create(item->element, item->cols > 0 ? 2 : 1,
                                          (const size_t[]){item->rows, item->cols}, out);
    if (status == DAM_OK)
        memcpy(out->data, item->data, dam__array_items(out) * dam__element_size(item->element));
    return status;
}

static dam_status write_hdf5(const char *folder, const dam__recall_source *source,
                             const struct item items[ITEMS])
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__array array = {0};
    dam__text preset = {0};
    char *path = NULL;
    DAM_TRY(dam__path_join(&path, folder, "recall.h5"));
    DAM_TRY(dam__experiment_print(&source->experiment, &preset));
    DAM_TRY(dam__container_set_text(&container, "format", "denseam recall 1"));
    DAM_TRY(dam__container_set_text(&container, "version", DENSEAM_VERSION));
    DAM_TRY(dam__container_set_text(&container, "preset", preset.data));
    for (int i = 0; i < ITEMS; i++) {
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

dam_status dam__report_recall(const char *folder, const dam__recall_source *source,
                              const dam__recall_result *result, dam__recall_format format)
{
    struct item items[ITEMS];
    list_items(result, items);
    if (format == DAM__RECALL_HDF5)
        return write_hdf5(folder, source, items);
    dam_status status = DAM_OK;
    for (int i = 0; i < ITEMS && status == DAM_OK; i++)
        status = write_npy(folder, &items[i]);
    return status;
}

dam_status dam__report_recall_picture(const char *folder, const dam__recall_source *source,
                                      const dam__recall_result *result, bool *drawn)
{
    enum { TRIPLES = 32, ABREAST = 4, EACH = 3 };
    dam_status status = DAM_OK;
    const dam__recalled *got = &result->recalled;
    size_t pixels = source->shape.height * source->shape.width, dim = got->dim;
    size_t shown = got->count < TRIPLES ? got->count : TRIPLES;
    float *tiles = NULL, *memory = NULL;
    char *path = NULL;
    dam__image image = {0};
    *drawn = pixels > 0 && pixels <= dim;
    if (!*drawn)
        return DAM_OK;
    DAM_TRY(dam__path_join(&path, folder, "recall.png"));
    DAM_TRY(dam__alloc(EACH * shown * pixels, sizeof *tiles, &tiles));
    DAM_TRY(dam__alloc(dim, sizeof *memory, &memory));
    for (size_t p = 0; p < shown; p++) {
        float *triple = tiles + EACH * p * pixels;
        dam__recall_memory(source, (size_t)got->nearest[p], memory);
        memcpy(triple, result->probes + p * dim, pixels * sizeof *triple);
        memcpy(triple + pixels, got->states + p * dim, pixels * sizeof *triple);
        memcpy(triple + 2 * pixels, memory, pixels * sizeof *triple);
    }
    const dam__grid grid = {.memories = tiles,
                            .count = EACH * shown,
                            .dim = pixels,
                            .height = source->shape.height,
                            .width = source->shape.width,
                            .columns = EACH * (shown < ABREAST ? shown : ABREAST),
                            .palette = DAM__GREY,
                            .caption = "probe, recalled, nearest memory"};
    DAM_TRY(dam__memory_grid(&grid, &image));
    DAM_TRY(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    free(tiles);
    free(memory);
    free(path);
    return status;
}
