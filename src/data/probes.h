/*
 * Probes for recall, made of patterns of +-1: some neurons flipped, a region forgotten, or noise.
 * Random draws depend only on the seed and the number of the probe.
 */
#ifndef DAM__DATA_PROBES_H
#define DAM__DATA_PROBES_H

#include <stddef.h>
#include <stdint.h>

#include "base/try.h"
#include "data/dataset.h"

/* A state's shape: dim features, of an image where height and width are not 0. */
typedef struct dam__state_shape {
    size_t dim, height, width;
    dam__pixels pixels;
} dam__state_shape;

/*
 * Marks the neurons of a region with 1, all others with 0: "top", "bottom", "left" or "right" half
 * of an image; "FIRST-LAST" neurons, counted from 0; "TOP-BOTTOM,LEFT-RIGHT" rows and columns of an
 * image; or a file of dim numbers (IDX, NPY, HDF5), where those that are not 0 are marked. marks
 * has space for shape->dim. DAM_USAGE: no such region, or outside of the state; DAM_INPUT: the
 * file.
 */
dam_status dam__region_mark(const char *region, const dam__state_shape *shape, uint8_t *marks);

/* Flips so many different neurons of a state. DAM_USAGE where there are fewer. */
dam_status dam__probe_flip(uint64_t seed, size_t probe, int flips, size_t dim, float *state);

/* x <- sign(x + sigma noise), with normal noise and sign(0) = +1. */
dam_status dam__probe_noise(uint64_t seed, size_t probe, double sigma, size_t dim, float *state);

/* Forgets marked neurons: they become -1. */
void dam__probe_forget(const uint8_t *marks, size_t dim, float *state);

/*
 * *states = the samples of a set as states, count x features: bytes above 0 become +1, others -1;
 * other numbers stay. free().
 */
dam_status dam__states_of(const dam__dataset *set, float **states);

/* DAM_INPUT naming the first of count x dim numbers that is not +-1; where names them. */
dam_status dam__states_check(const char *where, const float *states, size_t count, size_t dim);

#endif
