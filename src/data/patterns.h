/*
 * Random patterns to store, so that experiments on capacity need no files: data.name = "patterns".
 */
#ifndef DAM__DATA_PATTERNS_H
#define DAM__DATA_PATTERNS_H

#include "data/dataset.h"

enum {
    DAM__PATTERNS = 20,              /* where data.samples = 0 */
    DAM__PATTERNS_ITEMS = 1000000000 /* at most so many numbers */
};

/* Whether the configuration asks for them. */
bool dam__patterns_asked(const dam__data_config *config);

/*
 * data.samples patterns of data.dim independent numbers, +1 or -1 with equal odds, as float32.
 * Pattern i of a seed does not depend on how many there are. Training and testing use the same
 * patterns. Free with dam__dataset_free. DAM_INPUT where they are too many.
 */
dam_status dam__patterns_load(const dam__data_config *config, uint64_t seed, dam__dataset *out);

/* Pattern `index` of a seed: dim numbers. */
void dam__pattern(uint64_t seed, size_t index, size_t dim, float *out);

#endif
