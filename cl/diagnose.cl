/* What a training step changes, in numbers: sums of squares and what they are made of. */

/* out[i] = the sum of the squares of row i. One work-group a row. */
KERNEL void diagnose_squares(__global const real *restrict matrix, __global real *restrict out,
                             const int cols, const int ld)
{
    DECLARE_SCRATCH(scratch);
    const size_t i = get_group_id(0);
    vector sum = 0;
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector value = LOAD(matrix + i * ld + j);
        sum = fma(value, value, sum);
    }
    const real total = GROUP_SUM(scratch, lanes_sum(sum));
    if (get_local_id(0) == 0)
        out[i] = total;
}

/*
 * out[index] = sqrt(scale times the sum of the squares), or, where inverse, scale times the sum of
 * 1 / squares. One work-group.
 */
KERNEL void diagnose_collect(__global const real *restrict squares, __global real *restrict out,
                             const int count, const int index, const int inverse, const real scale)
{
    DECLARE_SCRATCH(scratch);
    real sum = 0;
    for (int i = (int)get_local_id(0); i < count; i += GROUP)
        sum += inverse ? 1 / squares[i] : squares[i];
    const real total = GROUP_SUM(scratch, sum);
    if (get_local_id(0) == 0)
        out[index] = inverse ? scale * total : sqrt(scale * total);
}

/* b = scale a - b. Work-items: vectors of a row x rows. */
KERNEL void diagnose_subtract(__global const real *restrict a, __global real *restrict b,
                              const int cols, const int ld, const real scale)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    const size_t at = get_group_id(1) * ld + j;
    STORE(scale * LOAD(a + at) - LOAD(b + at), b + at);
}

/* Rows lose the means of the columns. Work-items as above. */
KERNEL void diagnose_centre(__global real *restrict matrix, __global const real *restrict means,
                            const int cols, const int ld)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    const size_t at = get_group_id(1) * ld + j;
    STORE(LOAD(matrix + at) - LOAD(means + j), matrix + at);
}
