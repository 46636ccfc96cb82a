/* A few samples of a set as a set of their own. */
#ifndef DAM__DATA_PICK_H
#define DAM__DATA_PICK_H

#include "data/dataset.h"

/*
 * Copies count samples, in this order, with their labels; patches become samples like any other.
 * DAM_USAGE where an index is beyond the set. Free with dam__dataset_free.
 */
dam_status dam__dataset_pick(const dam__dataset *set, const size_t *indices, size_t count,
                             dam__dataset *out);

#endif
