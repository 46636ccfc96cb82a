#include "data/pick.h"

#include <stdio.h>

#include "base/memory.h"
#include "data/patches.h"

dam_status dam__dataset_pick(const dam__dataset *set, const size_t *indices, size_t count,
                             dam__dataset *out)
{
    dam_status status = DAM_OK;
    dam__dataset picked = {.on_sphere = set->on_sphere,
                           .count = count,
                           .features = set->features,
                           .height = set->height,
                           .width = set->width,
                           .pixels = set->pixels,
                           .classes = set->classes};
    *out = (dam__dataset){0};
    (void)snprintf(picked.name, sizeof picked.name, "%s", set->name);
    for (size_t i = 0; i < count; i++)
        if (indices[i] >= set->count)
            DAM_FAIL(DAM_USAGE, "there is no sample %zu: '%s' has %zu, counted from 0", indices[i],
                     set->name, set->count);
    DAM_TRY_CLEANUP(dam__array_create(set->samples.element, 2,
                                      (const size_t[]){count, set->features}, &picked.samples));
    if (set->labels != NULL)
        DAM_TRY_CLEANUP(dam__alloc(count, sizeof *picked.labels, &picked.labels));
    size_t row = set->features * dam__element_size(set->samples.element);
    for (size_t i = 0; i < count; i++) {
        dam__dataset_copy(set, indices[i], (char *)picked.samples.data + i * row);
        if (set->labels != NULL)
            picked.labels[i] = set->labels[indices[i]];
    }
    *out = picked;
    picked = (dam__dataset){0};
cleanup:
    dam__dataset_free(&picked);
    return status;
}
