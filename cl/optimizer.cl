/*
 * One optimizer step, a kernel a rule and constraint. v is the parameter's velocity. In the first
 * three the rate enters twice, v <- momentum v - rate g and x <- x + rate v.
 */

/* Free parameters. Work-items: vectors of a row x rows. */
KERNEL void optimizer_momentum(__global real *restrict value,
                               __global const real *restrict gradient,
                               __global real *restrict velocity, const int cols, const int ld,
                               const real rate, const real momentum)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    const size_t at = get_group_id(1) * ld + j;
    const vector v = momentum * LOAD(velocity + at) - rate * LOAD(gradient + at);
    STORE(v, velocity + at);
    STORE(LOAD(value + at) + rate * v, value + at);
}

/*
 * Rows on the unit sphere: the gradient is made tangent (g - (g.w) w), the step taken and the row
 * normalised. Velocities are neither projected nor transported. One work-group a row; padding
 * columns hold zeros in all three matrices and stay zero.
 */
KERNEL void optimizer_unit_rows(__global real *restrict value,
                                __global const real *restrict gradient,
                                __global real *restrict velocity, const int cols, const int ld,
                                const real rate, const real momentum)
{
    DECLARE_SCRATCH(scratch);
    const size_t row = get_group_id(0) * (size_t)ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *w = value + row, *v = velocity + row;
    __global const real *g = gradient + row;

    vector along = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        along = fma(LOAD(g + j), LOAD(w + j), along);
    const real radial = GROUP_SUM(scratch, lanes_sum(along));

    vector squares = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector old = LOAD(w + j);
        const vector speed = momentum * LOAD(v + j) - rate * (LOAD(g + j) - radial * old);
        const vector moved = old + rate * speed;
        STORE(speed, v + j);
        STORE(moved, w + j);
        squares = fma(moved, moved, squares);
    }
    const real scale = 1 / sqrt(GROUP_SUM(scratch, lanes_sum(squares)));
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        STORE(LOAD(w + j) * scale, w + j);
}

/*
 * Mirror descent on positive values: log x <- log x + rate v; each column is then scaled so that
 * its largest entry is 1, which keeps exp in range, and what falls below exp(LEAST_LOG) stays
 * there: a value that underflowed to 0 could never grow again. log 0 = -inf stays 0. Work-items:
 * vectors of columns.
 */
#define LEAST_LOG -69 /* 1e-30, the reciprocal of which is still far from the largest float */
KERNEL void optimizer_mirror(__global real *restrict value, __global const real *restrict gradient,
                             __global real *restrict velocity, const int rows, const int cols,
                             const int ld, const real rate, const real momentum)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    vector largest = -INFINITY;
    for (int i = 0; i < rows; i++) {
        const size_t at = (size_t)i * ld + j;
        const vector v = momentum * LOAD(velocity + at) - rate * LOAD(gradient + at);
        const vector moved = log(LOAD(value + at)) + rate * v;
        STORE(v, velocity + at);
        STORE(moved, value + at);
        largest = fmax(largest, moved);
    }
    const vmask inside = (vmask)j + LANE_INDEX < (vmask)cols;
    for (int i = 0; i < rows; i++) {
        const size_t at = (size_t)i * ld + j;
        const vector below = LOAD(value + at) - largest;
        /* Not fmax, which would hide a NaN from the loss. */
        const vector kept = SELECT(below, (vector)LEAST_LOG, below < (vector)LEAST_LOG);
        const vmask positive = inside & (below != (vector)-INFINITY);
        STORE(SELECT(0, exp(kept), positive), value + at);
    }
}

/*
 * Steps of a fixed largest change: v <- momentum v + g, and every row moves by rate v / max |v|.
 * Gradient and velocity of a row are to be multiplied with exp of their scales (two rows of scales:
 * the gradient's, and the velocity's, which becomes the same); so a row whose true largest |v| is
 * below exp(log_floor) moves less. The first `clamped` columns stay within [-1, 1]. One work-group
 * a row, axis 1 is the replica; rates has a factor of the rate for each.
 */
