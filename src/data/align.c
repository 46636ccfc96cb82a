/* Samples of another file as those of the training: names of classes and of features. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/dataset.h"

static int shown(const char *word)
{
    return (int)dam__shown_bytes(word, strlen(word));
}

/* Which class of the training each class of the set is; free(). */
static dam_status find_classes(const dam__names *classes, const dam__dataset *set, int32_t **out)
{
    dam_status status = DAM_OK;
    dam__text known = {0};
    DAM_TRY_CLEANUP(dam__alloc(set->class_names.count, sizeof **out, out));
    dam__names_list(classes, &known);
    DAM_TRY_CLEANUP(dam__text_status(&known));
    for (size_t i = 0; i < set->class_names.count; i++) {
        size_t place = dam__names_find(classes, set->class_names.items[i]);
        if (place == classes->count)
            DAM_FAIL(DAM_INPUT, "'%s' has the class '%.*s', which the training has not (%s)",
                     set->name, shown(set->class_names.items[i]), set->class_names.items[i],
                     known.data);
        (*out)[i] = (int32_t)place;
    }
cleanup:
    dam__text_free(&known);
    return status;
}

static dam_status align_classes(const dam__names *classes, dam__dataset *set)
{
    dam_status status = DAM_OK;
    int32_t *places = NULL;
    DAM_TRY_CLEANUP(find_classes(classes, set, &places));
    for (size_t i = 0; i < set->count; i++)
        set->labels[i] = places[set->labels[i]];
    set->classes = (int32_t)classes->count;
    dam__names_free(&set->class_names);
    DAM_TRY_CLEANUP(dam__names_copy(classes, &set->class_names));
cleanup:
    free(places);
    return status;
}

static dam_status compare_features(const dam__names *features, const dam__dataset *set)
{
    const dam__names *own = &set->feature_names;
    for (size_t i = 0; i < own->count && i < features->count; i++)
        if (strcmp(own->items[i], features->items[i]) != 0)
            return dam__fail(DAM_INPUT,
                             "feature %zu of '%s' is '%.*s', where the training had '%.*s'; put "
                             "the columns into the same order",
                             i, set->name, shown(own->items[i]), own->items[i],
                             shown(features->items[i]), features->items[i]);
    return DAM_OK;
}

dam_status dam__dataset_align(const dam__names *classes, const dam__names *features,
                              dam__dataset *set)
{
    if (features != NULL)
        DAM_TRY(compare_features(features, set));
    return classes != NULL && set->class_names.count > 0 ? align_classes(classes, set) : DAM_OK;
}
