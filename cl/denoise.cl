/* needs: normals */
/*
 * The tied-weight denoiser (arXiv 2605.10164; docs/models/denoise.md has the equations), everything
 * but its five products:
 *
 *     Z = s1 g(X) W' + b,  S = sigma(Z),  T = S - m,  F = s2 T W + c,  L = |F - Y|^2 / (2 B N).
 *
 * Matrices are batch x memories or batch x features; axis 2 of every range is the replica. Sums
 * over a batch are made in parts of `per` rows, and denoise_fold adds the parts up, so that their
 * shape is fixed. Padding columns hold zeros and stay so: every sigma but softmax has sigma(0) = 0,
 * and softmax writes zeros there.
 */
#ifndef ACTIVATION
#define ACTIVATION 1 /* 0 linear, 1 relu to the power POWER, 2 softmax: dam__activation */
#endif
#ifndef POWER
#define POWER 1
#endif

/* x^n of a small n. */
INLINE vector power_of(const vector x, const int n)
{
    vector result = 1;
    for (int i = 0; i < n; i++)
        result *= x;
    return result;
}

/* sigma of Z; a softmax is there already. */
INLINE vector activate(const vector z)
{
#if ACTIVATION == 1
    return power_of(fmax(z, (vector)0), POWER);
#else
    return z;
#endif
}

/* sigma' of Z; softmax has a kernel of its own. */
INLINE vector slope(const vector z)
{
#if ACTIVATION == 1
    return SELECT(0, POWER * power_of(fmax(z, (vector)0), POWER - 1), z > 0);
#else
    (void)z;
    return 1;
#endif
}

/*
 * Raw samples to pairs: the clean one is (raw - standards[0]) standards[1], the noisy one has sigma
 * times normal numbers on top, which follow from the sample and `step` alone. Sample a of the batch
 * is number base + order[place + a] of its stream (base + place + a where not ordered). seeds: two
 * words a replica. Where grouped, entries of rows and order begin at a replica's offset, and
 * replicas of one offset have the same pairs, which the first of them makes for all. Work-items:
 * vectors of a row x rows x replicas.
 */
KERNEL void
denoise_pairs(__global const real *restrict samples, __global const int *restrict rows,
              __global const int *restrict order, __global const real *restrict standards,
              __global const uint *restrict seeds, __global real *restrict noisy,
              __global real *restrict clean, const int indexed, const int first, const int ordered,
              const int place, const uint base, __global const int *restrict offsets,
              const int grouped, const int order_stride, const int dim, const int samples_ld,
              const int samples_stride, const int standards_ld, const int standards_stride,
              const int ld, const int stride, const real sigma, const uint step, const uint stream)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const int a = (int)get_group_id(1);
    const size_t p = get_group_id(2);
    if (j >= dim)
        return;
    const int own = grouped ? offsets[p] : 0;
    if (grouped && own != (int)p * order_stride)
        return;
    const size_t row = (size_t)(indexed ? rows[own + first + a] : first + a);
    __global const real *standard = standards + p * standards_stride + j;
    const size_t at = (size_t)a * ld + j;
    const vector raw = LOAD(samples + p * samples_stride + row * samples_ld + j);
    const vector y = (raw - LOAD(standard)) * LOAD(standard + standards_ld);
    vector x = y;
    if (sigma > 0) {
        const uint id = base + (uint)(ordered ? order[own + place + a] : place + a);
        const vector drawn =
            normals_at(id, (uint)j, step, stream, (uint2)(seeds[2 * p], seeds[2 * p + 1]));
        x += SELECT(0, sigma * drawn, (vmask)j + LANE_INDEX < (vmask)dim);
    }
    for (size_t q = p; q < get_global_size(2); q++)
        if (q == p || (grouped && offsets[q] == own)) {
            STORE(y, clean + q * stride + at);
            STORE(x, noisy + q * stride + at);
        }
}

/* What bounds inputs: dam__bound. */
#define BOUND_NONE 0
#define BOUND_TANH 1
#define BOUND_CLIP 2
#define BOUND_UNIT 3

/*
 * g(x): at tanh(x / at), x within +-at, or x at the length of dim^1/2. from and to may be the same.
 * One work-group a row, axis 2 is the replica.
 */
