/*
 * Square patches of images as the samples of a dataset, without storing them: the images stay as
 * they are, and a patch is cut when it is needed, on the host or on the device (cl/data.cl).
 *
 * Patches are numbered image by image, row by row, windows that lie wholly inside only. Sample i is
 * patch i * multiplier modulo their number, with a multiplier near the golden ratio of it, so that
 * any range of samples, such as the validation set, has patches from everywhere.
 */
#ifndef DAM__DATA_PATCHES_H
#define DAM__DATA_PATCHES_H

#include "data/dataset.h"

/*
 * Turns a set of images into the set of their size x size patches every `stride` pixels; they have
 * no labels. DAM_INPUT where samples are no images, or smaller than a patch, or patches are too
 * many.
 */
dam_status dam__dataset_cut(dam__dataset *set, size_t size, size_t stride);

/* Copies sample `index` as it stands in the file (features elements), cut where the set is cut. */
void dam__dataset_copy(const dam__dataset *set, size_t index, void *out);

/*
 * Sample `index` as models see it: its mean subtracted (unless it is on the sphere already), of
 * unit norm. False, and zeros, where nothing is left.
 */
bool dam__dataset_prepared(const dam__dataset *set, size_t index, double *out);

#endif
