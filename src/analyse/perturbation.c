#include "analyse/perturbation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/csv.h"
#include "base/memory.h"
#include "base/summary.h"
#include "data/patches.h"
#include "draw/tiles.h"

enum { MEMORIES, LINEAR, CLASSIFIERS };

double dam__perturbation_size(double angle)
{
    return angle < 0 ? INFINITY : 2 * sin(angle / 2);
}

static int32_t label_of(const dam__perturbation *perturbation, size_t i)
{
    return perturbation->set->labels[perturbation->first + i];
}

static bool both_right(const dam__perturbation *perturbation, size_t i)
{
    return perturbation->margins[MEMORIES].predicted[i] == label_of(perturbation, i) &&
           perturbation->margins[LINEAR].predicted[i] == label_of(perturbation, i);
}

/* sizes: space for all samples. */
static void summarise(const dam__perturbation *perturbation, int classifier, double *sizes,
                      dam__perturbation_summary *out)
{
    const double quarter = 0.25;
    const dam__margins *margins = &perturbation->margins[classifier];
    size_t right = 0, count = 0;
    *out = (dam__perturbation_summary){0};
    for (size_t i = 0; i < margins->samples; i++) {
        right += margins->predicted[i] == label_of(perturbation, i);
        if (!both_right(perturbation, i))
            continue;
        sizes[count++] = dam__perturbation_size(margins->angles[i]);
        out->unchanged += margins->angles[i] < 0;
    }
    out->accuracy = (double)right / (double)margins->samples;
    out->median = dam__summarise(sizes, count).median; /* and sorts them */
    out->quarter = dam__quantile(sizes, count, quarter);
    out->three_quarters = dam__quantile(sizes, count, 3 * quarter);
}

dam_status dam__perturbation_compare(const dam__perturbation *perturbation,
                                     dam__perturbation_comparison *out)
{
    dam_status status = DAM_OK;
    double *sizes = NULL;
    size_t larger = 0, ratios = 0;
    *out = (dam__perturbation_comparison){0};
    DAM_TRY_CLEANUP(dam__alloc(perturbation->margins->samples, sizeof *sizes, &sizes));
    for (int i = 0; i < CLASSIFIERS; i++)
        summarise(perturbation, i, sizes, &out->classifiers[i]);
    for (size_t i = 0; i < perturbation->margins->samples; i++) {
        if (!both_right(perturbation, i))
            continue;
        double memories = dam__perturbation_size(perturbation->margins[MEMORIES].angles[i]);
        double linear = dam__perturbation_size(perturbation->margins[LINEAR].angles[i]);
        out->compared++;
        larger += memories > linear;
        if (isfinite(memories) || isfinite(linear))
            sizes[ratios++] = isfinite(linear) ? memories / linear : 0;
    }
    out->larger = out->compared > 0 ? (double)larger / (double)out->compared : NAN;
    out->ratio = dam__summarise(sizes, ratios).median;
cleanup:
    free(sizes);
    return status;
}

dam_status dam__perturbation_write(const dam__perturbation *perturbation, const char *path)
{
    enum { DIGITS = 9 };
    dam__csv csv = {0};
    dam__csv_line(&csv, "sample,class,predicted,rival,changed_to,size,linear_predicted,"
                        "linear_rival,linear_changed_to,linear_size");
    for (size_t i = 0; i < perturbation->margins->samples; i++) {
        dam__csv_integer(&csv, (int64_t)(perturbation->first + i));
        dam__csv_integer(&csv, label_of(perturbation, i));
        for (int c = 0; c < CLASSIFIERS; c++) {
            const dam__margins *margins = &perturbation->margins[c];
            dam__csv_integer(&csv, margins->predicted[i]);
            dam__csv_integer(&csv, margins->rival[i]);
            if (margins->angles[i] >= 0) {
                dam__csv_integer(&csv, margins->landed[i]);
                dam__csv_real(&csv, dam__perturbation_size(margins->angles[i]), DIGITS);
            } else {
                dam__csv_text(&csv, "");
                dam__csv_text(&csv, "");
            }
        }
        dam__csv_end_row(&csv);
    }
    return dam__csv_write(&csv, "", path);
}

/* --- the picture ---------------------------------------------------------------------------------- */

enum { COLUMNS = 1 + 2 * CLASSIFIERS };

