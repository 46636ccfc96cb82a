/*
 * The gradient of a batch, whole or as the sum of its shards: what stands between the loader and
 * the optimizer, for every model (docs/cluster.md).
 */
#ifndef DAM__TRAIN_SHARDS_H
#define DAM__TRAIN_SHARDS_H

#include "comm/comm.h"
#include "model/model.h"

enum { DAM__MOST_SHARDS = 1024 };

typedef struct dam__shards dam__shards;

/* How a batch is shared: in `count` shards, a power of two (0 and 1: it is whole), of which each
 * rank of comm has as many. comm is borrowed; NULL: all are this process's. */
typedef struct dam__sharing {
    int count;
    dam__comm *comm;
} dam__sharing;

/* Shards of this process; 0 where batches are whole. DAM_USAGE where the ranks cannot share them.
 */
dam_status dam__sharing_own(const dam__sharing *sharing, int *own);

/* For a planned model, which must outlive it. Whole batches need no memory. */
dam_status dam__shards_create(dam__model *model, const dam__sharing *sharing, dam__plan *plan,
                              dam__shards **out);
void dam__shards_destroy(dam__shards *shards);

/* Bytes that a rank sends in a step, and takes as many, at the most; 0 for a process alone. */
size_t dam__shards_traffic(const dam__shards *shards);

/* Compiles the kernels, if it needs any; after the plan was allocated. */
dam_status dam__shards_prepare(dam__shards *shards);

/* The most samples that a shard of a batch of so many has. */
int dam__shards_size(int count, int batch);

/* Fills the model's gradients from a batch and writes its mean loss to losses[slot], as
 * ops->loss_gradient does; the same at all ranks, which have the same batch. */
dam_status dam__shards_gradient(dam__shards *shards, const dam__batch *batch, dam__buffer *losses,
                                int slot);

#endif
