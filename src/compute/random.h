/*
 * Counter-based random numbers, the same on host and device: Philox4x32-10 (Salmon et al. 2011).
 *
 * The key is the run's seed; the counter is {index low, index high, step, stream}, so any number
 * can be drawn on its own, in any order, on any device.
 */
#ifndef DAM__COMPUTE_RANDOM_H
#define DAM__COMPUTE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

/*
 * Orders of samples that no epoch of training has, at the end of the range of epochs: of the
 * samples that become first memories, and of those a split looks at (one order a stage).
 */
#define DAM__EPOCH_FIRST_MEMORIES UINT32_MAX
#define DAM__EPOCH_FIRST_SPLIT (UINT32_MAX - 1) /* of stage 0; later stages have smaller ones */

/* Independent streams of one seed. Data and initial weights must never share one. */
typedef enum dam__stream {
    DAM__STREAM_ORDER = 1,   /* the order of samples in an epoch; step = epoch */
    DAM__STREAM_WEIGHTS = 2, /* first values of parameters; step = parameter */
    DAM__STREAM_TEST = 3,
    DAM__STREAM_DATA = 4,       /* made-up samples and matrices; step = which of them */
    DAM__STREAM_TEACHER = 5,    /* a teacher's memories and samples; step = which of them */
    DAM__STREAM_DIRECTIONS = 8, /* first directions of a split; step = stage */
    DAM__STREAM_NEURONS = 11,   /* the order of neurons in a recall; step = sweep */
    DAM__STREAM_PROBES = 12,    /* what is changed of patterns to make probes; step = how */
    DAM__STREAM_NOISE = 13,     /* of a denoiser's samples; step = epoch + 1, or 0 where it stays */
    DAM__STREAM_GAUSSIAN = 14,  /* made-up samples for denoisers; step = which split */
    DAM__STREAM_HOLDOUT = 15    /* which samples are kept for validation */
} dam__stream;

void dam__philox(const uint32_t counter[4], const uint32_t key[2], uint32_t out[4]);

/* Four words at one place of a stream. */
void dam__random_words(uint64_t seed, dam__stream stream, uint32_t step, uint64_t index,
                       uint32_t out[4]);

/*
 * Word to a uniform number in (0, 1): ((x >> 8) + 0.5) 2^-24. Exact in double; float rounds the
 * upper half, the last number to 1.
 */
double dam__uniform(uint32_t word);

/* Fills with independent N(0, 1) numbers (Box-Muller in double; numbers 2i and 2i + 1 come from
 * index i). */
void dam__normals(uint64_t seed, dam__stream stream, uint32_t step, size_t count, double *out);

/* Fills count rows of dim numbers with unit vectors, uniform on the sphere. */
void dam__unit_vectors(uint64_t seed, dam__stream stream, uint32_t step, size_t count, size_t dim,
                       double *out);

/*
 * Where index goes in the pseudo-random order of `size` items (1 ... 2^31 - 1): a keyed bijection
 * of 0 ... size-1, so that host and device know any element without a table. Generalised Feistel
 * network on the smallest square that holds size, with cycle walking (Black & Rogaway 2002) and
 * Philox as the round function.
 */
uint32_t dam__permuted(uint64_t seed, uint32_t epoch, uint32_t size, uint32_t index);

#endif
