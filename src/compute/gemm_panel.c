/*
 * Packs both factors, or one, or none, and multiplies panel by panel; see cl/panel.cl.
 *
 * Ceiling: a tile of TILE_ROWS x TILE_COLUMNS does 2 * rows * columns flops a step of depth for
 * rows + columns loads, so the fused multiply-add units bind, not memory. Packing moves each factor
 * once in and once out: O(mk + kn).
 */
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"
#include "compute/compute_internal.h"
#include "compute/gemm_provider.h"

enum { PACK_CHUNK = 256 }; /* as in cl/panel_pack.cl */

/* How factors are read, as in cl/panel.cl. */
enum { A_PACKED, A_ALONG, A_ACROSS };
enum { B_PACKED, B_ACROSS };

/* The kernels of one set of parameters, for factors that are stored in one way. */
struct tile {
    dam__set set;
    bool a_transposed, b_transposed;
    int a_mode, b_mode;
    int rows, columns;
    dam__program *program, *packing; /* packing is NULL where nothing is packed */
    dam__kernel *pack_a, *pack_b, *gemm;
};

struct panel {
    dam__device *device;
    dam__set usual; /* where no choice is for a product */
    struct tile *tiles;
    size_t tile_count;
    size_t reserved_a, reserved_b; /* elements */
    dam__buffer *packed_a, *packed_b;
};

static size_t panels(int outer, int width)
{
    return ((size_t)outer + (size_t)width - 1) / (size_t)width;
}

static void free_tile(struct tile *tile)
{
    dam__program_destroy(tile->program);
    dam__program_destroy(tile->packing);
}

static void destroy(void *state)
{
    struct panel *panel = state;
    for (size_t i = 0; i < panel->tile_count; i++)
        free_tile(&panel->tiles[i]);
    free(panel->tiles);
    dam__buffer_destroy(panel->packed_a);
    dam__buffer_destroy(panel->packed_b);
    free(panel);
}

/* Accumulators fill the vector registers: 24 of AVX-512's 32, 12 of AVX's and NEON's 16. A panel of
 * B (32 columns) of this depth is 256 KiB: half a second-level cache. */
static dam__set usual_set(const dam__device *device)
{
    enum { ROWS_OF_32_REGISTERS = 12, ROWS_OF_16_REGISTERS = 6, FLOATS_OF_AVX512 = 16 };
    if (device->part != NULL && device->part->sets[DAM__SPACE_PANEL].given)
        return device->part->sets[DAM__SPACE_PANEL];
    bool wide = dam__device_facts(device)->native_float_width >= FLOATS_OF_AVX512;
    return (dam__set){
        .given = true,
        .values = {[DAM__PANEL_ROWS] = wide ? ROWS_OF_32_REGISTERS : ROWS_OF_16_REGISTERS,
                   [DAM__PANEL_VECTORS] = 2,
                   [DAM__PANEL_DEPTH] = 2048,
                   [DAM__PANEL_UNROLL] = 1}};
}

static dam_status create(dam__device *device, void **state)
{
    struct panel *panel = NULL;
    dam_status status = dam__alloc(1, sizeof *panel, &panel);
    if (status == DAM_OK) {
        panel->device = device;
        panel->usual = usual_set(device);
        *state = panel;
    }
    return status;
}

/* --- tiles ------------------------------------------------------------------------------------ */

static int a_mode_of(const dam__set *set, const dam__product *product)
{
    if (!set->values[DAM__PANEL_DIRECT_A])
        return A_PACKED;
    return product->a.transposed ? A_ACROSS : A_ALONG;
}

static int b_mode_of(const dam__set *set, const dam__product *product)
{
    return set->values[DAM__PANEL_DIRECT_B] && !product->b.transposed ? B_ACROSS : B_PACKED;
}

/* The depth is no part of a program. */
static bool makes_same_program(const dam__set *a, const dam__set *b)
{
    for (int i = 0; i < dam__spaces[DAM__SPACE_PANEL].count; i++)
        if (i != DAM__PANEL_DEPTH && a->values[i] != b->values[i])
            return false;
    return true;
}

/* What a factor's kernel is called depends on how it is stored. */
static dam_status compile_packing(struct panel *panel, struct tile *tile)
{
    dam_status status = DAM_OK;
    char *options = NULL;
    if (tile->a_mode != A_PACKED && tile->b_mode != B_PACKED)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__format(&options, "-DTILE_ROWS=%d -DTILE_VECTORS=%d", tile->rows,
                                tile->set.values[DAM__PANEL_VECTORS]));
    DAM_TRY_CLEANUP(dam__program_create(panel->device, "panel_pack", options, &tile->packing));
    if (tile->a_mode == A_PACKED)
        DAM_TRY_CLEANUP(dam__program_kernel(
            tile->packing, tile->a_transposed ? "panel_pack_a_across" : "panel_pack_a_along",
            &tile->pack_a));
    if (tile->b_mode == B_PACKED)
        DAM_TRY_CLEANUP(dam__program_kernel(
            tile->packing, tile->b_transposed ? "panel_pack_b_along" : "panel_pack_b_across",
            &tile->pack_b));
