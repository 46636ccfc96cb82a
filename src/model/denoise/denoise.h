/*
 * The tied-weight denoiser f(x) = s2 W' (sigma(s1 W x + b) - m) + c and its scaling with size
 * (arXiv 2605.10164); the equations are in docs/models/denoise.md.
 */
#ifndef DAM__MODEL_DENOISE_DENOISE_H
#define DAM__MODEL_DENOISE_DENOISE_H

#include "model/model_type.h"

extern const dam__model_type dam__denoise_type;

/* What follows from the sizes. Rates are for a loss of |F - Y|^2 / (2 B N), and factors of
 * train.eta0 already. */
typedef struct dam__denoise_scales {
    double s1, s2;
    double spread;                 /* standard deviation of the first memories */
    double memories, inner, outer; /* rates of W, b and c */
    double epsilon;                /* of Adam */
} dam__denoise_scales;

dam__denoise_scales dam__denoise_scale(const dam__model_config *config, int dim);

/*
 * What is known to keep the best train.eta0 of such a model from transferring to other sizes, in
 * one line; NULL for nothing. made_up: data of dam__dataset.standard.
 */
const char *dam__denoise_caution(const dam__denoise_config *config, bool made_up);

/*
 * Parameters: memories W (K x N), inner_biases b (1 x K), outer_biases c (1 x N), activation_means
 * m (1 x K; of the whole training set, zeros where it is not centred) and standards (2 x N: what is
 * subtracted from raw samples, and what they are then multiplied with).
 *
 * A training step takes its batch whole: DAM_NO_MEMORY in planning where it is to be cut in chunks,
 * because a centred activation depends on all of it.
 */
dam_status dam__denoise_create(dam__device *device, dam__gemm *gemm,
                               const dam__model_config *config, const dam__task *task,
                               dam__model **out);

/* The mean squared error of an output of 0 on the samples of a set that a denoiser is trained on.
 */
double dam__denoise_zero(const dam__dataset *set);

/* The forward pass on states as they are, without noise, with the frozen means. */

/* energies (1 x at least size): E of the first `size` rows of states, no more than the chunk. */
dam_status dam__denoise_energy(dam__model *model, const dam__matrix *states, int size,
                               const dam__matrix *energies);

/* x <- x + dt (f(x) - x). */
typedef struct dam__relaxation {
    double dt;
    int steps;
    double clip; /* features stay within +-clip; 0: they are free */
    bool once;   /* only f(x) is computed: nothing can diverge */
} dam__relaxation;

/*
 * Relaxes the first `size` rows of states, no more than the chunk, in place. DAM_USAGE where the
 * energy has no lower bound whatever the weights (relu to a power above 1) and nothing is clipped
 * or bounded.
 */
dam_status dam__denoise_relax(dam__model *model, const dam__matrix *states, int size,
                              const dam__relaxation *how);

#endif
