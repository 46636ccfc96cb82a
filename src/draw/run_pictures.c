#include "draw/run_pictures.h"

#include <math.h>
#include <stdlib.h>

#include "base/memory.h"
#include "draw/curves.h"
#include "draw/film.h"
#include "draw/sheet.h"
#include "model/memory_classes.h"
#include "model/model_type.h"

dam_status dam__history_draw(const char *folder, const char *title, const dam__history *history,
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

/* Class weights as columns x (memories + 1) numbers, whose last is the background. */
static dam_status read_class_weights(const dam__run *run, double **values, size_t *columns,
                                     size_t *width)
{
    const dam__array *weights = NULL;
    *values = NULL;
    DAM_TRY(find_matrix(run, "parameters/class_weights", &weights));
    *columns = weights->shape[0];
    *width = weights->shape[1];
    if (*columns == 0 || *width < 2)
        return dam__fail(DAM_INPUT, "'%s' has no class weights", run->file);
    DAM_TRY(dam__alloc(*columns * *width, sizeof **values, values));
    for (size_t i = 0; i < *columns * *width; i++)
        (*values)[i] = dam__array_at(weights, i);
    return DAM_OK;
}

/*
 * The same of memories without class weights: those of their class neurons, where they have such. A
 * negative one speaks against a class. Without classes all weight is that of no class.
 */
static dam_status read_class_neurons(const dam__run *run, double **values, size_t *columns,
                                     size_t *width)
{
    const dam__array *memories = NULL;
    DAM_TRY(find_matrix(run, "parameters/memories", &memories));
    size_t count = memories->shape[0], neurons = memories->shape[1];
    size_t classes = (size_t)run->classes, dim = (size_t)run->dim;
    if (dim + classes > neurons)
        return dam__fail(DAM_INPUT,
                         "'%s' has memories of %zu neurons for %zu features and %zu classes",
                         run->file, neurons, dim, classes);
    bool classifies = neurons > dim;
    *columns = classes + 1;
    *width = count + 1;
    DAM_TRY(dam__alloc(*columns * *width, sizeof **values, values));
    for (size_t mu = 0; mu < count; mu++) {
        for (size_t y = 0; y < classes && classifies; y++)
            (*values)[y * *width + mu] = fmax(dam__array_at(memories, mu * neurons + dim + y), 0);
        (*values)[classes * *width + mu] = classifies ? 1e-6 : 1;
    }
    return DAM_OK;
}

bool dam__run_has_classes(const dam__run *run)
{
    const dam__array *memories = dam__container_array(&run->container, "parameters/memories");
    return dam__model_type_of(&run->experiment.model)->class_weights ||
           (memories != NULL && memories->rank == 2 && memories->shape[1] > (size_t)run->dim);
}

dam_status dam__run_memory_classes(const dam__run *run, int32_t **labels, float **purity,
                                   size_t *memories)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t columns = 0, width = 0;
    *labels = NULL;
    *purity = NULL;
    DAM_TRY_CLEANUP(dam__model_type_of(&run->experiment.model)->class_weights
                        ? read_class_weights(run, &values, &columns, &width)
                        : read_class_neurons(run, &values, &columns, &width));
    *memories = width - 1;
    DAM_TRY_CLEANUP(dam__alloc(*memories, sizeof **labels, labels));
    DAM_TRY_CLEANUP(dam__alloc(*memories, sizeof **purity, purity));
    dam__memory_classes(values, columns, *memories, *labels, *purity);
cleanup:
    free(values);
    return status;
}

dam_status dam__run_memory_sheet(const dam__run *run, size_t most, dam__image *out)
{
    dam_status status = DAM_OK;
    const dam__array *memories = NULL;
    float *pixels = NULL, *purity = NULL;
    int32_t *labels = NULL;
    size_t classified = 0;
    DAM_TRY_CLEANUP(find_matrix(run, "parameters/memories", &memories));
    DAM_TRY_CLEANUP(dam__run_memory_classes(run, &labels, &purity, &classified));
    /* Neurons of classes stand behind those of the picture. */
    size_t count = memories->shape[0], neurons = memories->shape[1], dim = (size_t)run->dim;
    if (classified != count)
        DAM_FAIL(DAM_INPUT, "'%s' has %zu memories but class weights for %zu", run->file, count,
                 classified);
    DAM_TRY_CLEANUP(dam__alloc(count * dim, sizeof *pixels, &pixels));
    for (size_t i = 0; i < count * dim; i++)
        pixels[i] = (float)dam__array_at(memories, i / dim * neurons + i % dim);
    bool classes = dam__run_has_classes(run);
    const dam__grid grid = {.memories = pixels,
                            .count = count,
                            .dim = dim,
                            .height = (size_t)run->height,
                            .width = (size_t)run->width,
                            .pixels = run->pixels,
                            .labels = classes ? labels : NULL,
                            .certainty = classes ? purity : NULL,
                            .palette = run->pixels == DAM__PIXELS_GREY ? DAM__DIVERGING : DAM__GREY,
                            .most = most};
    DAM_TRY_CLEANUP(dam__memory_grid(&grid, out));
cleanup:
    free(pixels);
    free(purity);
    free(labels);
    return status;
}

