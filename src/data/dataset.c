#include "data/dataset.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "data/gaussian.h"
#include "data/patches.h"
#include "data/patterns.h"
#include "data/plaquettes.h"
#include "data/prepare.h"
#include "data/synthetic.h"
#include "data/teacher.h"
#include "data/threshold.h"
#include "store/reader.h"

static const char debian_folder[] = "/usr/share/datasets";

void dam__dataset_free(dam__dataset *set)
{
    if (set == NULL)
        return;
    dam__array_free(&set->samples);
    dam__array_free(&set->teacher);
    dam__names_free(&set->class_names);
    dam__names_free(&set->feature_names);
    free(set->labels);
    *set = (dam__dataset){0};
}

void dam__dataset_resolve(const dam__dataset *set, dam__data_config *config)
{
    if (set->threshold[0] != '\0')
        memcpy(config->threshold, set->threshold, sizeof config->threshold);
    else if (strcmp(config->threshold, "auto") == 0)
        (void)snprintf(config->threshold, sizeof config->threshold, "none");
    if (config->split == DAM__HOLDOUT_AUTO)
        config->split = set->holdout == DAM__HOLDOUT_AUTO ? DAM__HOLDOUT_END : (int)set->holdout;
}

/* Where the two files of a split are; both freed with free(), labels may be NULL. */
typedef struct places {
    char *images, *labels;
} places;

/* *found = folder/name or folder/name.gz, whichever exists; NULL where neither does. */
static dam_status find_file(const char *folder, const char *name, char **found)
{
    static const char *const endings[] = {"", ".gz"};
    dam_status status = DAM_OK;
    char *path = NULL;
    *found = NULL;
    for (size_t i = 0; i < 2 && *found == NULL; i++) {
        DAM_TRY_CLEANUP(dam__format(&path, "%s/%s%s", folder, name, endings[i]));
        if (dam__file_exists(path)) {
            *found = path;
            path = NULL;
        }
        free(path);
        path = NULL;
    }
cleanup:
    free(path);
    return status;
}

/* Looks in one folder, and adds it to the list of those searched. */
static dam_status search_folder(const char *folder, dam__split split, places *out,
                                dam__text *searched)
{
    const char *images =
        split == DAM__SPLIT_TRAIN ? "train-images-idx3-ubyte" : "t10k-images-idx3-ubyte";
    const char *labels =
        split == DAM__SPLIT_TRAIN ? "train-labels-idx1-ubyte" : "t10k-labels-idx1-ubyte";
    dam__text_append(searched, "%s'%s'", searched->length > 0 ? ", " : "", folder);
    DAM_TRY(find_file(folder, images, &out->images));
    if (out->images == NULL)
        return DAM_OK;
    DAM_TRY(find_file(folder, labels, &out->labels));
    if (out->labels == NULL)
        return dam__fail(DAM_INPUT, "'%s' has no labels beside it: put '%s' (or .gz) into '%s'",
                         out->images, labels, folder);
    return DAM_OK;
}

/* Finds the IDX pair of a named set in the search folders (see dataset.h for their order). */
static dam_status find_named(const char *name, dam__split split, places *out)
{
    dam_status status = DAM_OK;
    char *folder = NULL;
    dam__text searched = {0};
    const char *const own = getenv("DENSEAM_DATA");
    const char *const roots[] = {own, "data", debian_folder};
    /* The files of all such sets have the same names: loose in a folder they pass for MNIST only.
     */
    if (strcmp(name, DAM__DATA_MEMORY) == 0)
        return dam__fail(DAM_INPUT,
                         "the samples were handed over by a program and are in no file; name files "
                         "by data.%simages and data.%slabels",
                         split == DAM__SPLIT_TRAIN ? "" : "test_",
                         split == DAM__SPLIT_TRAIN ? "" : "test_");
    bool loose = strcmp(name, "mnist") == 0;
    for (size_t i = 0; i < sizeof roots / sizeof roots[0] && out->images == NULL; i++) {
        if (roots[i] == NULL || roots[i][0] == '\0')
            continue;
        DAM_TRY_CLEANUP(dam__path_join(&folder, roots[i], name));
        DAM_TRY_CLEANUP(search_folder(folder, split, out, &searched));
        free(folder);
        folder = NULL;
        if (out->images == NULL && loose && roots[i] != debian_folder)
            DAM_TRY_CLEANUP(search_folder(roots[i], split, out, &searched));
    }
    DAM_TRY_CLEANUP(dam__text_status(&searched));
    if (out->images == NULL)
        DAM_FAIL(DAM_INPUT,
                 "data set '%s' is in none of %s: ci/setup fetches MNIST, Debian's package "
                 "dataset-fashion-mnist has Fashion-MNIST; else set DENSEAM_DATA or data.images",
                 name, searched.data);
cleanup:
    free(folder);
    dam__text_free(&searched);
    return status;
}

