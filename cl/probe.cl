/* Directions in which single samples are moved, whatever the model. */

/*
 * Makes row i of the directions one along which sample first + i can rotate: tangent to the sphere
 * at the sample, of mean 0 where samples have it, of unit norm; a row in which nothing is left
 * becomes zero. One work-group a row.
 */
KERNEL void probe_tangent(__global real *restrict directions, __global const real *restrict samples,
                          const int first, const int dim, const int ld, const int samples_ld,
                          const int centre)
{
    DECLARE_SCRATCH(scratch);
    const size_t row = get_group_id(0);
    const int item = (int)get_local_id(0);
    __global real *u = directions + row * ld;
    __global const real *x = samples + (first + row) * samples_ld;
    real sum = 0, before = 0, along = 0, squares = 0;
    for (int j = item; j < dim; j += GROUP) {
        sum += u[j];
        before = fma(u[j], u[j], before);
    }
    const real mean = centre ? GROUP_SUM(scratch, sum) / dim : 0;
    before = GROUP_SUM(scratch, before);
    for (int j = item; j < dim; j += GROUP)
        along = fma(u[j] - mean, x[j], along);
    along = GROUP_SUM(scratch, along);
    for (int j = item; j < dim; j += GROUP) {
        const real rest = u[j] - mean - along * x[j];
        squares = fma(rest, rest, squares);
    }
    squares = GROUP_SUM(scratch, squares);
    /* What is left within rounding is nothing. */
    const real rounding = REAL_IS_DOUBLE ? (real)1e-14 : (real)1e-6;
    const real scale = squares > rounding * rounding * before ? 1 / sqrt(squares) : 0;
    for (int j = item; j < dim; j += GROUP)
        u[j] = scale * (u[j] - mean - along * x[j]);
}