cleanup:
    free(options);
    return status;
}

static dam_status compile(struct panel *panel, struct tile *tile)
{
    dam_status status = DAM_OK;
    char *options = NULL;
    const int *values = tile->set.values;
    DAM_TRY_CLEANUP(dam__format(&options,
                                "-DTILE_ROWS=%d -DTILE_VECTORS=%d -DUNROLL_DEPTH=%d -DA_MODE=%d "
                                "-DB_MODE=%d -DCOLUMNS_FIRST=%d",
                                values[DAM__PANEL_ROWS], values[DAM__PANEL_VECTORS],
                                values[DAM__PANEL_UNROLL], tile->a_mode, tile->b_mode,
                                values[DAM__PANEL_COLUMNS_FIRST]));
    DAM_TRY_CLEANUP(dam__program_create(panel->device, "panel", options, &tile->program));
    DAM_TRY_CLEANUP(dam__program_kernel(tile->program, "panel_gemm", &tile->gemm));
    DAM_TRY_CLEANUP(compile_packing(panel, tile));
cleanup:
    free(options);
    return status;
}

/* The tile of a set for a product; compiled where it is the first of its kind. */
static dam_status find_tile(struct panel *panel, const dam__set *set, const dam__product *product,
                            const struct tile **out)
{
    dam_status status = DAM_OK;
    struct tile tile = {.set = *set,
                        .a_transposed = product->a.transposed,
                        .b_transposed = product->b.transposed,
                        .a_mode = a_mode_of(set, product),
                        .b_mode = b_mode_of(set, product),
                        .rows = set->values[DAM__PANEL_ROWS],
                        .columns =
                            set->values[DAM__PANEL_VECTORS] * dam__vector_width(panel->device)};
    for (size_t i = 0; i < panel->tile_count; i++) {
        *out = &panel->tiles[i];
        if ((*out)->a_transposed == tile.a_transposed &&
            (*out)->b_transposed == tile.b_transposed && makes_same_program(&(*out)->set, set))
            return DAM_OK;
    }
    DAM_TRY_CLEANUP(compile(panel, &tile));
    DAM_TRY_CLEANUP(dam__grow(&panel->tiles, panel->tile_count + 1, sizeof *panel->tiles));
    panel->tiles[panel->tile_count] = tile;
    *out = &panel->tiles[panel->tile_count++];
    tile.program = tile.packing = NULL;
cleanup:
    free_tile(&tile);
    return status;
}

/* The set that a product is multiplied with. */
static const dam__set *set_for(const struct panel *panel, const dam__product *product)
{
    const dam__product_shape shape = dam__product_shape_of(product);
    const dam__choice *choice =
        panel->device->part != NULL ? dam__tuning_choice(panel->device->part, &shape) : NULL;
    bool own = choice != NULL && choice->provider == DAM__GEMM_PANEL && choice->panel.given;
    return own ? &choice->panel : &panel->usual;
}

/* --- scratch ---------------------------------------------------------------------------------- */

static size_t packed_elements(int outer, int width, int depth, int most)
{
    int block = depth < most ? depth : most;
    return panels(outer, width) * (size_t)width * (size_t)(block > 0 ? block : 1);
}

/* Compiles for the product, and counts what it packs. */
static dam_status reserve_set(struct panel *panel, const dam__set *set, const dam__product *product)
{
    const struct tile *tile = NULL;
    size_t count = (size_t)product->count;
    int most = set->values[DAM__PANEL_DEPTH];
    DAM_TRY(find_tile(panel, set, product, &tile));
    size_t a = packed_elements(product->m, tile->rows, product->k, most) * count;
    size_t b = packed_elements(product->n, tile->columns, product->k, most) * count;
    if (tile->a_mode == A_PACKED && a > panel->reserved_a)
        panel->reserved_a = a;
    if (tile->b_mode == B_PACKED && b > panel->reserved_b)
        panel->reserved_b = b;
    return DAM_OK;
}

/* Parts of the matrices, multiplied later, may be like another choice: all are prepared for. */
static dam_status reserve(void *state, const dam__product *product)
{
    struct panel *panel = state;
    const dam__tuning_part *part = panel->device->part;
    DAM_TRY(reserve_set(panel, &panel->usual, product));
    for (int i = 0; part != NULL && i < part->count; i++) {
        const dam__choice *choice = &part->choices[i];
        if (choice->provider == DAM__GEMM_PANEL && choice->panel.given &&
            choice->shape.a_transposed == product->a.transposed &&
            choice->shape.b_transposed == product->b.transposed)
            DAM_TRY(reserve_set(panel, &choice->panel, product));
    }
    return DAM_OK;
}

static dam_status plan(void *state, dam__plan *plan)
{
    struct panel *panel = state;
    size_t real = dam__real_size(panel->device);
    if (panel->reserved_a > 0)
        DAM_TRY(
            dam__plan_buffer(plan, "gemm: packed A", panel->reserved_a * real, &panel->packed_a));
    if (panel->reserved_b > 0)
        DAM_TRY(
            dam__plan_buffer(plan, "gemm: packed B", panel->reserved_b * real, &panel->packed_b));
    return DAM_OK;
}

