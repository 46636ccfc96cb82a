/*
 * The embedding of a narrow vmf model in a wide one (arXiv 2508.19151, docs/models/vmf.md): what
 * its check needs to know of the mathematics. On the host, in double.
 */
#ifndef DAM__MODEL_EMBEDDING_H
#define DAM__MODEL_EMBEDDING_H

#include <stddef.h>

#include "base/try.h"

/* Numbers of a model at one width; class weights and their gradient are columns x (memories + 1).
 */
typedef struct dam__embedding_state {
    size_t memories, dim, columns;
    double *w, *weights, *counts;          /* K x N; M x (K + 1); K + 1 */
    double *w_gradient, *weights_gradient; /* of the mean loss, as the model gives it */
} dam__embedding_state;

/*
 * The logarithm of all counts, background included. A loss plus this can be compared between
 * widths: the logits are those of a joint likelihood times the sum of the counts.
 */
double dam__embedding_log_total(const dam__embedding_state *state);

/* Norm of the memories' gradient, tangent to the sphere at each. */
double dam__embedding_memory_norm(const dam__embedding_state *state);

/*
 * Norm of what the class weights' gradient asks for beyond the constraints: with D = dL/dG, the
 * root of sum G (D - r_mu - c_y)^2 for the r and c that make it least. Factors of whole rows and
 * columns are what Sinkhorn-Knopp removes, and a weight of 0 stays 0, so that this is 0 where
 * training rests. DAM_NO_MEMORY.
 */
dam_status dam__embedding_weight_norm(const dam__embedding_state *state, double *norm);

/*
 * split (2 K x N) holds normalise(w + s u) and, K rows on, normalise(w - s u) of the K memories w
 * for some s; pairs becomes the same with `step` instead of s. A step of 0 copies w exactly.
 */
void dam__embedding_pairs(const double *w, size_t memories, size_t dim, const double *split,
                          double step, double *pairs);

/* sum_mu atan(step)^2 / 2 lambda_mu: the change of the loss to second order. */
double dam__embedding_prediction(const double *lambda, size_t memories, double step);

#endif
