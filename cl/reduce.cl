/* Sums of fixed shape over the parts of a matrix. */

/* total = sum of `count` matrices at `stride`, added to total where accumulate. Work-items: vectors
 * of a row x rows. */
KERNEL void reduce_parts(__global const real *restrict parts, __global real *restrict total,
                         const int count, const int stride, const int cols, const int ld,
                         const int accumulate)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    const size_t at = get_group_id(1) * ld + j;
    vector sum = accumulate ? LOAD(total + at) : (vector)0;
    UNROLL_LOADS for (int p = 0; p < count; p++) sum += LOAD(parts + (size_t)p * stride + at);
    STORE(sum, total + at);
}