/* --- running ---------------------------------------------------------------------------------- */

/* A piece of a product's depth. */
struct piece {
    int first, depth;
};

/* An absent index still needs a buffer behind its argument: some drivers refuse NULL. */
static const dam__buffer *rows_of(const dam__operand *operand)
{
    return operand->rows != NULL ? operand->rows : operand->matrix->buffer;
}

/* One factor, whose outer size is outer. */
static dam_status pack(const struct panel *panel, dam__kernel *kernel, const dam__operand *operand,
                       int outer, int width, struct piece piece, dam__buffer *packed)
{
    const dam__matrix *matrix = operand->matrix;
    size_t tiles = panels(outer, width);
    size_t chunks = panels(piece.depth, PACK_CHUNK);
    double elements = (double)outer * piece.depth * matrix->count;
    return dam__launch(kernel, (dam__range){.global = {tiles, chunks, (size_t)matrix->count}},
                       (dam__work){.bytes = 2 * elements * (double)dam__real_size(panel->device)},
                       DAM_ARGUMENTS(matrix, rows_of(operand), packed, operand->rows != NULL,
                                     operand->first, matrix->ld, matrix->stride, outer, piece.first,
                                     piece.depth,
                                     (int)(tiles * (size_t)width * (size_t)piece.depth)));
}

/* A factor as the product's kernel takes it: packed, or as it is stored. */
struct factor {
    const dam__buffer *buffer;
    size_t stride; /* of replicas, in elements */
};

static struct factor factor_of(const dam__operand *operand, bool packed, const dam__buffer *buffer,
                               size_t packed_stride)
{
    return packed ? (struct factor){buffer, packed_stride}
                  : (struct factor){operand->matrix->buffer, operand->matrix->stride};
}

static dam_status multiply(const struct panel *panel, const struct tile *tile,
                           const dam__product *product, struct piece piece, double beta)
{
    const dam__matrix *c = product->c;
    const dam__operand *a = &product->a, *b = &product->b;
    size_t a_panels = panels(product->m, tile->rows), b_panels = panels(product->n, tile->columns);
    size_t depth = (size_t)piece.depth;
    const struct factor left = factor_of(a, tile->a_mode == A_PACKED, panel->packed_a,
                                         a_panels * (size_t)tile->rows * depth);
    const struct factor right = factor_of(b, tile->b_mode == B_PACKED, panel->packed_b,
                                          b_panels * (size_t)tile->columns * depth);
    double flops = 2.0 * product->m * product->n * piece.depth * product->count;
    double elements =
        ((double)product->m + product->n) * piece.depth + (double)product->m * product->n;
    dam__range range = {.global = {a_panels, b_panels, (size_t)product->count}};
    if (tile->set.values[DAM__PANEL_COLUMNS_FIRST])
        range = (dam__range){.global = {b_panels, a_panels, (size_t)product->count}};
    return dam__launch(
        tile->gemm, range,
        (dam__work){.flops = flops,
                    .bytes = elements * product->count * (double)dam__real_size(panel->device)},
        DAM_ARGUMENTS(left.buffer, right.buffer, c, rows_of(a), rows_of(b), product->m, product->n,
                      piece.depth, c->ld, left.stride, right.stride, c->stride, product->alpha,
                      beta, piece.first, a->rows != NULL, a->first, a->matrix->ld, b->rows != NULL,
                      b->first, b->matrix->ld));
}

static dam_status run_piece(const struct panel *panel, const struct tile *tile,
                            const dam__product *product, struct piece piece)
{
    if (tile->a_mode == A_PACKED && piece.depth > 0)
        DAM_TRY(
            pack(panel, tile->pack_a, &product->a, product->m, tile->rows, piece, panel->packed_a));
    if (tile->b_mode == B_PACKED && piece.depth > 0)
        DAM_TRY(pack(panel, tile->pack_b, &product->b, product->n, tile->columns, piece,
                     panel->packed_b));
    return multiply(panel, tile, product, piece, piece.first == 0 ? product->beta : 1.0);
}

/* The depth in pieces of nearly one size. */
static dam_status run(void *state, const dam__product *product)
{
    struct panel *panel = state;
    const dam__set *set = set_for(panel, product);
    const struct tile *tile = NULL;
    int most = set->values[DAM__PANEL_DEPTH];
    int pieces = product->k > 0 ? (int)panels(product->k, most) : 1;
    DAM_TRY(find_tile(panel, set, product, &tile));
    for (int i = 0; i < pieces; i++) {
        int first = (int)((int64_t)product->k * i / pieces);
        int end = (int)((int64_t)product->k * (i + 1) / pieces);
        DAM_TRY(run_piece(panel, tile, product, (struct piece){first, end - first}));
    }
    return DAM_OK;
}

const dam__gemm_ops dam__gemm_panel = {
    .gathers = true,
    .create = create,
    .destroy = destroy,
    .reserve = reserve,
    .plan = plan,
    .run = run,
};
