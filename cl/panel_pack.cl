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
#define TILE_COLUMNS (TILE_VECTORS * VECTOR_WIDTH)

/*
 * Packs outer indices 0 ... outer-1 of depth indices first_depth ... +depth-1 into panels of WIDTH.
 * Stored row r of the operand is rows[first + r], or first + r where indexed is 0. ALONG: the
 * operand stores one outer index a row (depth is contiguous); ACROSS: one depth index a row. Outer
 * indices beyond the last are packed as zeros. Work-items: panels x chunks of depth x replicas.
 */
#define PACK_CHUNK 256
#define PACK_ARGUMENTS                                                                             \
    __global const real *restrict stored, __global const int *restrict rows,                       \
        __global real *restrict packed, const int indexed, const int first, const int ld,          \
        const int stride, const int outer, const int first_depth, const int depth,                 \
        const int packed_stride
#define PACK_HEAD(WIDTH)                                                                           \
    const int o = (int)get_global_id(0) * WIDTH;                                                   \
    const int d0 = (int)get_group_id(1) * PACK_CHUNK;                                              \
    const int chunk = min(PACK_CHUNK, depth - d0);                                                 \
    const int width = min(outer - o, WIDTH);                                                       \
    __global const real *replica = stored + get_group_id(2) * (size_t)stride;                      \
    __global real *target =                                                                        \
        packed + get_group_id(2) * (size_t)packed_stride + (size_t)o * depth + (size_t)d0 * WIDTH

#define STORED_ROW(r) (size_t)(indexed ? rows[r] : (r))
/* Where an operand that stores one outer index a row has that of the panel's index w. */
#define PACK_ROW(w) (replica + STORED_ROW(first + o + min(w, width - 1)) * ld + first_depth + d0)

SINGLE_KERNEL void panel_pack_a_along(PACK_ARGUMENTS)
{
    PACK_HEAD(TILE_ROWS);
    __global const real *source[TILE_ROWS];
    for (int w = 0; w < TILE_ROWS; w++)
        source[w] = PACK_ROW(w);
    int d = 0;
    if (width == TILE_ROWS)
        for (; d + VECTOR_WIDTH <= chunk; d += VECTOR_WIDTH, target += VECTOR_WIDTH * TILE_ROWS) {
            real block[TILE_ROWS][VECTOR_WIDTH];
            UNROLL for (int w = 0; w < TILE_ROWS; w++)
                STORE_UNALIGNED(LOAD_UNALIGNED(source[w] + d), block[w]);
            UNROLL for (int l = 0; l < VECTOR_WIDTH; l++) UNROLL for (int w = 0; w < TILE_ROWS; w++)
                target[l * TILE_ROWS + w] = block[w][l];
        }
    for (; d < chunk; d++, target += TILE_ROWS)
        for (int w = 0; w < TILE_ROWS; w++)
            target[w] = w < width ? source[w][d] : 0;
}

/* Vector after vector of the panel, each along all of the chunk: CPUs fetch ahead in VECTOR_WIDTH
 * rows, but not in more. */
SINGLE_KERNEL void panel_pack_b_along(PACK_ARGUMENTS)
{
    PACK_HEAD(TILE_COLUMNS);
    for (int v = 0; v < TILE_COLUMNS; v += VECTOR_WIDTH, target += VECTOR_WIDTH) {
        const int whole = v + VECTOR_WIDTH <= width ? chunk - chunk % VECTOR_WIDTH : 0;
        __global const real *source[VECTOR_WIDTH];
        for (int w = 0; w < VECTOR_WIDTH; w++)
            source[w] = PACK_ROW(v + w);
        for (int d = 0; d < whole; d += VECTOR_WIDTH) {
            vector block[VECTOR_WIDTH];
            UNROLL for (int w = 0; w < VECTOR_WIDTH; w++) block[w] = LOAD_UNALIGNED(source[w] + d);
            transpose_lanes(block);
            UNROLL for (int l = 0; l < VECTOR_WIDTH; l++)
                STORE_UNALIGNED(block[l], target + (d + l) * TILE_COLUMNS);
        }
        for (int d = whole; d < chunk; d++)
            for (int w = 0; w < VECTOR_WIDTH; w++)
                target[d * TILE_COLUMNS + w] = v + w < width ? source[w][d] : 0;
    }
}

#define PACK_ACROSS(name, WIDTH)                                                                   \
    SINGLE_KERNEL void name(PACK_ARGUMENTS)                                                        \
    {                                                                                              \
        PACK_HEAD(WIDTH);                                                                          \
        for (int d = 0; d < chunk; d++, target += WIDTH) {                                         \
            __global const real *source =                                                          \
                replica + STORED_ROW(first + first_depth + d0 + d) * ld + o;                       \
            if (width == WIDTH)                                                                    \
                for (int w = 0; w < WIDTH; w++)                                                    \
                    target[w] = source[w];                                                         \
            else                                                                                   \
                for (int w = 0; w < WIDTH; w++)                                                    \
                    target[w] = w < width ? source[w] : 0;                                         \
        }                                                                                          \
    }

PACK_ACROSS(panel_pack_a_across, TILE_ROWS)
PACK_ACROSS(panel_pack_b_across, TILE_COLUMNS)