KERNEL void denoise_bound(__global const real *from, __global real *to, const int dim,
                          const int from_ld, const int from_stride, const int ld, const int stride,
                          const int kind, const real at)
{
    DECLARE_SCRATCH(scratch);
    const size_t a = get_group_id(0), p = get_group_id(2);
    __global const real *x = from + p * from_stride + a * from_ld;
    __global real *g = to + p * stride + a * ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector squares = 0;
    for (int j = begin; kind == BOUND_UNIT && j < dim; j += GROUP * VECTOR_WIDTH)
        squares = fma(LOAD(x + j), LOAD(x + j), squares);
    const real length = GROUP_SUM(scratch, lanes_sum(squares));
    const real scale = length > 0 ? sqrt(dim / length) : 0;
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector value = LOAD(x + j);
        STORE(kind == BOUND_UNIT   ? scale * value
              : kind == BOUND_TANH ? at * tanh(value / at)
                                   : clamp(value, (vector)-at, (vector)at),
              g + j);
    }
}

/* x g - integral of g, of one feature; a unit vector has none. */
INLINE vector rest_energy(const vector x, const vector g, const int kind, const real at)
{
    const real log_two = 0.69314718055994530942;
    if (kind == BOUND_UNIT)
        return 0;
    if (kind != BOUND_TANH)
        return (real)0.5 * g * g;
    const vector y = fabs(x) / at;
    return x * g - at * at * (y + log1p(exp(-2 * y)) - log_two);
}

/* Z + b to its softmax, in place. One work-group a row, axis 2 is the replica. */
KERNEL void denoise_softmax(__global real *restrict z, __global const real *restrict bias,
                            const int cols, const int ld, const int stride, const int bias_stride)
{
    DECLARE_SCRATCH(scratch);
    const size_t p = get_group_id(2);
    __global real *row = z + p * stride + get_group_id(0) * ld;
    __global const real *b = bias + p * bias_stride;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector most = -INFINITY;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vmask inside = (vmask)j + LANE_INDEX < (vmask)cols;
        const vector value = SELECT(-INFINITY, LOAD(row + j) + LOAD(b + j), inside);
        STORE(value, row + j);
        most = fmax(most, value);
    }
    const real largest = GROUP_MAX(scratch, lanes_max(most));
    vector total = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector value = exp(LOAD(row + j) - largest);
        STORE(value, row + j);
        total += value;
    }
    const real scale = 1 / GROUP_SUM(scratch, lanes_sum(total));
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        STORE(LOAD(row + j) * scale, row + j);
}

/*
 * Z + b in place (a softmax has had its b), and of sigma of it: where frozen, T = sigma - means;
 * else the sums over each part's rows, added to those of earlier batches where accumulate is set.
 * Work-items: vectors of columns x parts x replicas.
 */
KERNEL void denoise_activate(__global real *restrict z, __global const real *restrict bias,
                             __global const real *restrict means, __global real *restrict t,
                             __global real *restrict sums, const int size, const int cols,
                             const int per, const int ld, const int stride, const int bias_stride,
                             const int sums_ld, const int sums_stride, const int frozen,
                             const int accumulate)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1);
    const size_t p = get_group_id(2);
    if (j >= cols)
        return;
    const int end = min(size, (part + 1) * per);
#if ACTIVATION == 2
    (void)bias;
#else
    const vector b = LOAD(bias + p * bias_stride + j);
#endif
    const vector mean = frozen ? LOAD(means + p * bias_stride + j) : (vector)0;
    vector sum = 0;
    for (int a = part * per; a < end; a += ROWS_AT_ONCE) {
        size_t at[ROWS_AT_ONCE];
        vector value[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++)
        {
            at[r] = p * stride + (size_t)row_below(a + r, end) * ld + j;
            value[r] = LOAD(z + at[r]);
        }
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (a + r < end)
        {
#if ACTIVATION != 2
            value[r] += b;
            STORE(value[r], z + at[r]);
#endif
            const vector s = activate(value[r]);
            sum += s;
            if (frozen)
                STORE(s - mean, t + at[r]);
        }
    }
    __global real *out = sums + p * sums_stride + (size_t)part * sums_ld + j;
    if (!frozen)
        STORE(accumulate ? LOAD(out) + sum : sum, out);
}

/* out = scale times the sum of the parts. Work-items: vectors of columns x 1 x replicas. */
KERNEL void denoise_fold(__global const real *restrict sums, __global real *restrict out,
                         const int cols, const int parts, const int sums_ld, const int sums_stride,
                         const int out_stride, const real scale)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const size_t p = get_group_id(2);
    if (j >= cols)
        return;
    vector sum = 0;
    UNROLL_LOADS for (int part = 0; part < parts; part++) sum +=
        LOAD(sums + p * sums_stride + (size_t)part * sums_ld + j);
    STORE(scale * sum, out + p * out_stride + j);
}

