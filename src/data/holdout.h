/* Which training samples are kept for validation: data.split. */
#ifndef DAM__DATA_HOLDOUT_H
#define DAM__DATA_HOLDOUT_H

#include "data/dataset.h"

/*
 * Puts those that config->validation keeps, (size_t)(count x validation) of them, at the end of the
 * set, where training looks for them; within both parts the order of the file stays. out->holdout
 * says how they were chosen. Sets of patches, and those that keep none, stay as they are.
 */
dam_status dam__holdout_arrange(const dam__data_config *config, uint64_t seed, dam__dataset *set);

/* The same into a copy, for samples that belong to a program; *out is empty where the set's own
 * order will do. Free with dam__dataset_free. */
dam_status dam__holdout_arranged(const dam__data_config *config, uint64_t seed,
                                 const dam__dataset *set, dam__dataset *out);

/* Whether the order depends on the seed. */
bool dam__holdout_is_drawn(dam__holdout holdout);

/* Of each class, how many samples it has in all, and among the last `held`; freed with free(), both
 * in one block: counts[2 c] and counts[2 c + 1]. Labels that are no class (a teacher's) are left
 * out. */
dam_status dam__holdout_count(const dam__dataset *set, size_t held, size_t **counts);

#endif
