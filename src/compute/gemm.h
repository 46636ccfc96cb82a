/*
 * C = alpha op(A) op(B) + beta C, row-major, `count` products at once (batched GEMM).
 */
#ifndef DAM__COMPUTE_GEMM_H
#define DAM__COMPUTE_GEMM_H

#include "compute/matrix.h"

typedef enum dam__gemm_provider {
    DAM__GEMM_AUTO,
    DAM__GEMM_CLBLAST, /* the library: GPUs and accelerators */
    DAM__GEMM_PANEL    /* our packed-panel kernel: CPU drivers */
} dam__gemm_provider;

/*
 * One factor. Row i of the stored matrix is row rows[first + i] of it where rows (int32) is given,
 * else row first + i. `height` is how many stored rows take part.
 */
typedef struct dam__operand {
    const dam__matrix *matrix;
    bool transposed;
    int height;
    const dam__buffer *rows;
    int first;
} dam__operand;

/* All rows of a matrix, plain or transposed. */
dam__operand dam__whole(const dam__matrix *matrix, bool transposed);

typedef struct dam__gemm dam__gemm;

/*
 * AUTO follows the device's tuning, product by product; without one it takes panel with CPU-shaped
 * kernels and native vectors of 8 floats or more, else CLBlast.
 */
dam_status dam__gemm_create(dam__device *device, dam__gemm_provider provider, dam__gemm **out);
void dam__gemm_destroy(dam__gemm *gemm);

/* "panel" or "clblast"; where a tuning mixes them, the one of most products. */
const char *dam__gemm_name(const dam__gemm *gemm);
bool dam__gemm_mixes(const dam__gemm *gemm);

/* Whether operands may have row indices (the panel provider gathers while packing). */
bool dam__gemm_gathers(const dam__gemm *gemm);

/*
 * Announces a product before the plan is allocated, so that its scratch memory is in the plan; the
 * scratch is shared by all products.
 */
dam_status dam__gemm_reserve(dam__gemm *gemm, dam__operand a, dam__operand b, const dam__matrix *c);
dam_status dam__gemm_plan(dam__gemm *gemm, dam__plan *plan);

/* The shapes announced so far, each once. The gemm's, until the next is announced. */
const struct dam__product_shape *dam__gemm_shapes(const dam__gemm *gemm, size_t *count);

/*
 * Queues the product. op(A) is m x k, op(B) is k x n; C must have n columns and at least m rows.
 * beta = 0 never reads C. DAM_INTERNAL where shapes disagree.
 */
dam_status dam__gemm_run(dam__gemm *gemm, double alpha, dam__operand a, dam__operand b, double beta,
                         const dam__matrix *c);

#endif