/* The change and the changed sample of one classifier: two tiles. */
static void make_change(const dam__perturbation *perturbation, size_t i, size_t classifier,
                        const float *sample, float *values, dam__tile *tiles)
{
    const dam__margins *margins = &perturbation->margins[classifier];
    const double angle = margins->angles[i];
    size_t dim = margins->dim;
    if (angle < 0) {
        (void)snprintf(tiles[1].lines[0], DAM__TILE_TEXT, "no change");
        return;
    }
    for (size_t j = 0; j < dim; j++) {
        double u = margins->directions[i * dim + j], x = (double)sample[j];
        values[dim + j] = (float)(cos(angle) * x + sin(angle) * u);
        values[j] = values[dim + j] - sample[j];
    }
    tiles[0].values = values;
    tiles[1].values = values + dim;
    (void)snprintf(tiles[0].lines[0], DAM__TILE_TEXT, "size");
    (void)snprintf(tiles[0].lines[1], DAM__TILE_TEXT, "%.2f", dam__perturbation_size(angle));
    (void)snprintf(tiles[1].lines[0], DAM__TILE_TEXT, "is now");
    (void)snprintf(tiles[1].lines[1], DAM__TILE_TEXT, "class %d", (int)margins->landed[i]);
}

/* A row of tiles; values: space for COLUMNS images. All are shown on the sample's own scale. */
static dam_status make_row(const dam__perturbation *perturbation, size_t i, float *values,
                           dam__tile *tiles)
{
    dam_status status = DAM_OK;
    double *sample = NULL, limit = 0;
    size_t dim = perturbation->set->features;
    DAM_TRY_CLEANUP(dam__alloc(dim, sizeof *sample, &sample));
    (void)dam__dataset_prepared(perturbation->set, perturbation->first + i, sample);
    for (size_t j = 0; j < dim; j++) {
        values[j] = (float)sample[j];
        limit = fmax(limit, fabs(sample[j]));
    }
    tiles[0].values = values;
    (void)snprintf(tiles[0].lines[0], DAM__TILE_TEXT, "no. %zu", perturbation->first + i);
    (void)snprintf(tiles[0].lines[1], DAM__TILE_TEXT, "class %d", (int)label_of(perturbation, i));
    for (size_t c = 0; c < CLASSIFIERS; c++)
        make_change(perturbation, i, c, values, values + (1 + 2 * c) * dim, tiles + 1 + 2 * c);
    for (int column = 0; column < COLUMNS; column++)
        tiles[column].limit = limit;
cleanup:
    free(sample);
    return status;
}

dam_status dam__perturbation_draw(const dam__perturbation *perturbation, size_t most,
                                  const char *path, size_t *drawn)
{
    static const char *const heads[COLUMNS] = {"sample", "memories: change", "changed sample",
                                               "linear: change", "changed sample"};
    dam_status status = DAM_OK;
    dam__tile *tiles = NULL;
    float *values = NULL;
    dam__image image = {0};
    size_t rows = 0, dim = perturbation->set->features;
    *drawn = 0;
    DAM_TRY_CLEANUP(dam__alloc(most * COLUMNS, sizeof *tiles, &tiles));
    DAM_TRY_CLEANUP(dam__alloc(most * COLUMNS * dim, sizeof *values, &values));
    for (size_t i = 0; i < perturbation->margins->kept && rows < most; i++) {
        if (!both_right(perturbation, i))
            continue;
        DAM_TRY_CLEANUP(
            make_row(perturbation, i, values + rows * COLUMNS * dim, tiles + rows * COLUMNS));
        rows++;
    }
    if (rows == 0)
        goto cleanup;
    const dam__tiles sheet = {.tiles = tiles,
                              .rows = rows,
                              .columns = COLUMNS,
                              .dim = dim,
                              .height = perturbation->set->height,
                              .width = perturbation->set->width,
                              .pixels = perturbation->set->pixels,
                              .title = "What changes a prediction",
                              .heads = heads,
                              .paired = 2};
    DAM_TRY_CLEANUP(dam__tiles_draw(&sheet, &image));
    DAM_TRY_CLEANUP(dam__image_write_png(&image, path));
    *drawn = rows;
cleanup:
    dam__image_free(&image);
    free(tiles);
    free(values);
    return status;
}
