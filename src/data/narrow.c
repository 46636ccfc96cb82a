#include "data/narrow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/rows.h"

/* A sample may lose so much of its norm by being narrowed: what float32 does to one that varies by
 * a hundredth of its offset. */
static const double BEARABLE = 1e-5;

/* Norms beyond have squares that float32 does not hold: such samples would become blank. */
static const double LEAST_NORM = 0x1p-58, LARGEST_NORM = 0x1p60;

/* What the rows of one array pass through. */
typedef struct narrowing {
    dam__dataset *set;
    const char *path;
    bool levels;   /* numbers stay what they are */
    double *wide;  /* a row; then what narrowing takes from it; then the row without its mean */
    float *values; /* narrowed */
} narrowing;

static dam_status refuse(const narrowing *n, size_t row, size_t feature)
{
    char *place = NULL;
    DAM_TRY(dam__number_place(n->set, n->path, row, feature, &place));
    dam_status status = dam__fail(
        DAM_INPUT, "%s, holds %g, which is no finite float32; mend or remove it%s", place,
        n->wide[feature], isnan(n->wide[feature]) ? ", or set data.missing = \"mean\"" : "");
    free(place);
    return status;
}

/* *lost: norm of what the row loses where it is only narrowed. */
static dam_status take_row(const narrowing *n, size_t row, double *lost)
{
    const dam__dataset *set = n->set;
    dam__row_read(&set->samples, row * set->features, set->features, n->wide);
    for (size_t j = 0; j < set->features; j++) {
        double wide = set->is_turned ? set->turned_about - n->wide[j] : n->wide[j];
        n->values[j] = (float)wide;
        if (!isfinite(n->values[j]))
            return refuse(n, row, j);
        n->wide[j] = dam__float_error(&set->samples, row * set->features + j);
    }
    *lost = dam__row_norm(n->wide, set->features);
    return DAM_OK;
}

/* The row without its mean, scaled to a largest number from 1 to 2. */
static void recentre(const narrowing *n)
{
    double largest = 0, sign = n->set->is_turned ? -1 : 1;
    for (size_t j = 0; j < n->set->features; j++)
        largest = fmax(largest, fabs(n->wide[j]));
    for (size_t j = 0; j < n->set->features; j++)
        n->values[j] = (float)(sign * scalbn(n->wide[j], -ilogb(largest)));
}

static dam_status narrow_row(const narrowing *n, size_t row)
{
    dam__dataset *set = n->set;
    size_t first = row * set->features;
    double lost = 0;
    DAM_TRY(take_row(n, row, &lost));
    double mean = dam__row_centre(&set->samples, first, set->features, n->wide);
    double norm = dam__row_norm(n->wide, set->features);
    bool suffers = lost > BEARABLE * norm;
    bool beyond = norm > 0 && (norm < LEAST_NORM || norm > LARGEST_NORM);
    double rounding = dam__row_rounding(set->samples.element, mean);
    if (norm <= rounding * sqrt((double)set->features)) {
        /* What differs is the rounding of the file's own doubles. */
        for (size_t j = 0; j < set->features && !n->levels; j++)
            n->values[j] = n->values[0];
    } else if (n->levels) {
        set->lossy += suffers;
    } else if (suffers || beyond) {
        recentre(n);
        set->recentred++;
    }
    /* A row of floats ends no later than it did, before all rows that are still to be read. */
    memcpy((float *)set->samples.data + first, n->values, set->features * sizeof *n->values);
    return DAM_OK;
}

dam_status dam__dataset_narrow(bool levels, const char *path, dam__dataset *set)
{
    dam_status status = DAM_OK;
    narrowing n = {.set = set, .path = path, .levels = levels};
    if (set->samples.element == DAM__U8)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc(set->features, sizeof *n.wide, &n.wide));
    DAM_TRY_CLEANUP(dam__alloc(set->features, sizeof *n.values, &n.values));
    for (size_t row = 0; row < set->count; row++)
        DAM_TRY_CLEANUP(narrow_row(&n, row));
    set->samples.element = DAM__F32;
    DAM_TRY_CLEANUP(dam__grow(&set->samples.data, dam__array_items(&set->samples), sizeof(float)));
cleanup:
    free(n.wide);
    free(n.values);
    return status;
}
