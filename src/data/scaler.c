#include "data/scaler.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "data/dataset.h"

void dam__scaler_free(dam__scaler *scaler)
{
    free(scaler->offsets);
    free(scaler->scales);
    free(scaler->means);
    *scaler = (dam__scaler){0};
}

bool dam__scaler_asked(const dam__data_config *config)
{
    return config->scaling != DAM__SCALING_NONE || config->missing != DAM__MISSING_REFUSE;
}

dam_status dam__scaler_create(const dam__data_config *config, size_t features, dam__scaler *out)
{
    *out = (dam__scaler){.features = features};
    if (config->scaling != DAM__SCALING_NONE) {
        DAM_TRY(dam__alloc(features, sizeof *out->offsets, &out->offsets));
        DAM_TRY(dam__alloc(features, sizeof *out->scales, &out->scales));
    }
    return config->missing == DAM__MISSING_MEAN
               ? dam__alloc(features, sizeof *out->means, &out->means)
               : DAM_OK;
}

dam_status dam__number_place(const dam__dataset *set, const char *path, size_t sample,
                             size_t feature, char **out)
{
    const dam__names *names = &set->feature_names;
    bool named = names->count == set->features;
    const char *name = named ? names->items[feature] : "";
    return dam__format(out, "sample %zu of '%s', feature %zu%s%.*s%s", sample, path, feature,
                       named ? " ('" : "", (int)dam__shown_bytes(name, strlen(name)), name,
                       named ? "')" : "");
}

/* --- measuring -------------------------------------------------------------------------------- */

/* What is known of each feature; all in one block. */
typedef struct sums {
    double *count, *first, *sum, *squares, *least, *most;
} sums;

static double number_at(const dam__dataset *set, size_t i)
{
    double value = dam__array_at(&set->samples, i);
    return set->is_turned ? set->turned_about - value : value;
}

static dam_status refuse(const dam__dataset *set, const char *path, size_t i, const char *what)
{
    char *place = NULL;
    DAM_TRY(dam__number_place(set, path, i / set->features, i % set->features, &place));
    dam_status status =
        dam__fail(DAM_INPUT, "%s, is %g%s", place, dam__array_at(&set->samples, i), what);
    free(place);
    return status;
}

/* Sums are of what is left without the first number: an offset takes nothing from them. */
static dam_status add_up(const dam__dataset *set, const char *path, size_t trained, bool filled,
                         sums *s)
{
    size_t features = set->features;
    for (size_t i = 0; i < trained * features; i++) {
        size_t j = i % features;
        double value = number_at(set, i);
        if (isnan(value) && filled)
            continue;
        if (!isfinite(value))
            return refuse(set, path, i,
                          isnan(value) ? ", no number; mend or remove it, or set data.missing = "
                                         "\"mean\""
                                       : ", no finite number; mend or remove it");
        if (s->count[j] == 0)
            s->first[j] = s->least[j] = s->most[j] = value;
        s->count[j]++;
        s->sum[j] += value - s->first[j];
        s->least[j] = fmin(s->least[j], value);
        s->most[j] = fmax(s->most[j], value);
    }
    return DAM_OK;
}

static void add_squares(const dam__dataset *set, size_t trained, sums *s)
{
    size_t features = set->features;
    for (size_t i = 0; i < trained * features; i++) {
        size_t j = i % features;
        double value = number_at(set, i);
        if (isnan(value))
            continue;
        double left = value - s->first[j] - s->sum[j] / s->count[j];
        s->squares[j] += left * left;
    }
}

static void conclude(const dam__data_config *config, const sums *s, size_t j, dam__scaler *out)
{
    double mean = s->first[j] + s->sum[j] / s->count[j];
    double deviation = sqrt(s->squares[j] / s->count[j]), range = s->most[j] - s->least[j];
    bool minmax = config->scaling == DAM__SCALING_MINMAX;
    if (out->means != NULL)
        out->means[j] = mean;
    if (out->offsets == NULL)
        return;
    double scale = minmax ? range : deviation;
    out->offsets[j] = minmax ? s->least[j] : mean;
    out->scales[j] = range > 0 && scale > 0 && isfinite(scale) ? scale : 1;
    if (range == 0)
        out->offsets[j] = s->least[j];
}

