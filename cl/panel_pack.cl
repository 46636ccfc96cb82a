/*
 * Packs the factors of the panel product: see cl/panel.cl. In a program of its own, because tiles
 * that are read differently pack alike, and drivers take seconds for each.
 */
#ifndef TILE_ROWS
#define TILE_ROWS 12
#endif
#ifndef TILE_VECTORS
#define TILE_VECTORS 2
#endif
#define TILE_COLUMNS (TILE_VECTORS * LANES)
#define ONE_ITEM __attribute__((reqd_work_group_size(1, 1, 1)))

/*
 * Packs outer indices 0 ... outer-1 of depth indices first_depth ... +depth-1 into panels of WIDTH.
 * Stored row r of the operand is rows[first + r], or first + r where indexed is 0. ALONG: the
 * operand stores one outer index a row (depth is contiguous); ACROSS: one depth index a row. Outer
 * indices beyond the last are packed as zeros. Work-items: panels x chunks of depth x problems.
 */
#define PACK_CHUNK 256
#define PACK_ARGUMENTS                                                                             \
    __global const real *restrict stored, __global const int *restrict rows,                       \
        __global real *restrict packed, const int indexed, const int first, const int ld,          \
        const int stride, const int outer, const int first_depth, const int depth,                 \
        const int packed_stride
#define PACK_HEAD(WIDTH)                                                                           \
    const int o = (int)get_global_id(0) * WIDTH;                                                   \
    const int d0 = (int)get_global_id(1) * PACK_CHUNK;                                             \
    const int chunk = min(PACK_CHUNK, depth - d0);                                                 \
    const int width = min(outer - o, WIDTH);                                                       \
    __global const real *problem = stored + get_global_id(2) * (size_t)stride;                     \
    __global real *target =                                                                        \
        packed + get_global_id(2) * (size_t)packed_stride + (size_t)o * depth + (size_t)d0 * WIDTH

#define PACK_ALONG(name, WIDTH)                                                                    \
    ONE_ITEM __kernel void name(PACK_ARGUMENTS)                                                    \
    {                                                                                              \
        PACK_HEAD(WIDTH);                                                                          \
        __global const real *source[WIDTH];                                                        \
        for (int w = 0; w < WIDTH; w++) {                                                          \
            const int r = first + o + min(w, width - 1);                                           \
            source[w] = problem + (size_t)(indexed ? rows[r] : r) * ld + first_depth + d0;         \
        }                                                                                          \
        int d = 0;                                                                                 \
        if (width == WIDTH)                                                                        \
            for (; d + LANES <= chunk; d += LANES, target += LANES * WIDTH) {                      \
                real block[WIDTH][LANES];                                                          \
                _Pragma("unroll") for (int w = 0; w < WIDTH; w++)                                  \
                    STORE(LOAD(source[w] + d), block[w]);                                          \
                _Pragma("unroll") for (int l = 0; l < LANES; l++)                                  \
                    _Pragma("unroll") for (int w = 0; w < WIDTH; w++) target[l * WIDTH + w] =      \
                        block[w][l];                                                               \
            }                                                                                      \
        for (; d < chunk; d++, target += WIDTH)                                                    \
            for (int w = 0; w < WIDTH; w++)                                                        \
                target[w] = w < width ? source[w][d] : 0;                                          \
    }

#define PACK_ACROSS(name, WIDTH)                                                                   \
    ONE_ITEM __kernel void name(PACK_ARGUMENTS)                                                    \
    {                                                                                              \
        PACK_HEAD(WIDTH);                                                                          \
        for (int d = 0; d < chunk; d++, target += WIDTH) {                                         \
            const int r = first + first_depth + d0 + d;                                            \
            __global const real *source = problem + (size_t)(indexed ? rows[r] : r) * ld + o;      \
            if (width == WIDTH)                                                                    \
                for (int w = 0; w < WIDTH; w++)                                                    \
                    target[w] = source[w];                                                         \
            else                                                                                   \
                for (int w = 0; w < WIDTH; w++)                                                    \
                    target[w] = w < width ? source[w] : 0;                                         \
        }                                                                                          \
    }

PACK_ALONG(panel_pack_a_along, TILE_ROWS)
PACK_ACROSS(panel_pack_a_across, TILE_ROWS)
PACK_ALONG(panel_pack_b_along, TILE_COLUMNS)
PACK_ACROSS(panel_pack_b_across, TILE_COLUMNS)
