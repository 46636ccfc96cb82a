/*
 * Samples of a known teacher (arXiv 2508.19151, synthetic data): data.name = "teacher".
 *
 * The teacher has unit memories, uniform on the sphere; memory mu has class mu % classes, but for a
 * share `softening` of its samples, which have any of the classes or none. A sample is von
 * Mises-Fisher round a memory drawn at random. Samples are drawn on the device and read back: they
 * are a dataset like any other, on the sphere already.
 */
#ifndef DAM__DATA_TEACHER_H
#define DAM__DATA_TEACHER_H

#include "compute/matrix.h"
#include "data/dataset.h"

enum {
    DAM__TEACHER_TRAIN = 20000, /* training samples where data.samples = 0 */
    DAM__TEACHER_TEST = 5000
};

/* Whether the configuration asks for it. */
bool dam__teacher_asked(const dam__data_config *config);

/* Whether the samples depend on the run's seed: those of files do not. */
bool dam__dataset_is_drawn(const dam__data_config *config);

/*
 * dam__dataset_load, and what depends on the seed as well: patterns (data/patterns.h), and the
 * teacher's samples, which want a device: training and test split are different places of the same
 * stream of the seed. out->teacher holds the memories. Free
 * with dam__dataset_free.
 */
dam_status dam__dataset_load_on(dam__device *device, const dam__data_config *config, uint64_t seed,
                                dam__split split, dam__dataset *out);

#endif
