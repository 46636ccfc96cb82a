/*
 * The loss landscape around a trained model: its curvature along each memory's best direction, and
 * whether the model, embedded in one of twice the width, lies at a saddle there (arXiv 2508.19151,
 * docs/models/vmf.md).
 */
#ifndef DAM__ANALYSE_LANDSCAPE_H
#define DAM__ANALYSE_LANDSCAPE_H

#include "analyse/workbench.h"
#include "model/embedding.h"
#include "model/saddle.h"

typedef struct dam__landscape dam__landscape;

typedef struct dam__landscape_options {
    dam__workbench_options bench; /* its samples are those that the loss is a mean over */
    int iterations;               /* of the power iteration */
    uint64_t seed;
    bool embed; /* twice the memories, for dam__landscape_embed */
    bool solve; /* gradients, for dam__landscape_solve */
} dam__landscape_options;

enum { DAM__EMBEDDING_STEPS = 8 };

/* What holds before and after every memory was doubled, in this order. */
typedef struct dam__embedding {
    double loss[2];                 /* plus the logarithm of all counts */
    double memories[2], weights[2]; /* norms of the gradients; see model/embedding.h */
    /* Change of the loss after steps of the given lengths. */
    double measured[DAM__EMBEDDING_STEPS], predicted[DAM__EMBEDDING_STEPS];
    size_t steps;
} dam__embedding;

/*
 * DAM_USAGE where the model cannot be split, DAM_INPUT where it needs labels that the samples lack;
 * else as dam__workbench_open.
 */
dam_status dam__landscape_open(const dam__landscape_options *options, dam__landscape **out);
void dam__landscape_close(dam__landscape *landscape);

/* *numbers = DAM__GROW_NUMBERS x memories numbers, row by row; borrowed. */
dam_status dam__landscape_search(dam__landscape *landscape, const double **numbers);

/*
 * After a search, once: doubles every memory, and moves the pairs apart by each of at most
 * DAM__EMBEDDING_STEPS steps. DAM_INPUT where an eigenvalue is not finite.
 */
dam_status dam__landscape_embed(dam__landscape *landscape, const double *steps, size_t count,
                                dam__embedding *out);

/* From the parameters of the run, and at the fixed point of the saddle-point equations. */
typedef struct dam__saddle {
    int iterations;
    bool converged;
    double loss[2], beta[2];
    double memories[2]; /* largest |T(w) - w|, T being the map of the equations */
    double weights[2];  /* norm of what the class weights' gradient asks for beyond constraints */
    size_t count, dim;
    double *found; /* count x dim: the memories of the fixed point */
} dam__saddle;
void dam__saddle_free(dam__saddle *saddle);

/*
 * Solves the saddle-point equations by at most so many iterations of their map, until no memory
 * moves by more than `tolerance`; a search after it is at the fixed point. stop may be NULL.
 * DAM_USAGE: a model without labels; DAM_INTERRUPTED. Free with dam__saddle_free.
 */
dam_status dam__landscape_solve(dam__landscape *landscape, int most, double tolerance,
                                bool (*stop)(void *), dam__saddle *out);

#endif
