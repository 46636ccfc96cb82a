/*
 * The gradient of a batch, whole or as the sum of its shards: what stands between the loader and
 * the optimizer, for every model (docs/cluster.md).
 */
#ifndef DAM__TRAIN_SHARDS_H
#define DAM__TRAIN_SHARDS_H

#include "model/model.h"

enum { DAM__MOST_SHARDS = 1024 };

typedef struct dam__shards dam__shards;

/* For a planned model, which must outlive it. `count` is a power of two; 0 and 1 need no memory. */
dam_status dam__shards_create(dam__model *model, int count, dam__plan *plan, dam__shards **out);
void dam__shards_destroy(dam__shards *shards);

/* Compiles the kernels, if it needs any; after the plan was allocated. */
dam_status dam__shards_prepare(dam__shards *shards);

/* The most samples that a shard of a batch of so many has. */
int dam__shards_size(int count, int batch);

/* Fills the model's gradients from a batch and writes its mean loss to losses[slot], as
 * ops->loss_gradient does. */
dam_status dam__shards_gradient(dam__shards *shards, const dam__batch *batch, dam__buffer *losses,
                                int slot);

#endif
