/* Images averaged over square plaquettes: the same pictures with fewer features. */
#ifndef DAM__DATA_PLAQUETTES_H
#define DAM__DATA_PLAQUETTES_H

#include "data/dataset.h"

/*
 * Replaces images by the means of their side x side plaquettes, row by row, as float32; bytes count
 * as parts of 255. DAM_INPUT where samples are no images, or side does not divide them.
 */
dam_status dam__dataset_coarsen(dam__dataset *set, size_t side);

#endif
