/*
 * Synthetic vectors for denoisers (arXiv 2605.10164): data.name = "gaussian". Their features are
 * independent normal numbers, whose variances the configuration chooses.
 */
#ifndef DAM__DATA_GAUSSIAN_H
#define DAM__DATA_GAUSSIAN_H

#include "compute/matrix.h"
#include "data/dataset.h"

enum { DAM__GAUSSIAN_RATIO = 5 }; /* samples a feature where data.samples = 0 */

/* Whether the configuration asks for them. */
bool dam__gaussian_asked(const dam__data_config *config);

/*
 * Draws data.samples vectors of data.dim features on the device and reads them back: a dataset like
 * any other. Training and test split, of equal size, are different places of the same stream of the
 * seed. Free with dam__dataset_free. DAM_INPUT where there are too many.
 */
dam_status dam__gaussian_load(dam__device *device, const dam__data_config *config, uint64_t seed,
                              dam__split split, dam__dataset *out);

/* The variance of each of dim features; they sum to dim. */
void dam__gaussian_variances(dam__spectrum spectrum, size_t dim, double *out);

#endif
