/* The public interface of datasets: include/denseam/data.h. */
#include "denseam/data.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/gaussian.h"
#include "data/patches.h"
#include "data/teacher.h"
#include "run/key_value.h"
#include "run/public_handles.h"

dam_status dam__finite_check(const float *samples, size_t count, size_t features)
{
    size_t items = 0;
    dam_status status = dam__multiply(count, features, &items);
    for (size_t i = 0; status == DAM_OK && i < items; i++)
        if (!isfinite(samples[i]))
            return dam__fail(DAM_INPUT, "sample %zu, number %zu is not finite", i / features,
                             i % features);
    return status;
}

void dam_dataset_free(dam_dataset *set)
{
    if (set == NULL)
        return;
    if (set->borrowed) {
        set->set.samples.data = NULL;
        set->set.labels = NULL;
    }
    dam__dataset_free(&set->set);
    free(set);
}

/* --- a program's own -------------------------------------------------------------------------- */

static dam_status check_samples(const dam_samples *samples)
{
    if (samples == NULL || (samples->floats == NULL) == (samples->bytes == NULL))
        return dam__fail(DAM_USAGE, "samples are given either as floats or as bytes");
    if (samples->count == 0 || samples->features == 0)
        return dam__fail(DAM_USAGE, "a dataset needs a sample of a feature at least");
    if (samples->count > INT32_MAX || samples->features > INT32_MAX / 4)
        return dam__fail(DAM_USAGE, "a dataset has at most 2^31 samples and 2^29 features");
    size_t pixels = 0;
    dam_status status = dam__multiply(samples->height, samples->width, &pixels);
    if (status == DAM_OK && (samples->height > 0 || samples->width > 0) &&
        pixels != samples->features)
        return dam__fail(DAM_USAGE, "samples of %zu features are no images of %zu x %zu",
                         samples->features, samples->height, samples->width);
    if (status == DAM_OK && samples->floats != NULL)
        status = dam__finite_check(samples->floats, samples->count, samples->features);
    return status;
}

static dam_status count_classes(const dam_samples *samples, int32_t *classes)
{
    int32_t most = samples->classes > 0 ? samples->classes : DAM__LARGEST_LABEL + 1;
    *classes = samples->classes > 0 ? samples->classes : 0;
    if (most > DAM__LARGEST_LABEL + 1)
        return dam__fail(DAM_USAGE, "there are at most %d classes, not %d",
                         (int)DAM__LARGEST_LABEL + 1, (int)most);
    for (size_t i = 0; i < samples->count; i++) {
        int32_t label = samples->labels[i];
        if (label < 0 || label >= most)
            return dam__fail(DAM_INPUT, "sample %zu has the label %d; labels are 0 ... %d", i,
                             (int)label, (int)most - 1);
        if (label >= *classes)
            *classes = label + 1;
    }
    return DAM_OK;
}

/* A copy of count items, or what is the caller's own. */
static dam_status take(bool borrow, const void *items, size_t count, size_t size, void *out)
{
    void *copy = NULL;
    size_t bytes = 0;
    if (!borrow) {
        DAM_TRY(dam__multiply(count, size, &bytes));
        DAM_TRY(dam__alloc(count, size, &copy));
        memcpy(copy, items, bytes);
        items = copy;
    }
    memcpy(out, &items, sizeof items);
    return DAM_OK;
}

static dam_status create(const dam_samples *samples, dam_dataset *to)
{
    dam__dataset *set = &to->set;
    bool bytes = samples->bytes != NULL;
    size_t items = 0;
    to->borrowed = samples->borrow;
    *set = (dam__dataset){.samples = {.element = bytes ? DAM__U8 : DAM__F32,
                                      .rank = 2,
                                      .shape = {samples->count, samples->features}},
                          .count = samples->count,
                          .features = samples->features,
                          .height = samples->height,
                          .width = samples->width};
    (void)snprintf(set->name, sizeof set->name, "%s",
                   samples->name != NULL ? samples->name : DAM__DATA_MEMORY);
    (void)snprintf(to->origin.name, sizeof to->origin.name, "%s", DAM__DATA_MEMORY);
    DAM_TRY(dam__multiply(samples->count, samples->features, &items));
    if (samples->labels != NULL) {
        DAM_TRY(count_classes(samples, &set->classes));
        DAM_TRY(take(samples->borrow, samples->labels, samples->count, sizeof *set->labels,
                     &set->labels));
    }
    return take(samples->borrow, bytes ? (const void *)samples->bytes : samples->floats, items,
                dam__element_size(set->samples.element), &set->samples.data);
}