dam_status dam__run_draw_memories(const dam__run *run, const char *path, size_t most)
{
    dam__image image = {0};
    DAM_TRY(dam__run_memory_sheet(run, most, &image));
    dam_status status = dam__image_write_png(&image, path);
    dam__image_free(&image);
    return status;
}

/* Where the run has gone on since its record's last frame, a further one. */
static dam_status add_present(const dam__run *run, const dam__history *history, dam__record *record)
{
    dam_status status = DAM_OK;
    const dam__array *memories = NULL, *weights = NULL;
    double *values = NULL, *shares = NULL;
    dam__frame frame = record->frames[record->frame_count - 1];
    if (history->row_count <= (size_t)frame.epoch)
        return DAM_OK;
    double stage = dam__history_value(history, history->row_count - 1, "stage");
    const int most = run->experiment.train.record_memories;
    frame.epoch = (int)history->row_count;
    frame.stage = isfinite(stage) ? (int)stage : 0;
    frame.memories = run->memories;
    frame.rows = run->memories < most ? run->memories : most;
    DAM_TRY_CLEANUP(find_matrix(run, "parameters/memories", &memories));
    size_t rows = (size_t)frame.rows, columns = record->columns, width = 0;
    if (columns > 0) {
        DAM_TRY_CLEANUP(find_matrix(run, "parameters/class_weights", &weights));
        width = weights->shape[1];
        if (weights->shape[0] != columns || width < rows)
            DAM_FAIL(DAM_INPUT, "'%s' has class weights that do not fit its record", run->file);
    }
    size_t neurons = memories->shape[1];
    if (memories->shape[0] < rows || neurons < record->dim)
        DAM_FAIL(DAM_INPUT, "'%s' has memories that do not fit its record", run->file);
    DAM_TRY_CLEANUP(dam__alloc(rows * record->dim, sizeof *values, &values));
    DAM_TRY_CLEANUP(dam__alloc(rows * columns, sizeof *shares, &shares));
    for (size_t i = 0; i < rows * record->dim; i++)
        values[i] = dam__array_at(memories, i / record->dim * neurons + i % record->dim);
    for (size_t i = 0; i < rows * columns; i++)
        shares[i] = dam__array_at(weights, i % columns * width + i / columns);
    DAM_TRY_CLEANUP(dam__record_add(record, &frame, 1, record->dim, columns, values, shares));
cleanup:
    free(values);
    free(shares);
    return status;
}

dam_status dam__run_draw_film(const dam__run *run, const dam__history *history, const char *film,
                              const char *sheet, size_t *frames)
{
    dam_status status = DAM_OK;
    dam__record record = {0};
    DAM_TRY_CLEANUP(dam__record_restore(&run->container, &record));
    if (record.frame_count == 0)
        DAM_FAIL(DAM_INPUT,
                 "'%s' has no record to make a film of; train with --set train.record=1 (or 5: "
                 "every 5 epochs)",
                 run->file);
    if (record.dim != (size_t)run->dim)
        DAM_FAIL(DAM_INPUT, "'%s' has %d features, but a record of %zu; use another copy of it",
                 run->file, run->dim, record.dim);
    DAM_TRY_CLEANUP(add_present(run, history, &record));
    const dam__film drawn = {.record = &record,
                             .history = history,
                             .height = (size_t)run->height,
                             .width = (size_t)run->width,
                             .pixels = run->pixels};
    DAM_TRY_CLEANUP(dam__film_write(&drawn, film, frames));
    DAM_TRY_CLEANUP(dam__film_sheet(&drawn, sheet));
cleanup:
    dam__record_free(&record);
    return status;
}
