/* The starting point of a transfer: a small run of a denoiser, or the best cell of a sweep over
 * eta0. */
#ifndef DAM__TRANSFER_TUNED_H
#define DAM__TRANSFER_TUNED_H

#include "denseam/log.h"
#include "run/experiment.h"

/* N, K, P and B: features, memories, training samples, and those of a step. */
typedef struct dam__sizes {
    int dim, memories, samples, batch;
} dam__sizes;

typedef struct dam__tuned {
    char *name; /* for messages */
    dam__experiment experiment;
    dam__sizes sizes;
    int height, width; /* of its samples as images; 0 where they are none */
} dam__tuned;

/*
 * Of a run: its experiment. Of a sweep's folder, whose first key must be train.eta0: the cell with
 * the best value at the smallest size (N K), the best of these where several lines have that size.
 * Loads data where only that says how much of it there is. DAM_USAGE: no denoiser, no best value; a
 * best value at an edge is warned about. Free with dam__tuned_free.
 */
dam_status dam__tuned_open(const char *path, const dam_log *log, dam__tuned *out);
void dam__tuned_free(dam__tuned *tuned);

/* The keys that the best train.eta0 depends on besides the sizes, itself the first; NULL behind the
 * last of them. */
const dam__option *dam__tuned_key(size_t i);

#endif
