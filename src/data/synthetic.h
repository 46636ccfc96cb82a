/*
 * A synthetic data set, so that benchmarks and tests need no files: data.name = "random".
 *
 * Ten classes of 28 x 28 images in uint8. Each class has a prototype of independent random pixels;
 * a sample is the average of its class's prototype and of random pixels of its own, so that there
 * is something to learn: two samples of a class correlate by about 1/2, others by 0.
 */
#ifndef DAM__DATA_SYNTHETIC_H
#define DAM__DATA_SYNTHETIC_H

#include <stdbool.h>

#include "data/dataset.h"

enum {
    DAM__SYNTHETIC_TRAIN = 10000, /* training samples where data.samples = 0 */
    DAM__SYNTHETIC_TEST = 2000,
    DAM__SYNTHETIC_MOST = 1000000 /* training samples at most */
};

/* Whether the configuration asks for this set. */
bool dam__synthetic_asked(const dam__data_config *config);

/*
 * Makes one split; free with dam__dataset_free. The set is independent of the run's seed, and
 * sample i is independent of the number of samples. DAM_INPUT where data.samples exceeds
 * DAM__SYNTHETIC_MOST.
 */
dam_status dam__synthetic_load(const dam__data_config *config, dam__split split, dam__dataset *out);

#endif
