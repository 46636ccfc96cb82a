/*
 * Loads batches of a dataset on the device, as a data loader does in PyTorch.
 *
 * A set that fits lives on the device and is read through a permuted index; one that does not is
 * streamed in two chunks, the next prepared on the host while the device works on the present one.
 * Both give the same batches. Of a set of patches, the images live on the device and each batch is
 * cut out of them. The sets of several replicas, all of one shape, give batches of one shape, each
 * in its own order.
 */
#ifndef DAM__DATA_LOADER_H
#define DAM__DATA_LOADER_H

#include "compute/matrix.h"
#include "data/dataset.h"

/* One batch: sample i is row rows[first + i] of samples (first + i where rows is NULL). */
typedef struct dam__batch {
    const dam__matrix *samples;
    const dam__buffer *labels; /* int32, one a row of samples; NULL without labels */
    const dam__buffer *rows;   /* int32 or NULL */
    int first, size;
    /* Where the samples lie in their set: sample i is number base + order[place + i] of it, base +
     * place + i where order (int32) is NULL. Only in loaders of numbered samples. */
    const dam__buffer *order;
    int place;
    uint32_t base;
    /* Of several replicas: int32 a replica, where its entries of rows and order begin, p stride
     * unless an earlier replica has the same seed and set, hence the same batch: then where those
     * of the first such one do. NULL: there is one replica, or all have the same entries. */
    const dam__buffer *offsets;
    int stride;
    int whole; /* samples of the batch that this is a shard of; 0: it is all of it */
} dam__batch;

/* Samples that a batch's means are over. */
static inline int dam__batch_whole(const dam__batch *batch)
{
    return batch->whole > 0 ? batch->whole : batch->size;
}

/* Its samples start ... start + size - 1; what their means are over stays. */
static inline dam__batch dam__batch_part(const dam__batch *batch, int start, int size)
{
    dam__batch part = *batch;
    part.first += start;
    part.place += start;
    part.size = size;
    return part;
}

/* How a raw sample is prepared. */
typedef struct dam__input {
    bool states; /* bytes above 0 become +1, others -1, and other numbers stay; else samples are
                  * made unit vectors */
    int classes; /* neurons behind the features, one a class; with states only */
    bool shows_label; /* that of the label is +1; else all are -1 */
    bool plain;       /* numbers stay as they are, bytes are divided by 255 */
    bool indexed;     /* the model takes `rows` with any provider of products */
    bool numbered;    /* it is told where samples lie in their set */
    bool full;        /* shuffled batches are all of one size: the last smaller one is left out */
    bool shared;      /* replicas that have the same set may have one matrix of its samples */
} dam__input;

typedef struct dam__loader_options {
    size_t first, count; /* the range of the dataset's samples to load */
    int batch;           /* the last batch of an epoch may be smaller */
    bool shuffle;        /* a new order each epoch */
    uint64_t seed;
    bool indexed; /* batches may use `rows`; else they are gathered into a matrix of their own */
    bool stream;  /* do not keep the set on the device */
    dam__input input;
    /* Several replicas, which are not streamed, and indexed where they are shuffled: */
    int replicas; /* 0 = one */
    const dam__dataset *const
        *sets;             /* of each, the first is dam__loader_create's; they may be equal */
    const uint64_t *seeds; /* of each; seed is not used */
} dam__loader_options;

typedef struct dam__loader dam__loader;

/* The datasets must outlive the loader. DAM_INPUT where the range is empty, DAM_USAGE where full
 * batches have more samples than it. */
dam_status dam__loader_create(dam__device *device, const dam__dataset *set,
                              const dam__loader_options *options, dam__loader **out);
void dam__loader_destroy(dam__loader *loader);

/* Bytes that the whole set takes on a device where it is not streamed. */
double dam__loader_resident_bytes(const dam__device *device, const dam__dataset *set);

dam_status dam__loader_plan(dam__loader *loader, dam__plan *plan);

/* After the plan was allocated: compiles the kernels and loads a resident set. */
dam_status dam__loader_prepare(dam__loader *loader);

/*
 * The set's first `count` samples, no more than the loader was created for, have changed: loads
 * them, and makes them the whole range. For one replica, in the order of its set, not of patches.
 */
dam_status dam__loader_reload(dam__loader *loader, size_t count);

int dam__loader_steps(const dam__loader *loader);   /* batches an epoch */
int dam__loader_samples(const dam__loader *loader); /* samples an epoch */

/* Samples of the whole range, and the batches of it that dam__loader_next gives after
 * dam__loader_begin: also the last smaller one, which an epoch of full batches leaves out. */
int dam__loader_range(const dam__loader *loader);
int dam__loader_batches(const dam__loader *loader);

/* Samples of every batch but the last. */
int dam__loader_batch(const dam__loader *loader);

/* Starts an epoch at one of its steps (0 unless resuming). */
dam_status dam__loader_begin(dam__loader *loader, int epoch, int step);

/* The next batch; valid until the call after the next. */
dam_status dam__loader_next(dam__loader *loader, dam__batch *out);

#endif
