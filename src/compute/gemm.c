#include "compute/gemm.h"

#include <stdlib.h>

#include "base/memory.h"
#include "compute/gemm_provider.h"

struct dam__gemm {
    const dam__gemm_ops *ops;
    void *state;
};

dam__operand dam__whole(const dam__matrix *matrix, bool transposed)
{
    return (dam__operand){.matrix = matrix, .transposed = transposed, .height = matrix->rows};
}

dam_status dam__gemm_create(dam__device *device, dam__gemm_provider provider, dam__gemm **out)
{
    dam_status status = DAM_OK;
    dam__gemm *gemm = NULL;
    const dam_device_info *info = dam__device_facts(device);
    enum { LANES_FOR_PANEL = 8 };
    bool panel = provider == DAM__GEMM_PANEL ||
                 (provider == DAM__GEMM_AUTO && dam__device_shape(device) == DAM__SHAPE_CPU &&
                  info->native_float_lanes >= LANES_FOR_PANEL);
    DAM_TRY(dam__alloc(1, sizeof *gemm, &gemm));
    gemm->ops = panel ? &dam__gemm_panel : &dam__gemm_clblast;
    DAM_TRY(gemm->ops->create(device, &gemm->state));
    *out = gemm;
    gemm = NULL;
cleanup:
    dam__gemm_destroy(gemm);
    return status;
}

void dam__gemm_destroy(dam__gemm *gemm)
{
    if (gemm == NULL)
        return;
    if (gemm->state != NULL)
        gemm->ops->destroy(gemm->state);
    free(gemm);
}

const char *dam__gemm_name(const dam__gemm *gemm)
{
    return gemm->ops->name;
}

bool dam__gemm_gathers(const dam__gemm *gemm)
{
    return gemm->ops->gathers;
}

static dam_status make_product(const dam__gemm *gemm, dam__operand a, dam__operand b,
                               const dam__matrix *c, dam__product *out)
{
    int m = a.transposed ? a.matrix->cols : a.height;
    int k = a.transposed ? a.height : a.matrix->cols;
    int k_of_b = b.transposed ? b.matrix->cols : b.height;
    int n = b.transposed ? b.height : b.matrix->cols;
    if (k != k_of_b || m > c->rows || n > c->cols || c->count != a.matrix->count ||
        c->count != b.matrix->count)
        return dam__fail(DAM_INTERNAL, "gemm: (%d x %d) (%d x %d) does not fit C of %d x %d", m, k,
                         k_of_b, n, c->rows, c->cols);
    if ((a.rows != NULL || b.rows != NULL) && !gemm->ops->gathers)
        return dam__fail(DAM_INTERNAL, "gemm: provider '%s' takes no row indices", gemm->ops->name);
    *out = (dam__product){.m = m, .n = n, .k = k, .count = c->count, .a = a, .b = b, .c = c};
    return DAM_OK;
}

dam_status dam__gemm_reserve(dam__gemm *gemm, dam__operand a, dam__operand b, const dam__matrix *c)
{
    dam__product product;
    dam_status status = make_product(gemm, a, b, c, &product);
    return status == DAM_OK ? gemm->ops->reserve(gemm->state, &product) : status;
}

dam_status dam__gemm_plan(dam__gemm *gemm, dam__plan *plan)
{
    return gemm->ops->plan(gemm->state, plan);
}

dam_status dam__gemm_run(dam__gemm *gemm, double alpha, dam__operand a, dam__operand b, double beta,
                         const dam__matrix *c)
{
    dam__product product;
    dam_status status = make_product(gemm, a, b, c, &product);
    if (status != DAM_OK || product.m == 0 || product.n == 0)
        return status;
    product.alpha = alpha;
    product.beta = beta;
    return gemm->ops->run(gemm->state, &product);
}
