#include "data/threshold.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/number.h"
#include "data/rows.h"

/* Where fewer are 0, that is no background: digits have 80 % of it, clothes 50 %, photographs less
 * than 1 %. */
static const double LEAST_BACKGROUND = 0.25;

dam_status dam__threshold_read(const char *text, dam__threshold *out)
{
    static const char *const words[] = {"none", "auto", "mean", "median", "grey"};
    *out = (dam__threshold){DAM__THRESHOLD_NONE, 0};
    if (text[0] == '\0')
        return DAM_OK;
    for (size_t kind = DAM__THRESHOLD_NONE; kind < DAM__THRESHOLD_NUMBER; kind++) {
        out->kind = (dam__threshold_kind)kind;
        if (strcmp(text, words[kind]) == 0)
            return DAM_OK;
    }
    out->kind = DAM__THRESHOLD_NUMBER;
    if (dam__real_read(text, &out->number) == DAM__NUMBER_OK)
        return DAM_OK;
    return dam__fail(
        DAM_USAGE,
        "data.threshold = \"%s\" is none of mean, median, grey, none, auto, and no number", text);
}

/* --- auto ------------------------------------------------------------------------------------- */

static dam__threshold choice_for(const dam__dataset *set)
{
    const dam__survey *survey = &set->survey;
    bool bytes = set->samples.element == DAM__U8;
    bool are_states = !bytes && (survey->least < 0 || survey->most <= 1);
    dam__threshold none = {DAM__THRESHOLD_NONE, 0};
    if (are_states || (bytes && survey->most <= 1))
        return none;
    if (survey->zeros >= LEAST_BACKGROUND || (survey->is_two && survey->least == 0))
        return bytes ? none : (dam__threshold){DAM__THRESHOLD_NUMBER, 0};
    if (survey->is_two)
        return (dam__threshold){DAM__THRESHOLD_NUMBER,
                                survey->least + (survey->most - survey->least) / 2};
    return (dam__threshold){DAM__THRESHOLD_MEAN, 0};
}

dam_status dam__threshold_choose(const char *text, dam__dataset *set)
{
    static const char *const words[] = {"none", "none", "mean", "median", "grey"};
    char number[DAM__NUMBER_BYTES];
    dam__threshold threshold;
    DAM_TRY(dam__threshold_read(text, &threshold));
    if (text[0] == '\0')
        return DAM_OK;
    set->threshold_is_auto = threshold.kind == DAM__THRESHOLD_AUTO;
    if (set->threshold_is_auto)
        threshold = choice_for(set);
    (void)snprintf(set->threshold, sizeof set->threshold, "%s",
                   threshold.kind == DAM__THRESHOLD_NUMBER
                       ? dam__real_print(threshold.number, number)
                       : words[threshold.kind]);
    return DAM_OK;
}