dam_status dam__scaler_measure(const dam__data_config *config, const dam__dataset *set,
                               const char *path, size_t trained, dam__scaler *out)
{
    enum { PARTS = 6 };
    dam_status status = DAM_OK;
    double *block = NULL;
    size_t features = set->features;
    bool filled = config->missing == DAM__MISSING_MEAN;
    DAM_TRY_CLEANUP(dam__alloc(features, PARTS * sizeof *block, &block));
    sums s = {block,
              block + features,
              block + 2 * features,
              block + 3 * features,
              block + 4 * features,
              block + 5 * features};
    DAM_TRY_CLEANUP(dam__scaler_create(config, features, out));
    DAM_TRY_CLEANUP(add_up(set, path, trained, filled, &s));
    for (size_t j = 0; j < features; j++)
        if (s.count[j] == 0)
            DAM_FAIL(DAM_INPUT,
                     "feature %zu of '%s' has no number in any sample that is trained on; leave it "
                     "out",
                     j, path);
    if (config->scaling == DAM__SCALING_STANDARD)
        add_squares(set, trained, &s);
    for (size_t j = 0; j < features; j++)
        conclude(config, &s, j, out);
cleanup:
    free(block);
    if (status != DAM_OK)
        dam__scaler_free(out);
    return status;
}

/* --- applying --------------------------------------------------------------------------------- */

static dam_status fill(const dam__scaler *scaler, dam__dataset *set)
{
    dam__array *samples = &set->samples;
    size_t items = dam__array_items(samples);
    for (size_t i = 0; dam__element_is_real(samples->element) && i < items; i++) {
        double mean = scaler->means[i % set->features];
        double value = set->is_turned ? set->turned_about - mean : mean;
        if (!isnan(dam__array_at(samples, i)))
            continue;
        set->filled++;
        if (samples->element == DAM__F32)
            ((float *)samples->data)[i] = (float)value;
        else
            ((double *)samples->data)[i] = value;
    }
    return DAM_OK;
}

static dam_status scale_one(const dam__scaler *scaler, const char *path, const dam__dataset *set,
                            size_t i, float *out)
{
    size_t j = i % set->features;
    *out = (float)((number_at(set, i) - scaler->offsets[j]) / scaler->scales[j]);
    if (isfinite(*out))
        return DAM_OK;
    return refuse(set, path, i,
                  isnan(number_at(set, i))
                      ? ", no number; mend or remove it, or set data.missing = \"mean\" for the "
                        "training"
                      : ", which data.scaling makes no finite float32; mend or remove it");
}

/* Floats of bytes are more: they are made from the end on, others from the beginning. */
static dam_status scale(const dam__scaler *scaler, const char *path, dam__dataset *set)
{
    dam__array *samples = &set->samples;
    size_t items = dam__array_items(samples);
    bool grows = samples->element == DAM__U8;
    if (grows)
        DAM_TRY(dam__grow(&samples->data, items, sizeof(float)));
    for (size_t k = 0; k < items; k++) {
        size_t i = grows ? items - 1 - k : k;
        float value = 0;
        DAM_TRY(scale_one(scaler, path, set, i, &value));
        memcpy((float *)samples->data + i, &value, sizeof value);
    }
    bool shrinks = dam__element_size(samples->element) > sizeof(float);
    samples->element = DAM__F32;
    set->is_turned = false;
    return shrinks ? dam__grow(&samples->data, items, sizeof(float)) : DAM_OK;
}

dam_status dam__scaler_apply(const dam__scaler *scaler, const char *path, dam__dataset *set)
{
    if (scaler->features != set->features)
        return dam__fail(DAM_INPUT, "'%s' has %zu features a sample, but the training had %zu",
                         path, set->features, scaler->features);
    if (scaler->means != NULL)
        DAM_TRY(fill(scaler, set));
    return scaler->offsets != NULL ? scale(scaler, path, set) : DAM_OK;
}
