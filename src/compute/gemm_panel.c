/*
 * Packs both factors and multiplies panel by panel; see cl/panel.cl.
 *
 * Ceiling: a tile of TILE_ROWS x TILE_COLUMNS does 2 * rows * columns flops a step of depth for
 * rows + columns loads, so the fused multiply-add units bind, not memory. Packing moves each factor
 * once in and once out: O(mk + kn).
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/gemm_provider.h"
#include "compute/program.h"

enum {
    TILE_VECTORS = 2,
    DEPTH_BLOCK = 2048, /* a panel of B (32 columns) of this depth is 256 KiB: half an L2 cache */
    PACK_CHUNK = 256    /* as in cl/panel.cl */
};

struct panel {
    dam__device *device;
    dam__program *program;
    dam__kernel *pack_a_along, *pack_a_across, *pack_b_along, *pack_b_across, *gemm;
    int tile_rows, tile_columns;
    size_t reserved_a, reserved_b; /* elements */
    dam__buffer *packed_a, *packed_b;
};

static size_t panels(int outer, int width)
{
    return ((size_t)outer + (size_t)width - 1) / (size_t)width;
}

static size_t packed_elements(int outer, int width, int depth)
{
    int block = depth < DEPTH_BLOCK ? depth : DEPTH_BLOCK;
    return panels(outer, width) * (size_t)width * (size_t)block;
}

static void destroy(void *state)
{
    struct panel *panel = state;
    dam__program_destroy(panel->program);
    dam__buffer_destroy(panel->packed_a);
    dam__buffer_destroy(panel->packed_b);
    free(panel);
}

static dam_status create(dam__device *device, void **state)
{
    dam_status status = DAM_OK;
    char *options = NULL;
    struct panel *panel = NULL;
    DAM_TRY(dam__alloc(1, sizeof *panel, &panel));
    panel->device = device;
    /* Accumulators fill the vector registers: 24 of AVX-512's 32, 12 of AVX's and NEON's 16. */
    enum { ROWS_OF_32_REGISTERS = 12, ROWS_OF_16_REGISTERS = 6, LANES_OF_AVX512 = 16 };
    panel->tile_rows = dam__device_facts(device)->native_float_lanes >= LANES_OF_AVX512
                           ? ROWS_OF_32_REGISTERS
                           : ROWS_OF_16_REGISTERS;
    panel->tile_columns = TILE_VECTORS * dam__lanes(device);
    DAM_TRY(
        dam__format(&options, "-DTILE_ROWS=%d -DTILE_VECTORS=%d", panel->tile_rows, TILE_VECTORS));
    DAM_TRY(dam__program_create(device, "panel", options, &panel->program));
    DAM_TRY(dam__program_kernel(panel->program, "panel_pack_a_along", &panel->pack_a_along));
    DAM_TRY(dam__program_kernel(panel->program, "panel_pack_a_across", &panel->pack_a_across));
    DAM_TRY(dam__program_kernel(panel->program, "panel_pack_b_along", &panel->pack_b_along));
    DAM_TRY(dam__program_kernel(panel->program, "panel_pack_b_across", &panel->pack_b_across));
    DAM_TRY(dam__program_kernel(panel->program, "panel_gemm", &panel->gemm));
    *state = panel;
    panel = NULL;
cleanup:
    if (panel != NULL)
        destroy(panel);
    free(options);
    return status;
}

static dam_status reserve(void *state, const dam__product *product)
{
    struct panel *panel = state;
    size_t count = (size_t)product->count;
    size_t a = packed_elements(product->m, panel->tile_rows, product->k) * count;
    size_t b = packed_elements(product->n, panel->tile_columns, product->k) * count;
    panel->reserved_a = a > panel->reserved_a ? a : panel->reserved_a;
    panel->reserved_b = b > panel->reserved_b ? b : panel->reserved_b;
    return DAM_OK;
}