/* T = sigma(Z) - means. Work-items: vectors of columns x parts x replicas. */
KERNEL void denoise_centre(__global const real *restrict z, __global const real *restrict means,
                           __global real *restrict t, const int size, const int cols, const int per,
                           const int ld, const int stride, const int means_stride)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1);
    const size_t p = get_group_id(2);
    if (j >= cols)
        return;
    const int end = min(size, (part + 1) * per);
    const vector mean = LOAD(means + p * means_stride + j);
    for (int a = part * per; a < end; a++) {
        const size_t at = p * stride + (size_t)a * ld + j;
        STORE(activate(LOAD(z + at)) - mean, t + at);
    }
}

/*
 * F becomes scale (F + c - Y); its sums over each part's rows, and one sum of squared errors a
 * work-item. Work-items: vectors of columns x parts x replicas.
 */
KERNEL void denoise_residual(__global real *restrict f, __global const real *restrict clean,
                             __global const real *restrict bias, __global real *restrict sums,
                             __global real *restrict squares, const int size, const int cols,
                             const int per, const int ld, const int stride, const int bias_stride,
                             const int sums_ld, const int sums_stride, const int squares_ld,
                             const int squares_stride, const real scale)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1);
    const size_t p = get_group_id(2);
    if (j >= cols)
        return;
    const int end = min(size, (part + 1) * per);
    const vector c = LOAD(bias + p * bias_stride + j);
    vector sum = 0, square = 0;
    for (int a = part * per; a < end; a += ROWS_AT_ONCE) {
        size_t at[ROWS_AT_ONCE];
        vector error[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++)
        {
            at[r] = p * stride + (size_t)row_below(a + r, end) * ld + j;
            error[r] = LOAD(f + at[r]) + c - LOAD(clean + at[r]);
        }
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (a + r < end)
        {
            STORE(scale * error[r], f + at[r]);
            sum += error[r];
            square = fma(error[r], error[r], square);
        }
    }
    STORE(scale * sum, sums + p * sums_stride + (size_t)part * sums_ld + j);
    squares[p * squares_stride + (size_t)part * squares_ld + get_global_id(0)] = lanes_sum(square);
}

/* out[index + p step] (+)= scale times the sum of all squares. One work-group a replica. */
KERNEL void denoise_collect(__global const real *restrict squares, __global real *restrict out,
                            const int rows, const int cols, const int ld, const int stride,
                            const int index, const int step, const int accumulate, const real scale)
{
    DECLARE_SCRATCH(scratch);
    const size_t p = get_group_id(2);
    real sum = 0;
    for (int i = (int)get_local_id(0); i < rows * cols; i += GROUP)
        sum += squares[p * stride + (size_t)(i / cols) * ld + i % cols];
    const real total = GROUP_SUM(scratch, sum);
    __global real *slot = out + index + p * step;
    if (get_local_id(0) == 0)
        *slot = (accumulate ? *slot : 0) + scale * total;
}

/* Sums over each part's rows. Work-items: vectors of columns x parts x replicas. */
KERNEL void denoise_sums(__global const real *restrict d, __global real *restrict sums,
                         const int size, const int cols, const int per, const int ld,
                         const int stride, const int sums_ld, const int sums_stride)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1);
    const size_t p = get_group_id(2);
    if (j >= cols)
        return;
    const int end = min(size, (part + 1) * per);
    vector sum = 0;
    UNROLL_LOADS for (int a = part * per; a < end; a++) sum +=
        LOAD(d + p * stride + (size_t)a * ld + j);
    STORE(sum, sums + p * sums_stride + (size_t)part * sums_ld + j);
}

/*
 * dL/dT becomes dL/dZ = sigma'(Z) (dL/dT - means), means being its own over the batch where T is
 * centred on that of S; and its sums over each part's rows. Work-items as above. Not for softmax.
 */
KERNEL void denoise_backward(__global const real *restrict z, __global real *restrict d,
                             __global const real *restrict means, __global real *restrict sums,
                             const int size, const int cols, const int per, const int ld,
                             const int stride, const int means_stride, const int sums_ld,
                             const int sums_stride)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1);
    const size_t p = get_group_id(2);
    if (j >= cols)
        return;
    const int end = min(size, (part + 1) * per);
    const vector mean = LOAD(means + p * means_stride + j);
    vector sum = 0;
    for (int a = part * per; a < end; a += ROWS_AT_ONCE) {
        size_t at[ROWS_AT_ONCE];
        vector value[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++)
        {
            at[r] = p * stride + (size_t)row_below(a + r, end) * ld + j;
            value[r] = slope(LOAD(z + at[r])) * (LOAD(d + at[r]) - mean);
        }
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (a + r < end)
        {
            STORE(value[r], d + at[r]);
            sum += value[r];
        }
    }
    STORE(sum, sums + p * sums_stride + (size_t)part * sums_ld + j);
}

