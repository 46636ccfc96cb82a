/*
 * Power iteration for the largest eigenvalue of a symmetric matrix A without negative ones:
 * w = A v, then v = w / |w|; v.w tends to the eigenvalue from below. Entries of v behind `size` are
 * zeros, those of A finite.
 */

/* w = A v. One work-group a row. */
KERNEL void power_multiply(__global const real *restrict matrix, __global const real *restrict v,
                           __global real *restrict w, const int size, const int ld)
{
    DECLARE_SCRATCH(scratch);
    const size_t i = get_group_id(0);
    vector sum = 0;
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < size; j += GROUP * VECTOR_WIDTH)
        sum = fma(LOAD(matrix + i * ld + j), LOAD(v + j), sum);
    const real total = GROUP_SUM(scratch, lanes_sum(sum));
    if (get_local_id(0) == 0)
        w[i] = total;
}

/*
 * out[index] = scale v.w, and v becomes w made unit; where centred, w loses its mean first, which
 * keeps v among the vectors that sum to 0. One work-group.
 */
KERNEL void power_normalise(__global real *restrict v, __global const real *restrict w,
                            __global real *restrict out, const int size, const int index,
                            const int centred, const real scale)
{
    DECLARE_SCRATCH(scratch);
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector sum = 0, along = 0, squares = 0;
    for (int j = begin; j < size; j += GROUP * VECTOR_WIDTH) {
        sum += SELECT(0, LOAD(w + j), (vmask)j + LANE_INDEX < (vmask)size);
        along = fma(LOAD(v + j), LOAD(w + j), along);
    }
    const real quotient = GROUP_SUM(scratch, lanes_sum(along));
    const real total = GROUP_SUM(scratch, lanes_sum(sum));
    const real mean = centred ? total / size : 0;
    for (int j = begin; j < size; j += GROUP * VECTOR_WIDTH) {
        const vector value = SELECT(0, LOAD(w + j) - mean, (vmask)j + LANE_INDEX < (vmask)size);
        squares = fma(value, value, squares);
    }
    const real norm = sqrt(GROUP_SUM(scratch, lanes_sum(squares)));
    const real factor = norm > 0 ? 1 / norm : 0;
    for (int j = begin; j < size; j += GROUP * VECTOR_WIDTH)
        STORE(SELECT(0, factor * (LOAD(w + j) - mean), (vmask)j + LANE_INDEX < (vmask)size), v + j);
    if (get_local_id(0) == 0)
        out[index] = scale * quotient;
}
