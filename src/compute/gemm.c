#include "compute/gemm.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/compute_internal.h"
#include "compute/gemm_provider.h"

struct dam__gemm {
    /* The provider of most products; and another where a tuning gives it some, else NULL. */
    struct {
        dam__gemm_provider provider;
        const dam__gemm_ops *ops;
        void *state;
    } providers[2];
    const dam__tuning_part *part; /* NULL where one provider takes all */
    dam__product_shape *shapes;   /* announced so far */
    size_t shape_count;
};

dam__operand dam__whole(const dam__matrix *matrix, bool transposed)
{
    return (dam__operand){.matrix = matrix, .transposed = transposed, .height = matrix->rows};
}

static const struct {
    const char *name;
    const dam__gemm_ops *ops;
} known[DAM__GEMM_PROVIDERS] = {
    [DAM__GEMM_AUTO] = {"auto", NULL},
    [DAM__GEMM_PANEL] = {"panel", &dam__gemm_panel},
    [DAM__GEMM_TILED] = {"tiled", &dam__gemm_tiled},
    [DAM__GEMM_CLBLAST] = {"clblast", &dam__gemm_clblast},
};

const char *dam__gemm_provider_name(dam__gemm_provider provider)
{
    return known[provider].name;
}

bool dam__gemm_is_built(dam__gemm_provider provider)
{
    return provider != DAM__GEMM_CLBLAST || DENSEAM_HAS_CLBLAST;
}

dam__gemm_provider dam__gemm_provider_find(const char *name)
{
    int i = DAM__GEMM_PANEL;
    while (i < DAM__GEMM_PROVIDERS &&
           !(dam__gemm_is_built((dam__gemm_provider)i) && strcmp(known[i].name, name) == 0))
        i++;
    return (dam__gemm_provider)i;
}

dam__gemm_provider dam__gemm_for_gpus(void)
{
    return DENSEAM_HAS_CLBLAST ? DAM__GEMM_CLBLAST : DAM__GEMM_TILED;
}

static dam__gemm_provider usual_provider(const dam__device *device)
{
    enum { FLOATS_FOR_PANEL = 8 };
    bool wide = dam__device_facts(device)->native_float_width >= FLOATS_FOR_PANEL;
    bool panel = dam__device_shape(device) == DAM__SHAPE_CPU && (wide || !DENSEAM_HAS_CLBLAST);
    if (device->part != NULL && device->part->provider != DAM__GEMM_AUTO)
        return device->part->provider;
    return panel ? DAM__GEMM_PANEL : dam__gemm_for_gpus();
}

static bool has_choice_of_other(const dam__tuning_part *part, dam__gemm_provider usual)
{
    for (int i = 0; part != NULL && i < part->count; i++)
        if (part->choices[i].provider != usual)
            return true;
    return false;
}

static dam_status add_provider(dam__gemm *gemm, int place, dam__device *device,
                               dam__gemm_provider provider)
{
    gemm->providers[place].provider = provider;
    gemm->providers[place].ops = known[provider].ops;
    return known[provider].ops->create(device, &gemm->providers[place].state);
}

dam_status dam__gemm_create(dam__device *device, dam__gemm_provider provider, dam__gemm **out)
{
    dam_status status = DAM_OK;
    dam__gemm *gemm = NULL;
    dam__gemm_provider usual = provider == DAM__GEMM_AUTO ? usual_provider(device) : provider;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *gemm, &gemm));
    DAM_TRY_CLEANUP(add_provider(gemm, 0, device, usual));
    if (provider == DAM__GEMM_AUTO && has_choice_of_other(device->part, usual)) {
        gemm->part = device->part;
        DAM_TRY_CLEANUP(add_provider(
            gemm, 1, device, usual == DAM__GEMM_PANEL ? dam__gemm_for_gpus() : DAM__GEMM_PANEL));
    }
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
    for (int i = 0; i < 2; i++)
        if (gemm->providers[i].state != NULL)
            gemm->providers[i].ops->destroy(gemm->providers[i].state);
    free(gemm->shapes);
    free(gemm);
}

dam__gemm_provider dam__gemm_usual(const dam__gemm *gemm)
{
    return gemm->providers[0].provider;
}

const char *dam__gemm_name(const dam__gemm *gemm)
{
    return dam__gemm_provider_name(dam__gemm_usual(gemm));
}

bool dam__gemm_mixes(const dam__gemm *gemm)
{
    return gemm->part != NULL;
}

bool dam__gemm_gathers(const dam__gemm *gemm)
{
    return gemm->providers[0].ops->gathers;
}

static bool is_indexed(const dam__product *product)
{
    return product->a.rows != NULL || product->b.rows != NULL;
}

/* Which provider takes the product. One with row indices goes to the one that gathers. */
static int provider_for(const dam__gemm *gemm, const dam__product *product)
{
    if (gemm->part == NULL)
        return 0;
    if (is_indexed(product))
        return gemm->providers[0].ops->gathers ? 0 : 1;
    const dam__product_shape shape = dam__product_shape_of(product);
    const dam__choice *choice = dam__tuning_choice(gemm->part, &shape);
    return choice != NULL && choice->provider == gemm->providers[1].provider ? 1 : 0;
}

dam__product_shape dam__product_shape_of(const dam__product *product)
{
    return (dam__product_shape){.a_transposed = product->a.transposed,
                                .b_transposed = product->b.transposed,
                                .m = product->m,
                                .n = product->n,
                                .k = product->k,
                                .count = product->count};
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
    if ((a.rows != NULL || b.rows != NULL) && !gemm->providers[0].ops->gathers)
        return dam__fail(DAM_INTERNAL, "gemm: provider '%s' takes no row indices",
                         dam__gemm_name(gemm));
    *out = (dam__product){.m = m, .n = n, .k = k, .count = c->count, .a = a, .b = b, .c = c};
    return DAM_OK;
}

static dam_status remember(dam__gemm *gemm, const dam__product *product)
{
    const dam__product_shape shape = dam__product_shape_of(product);
    for (size_t i = 0; i < gemm->shape_count; i++)
        if (dam__product_distance(&gemm->shapes[i], &shape) == 0)
            return DAM_OK;
    dam_status status = dam__grow(&gemm->shapes, gemm->shape_count + 1, sizeof *gemm->shapes);
    if (status == DAM_OK)
        gemm->shapes[gemm->shape_count++] = shape;
    return status;
}

/* With both providers: parts of the matrices, multiplied later, may be given to either. */
dam_status dam__gemm_reserve(dam__gemm *gemm, dam__operand a, dam__operand b, const dam__matrix *c)
{
    dam__product product;
    DAM_TRY(make_product(gemm, a, b, c, &product));
    DAM_TRY(remember(gemm, &product));
    for (int i = 0; i < 2; i++)
        if (gemm->providers[i].state != NULL &&
            (gemm->providers[i].ops->gathers || !is_indexed(&product)))
            DAM_TRY(gemm->providers[i].ops->reserve(gemm->providers[i].state, &product));
    return DAM_OK;
}

dam_status dam__gemm_plan(dam__gemm *gemm, dam__plan *plan)
{
    for (int i = 0; i < 2; i++)
        if (gemm->providers[i].state != NULL)
            DAM_TRY(gemm->providers[i].ops->plan(gemm->providers[i].state, plan));
    return DAM_OK;
}

const dam__product_shape *dam__gemm_shapes(const dam__gemm *gemm, size_t *count)
{
    *count = gemm->shape_count;
    return gemm->shapes;
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
    int taken = provider_for(gemm, &product);
    return gemm->providers[taken].ops->run(gemm->providers[taken].state, &product);
}
