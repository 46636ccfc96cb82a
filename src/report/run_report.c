#include "report/run_report.h"

#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"
#include "model/memory_classes.h"
#include "report/curves.h"
#include "report/grid.h"
#include "report/metrics.h"

dam_status dam__report_metrics(const char *folder, const dam__history *history)
{
    dam_status status = DAM_OK;
    const char *names[DAM__HISTORY_COLUMNS];
    const dam__table table = dam__table_of_history(history, names);
    char *path = NULL;
    DAM_TRY(dam__path_join(&path, folder, "metrics.jsonl"));
    DAM_TRY(dam__metrics_write(path, &table));
cleanup:
    free(path);
    return status;
}

dam_status dam__report_curves(const char *folder, const char *title, const dam__history *history,
                              const dam_log *log)
{
    const char *names[DAM__HISTORY_COLUMNS];
    const dam__table table = dam__table_of_history(history, names);
    return dam__curves(folder, title, &table, log);
}

/* The array of that name with two axes, or DAM_INPUT. */
static dam_status find_matrix(const dam__run *run, const char *name, const dam__array **out)
{
    *out = dam__container_array(&run->container, name);
    if (*out == NULL || (*out)->rank != 2)
        return dam__fail(DAM_INPUT, "'%s' has no matrix '%s'", run->file, name);
    return DAM_OK;
}

dam_status dam__report_classes(const dam__run *run, int32_t **labels, float **purity,
                               size_t *memories)
{
    dam_status status = DAM_OK;
    const dam__array *weights = NULL;
    double *values = NULL;
    *labels = NULL;
    *purity = NULL;
    DAM_TRY(find_matrix(run, "parameters/class_weights", &weights));
    size_t columns = weights->shape[0], width = weights->shape[1];
    if (columns == 0 || width < 2)
        DAM_FAIL(DAM_INPUT, "'%s' has no class weights", run->file);
    DAM_TRY(dam__alloc(columns * width, sizeof *values, &values));
    for (size_t i = 0; i < columns * width; i++)
        values[i] = dam__array_at(weights, i);
    *memories = width - 1;
    DAM_TRY(dam__alloc(*memories, sizeof **labels, labels));
    DAM_TRY(dam__alloc(*memories, sizeof **purity, purity));
    dam__memory_classes(values, columns, *memories, *labels, *purity);
cleanup:
    free(values);
    return status;
}

dam_status dam__report_memories(const dam__run *run, const char *path, size_t most)
{
    dam_status status = DAM_OK;
    const dam__array *memories = NULL;
    float *pixels = NULL, *purity = NULL;
    int32_t *labels = NULL;
    size_t classified = 0;
    dam__image image = {0};
    DAM_TRY(find_matrix(run, "parameters/memories", &memories));
    DAM_TRY(dam__report_classes(run, &labels, &purity, &classified));
    size_t count = memories->shape[0], dim = memories->shape[1];
    if (classified != count)
        DAM_FAIL(DAM_INPUT, "'%s' has %zu memories but class weights for %zu", run->file, count,
                 classified);
    DAM_TRY(dam__alloc(count * dim, sizeof *pixels, &pixels));
    for (size_t i = 0; i < count * dim; i++)
        pixels[i] = (float)dam__array_at(memories, i);
    const dam__grid grid = {.memories = pixels,
                            .count = count,
                            .dim = dim,
                            .height = (size_t)run->height,
                            .width = (size_t)run->width,
                            .labels = labels,
                            .certainty = purity,
                            .most = most};
    DAM_TRY(dam__memory_grid(&grid, &image));
    DAM_TRY(dam__image_write_png(&image, path));
cleanup:
    dam__image_free(&image);
    free(pixels);
    free(purity);
    free(labels);
    return status;
}
