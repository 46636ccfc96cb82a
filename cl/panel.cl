/*
 * The panel product for CPU drivers: C = alpha op(A) op(B) + beta C.
 *
 * A is packed in panels of TILE_ROWS rows and B in panels of TILE_COLUMNS columns, both k-major, so
 * that the inner loop of a tile reads two vectors of B and broadcasts TILE_ROWS values of A,
 * keeping TILE_ROWS x TILE_VECTORS accumulators in registers. Gathering rows by index and
 * transposing happen while packing. B's last panel is one vector wide where that is enough
 * ("narrow"), so that widths such as 100 or 784 waste little. One work-item a work-group.
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

/* One vector of a row of C, the whole or its first `width` columns. */
inline void store_vector(__global real *c, const vector value, const int width, const real alpha,
                         const real beta)
{
    if (width >= LANES) {
        STORE(beta == 0 ? alpha * value : fma((vector)beta, LOAD(c), alpha * value), c);
    } else {
        real lanes[LANES];
        STORE(value, lanes);
        for (int l = 0; l < width; l++)
            c[l] = beta == 0 ? alpha * lanes[l] : fma(beta, c[l], alpha * lanes[l]);
    }
}

/* The tile at rows i, columns j of C, VECTORS vectors wide. beta = 0 never reads C. */
#define TILE(VECTORS)                                                                              \
    {                                                                                              \
        vector sum[TILE_ROWS][VECTORS];                                                            \
        _Pragma("unroll") for (int r = 0; r < TILE_ROWS; r++)                                      \
            _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sum[r][v] = 0;                     \
        for (int d = 0; d < depth; d++, ap += TILE_ROWS, bp += TILE_COLUMNS) {                     \
            vector b[VECTORS];                                                                     \
            _Pragma("unroll") for (int v = 0; v < VECTORS; v++) b[v] = LOAD(bp + v * LANES);       \
            _Pragma("unroll") for (int r = 0; r < TILE_ROWS; r++)                                  \
                _Pragma("unroll") for (int v = 0; v < VECTORS; v++) sum[r][v] =                    \
                    fma((vector)ap[r], b[v], sum[r][v]);                                           \
        }                                                                                          \
        _Pragma("unroll") for (int r = 0; r < TILE_ROWS; r++) if (i + r < m)                       \
            _Pragma("unroll") for (int v = 0; v < VECTORS; v++)                                    \
                store_vector(c + (size_t)(i + r) * ld + j + v * LANES, sum[r][v],                  \
                             n - j - v * LANES, alpha, beta);                                      \
    }

/* Work-items: panels of A x panels of B x problems. */
ONE_ITEM __kernel void panel_gemm(__global const real *restrict packed_a,
                                  __global const real *restrict packed_b,
                                  __global real *restrict product, const int m, const int n,
                                  const int depth, const int ld, const int a_stride,
                                  const int b_stride, const int stride, const real alpha,
                                  const real beta)
{
    const int i = (int)get_global_id(0) * TILE_ROWS, j = (int)get_global_id(1) * TILE_COLUMNS;
    const size_t problem = get_global_id(2);
    __global const real *ap = packed_a + problem * a_stride + (size_t)i * depth;
    __global const real *bp = packed_b + problem * b_stride + (size_t)j * depth;
    __global real *c = product + problem * stride;
    if (n - j > (TILE_VECTORS - 1) * LANES)
        TILE(TILE_VECTORS)
    else
        TILE(1)
}