KERNEL void optimizer_max_norm(__global real *restrict value,
                               __global const real *restrict gradient,
                               __global real *restrict velocity, __global real *restrict scales,
                               __global const real *restrict rates, const int cols, const int ld,
                               const int stride, const int scale_ld, const int scale_stride,
                               const int clamped, const real rate, const real momentum,
                               const real log_floor)
{
    DECLARE_SCRATCH(scratch);
    const size_t k = get_group_id(0), p = get_group_id(1);
    const size_t row = p * stride + k * ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *scale = scales + p * scale_stride + k;
    __global real *m = value + row, *v = velocity + row;
    __global const real *g = gradient + row;
    const real now = scale[0], before = scale[scale_ld];
    const real kept = momentum * exp(fmin(fmax(before - now, (real)-80), (real)80));
    GROUP_BARRIER();

    vector most = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector speed = kept * LOAD(v + j) + LOAD(g + j);
        STORE(speed, v + j);
        most = fmax(most, fabs(speed));
    }
    const real largest = GROUP_MAX(scratch, lanes_max(most));
    const real least = exp(fmin(log_floor - now, (real)80));
    const real step = largest < REAL_TINY ? 0 : rate * rates[p] / fmax(largest, least);
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector moved = LOAD(m + j) - step * LOAD(v + j);
        const vector within = fmin(fmax(moved, (vector)-1), (vector)1);
        STORE(SELECT(moved, within, (vmask)j + LANE_INDEX < (vmask)clamped), m + j);
    }
    if (get_local_id(0) == 0)
        scale[scale_ld] = now;
}

/*
 * The rules below move up to three parameters in one launch, since a launch costs more than the
 * step of a bias. One work-group a row: those of the first parameter, then those of the next. Axis
 * 1 is the replica; rates has a factor of the rate for each.
 */
#define SLOT(n)                                                                                    \
    __global real *restrict value##n, __global const real *restrict gradient##n,                   \
        __global real *restrict velocity##n, const int cols##n, const int ld##n,                   \
        const int stride##n, const real rate##n
#define ADAM_SLOT(n) SLOT(n), __global real *restrict square##n, const real epsilon##n
#define OF_SLOT(name) (slot == 0 ? name##0 : slot == 1 ? name##1 : name##2)

INLINE int slot_of(const int row, const int rows0, const int rows1)
{
    return row < rows0 ? 0 : row < rows0 + rows1 ? 1 : 2;
}

/* The row within its parameter. */
INLINE size_t row_of(const int row, const int slot, const int rows0, const int rows1)
{
    return (size_t)(row - (slot > 0 ? rows0 : 0) - (slot > 1 ? rows1 : 0));
}

INLINE void sgd_row(__global real *x, __global const real *g, __global real *v, const int cols,
                    const real rate, const real momentum)
{
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector speed = momentum * LOAD(v + j) + LOAD(g + j);
        STORE(speed, v + j);
        STORE(LOAD(x + j) - rate * speed, x + j);
    }
}

/* Plain momentum: v <- momentum v + g, x <- x - rate v. */
KERNEL void optimizer_sgd(SLOT(0), SLOT(1), SLOT(2), const int rows0, const int rows1,
                          __global const real *restrict rates, const real momentum)
{
    const int row = (int)get_group_id(0), slot = slot_of(row, rows0, rows1);
    const size_t p = get_group_id(1);
    const size_t at = p * OF_SLOT(stride) + row_of(row, slot, rows0, rows1) * OF_SLOT(ld);
    sgd_row(OF_SLOT(value) + at, OF_SLOT(gradient) + at, OF_SLOT(velocity) + at, OF_SLOT(cols),
            OF_SLOT(rate) * rates[p], momentum);
}

/*
 * Adam: means of the gradient and of its square; `rate` has the correction of the first already,
 * `unbias` is that of the second. What is left of the old mean and what is taken of the new number
 * come apart, because their sum is 1 only before rounding.
 */
INLINE void adam_row(__global real *x, __global const real *gradient, __global real *mean,
                     __global real *square, const int cols, const real rate, const real epsilon,
                     const real mean_kept, const real mean_new, const real square_kept,
                     const real square_new, const real unbias)
{
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector g = LOAD(gradient + j);
        const vector m = mean_kept * LOAD(mean + j) + mean_new * g;
        const vector v = square_kept * LOAD(square + j) + square_new * g * g;
        STORE(m, mean + j);
        STORE(v, square + j);
        STORE(LOAD(x + j) - rate * m / (sqrt(v * unbias) + epsilon), x + j);
    }
}

KERNEL void optimizer_adam(ADAM_SLOT(0), ADAM_SLOT(1), ADAM_SLOT(2), const int rows0,
                           const int rows1, __global const real *restrict rates,
                           const real mean_kept, const real mean_new, const real square_kept,
                           const real square_new, const real unbias)
{
    const int row = (int)get_group_id(0), slot = slot_of(row, rows0, rows1);
    const size_t p = get_group_id(1);
    const size_t at = p * OF_SLOT(stride) + row_of(row, slot, rows0, rows1) * OF_SLOT(ld);
    adam_row(OF_SLOT(value) + at, OF_SLOT(gradient) + at, OF_SLOT(velocity) + at,
             OF_SLOT(square) + at, OF_SLOT(cols), OF_SLOT(rate) * rates[p], OF_SLOT(epsilon),
             mean_kept, mean_new, square_kept, square_new, unbias);
}