/* A dataset without samples; its origin has the defaults of a data section. */
static dam_status create_empty(dam_dataset **out)
{
    dam__experiment usual;
    dam_dataset *set = NULL;
    DAM_TRY(dam__experiment_defaults(&usual));
    DAM_TRY(dam__alloc(1, sizeof *set, &set));
    set->origin = usual.data;
    set->origin.threshold[0] = '\0'; /* a preset says it when the samples are trained on */
    *out = set;
    return DAM_OK;
}

dam_status dam_dataset_create(const dam_samples *samples, dam_dataset **out)
{
    dam_status status = DAM_OK;
    dam_dataset *set = NULL;
    DAM_TRY_CLEANUP(check_samples(samples));
    DAM_TRY_CLEANUP(create_empty(&set));
    DAM_TRY_CLEANUP(create(samples, set));
    *out = set;
    set = NULL;
cleanup:
    dam_dataset_free(set);
    return status;
}

dam_status dam_dataset_from_floats(const float *samples, const int32_t *labels, size_t count,
                                   size_t features, dam_dataset **out)
{
    return dam_dataset_create(
        &(dam_samples){.floats = samples, .labels = labels, .count = count, .features = features},
        out);
}

/* --- of files and presets --------------------------------------------------------------------- */

/* Reads a path as a preset's key would, so that a run can say where its samples came from. */
static dam_status read_place(const char *key, const char *path, dam__data_config *to)
{
    dam__experiment experiment = {.data = *to};
    DAM_TRY(dam__option_read(dam__option_find("data", key), path, &experiment));
    *to = experiment.data;
    return DAM_OK;
}

dam_status dam_dataset_read(const char *samples, const char *labels, dam_dataset **out)
{
    dam_status status = DAM_OK;
    dam_dataset *set = NULL;
    if (samples == NULL || samples[0] == '\0')
        DAM_FAIL(DAM_USAGE, "no file of samples is given");
    DAM_TRY_CLEANUP(create_empty(&set));
    dam__data_config *origin = &set->origin;
    DAM_TRY_CLEANUP(read_place("images", samples, origin));
    if (labels != NULL)
        DAM_TRY_CLEANUP(read_place("labels", labels, origin));
    DAM_TRY_CLEANUP(dam__dataset_load(origin, DAM__SPLIT_TRAIN, &set->set));
    *out = set;
    set = NULL;
cleanup:
    dam_dataset_free(set);
    return status;
}

dam_status dam_dataset_load(const dam_preset *preset, dam_split split, const char *device,
                            dam_dataset **out)
{
    dam_status status = DAM_OK;
    dam_dataset *set = NULL;
    dam__device *drawer = NULL;
    if (preset == NULL)
        DAM_FAIL(DAM_USAGE, "no preset is given");
    const dam__experiment *experiment = &preset->experiment;
    const dam__device_options options = {.precision = (dam__precision)experiment->train.precision};
    DAM_TRY_CLEANUP(dam__data_check(preset->texts.parts[0].name, &experiment->data));
    DAM_TRY_CLEANUP(create_empty(&set));
    set->origin = experiment->data;
    if (dam__teacher_asked(&experiment->data) || dam__gaussian_asked(&experiment->data))
        DAM_TRY_CLEANUP(dam__device_open_selected(device, &options, &drawer));
    DAM_TRY_CLEANUP(dam__dataset_load_on(
        drawer, &experiment->data, (uint64_t)experiment->seed,
        split == DAM_SPLIT_TRAIN ? DAM__SPLIT_TRAIN : DAM__SPLIT_TEST, &set->set));
    *out = set;
    set = NULL;
cleanup:
    dam__device_close(drawer);
    dam_dataset_free(set);
    return status;
}

/* --- what is in it ---------------------------------------------------------------------------- */

size_t dam_dataset_count(const dam_dataset *set)
{
    return set != NULL ? set->set.count : 0;
}

size_t dam_dataset_features(const dam_dataset *set)
{
    return set != NULL ? set->set.features : 0;
}

int32_t dam_dataset_classes(const dam_dataset *set)
{
    return set != NULL ? set->set.classes : 0;
}

dam_status dam_dataset_sample(const dam_dataset *set, size_t index, float *out)
{
    if (index >= dam_dataset_count(set))
        return dam__fail(DAM_USAGE, "there is no sample %zu; the dataset has %zu", index,
                         dam_dataset_count(set));
    size_t features = set->set.features;
    dam__dataset_copy(&set->set, index, out);
    if (set->set.samples.element != DAM__U8)
        return DAM_OK;
    /* From the end, where the floats do not overtake the bytes that they are made of. */
    const unsigned char *bytes = (const unsigned char *)out;
    for (size_t i = features; i-- > 0;)
        out[i] = bytes[i];
    return DAM_OK;
}

int32_t dam_dataset_label(const dam_dataset *set, size_t index)
{
    return index < dam_dataset_count(set) && set->set.labels != NULL ? set->set.labels[index] : -1;
}
