/*
 * Sums over the shards of a batch (train/shards.c). Both operands of a sum may change places
 * without changing a bit, so whoever has either of them gets the same.
 */

/* total += part. Work-items: vectors of a row x rows x replicas. */
KERNEL void shards_add(__global real *restrict total, __global const real *restrict part,
                       const int cols, const int ld, const int stride)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    const size_t at = get_group_id(2) * (size_t)stride + get_group_id(1) * (size_t)ld + j;
    STORE(LOAD(total + at) + LOAD(part + at), total + at);
}

/*
 * The same of rows that are to be multiplied with exp of their scales (the first row of each matrix
 * of scales); total's becomes the larger of both. One work-group a row, axis 1 is the replica.
 */
KERNEL void shards_add_scaled(__global real *restrict total, __global const real *restrict part,
                              __global real *restrict scales,
                              __global const real *restrict part_scales, const int cols,
                              const int ld, const int stride, const int scale_stride)
{
    const size_t k = get_group_id(0), p = get_group_id(1);
    const size_t row = p * stride + k * ld, scale = p * scale_stride + k;
    const real now = scales[scale], other = part_scales[scale];
    const real larger = fmax(now, other), smaller = fmin(now, other);
    /* Of equal scales none changes: also where both are infinite. */
    const real factor = larger == smaller ? 1 : exp(smaller - larger);
    GROUP_BARRIER();
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector own = LOAD(total + row + j), given = LOAD(part + row + j);
        STORE(now >= other ? fma(given, factor, own) : fma(own, factor, given), total + row + j);
    }
    if (get_local_id(0) == 0)
        scales[scale] = larger;
}
