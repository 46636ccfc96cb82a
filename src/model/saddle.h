/*
 * The saddle-point equations of a vmf model (arXiv 2508.19151; docs/models/vmf.md, The saddle-point
 * equations): what holds of its parameters where the loss over all samples is stationary, as a map
 * whose fixed points these are. On the host, in double.
 */
#ifndef DAM__MODEL_SADDLE_H
#define DAM__MODEL_SADDLE_H

#include <stdbool.h>

#include "model/embedding.h"

/* The inverse temperature and what of it enters the map. */
typedef struct dam__saddle_beta {
    double value, gradient; /* beta, and that of the mean loss by it */
    double varsigma;
    bool is_kept; /* frozen and annealed ones are none of the unknowns */
} dam__saddle_beta;

/*
 * One application of the map, in place: memories become the directions of what they own, class
 * weights and beta the roots of their equations. *moved is the largest |w' - w| of a memory;
 * gradients no longer hold. DAM_INPUT where beta's equation has no root: overlaps that no finite
 * beta gives. DAM_NO_MEMORY.
 */
dam_status dam__saddle_map(dam__embedding_state *state, dam__saddle_beta *beta, double *moved);

/*
 * Largest eigenvalue of the map's Jacobian, at two copies of a memory that move against each other,
 * from the splitting matrix there: above 1 exactly where lambda is below 0.
 */
double dam__saddle_jacobian(double lambda, double kappa);

#endif
