/*
 * The splitting matrix of a denoiser's memory w times a direction u (docs/models/denoise.md), with
 * z = s1 w.x + b, g = dL/dF less its mean where the model is centred, and h = g.w:
 *
 *     S u = s1 s2 sum_i x_i (s1 A_i P_i + B_i Q_i) + g_i B_i P_i,   P = x.u, Q = g.u,
 *
 * where B = sigma'(z) and A = sigma''(z) h; of a softmax B = sigma and A = sigma (h - sum sigma h).
 * Matrices are samples x memories. One replica.
 */
#ifndef ACTIVATION
#define ACTIVATION 1 /* 0 linear, 1 relu to the power POWER, 2 softmax: dam__activation */
#endif
#ifndef POWER
#define POWER 1
#endif

/* factor z^n where z is positive, for a small n; 0 for n below 0. */
INLINE vector power_above(const vector z, const int n, const real factor)
{
    vector result = factor;
    for (int i = 0; i < n; i++)
        result *= z;
    return SELECT(0, n < 0 ? (vector)0 : result, z > 0);
}

/*
 * products: P becomes s1 A P + B Q; across: Q becomes B P. hidden has z, or the softmax; pulls has
 * h. One work-group a sample.
 */
KERNEL void denoise_split(__global const real *restrict hidden, __global const real *restrict pulls,
                          __global real *restrict products, __global real *restrict across,
                          const int cols, const int ld, const real s1)
{
    DECLARE_SCRATCH(scratch);
    const size_t row = get_group_id(0) * (size_t)ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector along = 0;
#if ACTIVATION == 2
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        along = fma(LOAD(hidden + row + j), LOAD(pulls + row + j), along);
#endif
    const real mean = GROUP_SUM(scratch, lanes_sum(along));
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
#if ACTIVATION != 0
        const vector z = LOAD(hidden + row + j);
#endif
        const vector h = LOAD(pulls + row + j) - mean;
        const vector p = LOAD(products + row + j), q = LOAD(across + row + j);
#if ACTIVATION == 0
        const vector slope = 1, curve = 0;
#elif ACTIVATION == 1
        const vector slope = power_above(z, POWER - 1, POWER);
        const vector curve = power_above(z, POWER - 2, POWER * (POWER - 1));
#else
        const vector slope = z, curve = z;
#endif
        const vector inside = SELECT(0, 1, (vmask)j + LANE_INDEX < (vmask)cols);
        STORE(inside * fma(s1 * curve * h, p, slope * q), products + row + j);
        STORE(inside * slope * p, across + row + j);
    }
}
