/* The interface of a GEMM provider, for gemm.c. */
#ifndef DAM__COMPUTE_GEMM_PROVIDER_H
#define DAM__COMPUTE_GEMM_PROVIDER_H

#include "compute/gemm.h"
#include "compute/tuning.h"

/* One checked product: op(A) is m x k, op(B) is k x n. */
typedef struct dam__product {
    int m, n, k, count;
    double alpha, beta;
    dam__operand a, b;
    const dam__matrix *c;
} dam__product;

dam__product_shape dam__product_shape_of(const dam__product *product);

typedef struct dam__gemm_ops {
    bool gathers;
    dam_status (*create)(dam__device *device, void **state);
    void (*destroy)(void *state);
    dam_status (*reserve)(void *state, const dam__product *product);
    dam_status (*plan)(void *state, dam__plan *plan);
    dam_status (*run)(void *state, const dam__product *product);
} dam__gemm_ops;

extern const dam__gemm_ops dam__gemm_panel;
extern const dam__gemm_ops dam__gemm_tiled;
extern const dam__gemm_ops dam__gemm_clblast; /* whose products all fail in a build without it */

#endif
