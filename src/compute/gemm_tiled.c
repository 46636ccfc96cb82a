/*
 * Multiplies tile by tile in local memory; see cl/tiled.cl. It needs no scratch memory, no tuning
 * and no library.
 *
 * Ceiling: local memory, of which a step of depth loads 12 numbers for 32 multiply-adds.
 */
#include <stdlib.h>

#include "base/memory.h"
#include "compute/compute_internal.h"
#include "compute/gemm_provider.h"

/* As in cl/tiled.cl. */
enum { ITEM_ROWS = 8, ITEM_COLUMNS = 4 };

struct tiled {
    dam__device *device;
    dam__program *program;
    dam__kernel *gemm;
};

static void destroy(void *state)
{
    struct tiled *tiled = state;
    dam__program_destroy(tiled->program);
    free(tiled);
}

static dam_status create(dam__device *device, void **state)
{
    dam_status status = DAM_OK;
    struct tiled *tiled = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *tiled, &tiled));
    tiled->device = device;
    DAM_TRY_CLEANUP(dam__program_create(device, "tiled", "", &tiled->program));
    DAM_TRY_CLEANUP(dam__program_kernel(tiled->program, "tiled_gemm", &tiled->gemm));
    *state = tiled;
    tiled = NULL;
cleanup:
    if (tiled != NULL)
        destroy(tiled);
    return status;
}

static dam_status reserve(void *state, const dam__product *product)
{
    (void)state;
    (void)product;
    return DAM_OK;
}

static dam_status plan(void *state, dam__plan *plan)
{
    (void)state;
    (void)plan;
    return DAM_OK;
}

static int items_across(int group)
{
    return group >= 256 ? 16 : group >= 64 ? 8 : group >= 16 ? 4 : 1;
}

static size_t tiles(int size, int tile)
{
    return ((size_t)size + (size_t)tile - 1) / (size_t)tile;
}

static dam_status run(void *state, const dam__product *p)
{
    struct tiled *tiled = state;
    const dam__operand *a = &p->a, *b = &p->b;
    int group = dam__group(tiled->device), across = items_across(group);
    size_t columns = tiles(p->n, across * ITEM_COLUMNS);
    size_t rows = tiles(p->m, group / across * ITEM_ROWS);
    double outer = (double)p->m * p->n;
    double elements = ((double)p->m + p->n) * p->k + outer;
    return dam__launch(
        tiled->gemm,
        (dam__range){.global = {columns * (size_t)group, rows, (size_t)p->count},
                     .local = {(size_t)group}},
        (dam__work){.flops = 2 * outer * p->k * p->count,
                    .bytes = elements * p->count * (double)dam__real_size(tiled->device)},
        DAM_ARGUMENTS(a->matrix, b->matrix, p->c, p->m, p->n, p->k, a->transposed, a->first,
                      a->matrix->ld, a->matrix->stride, b->transposed, b->first, b->matrix->ld,
                      b->matrix->stride, p->c->ld, p->c->stride, p->alpha, p->beta));
}

const dam__gemm_ops dam__gemm_tiled = {
    .gathers = false,
    .create = create,
    .destroy = destroy,
    .reserve = reserve,
    .plan = plan,
    .run = run,
};
