#include "analyse/memory_table.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/summary.h"
#include "draw/run_pictures.h"
#include "model/model.h"

void dam__memory_table_free(dam__memory_table *table)
{
    free(table->rows);
    *table = (dam__memory_table){0};
}

double dam__roughness(const double *image, size_t height, size_t width)
{
    double sum = 0;
    for (size_t y = 0; y < height; y++) {
        for (size_t x = 0; x < width; x++) {
            double here = image[y * width + x];
            double right = x + 1 < width ? image[y * width + x + 1] - here : 0;
            double below = y + 1 < height ? image[(y + 1) * width + x] - here : 0;
            sum += right * right + below * below;
        }
    }
    return sum;
}

/* Roughness of every memory of the run. */
static dam_status add_roughness(const dam__run *run, dam__memory_table *table)
{
    dam_status status = DAM_OK;
    double *image = NULL;
    const dam__array *memories = dam__container_array(&run->container, "parameters/memories");
    size_t dim = (size_t)run->dim, height = (size_t)run->height, width = (size_t)run->width;
    table->images = height > 1 && width > 1 && dim / height == width && dim % height == 0;
    if (memories == NULL || dam__array_items(memories) != table->count * dim)
        DAM_FAIL(DAM_INPUT, "'%s' has no %zu memories of %zu features", run->file, table->count,
                 dim);
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *image, &image));
    for (size_t mu = 0; mu < table->count; mu++) {
        for (size_t j = 0; j < dim; j++)
            image[j] = dam__array_at(memories, mu * dim + j);
        table->rows[mu].roughness = table->images ? dam__roughness(image, height, width) : NAN;
    }
cleanup:
    free(image);
    return status;
}

dam_status dam__memory_table_make(const dam__run *run, const double *numbers,
                                  dam__memory_table *out)
{
    dam_status status = DAM_OK;
    dam__memory_table table = {0};
    int32_t *labels = NULL;
    float *purity = NULL;
    *out = (dam__memory_table){0};
    DAM_TRY_CLEANUP(dam__run_memory_classes(run, &labels, &purity, &table.count));
    DAM_TRY_CLEANUP(dam__alloc(table.count, sizeof *table.rows, &table.rows));
    for (size_t mu = 0; mu < table.count; mu++)
        table.rows[mu] = (dam__memory_row){.label = labels[mu],
                                           .purity = (double)purity[mu],
                                           .mass = numbers[DAM__GROW_MASS * table.count + mu],
                                           .lambda = numbers[DAM__GROW_LAMBDA * table.count + mu],
                                           .kappa = numbers[DAM__GROW_KAPPA * table.count + mu]};
    DAM_TRY_CLEANUP(add_roughness(run, &table));
    *out = table;
    table = (dam__memory_table){0};
cleanup:
    dam__memory_table_free(&table);
    free(labels);
    free(purity);
    return status;
}

/* Of one field of every row, offset bytes into it. */
static dam_status range_of(const dam__memory_table *table, size_t offset, dam__range_of *out)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    size_t count = 0;
    *out = (dam__range_of){NAN, NAN, NAN};
    DAM_TRY_CLEANUP(dam__alloc(table->count, sizeof *values, &values));
    for (size_t mu = 0; mu < table->count; mu++) {
        double value = *(const double *)((const char *)&table->rows[mu] + offset);
        if (isfinite(value))
            values[count++] = value;
    }
    out->median = dam__summarise(values, count).median; /* and sorts them */
    if (count > 0) {
        out->least = values[0];
        out->most = values[count - 1];
    }
cleanup:
    free(values);
    return status;
}

dam_status dam__memory_census_take(const dam__memory_table *table, double threshold,
                                   dam__memory_census *out)
{
    const double dead = 0.05 / (double)table->count, noise = 2, mixed = 0.5;
    *out = (dam__memory_census){0};
    for (size_t mu = 0; mu < table->count; mu++) {
        const dam__memory_row *row = &table->rows[mu];
        out->dead += row->mass < dead;
        out->noise += row->roughness > noise;
        out->mixed += row->purity < mixed;
        out->stable += row->lambda >= threshold;
    }
    DAM_TRY(range_of(table, offsetof(dam__memory_row, purity), &out->purity));
    DAM_TRY(range_of(table, offsetof(dam__memory_row, mass), &out->mass));
    DAM_TRY(range_of(table, offsetof(dam__memory_row, roughness), &out->roughness));
    DAM_TRY(range_of(table, offsetof(dam__memory_row, lambda), &out->lambda));
    return range_of(table, offsetof(dam__memory_row, kappa), &out->kappa);
}

dam_status dam__memory_table_write(const dam__memory_table *table, const char *path)
{
    enum { DIGITS = 9 };
    dam__csv csv = {0};
    dam__csv_line(&csv, "memory,class,purity,mass,roughness,lambda,kappa");
    for (size_t mu = 0; mu < table->count; mu++) {
        const dam__memory_row *row = &table->rows[mu];
        const double values[] = {row->purity, row->mass, row->roughness, row->lambda, row->kappa};
        dam__csv_integer(&csv, (int64_t)mu);
        dam__csv_integer(&csv, row->label);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            dam__csv_real(&csv, values[i], DIGITS);
        dam__csv_end_row(&csv);
    }
    return dam__csv_write(&csv, "", path);
}
