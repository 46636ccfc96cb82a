/*
 * The panel product for CPU drivers: C = alpha op(A) op(B) + beta C.
 *
 * A is packed in panels of TILE_ROWS rows and B in panels of TILE_COLUMNS columns, both k-major, so
 * that the inner loop of a tile reads two vectors of B and broadcasts TILE_ROWS values of A,
 * keeping TILE_ROWS x TILE_VECTORS accumulators in registers. Gathering rows by index and
 * transposing happen while packing. B's last panel is one vector wide where that is enough
 * ("narrow"), so that widths such as 100 or 784 waste little. One work-item a work-group.
 *
 * A factor that is used a few times only is not worth packing: A_MODE and B_MODE read it as it is
 * stored. Which of all this is best depends on device and shape: see compute/tuning.h.
 */
#ifndef TILE_ROWS
#define TILE_ROWS 12
#endif
#ifndef TILE_VECTORS
#define TILE_VECTORS 2
#endif
#ifndef UNROLL_DEPTH
#define UNROLL_DEPTH 1 /* steps of depth per unrolled iteration */
#endif
#ifndef A_MODE
#define A_MODE 0 /* 0: packed; as stored, 1: a row of C a row, 2: an index of depth a row */
#endif
#ifndef B_MODE
#define B_MODE 0 /* 0: packed; as stored, 1: an index of depth a row */
#endif
#ifndef COLUMNS_FIRST
#define COLUMNS_FIRST 0 /* 1: a panel of A meets all of B before the next; else the other way */
#endif
#define TILE_COLUMNS (TILE_VECTORS * VECTOR_WIDTH)

/* One vector of a row of C, the whole or its first `width` columns. */
INLINE void store_vector(__global real *c, const vector value, const int width, const real alpha,
                         const real beta)
{
    if (width >= VECTOR_WIDTH) {
        STORE_UNALIGNED(
            beta == 0 ? alpha * value : fma((vector)beta, LOAD_UNALIGNED(c), alpha * value), c);
    } else {
        real vector_width[VECTOR_WIDTH];
        STORE_UNALIGNED(value, vector_width);
        for (int l = 0; l < width; l++)
            c[l] = beta == 0 ? alpha * vector_width[l] : fma(beta, c[l], alpha * vector_width[l]);
    }
}

/* Stored row r of an operand that may be indexed. */
#define STORED_ROW(indexed, rows, r) (size_t)((indexed) ? (rows)[r] : (r))

/*
 * One step of depth. Factors that are read as they are stored have the tile's numbers side by side
 * in a row, but for A_MODE 1, where each row of the tile has its own.
 */
#define A_ROW                                                                                      \
    (A_MODE == 2                                                                                   \
         ? a_replica + STORED_ROW(a_indexed, a_rows, a_first + first_depth + d) * (size_t)a_ld +   \
               above                                                                               \
         : a_replica + (size_t)i * depth + (size_t)d * TILE_ROWS)
#define B_ROW                                                                                      \
    (B_MODE == 1                                                                                   \
         ? b_replica + STORED_ROW(b_indexed, b_rows, b_first + first_depth + d) * (size_t)b_ld     \
         : b_replica + (size_t)j * depth + (size_t)d * TILE_COLUMNS)
#define STEP(VECTORS)                                                                              \
    {                                                                                              \
        __global const real *a_row = A_ROW, *b_row = B_ROW;                                        \
        vector b[VECTORS];                                                                         \
        UNROLL for (int v = 0; v < VECTORS; v++) b[v] = LOAD_UNALIGNED(b_row + column[v]);         \
        UNROLL for (int r = 0; r < TILE_ROWS; r++) UNROLL for (int v = 0; v < VECTORS; v++)        \
            sum[r][v] = fma((vector)(A_MODE == 1 ? at[r][d] : a_row[r]), b[v], sum[r][v]);         \
    }

/* The tile at rows i, columns j of C, VECTORS vectors wide. beta = 0 never reads C. */
#define TILE(VECTORS)                                                                              \
    {                                                                                              \
        vector sum[TILE_ROWS][VECTORS];                                                            \
        UNROLL for (int r = 0; r < TILE_ROWS; r++) UNROLL for (int v = 0; v < VECTORS; v++)        \
            sum[r][v] = 0;                                                                         \
        int d = 0;                                                                                 \
        for (; d + UNROLL_DEPTH <= depth;)                                                         \
            UNROLL for (int u = 0; u < UNROLL_DEPTH; u++, d++) STEP(VECTORS);                      \
        for (; UNROLL_DEPTH > 1 && d < depth; d++)                                                 \
            STEP(VECTORS);                                                                         \
        UNROLL for (int r = 0; r < TILE_ROWS; r++) if (above + r >= i && above + r < m)            \
            UNROLL for (int v = 0; v < VECTORS; v++)                                               \
                store_vector(c + (size_t)(above + r) * ld + j + v * VECTOR_WIDTH, sum[r][v],       \
                             n - j - v * VECTOR_WIDTH, alpha, beta);                               \
    }

/*
 * Work-items: panels of A x panels of B x replicas; the first two the other way round where
 * COLUMNS_FIRST. A factor is its packed panels, or the stored matrix with the row indices of
 * PACK_ARGUMENTS. Of a factor that is not packed, tiles reach beyond the last row or column by
 * looking at the last ones again.
 */
SINGLE_KERNEL void panel_gemm(__global const real *restrict a, __global const real *restrict b,
                              __global real *restrict product, __global const int *restrict a_rows,
                              __global const int *restrict b_rows, const int m, const int n,
                              const int depth, const int ld, const int a_stride, const int b_stride,
                              const int stride, const real alpha, const real beta,
                              const int first_depth, const int a_indexed, const int a_first,
                              const int a_ld, const int b_indexed, const int b_first,
                              const int b_ld)
{
    const int i = (int)get_global_id(COLUMNS_FIRST) * TILE_ROWS;
    const int j = (int)get_global_id(1 - COLUMNS_FIRST) * TILE_COLUMNS;
    const size_t replica = get_group_id(2);
    __global const real *a_replica = a + replica * a_stride;
    __global const real *b_replica = b + replica * b_stride;
    __global real *c = product + replica * stride;
    const int above = A_MODE == 2 ? max(0, min(i, m - TILE_ROWS)) : i; /* the tile's first row */
    __global const real *at[TILE_ROWS];
    UNROLL for (int r = 0; r < TILE_ROWS; r++) at[r] =
        a_replica +
        (A_MODE == 1 ? STORED_ROW(a_indexed, a_rows, a_first + min(i + r, m - 1)) * (size_t)a_ld +
                           first_depth
                     : 0);
    int column[TILE_VECTORS];
    UNROLL for (int v = 0; v < TILE_VECTORS; v++) column[v] =
        B_MODE == 1 ? min(j + v * VECTOR_WIDTH, b_ld - VECTOR_WIDTH) : v * VECTOR_WIDTH;
    if (n - j > VECTOR_WIDTH)
        TILE(TILE_VECTORS)
    else
        TILE(1)
}
