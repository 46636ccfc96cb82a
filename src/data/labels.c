#include "data/labels.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "store/reader.h"

/* --- checks ----------------------------------------------------------------------------------- */

/* Takes label i x step of the array for sample i, and counts the classes. */
static dam_status take(const dam__array *labels, size_t step, const char *path, dam__dataset *set)
{
    dam_status status = DAM_OK;
    bool *seen = NULL;
    DAM_TRY_CLEANUP(dam__alloc((size_t)DAM__LARGEST_LABEL + 1, sizeof *seen, &seen));
    DAM_TRY_CLEANUP(dam__alloc(set->count, sizeof *set->labels, &set->labels));
    for (size_t i = 0; i < set->count; i++) {
        double label = dam__array_at(labels, i * step);
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

/* Labels are one a sample, along whatever axis; of QMNIST's eight numbers the first. */
static dam_status find_step(const dam__array *labels, const char *path, size_t *step)
{
    char text[DAM__SHAPE_TEXT];
    size_t items = dam__array_items(labels), longest = 0;
    for (int axis = 0; axis < labels->rank; axis++)
        longest = labels->shape[axis] > longest ? labels->shape[axis] : longest;
    *step = 1;
    if (labels->rank == 2 && labels->shape[1] == 8 && dam__places_has_more(path)) {
        *step = 8;
        return DAM_OK;
    }
    if (labels->rank > 0 && items == longest)
        return DAM_OK;
    return dam__fail(DAM_INPUT,
                     "labels '%s' have the shape %s; they must be one class number a sample, not "
                     "one-hot",
                     path, dam__shape_text(labels->rank, labels->shape, text));
}

/* --- files ------------------------------------------------------------------------------------ */

dam_status dam__labels_read(const char *path, const char *images, dam__dataset *set)
{
    dam_status status = DAM_OK;
    dam__array labels = {0};
    dam__reading reading = {.as_words = true, .expected = set->count};
    size_t step = 1;
    DAM_TRY_CLEANUP(dam__array_read_part(path, &reading, &labels));
    DAM_TRY_CLEANUP(find_step(&labels, path, &step));
    size_t items = dam__array_items(&labels) / step;
    if (items != set->count)
        DAM_FAIL(DAM_INPUT, "'%s' holds %zu samples but '%s' %zu labels; they must go together%s",
                 images, set->count, path, items,
                 items == set->features ? ": its columns seem to be the samples, so save it "
                                          "transposed"
                                        : "");
    DAM_TRY_CLEANUP(take(&labels, step, path, set));
    set->class_names = reading.words;
    reading.words = (dam__names){0};
cleanup:
    dam__reading_free(&reading);
    dam__array_free(&labels);
    return status;
}

dam_status dam__labels_take(dam__reading *reading, const char *images, dam__dataset *set)
{
    const dam__array labels = {
        .element = DAM__I32, .rank = 1, .shape = {set->count}, .data = reading->labels};
    if (reading->labels == NULL)
        return DAM_OK;
    DAM_TRY(take(&labels, 1, images, set));
    set->class_names = reading->classes;
    reading->classes = (dam__names){0};
    return DAM_OK;
}

dam_status dam__labels_column(const dam__data_config *config, dam__split split,
                              const dam__places *from, char **column)
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

/* --- as the training -------------------------------------------------------------------------- */

/* What the training's classes are called; none where they are numbers, or not to be read. */
static void read_names(const dam__data_config *config, dam__names *out)
{
    dam__array array = {0};
    /* One sample tells how many there are, and what the folders of pictures are called. */
    dam__reading samples = {.rows = 1, .fills_gaps = true}, labels = {.as_words = true};
    if (config->images[0] == '\0' ||
        dam__array_read_part(config->images, &samples, &array) != DAM_OK)
        samples.there = 0;
    dam__array_free(&array);
    if (config->labels[0] == '\0') {
        *out = samples.classes;
        samples.classes = (dam__names){0};
    } else {
        labels.expected = samples.there;
        if (dam__array_read_part(config->labels, &labels, &array) == DAM_OK) {
            *out = labels.words;
            labels.words = (dam__names){0};
        }
        dam__array_free(&array);
    }
    dam__reading_free(&samples);
    dam__reading_free(&labels);
}

dam_status dam__labels_number(const dam__data_config *config, dam__dataset *set)
{
    dam__names names = {0};
    dam_status status = DAM_OK;
    if (set->class_names.count == 0)
        return DAM_OK;
    read_names(config, &names);
    if (names.count > 0)
        status = dam__dataset_align(&names, NULL, set);
    dam__names_free(&names);
    return status;
}
