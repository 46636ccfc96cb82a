/*
 * A recorded weight history: the memories and class weights at chosen epochs of a training, on the
 * host and in the run file (docs/format.md, The record). Independent of model and device.
 *
 * A memory is kept in 8 bits a number: level q stands for (q - 128) / 127 of the memory's largest
 * |value|, so an error is at most 1/254 of that. Class weights are kept as they are.
 */
#ifndef DAM__TRAIN_RECORD_H
#define DAM__TRAIN_RECORD_H

#include <stdbool.h>

#include "store/container.h"

/*
 * A record takes at most DAM__RECORD_BYTES, or its limit. A full record drops every second frame,
 * except the first of each stage, and continues at twice the spacing. A frame takes at most
 * DAM__FRAME_BYTES, so that a full record still has some.
 */
enum { DAM__RECORD_BYTES = 256 << 20, DAM__FRAME_BYTES = 4 << 20 };

typedef struct dam__frame {
    int epoch;    /* epochs done */
    int stage;    /* splits done */
    int memories; /* that the model had */
    int rows;     /* of them that are kept: the first */
    size_t first; /* row of the record that holds the first */
} dam__frame;

/* Zero-initialise; free with dam__record_free. */
typedef struct dam__record {
    size_t dim, columns; /* of a memory, and of its class weights; 0 before the first frame */
    size_t limit;        /* bytes; 0: DAM__RECORD_BYTES */
    int spread;          /* 1, doubled each time the record was full; 0 before the first frame */
    dam__frame *frames;
    size_t frame_count;
    uint8_t *levels; /* row_count x dim */
    float *scales;   /* row_count: the largest |value| of each */
    float *weights;  /* row_count x columns */
    size_t row_count;
    int32_t *parents; /* memory i is the twin of parents[i]; -1 of a first memory */
    size_t parent_count;
} dam__record;

void dam__record_free(dam__record *record);

/* Bytes that a frame of so many memories takes; DAM_USAGE where they are over DAM__FRAME_BYTES. */
dam_status dam__record_check(size_t rows, size_t dim, size_t columns);

/* Whether there is a frame after that epoch, where there is to be one every `every` epochs. */
bool dam__record_due(const dam__record *record, int every, int epoch);

/*
 * Adds a frame of frame->rows memories (rows x dim) and class weights (rows x columns, NULL where
 * there are none); its `first` is set here. The first frame sets dim and columns, and all memories
 * without a parent are first ones. `every` is that of dam__record_due. DAM_DIVERGED: a value is not
 * finite; DAM_INPUT: other sizes than before.
 */
dam_status dam__record_add(dam__record *record, const dam__frame *frame, int every, size_t dim,
                           size_t columns, const double *memories, const double *weights);

/* After a split of `before` memories: memory before + j is the twin of picked[j]. */
dam_status dam__record_split(dam__record *record, int before, const int *picked, int count);

/* Memory `row` of a frame, dim numbers; and its class weights, columns of them. */
void dam__record_memory(const dam__record *record, size_t frame, size_t row, float *out);
const float *dam__record_weights(const dam__record *record, size_t frame, size_t row);

/* Adds the record to a container, as "record/..."; nothing where it has no frame. */
dam_status dam__record_save(const dam__record *record, dam__container *out);

/* Reads it back, empty where the container has none. DAM_INPUT where it is invalid. */
dam_status dam__record_restore(const dam__container *container, dam__record *out);

#endif
