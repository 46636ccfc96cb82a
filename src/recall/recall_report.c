#include "recall/recall_report.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "draw/sheet.h"

dam_status dam__recall_result_write(const char *folder, const dam__recall_source *source,
                                    const dam__recall_result *result, dam__recall_format format)
{
    const dam__recalled *got = &result->recalled;
    size_t count = got->count;
    const dam__recall_item items[] = {
        {"states", got->states, DAM__F32, false, count, got->dim},
        {"energies", got->energies, DAM__F64, false, count, got->sweeps + 1},
        {"flips", got->flips, DAM__I32, false, count, got->sweeps},
        {"sweeps", got->taken, DAM__I32, false, count, 0},
        {"ends", got->ends, DAM__I32, false, count, 0},
        {"nearest", got->nearest, DAM__I32, false, count, 0},
        {"distances", got->distances, DAM__F64, false, count, 0},
        {"probes", result->probes, DAM__F32, false, count, got->dim},
    };
    return dam__recall_files_write(folder, "denseam recall 1", &source->experiment, format, items,
                                   (int)(sizeof items / sizeof *items));
}

dam_status dam__recall_result_draw(const char *folder, const dam__recall_source *source,
                                   const dam__recall_result *result, bool *drawn)
{
    enum { TRIPLES = 32, ABREAST = 4, EACH = 3 };
    dam_status status = DAM_OK;
    const dam__recalled *got = &result->recalled;
    size_t pixels = source->shape.height * source->shape.width, dim = got->dim;
    pixels *= dam__channels(source->shape.pixels);
    size_t shown = got->count < TRIPLES ? got->count : TRIPLES;
    float *tiles = NULL, *memory = NULL;
    char *path = NULL;
    dam__image image = {0};
    *drawn = pixels > 0 && pixels <= dim;
    if (!*drawn)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, "recall.png"));
    DAM_TRY_CLEANUP(dam__alloc(EACH * shown * pixels, sizeof *tiles, &tiles));
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *memory, &memory));
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
                            .pixels = source->shape.pixels,
                            .columns = EACH * (shown < ABREAST ? shown : ABREAST),
                            .palette = DAM__GREY,
                            .caption = "probe, recalled, nearest memory"};
    DAM_TRY_CLEANUP(dam__memory_grid(&grid, &image));
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    free(tiles);
    free(memory);
    free(path);
    return status;
}