/* The files of a split: those the configuration names, else the named set's. */
static dam_status find_places(const dam__data_config *config, dam__split split, places *out)
{
    bool train = split == DAM__SPLIT_TRAIN;
    const char *images = train ? config->images : config->test_images;
    const char *labels = train ? config->labels : config->test_labels;
    const char *prefix = train ? "" : "test_";
    if (images[0] == '\0' && labels[0] != '\0')
        return dam__fail(DAM_INPUT, "data.%slabels is given without data.%simages; give both",
                         prefix, prefix);
    if (images[0] != '\0') {
        DAM_TRY(dam__format(&out->images, "%s", images));
        if (labels[0] != '\0')
            DAM_TRY(dam__format(&out->labels, "%s", labels));
    } else if (config->name[0] != '\0') {
        DAM_TRY(find_named(config->name, split, out));
    } else {
        return dam__fail(DAM_INPUT, "there is no %s set: set data.%simages to a file, or data.name",
                         train ? "training" : "test", prefix);
    }
    return DAM_OK;
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
    dam__shape_text(samples->rank, samples->shape, text);
    if (samples->rank == 0)
        return dam__fail(DAM_INPUT, "'%s' holds one number, not samples", path);
    if (dam__array_items(samples) == 0)
        return dam__fail(DAM_INPUT, "'%s' holds no samples (its shape is %s)", path, text);
    set->features = dam__array_items(samples) / samples->shape[0];
    if (samples->rank == 3) {
        set->height = samples->shape[1];
        set->width = samples->shape[2];
    }
    samples->rank = 2;
    samples->shape[1] = set->features;
    return DAM_OK;
}

/* Checks the labels that were read and counts the classes. */
static dam_status take_labels(const dam__array *labels, const char *path, dam__dataset *set)
{
    dam_status status = DAM_OK;
    bool *seen = NULL;
    DAM_TRY_CLEANUP(dam__alloc((size_t)DAM__LARGEST_LABEL + 1, sizeof *seen, &seen));
    DAM_TRY_CLEANUP(dam__alloc(set->count, sizeof *set->labels, &set->labels));
    for (size_t i = 0; i < set->count; i++) {
        double label = dam__array_at(labels, i);
        if (!(label >= 0 && label <= DAM__LARGEST_LABEL) || label != floor(label))
            DAM_FAIL(DAM_INPUT, "label %zu of '%s' is %g; labels must be whole numbers 0 ... %d", i,
                     path, label, (int)DAM__LARGEST_LABEL);
        set->labels[i] = (int32_t)label;
        if (set->labels[i] >= set->classes)
            set->classes = set->labels[i] + 1;
        set->occurring += !seen[set->labels[i]];
        seen[set->labels[i]] = true;
    }
cleanup:
    free(seen);
    return status;
}

/* Reads the labels of all samples; words are numbered in their order. */
static dam_status read_labels(const char *path, const char *images, dam__dataset *set)
{
    dam_status status = DAM_OK;
    char text[DAM__SHAPE_TEXT];
    dam__array labels = {0};
    dam__reading reading = {.as_words = true};
    DAM_TRY_CLEANUP(dam__array_read_part(path, &reading, &labels));
    size_t items = dam__array_items(&labels);
    if (labels.rank == 0 || items != labels.shape[0])
        DAM_FAIL(DAM_INPUT,
                 "labels '%s' have the shape %s; they must be one class number a sample, not "
                 "one-hot",
                 path, dam__shape_text(labels.rank, labels.shape, text));
    if (items != set->count)
        DAM_FAIL(DAM_INPUT, "'%s' holds %zu samples but '%s' %zu labels; they must go together",
                 images, set->count, path, items);
    DAM_TRY_CLEANUP(take_labels(&labels, path, set));
    set->class_names = reading.words;
    reading.words = (dam__names){0};
cleanup:
    dam__reading_free(&reading);
    dam__array_free(&labels);
    return status;
}

