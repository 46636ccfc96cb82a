#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "base/text.h"
#include "data/gaussian.h"
#include "data/holdout.h"
#include "data/labels.h"
#include "data/patches.h"
#include "data/patterns.h"
#include "data/plaquettes.h"
#include "data/prepare.h"
#include "data/synthetic.h"
#include "data/teacher.h"
#include "data/threshold.h"
#include "data/validation.h"
#include "store/reader.h"

void dam__dataset_free(dam__dataset *set)
{
    if (set == NULL)
        return;
    dam__array_free(&set->samples);
    dam__array_free(&set->teacher);
    dam__names_free(&set->class_names);
    dam__names_free(&set->feature_names);
    dam__scaler_free(&set->scaler);
    free(set->pictures.skipped_at);
    free(set->labels);
    *set = (dam__dataset){0};
}

size_t dam__dataset_held(const dam__dataset *set, double share)
{
    return set->held > 0 ? set->held : (size_t)((double)set->count * share);
}

dam_status dam__resize_read(const char *text, size_t *width, size_t *height)
{
    enum { MOST_SIDE = 65535 };
    int64_t sides[2] = {0, 0};
    char first[DAM__RESIZE_BYTES];
    *width = *height = 0;
    if (text[0] == '\0')
        return DAM_OK;
    const char *cross = strchr(text, 'x');
    (void)snprintf(first, sizeof first, "%.*s", cross != NULL ? (int)(cross - text) : 0, text);
    if (cross == NULL || dam__integer_read(first, &sides[0]) != DAM__NUMBER_OK ||
        dam__integer_read(cross + 1, &sides[1]) != DAM__NUMBER_OK || sides[0] < 1 || sides[1] < 1 ||
        sides[0] > MOST_SIDE || sides[1] > MOST_SIDE)
        return dam__fail(DAM_USAGE,
                         "data.resize = \"%s\" is no size of pictures; give WIDTHxHEIGHT, such as "
                         "\"28x28\", up to %d a side",
                         text, MOST_SIDE);
    *width = (size_t)sides[0];
    *height = (size_t)sides[1];
    return DAM_OK;
}

void dam__dataset_resolve(const dam__dataset *set, dam__data_config *config)
{
    if (set->threshold[0] != '\0')
        memcpy(config->threshold, set->threshold, sizeof config->threshold);
    else if (strcmp(config->threshold, "auto") == 0)
        (void)snprintf(config->threshold, sizeof config->threshold, "none");
    if (set->pictures.are)
        config->colour = set->pictures.have_colours ? DAM__COLOUR_RGB : DAM__COLOUR_GREY;
    if (config->split == DAM__HOLDOUT_AUTO)
        config->split = set->holdout == DAM__HOLDOUT_AUTO ? DAM__HOLDOUT_END : (int)set->holdout;
}

/* Which axes are of a picture; pixels of numpy's and Keras' arrays have their three levels last,
 * those of PyTorch's have them in planes. */
static void find_picture(dam__dataset *set)
{
    const dam__array *samples = &set->samples;
    const size_t *shape = samples->shape;
    if (samples->rank == 3 || (samples->rank == 4 && (shape[3] == 3 || shape[3] == 1))) {
        set->height = shape[1];
        set->width = shape[2];
        set->pixels = samples->rank == 4 && shape[3] == 3 ? DAM__PIXELS_RGB : DAM__PIXELS_GREY;
    } else if (samples->rank == 4 && (shape[1] == 3 || shape[1] == 1)) {
        set->height = shape[2];
        set->width = shape[3];
        set->pixels = shape[1] == 3 ? DAM__PIXELS_PLANES : DAM__PIXELS_GREY;
    }
}

/* Reads what `reading` wants of the images, of set->count, into set->samples as n x features; the
 * item type is still the file's. */
static dam_status read_samples(const char *path, dam__reading *reading, dam__dataset *set)
{
    char text[DAM__SHAPE_TEXT];
    dam__array *samples = &set->samples;
    DAM_TRY(dam__array_read_part(path, reading, samples));
    set->count = reading->there;
    set->feature_names = reading->columns;
    reading->columns = (dam__names){0};
    set->pictures = reading->pictures;
    reading->pictures = (dam__picture_facts){0};
    dam__shape_text(samples->rank, samples->shape, text);
    if (samples->rank == 0)
        return dam__fail(DAM_INPUT, "'%s' holds one number, not samples", path);
    if (dam__array_items(samples) == 0)
        return dam__fail(DAM_INPUT, "'%s' holds no samples (its shape is %s)", path, text);
    set->features = dam__array_items(samples) / samples->shape[0];
    find_picture(set);
    samples->rank = 2;
    samples->shape[1] = set->features;
    return DAM_OK;
}

/* Keeps the first `samples`; the classes stay those of the whole file. */
static dam_status cut(int samples, const char *images, dam__dataset *set)
{
    if (samples < 0 || (size_t)samples > set->count)
        return dam__fail(DAM_INPUT, "data.samples = %d, but '%s' holds %zu samples; 0 takes all",
                         samples, images, set->count);
    if (samples > 0)
        set->count = set->samples.shape[0] = (size_t)samples;
    return DAM_OK;
}

