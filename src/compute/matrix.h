/*
 * Device memory: a plan that lists every buffer before any is made, buffers, and matrices in them.
 */
#ifndef DAM__COMPUTE_MATRIX_H
#define DAM__COMPUTE_MATRIX_H

#include <stdint.h>

#include "compute/opencl_device.h"

typedef struct dam__buffer dam__buffer;

/*
 * rows x cols x count: `count` matrices of one shape, row-major, side by side, one for each replica
 * of a batched model. ld and stride are in elements; ld is cols rounded up to 16. Elements between
 * cols and ld start as zeros, and every kernel leaves zeros there, so that vectors may run over
 * them. What may grow is planned at its largest and then shows fewer rows or columns than ld and
 * stride allow (count is then 1).
 */
typedef struct dam__matrix {
    dam__buffer *buffer; /* owned by the module that planned it; NULL before allocation */
    int rows, cols, count;
    size_t ld, stride;
} dam__matrix;

/* --- plan ------------------------------------------------------------------------------------- */

typedef struct dam__plan dam__plan;

dam_status dam__plan_create(dam__device *device, dam__plan **out);
void dam__plan_destroy(dam__plan *plan);

/* Lists a buffer of bytes; allocation puts it into *slot, which must live until then. */
dam_status dam__plan_buffer(dam__plan *plan, const char *name, size_t bytes, dam__buffer **slot);

/* Lists a matrix of reals and fills in its shape; *out must stay where it is until allocation. */
dam_status dam__plan_matrix(dam__plan *plan, const char *name, int rows, int cols, int count,
                            dam__matrix *out);

/* Lists another matrix of the same shape, ld and stride. */
dam_status dam__plan_matrix_like(dam__plan *plan, const char *name, const dam__matrix *like,
                                 dam__matrix *out);

/* Total of the buffers listed so far, in bytes. */
size_t dam__plan_total(const dam__plan *plan);

/* DAM_NO_MEMORY with sizes and advice where the plan exceeds what the device has. */
dam_status dam__plan_check(const dam__plan *plan);

/* Plans for `size` samples worked off at a time, held in host memory where `streams`; *out stays
 * the maker's, and goes with the next call. */
typedef dam_status dam__plan_maker(void *user, int size, bool streams, const dam__plan **out);

/*
 * Plans for as many samples at a time as the device has memory for: for `size`, then streamed
 * unless it was from the start, then for half as many and so on. DAM_NO_MEMORY where not even one
 * fits.
 */
dam_status dam__plan_fit(dam__plan_maker *make, void *user, int size, bool streams);

/*
 * Makes all buffers and fills each with zeros at once: drivers that allocate lazily would otherwise
 * fail in the middle of a run. On failure no slot is filled.
 */
dam_status dam__plan_allocate(dam__plan *plan);

/* Entry i of the plan: its name and bytes; false beyond the last. */
bool dam__plan_entry(const dam__plan *plan, size_t i, const char **name, size_t *bytes);

/* --- buffers and transfers -------------------------------------------------------------------- */

void dam__buffer_destroy(dam__buffer *buffer);

/*
 * Copies between host and device. `what` names the row of the profile. Where wait is false an
 * upload may return before `data` was read: keep it until the queue has passed.
 */
dam_status dam__buffer_write(dam__buffer *buffer, size_t offset, const void *data, size_t bytes,
                             bool wait, const char *what);
dam_status dam__buffer_read(dam__buffer *buffer, size_t offset, void *data, size_t bytes,
                            const char *what);

/*
 * Reads the first count integers of a buffer, which are indices or counts: DAM_DIVERGED with `what`
 * where one is not from 0 to most.
 */
dam_status dam__integers_read(dam__buffer *buffer, size_t count, int32_t most, int32_t *out,
                              const char *what);

/* A marker in the queue, to wait until the device has passed it. Zero-initialise. */
typedef struct dam__fence {
    void *event;
} dam__fence;

dam_status dam__fence_set(dam__device *device, dam__fence *fence);
dam_status dam__fence_wait(dam__device *device,
                           dam__fence *fence); /* at once where it is not set */
void dam__fence_clear(dam__fence *fence);

/* Fills with zeros, or copies the first bytes of one buffer, on the device. */
dam_status dam__buffer_clear(dam__buffer *buffer);
dam_status dam__buffer_copy(dam__buffer *from, size_t from_offset, dam__buffer *to,
                            size_t to_offset, size_t bytes);

/* Dense rows x cols x count reals of the device's precision (no padding) from or to the host. */
dam_status dam__matrix_write(const dam__matrix *matrix, const void *dense, const char *what);
dam_status dam__matrix_read(const dam__matrix *matrix, void *dense, const char *what);

/* The same with doubles on the host, converted. */
dam_status dam__matrix_write_doubles(const dam__matrix *matrix, const double *dense,
                                     const char *what);

/*
 * Numbers that results are made of: DAM_DIVERGED with `what` where one is not finite, because the
 * run diverged or the device went wrong. Unchecked: for who says more of it, or makes nothing of
 * it.
 */
dam_status dam__matrix_read_doubles(const dam__matrix *matrix, double *dense, const char *what);
dam_status dam__matrix_read_unchecked(const dam__matrix *matrix, double *dense, const char *what);

/* rows * cols * count. */
size_t dam__matrix_items(const dam__matrix *matrix);

#endif