/* --- cutting ---------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The middle number, or the mean of the two middle ones. */
static double median_of(const double *row, size_t count, double *sorted)
{
    memcpy(sorted, row, count * sizeof *sorted);
    qsort(sorted, count, sizeof *sorted, compare);
    return (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
}

/*
 * row = the numbers of a sample, and its threshold is returned. Those of mean and median are
 * without the sample's mean, so that no offset makes them inexact.
 */
static double take_row(const dam__dataset *set, size_t index, const dam__threshold *threshold,
                       double *row, double *sorted)
{
    size_t features = set->features, first = index * features;
    bool turned = set->is_turned;
    if (threshold->kind == DAM__THRESHOLD_NUMBER) {
        dam__row_read(&set->samples, first, features, row);
        for (size_t j = 0; turned && j < features; j++)
            row[j] = set->turned_about - row[j];
        return threshold->number;
    }
    double mean = dam__row_centre(&set->samples, first, features, row);
    double rounding = dam__row_rounding(set->samples.element, mean);
    for (size_t j = 0; j < features; j++)
        row[j] = fabs(row[j]) <= rounding ? 0 : turned ? -row[j] : row[j];
    return threshold->kind == DAM__THRESHOLD_MEDIAN ? median_of(row, features, sorted) : 0;
}

static dam_status check_row(const dam__dataset *set, size_t index, const double *row)
{
    size_t features = set->features, bad = 0;
    char *place = NULL;
    while (bad < features && isfinite(row[bad]))
        bad++;
    if (bad == features)
        return DAM_OK;
    /* Less the mean of its row, all of a row with one such number are none. */
    for (size_t j = features; j-- > 0;)
        if (!isfinite(dam__array_at(&set->samples, index * features + j)))
            bad = j;
    double value = dam__array_at(&set->samples, index * features + bad);
    DAM_TRY(dam__number_place(set, set->name, index, bad, &place));
    dam_status status = dam__fail(DAM_INPUT, "%s, holds %g; mend or remove it%s", place, value,
                                  isnan(value) ? ", or set data.missing = \"mean\"" : "");
    free(place);
    return status;
}

/* A row of bytes or floats ends no later than it did. */
static void put_row(dam__dataset *set, size_t index, const double *row, double threshold)
{
    size_t first = index * set->features;
    uint8_t *bytes = (uint8_t *)set->samples.data + first;
    float *floats = (float *)set->samples.data + first;
    for (size_t j = 0; j < set->features; j++) {
        if (set->samples.element == DAM__U8)
            bytes[j] = row[j] > threshold;
        else
            floats[j] = row[j] > threshold ? 1 : -1;
    }
}

/* What becomes +1, with 0 becoming -1; or 0 where numbers are within -1 ... 1 already. */
static dam_status white_of(const dam__dataset *set, double *white)
{
    const dam__survey *survey = &set->survey;
    *white = survey->most <= 1 ? 1 : 255;
    if (survey->least >= 0 && survey->most <= 255)
        return DAM_OK;
    *white = 0;
    if (survey->least >= -1 && survey->most <= 1)
        return DAM_OK;
    return dam__fail(DAM_INPUT,
                     "the numbers of '%s' go from %g to %g, and data.threshold = \"grey\" takes "
                     "such from 0 to 1 or 255, or from -1 to 1; scale them",
                     set->name, survey->least, survey->most);
}

/* Grey pixels as Krotov and Hopfield have them. */
static dam_status scale_grey(dam__dataset *set)
{
    dam_status status = DAM_OK;
    size_t features = set->features;
    double *row = NULL, white = 0;
    float *floats = NULL;
    DAM_TRY_CLEANUP(white_of(set, &white));
    DAM_TRY_CLEANUP(dam__alloc(features, sizeof *row, &row));
    DAM_TRY_CLEANUP(dam__alloc(dam__array_items(&set->samples), sizeof *floats, &floats));
    for (size_t i = 0; i < set->count; i++) {
        dam__row_read(&set->samples, i * features, features, row);
        DAM_TRY_CLEANUP(check_row(set, i, row));
        for (size_t j = 0; j < features; j++) {
            double value = set->is_turned ? set->turned_about - row[j] : row[j];
            floats[i * features + j] = (float)(white > 0 ? 2 * value / white - 1 : value);
        }
    }
    set->is_turned = false;
    free(set->samples.data);
    set->samples.data = floats;
    set->samples.element = DAM__F32;
    floats = NULL;
cleanup:
    free(row);
    free(floats);
    return status;
}

dam_status dam__threshold_apply(dam__dataset *set)
{
    dam_status status = DAM_OK;
    double *row = NULL, *sorted = NULL;
    dam__threshold threshold;
    bool bytes = set->samples.element == DAM__U8;
    DAM_TRY_CLEANUP(dam__threshold_read(set->threshold, &threshold));
    if (threshold.kind == DAM__THRESHOLD_GREY)
        DAM_TRY_CLEANUP(scale_grey(set));
    if (threshold.kind == DAM__THRESHOLD_NONE || threshold.kind == DAM__THRESHOLD_GREY)
        goto cleanup;
    DAM_TRY_CLEANUP(dam__alloc(set->features, sizeof *row, &row));
    DAM_TRY_CLEANUP(dam__alloc(set->features, sizeof *sorted, &sorted));
    for (size_t i = 0; i < set->count; i++) {
        double at = take_row(set, i, &threshold, row, sorted);
        DAM_TRY_CLEANUP(check_row(set, i, row));
        put_row(set, i, row, at);
    }
    set->is_turned = false;
    if (bytes || set->samples.element == DAM__F32)
        goto cleanup;
    set->samples.element = DAM__F32;
    DAM_TRY_CLEANUP(dam__grow(&set->samples.data, dam__array_items(&set->samples), sizeof(float)));
cleanup:
    free(row);
    free(sorted);
    return status;
}