static dam_status read_files(const dam__data_config *config, dam__split split,
                             const dam__places *from, dam__dataset *set)
{
    dam_status status = DAM_OK;
    char *column = NULL, *labels = NULL;
    dam__reading reading = {.colour = (dam__colour_wish)config->colour,
                            .features = config->run_features,
                            .class_by_name = config->knows_classes,
                            .fills_gaps = config->missing == DAM__MISSING_MEAN};
    DAM_TRY_CLEANUP(dam__resize_read(config->resize, &reading.width, &reading.height));
    DAM_TRY_CLEANUP(dam__labels_column(config, split, from, &column));
    reading.without = column;
    reading.may_lack = from->labels == NULL;
    if (split == DAM__SPLIT_TRAIN && config->samples > 0)
        reading.rows = (size_t)config->samples;
    DAM_TRY_CLEANUP(read_samples(from->images, &reading, set));
    if (from->labels == NULL && reading.is_without)
        DAM_TRY_CLEANUP(dam__format(&labels, "%s:%s", from->images, column));
    const char *named = from->labels != NULL ? from->labels : labels;
    set->by_order = named != NULL && set->pictures.are && set->count > 1;
    if (named != NULL)
        DAM_TRY_CLEANUP(dam__labels_read(named, from->images, set));
    else
        DAM_TRY_CLEANUP(dam__labels_take(&reading, from->images, set));
cleanup:
    dam__reading_free(&reading);
    free(column);
    free(labels);
    return status;
}

/* Which samples are trained on must be known before the numbers of features are. */
static dam_status prepare(const dam__data_config *config, dam__split split, const char *path,
                          dam__dataset *set)
{
    bool measured = dam__scaler_asked(config) && config->scaler == NULL;
    if (measured && split == DAM__SPLIT_TRAIN && config->validation_images[0] == '\0') {
        DAM_TRY(dam__holdout_arrange(config, config->seed, set));
        set->is_arranged = true;
    }
    return dam__dataset_prepare(config, path, set);
}

static dam_status load_files(const dam__data_config *config, dam__split split, dam__dataset *set)
{
    dam_status status = DAM_OK;
    dam__places from = {0};
    DAM_TRY_CLEANUP(dam__places_find(config, split, &from));
    bool is_other = split == DAM__SPLIT_TEST && config->test_images[0] != '\0';
    const char *name = config->name[0] != '\0' && !is_other ? config->name : from.images;
    (void)snprintf(set->name, sizeof set->name, "%s", name);
    DAM_TRY_CLEANUP(read_files(config, split, &from, set));
    if (split == DAM__SPLIT_TEST && !config->knows_classes)
        DAM_TRY_CLEANUP(dam__labels_number(config, set));
    if (split == DAM__SPLIT_TRAIN)
        DAM_TRY_CLEANUP(cut(config->samples, from.images, set));
    set->is_upright = config->transpose == DAM__TRANSPOSE_AUTO && set->height > 0 &&
                      dam__places_on_side(from.images);
    DAM_TRY_CLEANUP(prepare(config, split, from.images, set));
cleanup:
    dam__places_free(&from);
    return status;
}

/* Made-up images are no pictures: bytes above 0 are +1 unless a threshold is given. */
static dam_status load_synthetic(const dam__data_config *config, dam__split split,
                                 dam__dataset *set)
{
    bool is_auto = strcmp(config->threshold, "auto") == 0;
    DAM_TRY(dam__synthetic_load(config, split, set));
    DAM_TRY(dam__threshold_choose(is_auto ? "none" : config->threshold, set));
    return dam__threshold_apply(set);
}

static dam_status load_split(const dam__data_config *config, dam__split split, dam__dataset *out)
{
    dam_status status = DAM_OK;
    dam__dataset set = {0};
    *out = (dam__dataset){0};
    bool from_file = split == DAM__SPLIT_TEST && config->test_images[0] != '\0';
    if (!from_file && dam__teacher_asked(config))
        DAM_FAIL(
            DAM_INPUT,
            "the set 'teacher' is drawn on a device; here only sets that need none can be read");
    if (!from_file && dam__gaussian_asked(config))
        DAM_FAIL(
            DAM_INPUT,
            "the set 'gaussian' is drawn on a device; here only sets that need none can be read");
    if (!from_file && dam__synthetic_asked(config))
        DAM_TRY_CLEANUP(load_synthetic(config, split, &set));
    else if (!from_file && dam__patterns_asked(config))
        DAM_TRY_CLEANUP(dam__patterns_load(config, 0, &set));
    else
        DAM_TRY_CLEANUP(load_files(config, split, &set));
    if (!from_file && split == DAM__SPLIT_TRAIN && !config->only_scaler)
        DAM_TRY_CLEANUP(dam__validation_load(config, &set));
    if (config->plaquette > 1)
        DAM_TRY_CLEANUP(dam__dataset_coarsen(&set, (size_t)config->plaquette));
    set.held_out = split == DAM__SPLIT_TEST;
    if (config->patch > 0)
        DAM_TRY_CLEANUP(
            dam__dataset_cut(&set, (size_t)config->patch, (size_t)config->patch_stride));
    *out = set;
    set = (dam__dataset){0};
cleanup:
    dam__dataset_free(&set);
    return status;
}

/*
 * Test samples are scaled by the numbers of a run, or where there is none by those of the training
 * samples, which are read for it.
 */
dam_status dam__dataset_load(const dam__data_config *config, dam__split split, dam__dataset *out)
{
    dam_status status = DAM_OK;
    dam__dataset training = {0};
    dam__data_config own = *config;
    *out = (dam__dataset){0};
    if (split == DAM__SPLIT_TEST && config->scaler == NULL && dam__scaler_asked(config)) {
        own.only_scaler = true;
        DAM_TRY_CLEANUP(load_split(&own, DAM__SPLIT_TRAIN, &training));
        own.scaler = &training.scaler;
    }
    DAM_TRY_CLEANUP(load_split(&own, split, out));
cleanup:
    dam__dataset_free(&training);
    return status;
}