/* The same for a softmax S: S (dS - sum S dS). One work-group a row, axis 2 is the replica. */
KERNEL void denoise_backward_softmax(__global const real *restrict s, __global real *restrict d,
                                     __global const real *restrict means, const int cols,
                                     const int ld, const int stride, const int means_stride)
{
    DECLARE_SCRATCH(scratch);
    const size_t p = get_group_id(2);
    const size_t row = p * stride + get_group_id(0) * ld;
    __global const real *mean = means + p * means_stride;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector along = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        along = fma(LOAD(s + row + j), LOAD(d + row + j) - LOAD(mean + j), along);
    const real dot = GROUP_SUM(scratch, lanes_sum(along));
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        STORE(LOAD(s + row + j) * (LOAD(d + row + j) - LOAD(mean + j) - dot), d + row + j);
}

/*
 * E(x) = x.g - L(x) - c.g - ratio (Q(z) - m.z) of states x with g = g(x) = grad L and z = s1 W g,
 * to which b is added here; ratio = s2 / s1 and sigma = grad Q, so that -grad E = g'(x) (f(x) - x).
 * Where nothing bounds the states, g is x and x.g - L = |x|^2 / 2. One work-group a state, axis 2
 * is the replica.
 */
KERNEL void denoise_energy(__global const real *restrict z, __global const real *restrict x,
                           __global const real *restrict bounded,
                           __global const real *restrict bias, __global const real *restrict outer,
                           __global const real *restrict means, __global real *restrict energies,
                           const int cols, const int dim, const int ld, const int stride,
                           const int x_ld, const int x_stride, const int g_ld, const int g_stride,
                           const int bias_stride, const int outer_stride, const int energies_stride,
                           const real ratio, const int kind, const real at)
{
    DECLARE_SCRATCHES(scratch, 3);
    const size_t p = get_group_id(2), a = get_group_id(0);
    __global const real *row = z + p * stride + a * ld, *b = bias + p * bias_stride;
    __global const real *m = means + p * bias_stride;
    __global const real *state = x + p * x_stride + a * x_ld, *c = outer + p * outer_stride;
    __global const real *g = bounded + p * g_stride + a * g_ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector pulls = 0, parts = 0, own = 0;
#if ACTIVATION == 2
    vector most = -INFINITY;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        most = fmax(most, SELECT(-INFINITY, LOAD(row + j) + LOAD(b + j),
                                 (vmask)j + LANE_INDEX < (vmask)cols));
    const real largest = GROUP_MAX(scratch, lanes_max(most));
#endif
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector value = LOAD(row + j) + LOAD(b + j);
        pulls = fma(LOAD(m + j), value, pulls);
#if ACTIVATION == 0
        parts += (real)0.5 * value * value;
#elif ACTIVATION == 1
        parts += power_of(fmax(value, (vector)0), POWER + 1) / (POWER + 1);
#else
        parts += SELECT(0, exp(value - largest), (vmask)j + LANE_INDEX < (vmask)cols);
#endif
    }
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector value = LOAD(g + j);
        if (kind == BOUND_NONE)
            own += value * ((real)0.5 * value - LOAD(c + j));
        else
            own += rest_energy(LOAD(state + j), value, kind, at) - value * LOAD(c + j);
    }
    real sum[3] = {lanes_sum(parts), lanes_sum(pulls), lanes_sum(own)};
    GROUP_SUMS(scratch, sum, 3);
#if ACTIVATION == 2
    const real potential = largest + log(sum[0]);
#else
    const real potential = sum[0];
#endif
    if (get_local_id(0) == 0)
        energies[p * energies_stride + a] = sum[2] - ratio * (potential - sum[1]);
}

/*
 * x <- x + dt (F + c - x), kept within [-clip, clip] where clip > 0. Work-items: vectors of a row x
 * rows x replicas.
 */
KERNEL void denoise_advance(__global real *restrict x, __global const real *restrict f,
                            __global const real *restrict outer, const int dim, const int x_ld,
                            const int x_stride, const int ld, const int stride,
                            const int outer_stride, const real dt, const real clip)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const size_t a = get_group_id(1), p = get_group_id(2);
    if (j >= dim)
        return;
    __global real *state = x + p * x_stride + a * x_ld + j;
    const vector old = LOAD(state);
    const vector pulled = LOAD(f + p * stride + a * ld + j) + LOAD(outer + p * outer_stride + j);
    const vector moved = old + dt * (pulled - old);
    STORE(clip > 0 ? clamp(moved, (vector)-clip, (vector)clip) : moved, state);
}
