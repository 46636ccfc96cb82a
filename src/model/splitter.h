/*
 * Splitting memories that nothing binds: what growth of the energy model and of the denoiser share
 * (docs/models/denoise.md, Growth). A memory w becomes a pair shrink (w +- step |w| u), and shrink
 * is such that two copies at w contribute what w did.
 *
 * The models give S u, S being the splitting matrix: the sum over samples of dL/dphi d^2 phi/dw^2
 * for the memory's contribution phi (Wu, Wang and Liu, arXiv 1910.02366, for a memory whose copies
 * have half the weight). S has eigenvalues of both signs.
 */
#ifndef DAM__MODEL_SPLITTER_H
#define DAM__MODEL_SPLITTER_H

#include "compute/program.h"
#include "model/model.h"

/* Rows of numbers behind those that a search reads. */
enum {
    DAM__SPLIT_SCALE = DAM__GROW_NUMBERS, /* S u is this times the scatter */
    DAM__SPLIT_SPREAD,                    /* the largest |S u| so far, over the scale */
    DAM__SPLIT_BEST,                      /* the least u'S u of a round, over the scale */
    DAM__SPLIT_NUMBERS
};

typedef struct dam__splitter {
    dam__device *device;
    dam__matrix numbers;    /* DAM__SPLIT_NUMBERS x memories */
    dam__matrix directions; /* max_memories x columns: those of a search, a row a memory */
    dam__buffer *order, *list;
    dam__program *program;
    dam__kernel *sums, *centre, *normalise, *permute, *advance, *rows, *copies, *entries;
} dam__splitter;

/* How a pair's parts are made of a memory. */
typedef struct dam__halving {
    double shrink; /* of the memory */
    double slope;  /* of its gradients: what halves the loss's dependence on each copy */
} dam__halving;

/* Adds its memory: for as many memories as the model may have, of so many columns. */
dam_status dam__splitter_plan(dam__splitter *splitter, const dam__model *model, int columns,
                              dam__plan *plan);
void dam__splitter_free(dam__splitter *splitter);

/* Compiles the kernels; after the plan was allocated. */
dam_status dam__splitter_prepare(dam__splitter *splitter);

/* See dam__grow_ops.bind. */
void dam__splitter_bind(const dam__splitter *splitter, dam__search *search);

/* Before the first of a subset's samples: scales are 1, all other numbers 0. */
dam_status dam__splitter_clear(dam__splitter *splitter);

/* Row `row` of sums (+)= scale times the column sums of the first rows of values, or of their
 * absolutes. */
typedef struct dam__column_sums {
    const dam__matrix *values, *sums;
    int rows, row;
    bool absolute, accumulate;
    double scale;
} dam__column_sums;
dam_status dam__splitter_sum(const dam__splitter *splitter, const dam__column_sums *what);

/* The first rows of values lose the only row of `means`. */
dam_status dam__splitter_centre(const dam__splitter *splitter, const dam__matrix *values, int rows,
                                const dam__matrix *means);

/* The directions of a search in the order of the memories, to splitter->directions. */
dam_status dam__splitter_arrange(const dam__splitter *splitter, const dam__search *search);

/* What dam__grow_ops asks for by these names, with S u over its scale in the memories' gradient. */
dam_status dam__splitter_constrain(const dam__splitter *splitter, const dam__search *search);
dam_status dam__splitter_advance(const dam__splitter *splitter, const dam__parameter *memories,
                                 const dam__search *search, const dam__move *move);
dam_status dam__splitter_reorder(const dam__splitter *splitter, const dam__search *search);
dam_status dam__splitter_read(const dam__splitter *splitter, double *numbers);

/* Pairs of the first `before` memories, with their velocities and mean squared gradients (which may
 * have no buffer). */
dam_status dam__splitter_split(const dam__splitter *splitter, const dam__search *search,
                               const dam__pairs *pairs, const dam__halving *halving,
                               const dam__matrix *memories, const dam__matrix *velocities,
                               const dam__matrix *squares);

/* Numbers of memories, which are the columns of `matrix`: x becomes kept x + added, and the twin's
 * given x + added. */
dam_status dam__splitter_entries(const dam__splitter *splitter, const dam__search *search,
                                 const dam__pairs *pairs, const dam__matrix *matrix, double kept,
                                 double given, double added);

#endif
