/*
 * Growth by splitting (arXiv 2508.19151, section 5): a narrow model, trained until it rests at a
 * saddle, becomes a wider one along the directions of descent. Independent of the model.
 */
#ifndef DAM__MODEL_GROW_H
#define DAM__MODEL_GROW_H

#include "model/grow_config.h"
#include "model/model.h"

typedef struct dam__growth dam__growth;

/* What a split did. Eigenvalues are NaN along random directions: these have none. */
typedef struct dam__split_result {
    int before, after;  /* memories; equal where none was unstable */
    double least, most; /* eigenvalues lambda of the memories that split */
    const int *picked;  /* after - before memories: before + j is the twin of picked[j]; borrowed
                           until the next split */
} dam__split_result;

/*
 * For a planned model of max_memories = config->to, and the loader of its training samples; both
 * must outlive it. Takes a matrix of max_memories x columns of a memory. DAM_USAGE where the model
 * cannot grow.
 */
dam_status dam__growth_create(dam__model *model, dam__loader *loader,
                              const dam__grow_config *config, uint64_t seed, dam__plan *plan,
                              dam__growth **out);
void dam__growth_destroy(dam__growth *growth);

/* Compiles the kernels; after the plan was allocated. */
dam_status dam__growth_prepare(dam__growth *growth);

/*
 * Finds the smallest eigenvalue, and its direction, of every memory's splitting matrix, over a
 * subset of the samples that belongs to the stage (stages count from 0). Leaves the loader at no
 * particular place of an epoch.
 */
dam_status dam__growth_search(dam__growth *growth, int stage);

/*
 * After a search: DAM__GROW_NUMBERS x memories numbers, row by row; borrowed
 * until the next search or split.
 */
const double *dam__growth_numbers(const dam__growth *growth);

/* Splits what the last search found unstable; velocities and mean squared gradients: one a
 * parameter, as of the optimizer. */
dam_status dam__growth_split(dam__growth *growth, const dam__matrix *velocities,
                             const dam__matrix *squares, dam__split_result *out);

/*
 * The memories that split: those of smallest rank below the threshold, at most this fraction (but
 * at least one) and at most `spare`. picked (space for `memories`) in rising order, *count of them.
 */
dam_status dam__growth_pick(const double *ranks, int memories, double threshold, double fraction,
                            int spare, int *picked, int *count);

/* DAM_INPUT where a run has other numbers of memories than from 1 to what its preset allows. */
dam_status dam__growth_fits(int memories, int most);

#endif
