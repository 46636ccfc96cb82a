/* Samples for validation that a file of its own has: data.validation_images. */
#ifndef DAM__DATA_VALIDATION_H
#define DAM__DATA_VALIDATION_H

#include "data/dataset.h"

/*
 * Loads them as the training samples in `set` were, and puts them behind those: set->held is their
 * number. Does nothing where none are named. DAM_INPUT: other features or numbers than those, a
 * class by a name that they have not, no labels where those have some.
 */
dam_status dam__validation_load(const dam__data_config *config, dam__dataset *set);

#endif
