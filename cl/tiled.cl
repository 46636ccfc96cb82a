/*
 * The tiled product for GPUs, where there is no CLBlast: C = alpha op(A) op(B) + beta C.
 *
 * A work-group computes a tile of C. Step by step of TILE_DEPTH it brings what the tile needs of
 * both factors into local memory, index of depth by index of depth, so that transposing happens on
 * the way; then each work-item adds to its ITEM_ROWS x ITEM_COLUMNS sums in registers: 12 loads
 * from local memory for 32 multiply-adds. The sums of an item lie ITEMS_DOWN rows and ITEMS_ACROSS
 * columns apart, so that neighbouring items load and store neighbouring numbers.
 */
#if GROUP >= 256
#define ITEMS_ACROSS 16
#elif GROUP >= 64
#define ITEMS_ACROSS 8
#elif GROUP >= 16
#define ITEMS_ACROSS 4
#else
#define ITEMS_ACROSS 1
#endif
#define ITEMS_DOWN (GROUP / ITEMS_ACROSS)
#define ITEM_ROWS 8
#define ITEM_COLUMNS 4
#define TILE_DEPTH 16
#define TILE_ROWS (ITEMS_DOWN * ITEM_ROWS)
#define TILE_COLUMNS (ITEMS_ACROSS * ITEM_COLUMNS)

/*
 * Tiles in local memory have rows of one number more than they need: items that write a column of
 * a tile then write into different banks.
 */
#define SPACED(width) ((width) + 1)

/*
 * Brings `width` outer indices of a factor from `outer` on, and TILE_DEPTH of its depth from
 * `begin` on, into a tile; zeros stand for what is beyond `outers` and `depth`. along: the factor
 * stores an outer index a row, so that neighbouring items take neighbouring indices of depth; else
 * an index of depth a row.
 */
INLINE void fetch(SHARED real *tile, __global const real *factor, const int ld, const int along,
                  const int outer, const int outers, const int begin, const int depth,
                  const int width)
{
    const int item = (int)get_local_id(0);
    UNROLL_LOADS
    for (int i = item; i < width * TILE_DEPTH; i += GROUP) {
        const int o = along ? i / TILE_DEPTH : i % width;
        const int d = along ? i % TILE_DEPTH : i / width;
        const size_t row = (size_t)(along ? outer + o : begin + d);
        const int column = along ? begin + d : outer + o;
        tile[d * SPACED(width) + o] =
            outer + o < outers && begin + d < depth ? factor[row * ld + column] : 0;
    }
}

/* Work-items: tiles of columns x tiles of rows x replicas. beta = 0 never reads C. */
KERNEL void tiled_gemm(__global const real *restrict a, __global const real *restrict b,
                       __global real *restrict product, const int m, const int n, const int depth,
                       const int a_transposed, const int a_first, const int a_ld,
                       const int a_stride, const int b_transposed, const int b_first,
                       const int b_ld, const int b_stride, const int ld, const int stride,
                       const real alpha, const real beta)
{
    SHARED real a_tile[TILE_DEPTH * SPACED(TILE_ROWS)];
    SHARED real b_tile[TILE_DEPTH * SPACED(TILE_COLUMNS)];
    const size_t replica = get_group_id(2);
    const int above = (int)get_group_id(1) * TILE_ROWS;
    const int begin = (int)get_group_id(0) * TILE_COLUMNS;
    const int down = (int)get_local_id(0) / ITEMS_ACROSS;
    const int across = (int)get_local_id(0) % ITEMS_ACROSS;
    __global const real *left = a + replica * a_stride + (size_t)a_first * a_ld;
    __global const real *right = b + replica * b_stride + (size_t)b_first * b_ld;
    __global real *c = product + replica * stride;
    real sum[ITEM_ROWS][ITEM_COLUMNS];
    UNROLL for (int r = 0; r < ITEM_ROWS; r++) UNROLL for (int s = 0; s < ITEM_COLUMNS; s++)
        sum[r][s] = 0;
    for (int first = 0; first < depth; first += TILE_DEPTH) {
        fetch(a_tile, left, a_ld, !a_transposed, above, m, first, depth, TILE_ROWS);
        fetch(b_tile, right, b_ld, b_transposed, begin, n, first, depth, TILE_COLUMNS);
        GROUP_BARRIER();
        for (int d = 0; d < TILE_DEPTH; d++) {
            real x[ITEM_ROWS], y[ITEM_COLUMNS];
            UNROLL for (int r = 0; r < ITEM_ROWS; r++) x[r] =
                a_tile[d * SPACED(TILE_ROWS) + down + r * ITEMS_DOWN];
            UNROLL for (int s = 0; s < ITEM_COLUMNS; s++) y[s] =
                b_tile[d * SPACED(TILE_COLUMNS) + across + s * ITEMS_ACROSS];
            UNROLL for (int r = 0; r < ITEM_ROWS; r++) UNROLL for (int s = 0; s < ITEM_COLUMNS; s++)
                sum[r][s] = fma(x[r], y[s], sum[r][s]);
        }
        GROUP_BARRIER();
    }
    UNROLL for (int r = 0; r < ITEM_ROWS; r++) UNROLL for (int s = 0; s < ITEM_COLUMNS; s++)
    {
        const int i = above + down + r * ITEMS_DOWN, j = begin + across + s * ITEMS_ACROSS;
        if (i < m && j < n) {
            __global real *at = c + (size_t)i * ld + j;
            *at = beta == 0 ? alpha * sum[r][s] : fma(beta, *at, alpha * sum[r][s]);
        }
    }
}
