/* What was read of a file to what models take: the keys of the section data that change numbers. */
#ifndef DAM__DATA_PREPARE_H
#define DAM__DATA_PREPARE_H

#include "data/dataset.h"

/*
 * Samples as read (n x features of any element type) to bytes or float32, in place: images are
 * transposed, numbers inverted, surveyed, cut to states, narrowed, as config says. path is for
 * messages. DAM_INPUT: not finite, no images to transpose; DAM_USAGE: no such threshold.
 */
dam_status dam__dataset_prepare(const dam__data_config *config, const char *path,
                                dam__dataset *set);

#endif
