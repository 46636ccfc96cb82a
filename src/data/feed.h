/*
 * Batches of a dataset on the device.
 *
 * A set that fits lives on the device and is read through a permuted index; one that does not is
 * streamed in two chunks, the next prepared on the host while the device works on the present one.
 * Both give the same batches of the same samples. Of a set of patches, the images live on the
 * device and each batch is cut out of them. Sets of several problems side by side, of one shape,
 * give batches of one shape, each in an order of its own.
 */
#ifndef DAM__DATA_FEED_H
#define DAM__DATA_FEED_H

#include "compute/matrix.h"
#include "data/dataset.h"

/* One batch: sample i is row rows[first + i] of samples (first + i where rows is NULL). */
typedef struct dam__batch {
    const dam__matrix *samples;
    const dam__buffer *labels; /* int32, one a row of samples; NULL without labels */
    const dam__buffer *rows;   /* int32 or NULL */
    int first, size;
    /* Where the samples lie in their set: sample i is number base + order[place + i] of it, base +
     * place + i where order (int32) is NULL. Only in feeds of numbered samples. */
    const dam__buffer *order;
    int place;
    uint32_t base;
    /* Of several problems: int32 a problem, where its entries of rows and order begin, p stride
     * unless an earlier problem has the same seed and set, hence the same batch: then where those
     * of the first such one do. NULL: there is one problem, or all have the same entries. */
    const dam__buffer *offsets;
    int stride;
} dam__batch;

/* What becomes of a raw sample. */
typedef struct dam__input {
    bool states; /* bytes above 0 become +1, others -1, and other numbers stay; else samples are
                  * made unit vectors */
    int classes; /* neurons behind the features, one a class; with states only */
    bool shows_label; /* that of the label is +1; else all are -1 */
    bool plain;       /* numbers stay as they are, bytes are divided by 255 */
    bool indexed;     /* the model takes `rows` with any provider of products */
    bool numbered;    /* it is told where samples lie in their set */
    bool full;        /* shuffled batches are all of one size: the last smaller one is left out */
    bool shared;      /* problems that have the same set may have one matrix of its samples */
} dam__input;

typedef struct dam__feed_options {
    size_t first, count; /* the range of the dataset's samples to feed */
    int batch;           /* the last batch of an epoch may be smaller */
    bool shuffle;        /* a new order each epoch */
    uint64_t seed;
    bool indexed; /* batches may use `rows`; else they are gathered into a matrix of their own */
    bool stream;  /* do not keep the set on the device */
    dam__input input;
    /* Several problems, which are not streamed, and indexed where they are shuffled: */
    int problems; /* 0 = one */
    const dam__dataset *const
        *sets;             /* of each, the first is dam__feed_create's; they may be equal */
    const uint64_t *seeds; /* of each; seed is not used */
} dam__feed_options;

typedef struct dam__feed dam__feed;

/* The datasets must outlive the feed. DAM_INPUT where the range is empty, DAM_USAGE where full
 * batches have more samples than it. */
dam_status dam__feed_create(dam__device *device, const dam__dataset *set,
                            const dam__feed_options *options, dam__feed **out);
void dam__feed_destroy(dam__feed *feed);

/* Bytes that the whole set takes on a device where it is not streamed. */
double dam__feed_resident_bytes(const dam__device *device, const dam__dataset *set);

dam_status dam__feed_plan(dam__feed *feed, dam__plan *plan);

/* After the plan was allocated: compiles the kernels and loads a resident set. */
dam_status dam__feed_prepare(dam__feed *feed);

/*
 * The set's first `count` samples, no more than the feed was created for, hold other numbers now:
 * loads them, and the range is they alone. For one problem, in the order of its set, not of
 * patches.
 */
dam_status dam__feed_reload(dam__feed *feed, size_t count);

int dam__feed_steps(const dam__feed *feed);   /* batches an epoch */
int dam__feed_samples(const dam__feed *feed); /* samples an epoch */

/* Samples of the whole range, and the batches of it that dam__feed_next gives after
 * dam__feed_begin: also the last smaller one, which an epoch of full batches leaves out. */
int dam__feed_range(const dam__feed *feed);
int dam__feed_batches(const dam__feed *feed);

/* Starts an epoch at one of its steps (0 unless resuming). */
dam_status dam__feed_begin(dam__feed *feed, int epoch, int step);

/* The next batch; valid until the call after the next. */
dam_status dam__feed_next(dam__feed *feed, dam__batch *out);

#endif
