#include "data/validation.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static dam_status compare(const dam__dataset *set, const dam__dataset *other)
{
    if (other->features != set->features)
        return dam__fail(DAM_INPUT, "'%s' has %zu features a sample, but '%s' %zu", other->name,
                         other->features, set->name, set->features);
    if (other->samples.element != set->samples.element)
        return dam__fail(DAM_INPUT, "'%s' holds %s numbers, but '%s' %s; save both alike",
                         other->name, dam__element_name(other->samples.element), set->name,
                         dam__element_name(set->samples.element));
    if (set->labels != NULL && other->labels == NULL)
        return dam__fail(DAM_INPUT, "'%s' has no labels, but '%s' has; set data.validation_labels",
                         other->name, set->name);
    if ((set->class_names.count > 0) != (other->class_names.count > 0) && other->labels != NULL)
        return dam__fail(DAM_INPUT, "'%s' has classes by %s, but '%s' by %s; name them alike",
                         other->name, other->class_names.count > 0 ? "name" : "number", set->name,
                         set->class_names.count > 0 ? "name" : "number");
    return DAM_OK;
}

/* Behind the samples of the set, whose memory grows. */
static dam_status append(const dam__dataset *other, dam__dataset *set)
{
    size_t row = set->features * dam__element_size(set->samples.element), bytes = 0;
    size_t count = set->count + other->count;
    DAM_TRY(dam__multiply(count, row, &bytes));
    DAM_TRY(dam__grow(&set->samples.data, bytes, 1));
    memcpy((char *)set->samples.data + set->count * row, other->samples.data, other->count * row);
    if (set->labels != NULL) {
        DAM_TRY(dam__grow(&set->labels, count, sizeof *set->labels));
        memcpy(set->labels + set->count, other->labels, other->count * sizeof *set->labels);
        set->classes = other->classes > set->classes ? other->classes : set->classes;
    }
    set->count = set->samples.shape[0] = count;
    set->held = other->count;
    set->holdout = DAM__HOLDOUT_END;
    set->recentred += other->recentred;
    set->lossy += other->lossy;
    set->filled += other->filled;
    return DAM_OK;
}

dam_status dam__validation_load(const dam__data_config *config, dam__dataset *set)
{
    dam_status status = DAM_OK;
    dam__dataset other = {0};
    dam__data_config own = *config;
    if (config->validation_images[0] == '\0')
        return DAM_OK;
    /* As a test set, with all that the training samples decide. */
    dam__dataset_resolve(set, &own);
    memcpy(own.test_images, config->validation_images, sizeof own.test_images);
    memcpy(own.test_labels, config->validation_labels, sizeof own.test_labels);
    own.validation_images[0] = '\0';
    own.name[0] = '\0';
    own.knows_classes = true;
    own.scaler = config->scaler != NULL ? config->scaler : &set->scaler;
    own.run_features = set->features;
    own.plaquette = 1;
    own.patch = 0;
    DAM_TRY_CLEANUP(dam__dataset_load(&own, DAM__SPLIT_TEST, &other));
    DAM_TRY_CLEANUP(compare(set, &other));
    DAM_TRY_CLEANUP(dam__dataset_align(set->class_names.count > 0 ? &set->class_names : NULL,
                                       &set->feature_names, &other));
    status = append(&other, set);
cleanup:
    dam__dataset_free(&other);
    return status;
}