static dam_status plan(void *state, dam__plan *plan)
{
    dam_status status = DAM_OK;
    struct panel *panel = state;
    size_t real = dam__real_size(panel->device);
    DAM_TRY(dam__plan_buffer(plan, "gemm: packed A", panel->reserved_a * real, &panel->packed_a));
    DAM_TRY(dam__plan_buffer(plan, "gemm: packed B", panel->reserved_b * real, &panel->packed_b));
cleanup:
    return status;
}

/* Depth block first_depth ... +depth-1 of one factor whose outer size is outer. */
static dam_status pack(const struct panel *panel, dam__kernel *kernel, const dam__operand *operand,
                       int outer, int width, int first_depth, int depth, dam__buffer *packed)
{
    const dam__matrix *matrix = operand->matrix;
    size_t tiles = panels(outer, width);
    size_t chunks = panels(depth, PACK_CHUNK);
    double elements = (double)outer * depth * matrix->count;
    /* An absent index still needs a buffer behind its argument: some drivers refuse NULL. */
    const dam__buffer *rows = operand->rows != NULL ? operand->rows : matrix->buffer;
    return dam__launch(kernel, (dam__range){.global = {tiles, chunks, (size_t)matrix->count}},
                       (dam__work){.bytes = 2 * elements * (double)dam__real_size(panel->device)},
                       DAM_ARGUMENTS(dam__arg(matrix->buffer), dam__arg(rows), dam__arg(packed),
                                     dam__arg_int(operand->rows != NULL),
                                     dam__arg_int(operand->first), dam__arg_int((int)matrix->ld),
                                     dam__arg_int((int)matrix->stride), dam__arg_int(outer),
                                     dam__arg_int(first_depth), dam__arg_int(depth),
                                     dam__arg_int((int)(tiles * (size_t)width * (size_t)depth))));
}

static dam_status multiply(const struct panel *panel, const dam__product *product, int depth,
                           double beta)
{
    const dam__matrix *c = product->c;
    size_t a_panels = panels(product->m, panel->tile_rows);
    size_t b_panels = panels(product->n, panel->tile_columns);
    double flops = 2.0 * product->m * product->n * depth * product->count;
    double elements = ((double)product->m + product->n) * depth + (double)product->m * product->n;
    return dam__launch(
        panel->gemm, (dam__range){.global = {a_panels, b_panels, (size_t)product->count}},
        (dam__work){.flops = flops,
                    .bytes = elements * product->count * (double)dam__real_size(panel->device)},
        DAM_ARGUMENTS(dam__arg(panel->packed_a), dam__arg(panel->packed_b), dam__arg(c->buffer),
                      dam__arg_int(product->m), dam__arg_int(product->n), dam__arg_int(depth),
                      dam__arg_int((int)c->ld),
                      dam__arg_int((int)(a_panels * (size_t)panel->tile_rows * (size_t)depth)),
                      dam__arg_int((int)(b_panels * (size_t)panel->tile_columns * (size_t)depth)),
                      dam__arg_int((int)c->stride), dam__arg_real(product->alpha),
                      dam__arg_real(beta)));
}

static dam_status run(void *state, const dam__product *product)
{
    dam_status status = DAM_OK;
    struct panel *panel = state;
    dam__kernel *pack_a = product->a.transposed ? panel->pack_a_across : panel->pack_a_along;
    dam__kernel *pack_b = product->b.transposed ? panel->pack_b_along : panel->pack_b_across;
    for (int first = 0; first < product->k || first == 0; first += DEPTH_BLOCK) {
        int depth = product->k - first < DEPTH_BLOCK ? product->k - first : DEPTH_BLOCK;
        DAM_TRY(pack(panel, pack_a, &product->a, product->m, panel->tile_rows, first, depth,
                     panel->packed_a));
        DAM_TRY(pack(panel, pack_b, &product->b, product->n, panel->tile_columns, first, depth,
                     panel->packed_b));
        DAM_TRY(multiply(panel, product, depth, first == 0 ? product->beta : 1.0));
    }
cleanup:
    return status;
}

const dam__gemm_ops dam__gemm_panel = {
    .name = "panel",
    .gathers = true,
    .create = create,
    .destroy = destroy,
    .reserve = reserve,
    .plan = plan,
    .run = run,
};