/*
 * The column of a table that has the labels is no feature. Where none are named for a test set, it
 * has them in the column of the training's name, if there is one. *column = that name, free().
 */
static dam_status find_column(const dam__data_config *config, dam__split split, const places *from,
                              char **column)
{
    dam_status status = DAM_OK;
    char *images = NULL, *labels = NULL;
    const char *part = NULL, *ignored = NULL;
    int64_t place = 0;
    bool by_training = from->labels == NULL && split == DAM__SPLIT_TEST;
    const char *named = by_training ? config->labels : from->labels;
    *column = NULL;
    if (named == NULL || named[0] == '\0')
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__location_split(from->images, &images, &ignored));
    DAM_TRY_CLEANUP(dam__location_split(named, &labels, &part));
    /* Of a training file that is gone the name is still known. */
    if (part == NULL && by_training && !dam__file_exists(labels) && strchr(named, ':') != NULL)
        part = strrchr(named, ':') + 1;
    bool applies = by_training ? part != NULL && dam__integer_read(part, &place) != DAM__NUMBER_OK
                               : part != NULL && dam__same_file(images, labels);
    if (applies && dam__table_is(images))
        DAM_TRY_CLEANUP(dam__format(column, "%s", part));
cleanup:
    free(images);
    free(labels);
    return status;
}

/* Test labels that are words have the numbers of the training's, where its file can be read. */
static dam_status number_as_training(const dam__data_config *config, dam__dataset *set)
{
    dam_status status = DAM_OK;
    dam__array labels = {0};
    dam__reading reading = {.as_words = true};
    if (set->class_names.count == 0 || config->labels[0] == '\0' ||
        dam__array_read_part(config->labels, &reading, &labels) != DAM_OK)
        goto cleanup;
    if (reading.words.count > 0)
        status = dam__dataset_align(&reading.words, NULL, set);
cleanup:
    dam__reading_free(&reading);
    dam__array_free(&labels);
    return status;
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

static dam_status load_files(const dam__data_config *config, dam__split split, dam__dataset *set)
{
    dam_status status = DAM_OK;
    places from = {0};
    char *column = NULL;
    dam__reading reading = {0};
    DAM_TRY_CLEANUP(find_places(config, split, &from));
    bool is_other = split == DAM__SPLIT_TEST && config->test_images[0] != '\0';
    const char *name = config->name[0] != '\0' && !is_other ? config->name : from.images;
    (void)snprintf(set->name, sizeof set->name, "%s", name);
    DAM_TRY_CLEANUP(find_column(config, split, &from, &column));
    reading.without = column;
    reading.may_lack = from.labels == NULL;
    if (split == DAM__SPLIT_TRAIN && config->samples > 0)
        reading.rows = (size_t)config->samples;
    DAM_TRY_CLEANUP(read_samples(from.images, &reading, set));
    if (from.labels == NULL && reading.is_without)
        DAM_TRY_CLEANUP(dam__format(&from.labels, "%s:%s", from.images, column));
    if (from.labels != NULL)
        DAM_TRY_CLEANUP(read_labels(from.labels, from.images, set));
    if (split == DAM__SPLIT_TEST && !config->knows_classes)
        DAM_TRY_CLEANUP(number_as_training(config, set));
    if (split == DAM__SPLIT_TRAIN)
        DAM_TRY_CLEANUP(cut(config->samples, from.images, set));
    DAM_TRY_CLEANUP(dam__dataset_prepare(config, from.images, set));
cleanup:
    dam__reading_free(&reading);
    free(column);
    free(from.images);
    free(from.labels);
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

dam_status dam__dataset_load(const dam__data_config *config, dam__split split, dam__dataset *out)
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
