/*
 * The von Mises-Fisher memory (arXiv 2508.19151): everything of a step but its two large products.
 * docs/models/vmf.md has the mathematics, equation by equation.
 *
 * Column `memories` of similarities, activations and class weights is the background, whose
 * exponent is 0: so it takes part in the maximum, in the class sums and in the class gradient
 * without a case of its own. Class weights are stored class by class (columns x memories + 1), so
 * that lanes run along the memories everywhere.
 *
 * scalars: [0] effective inverse temperature b = varsigma beta, [1] tau(beta), [2] tau'(beta).
 */
#ifndef COLUMNS
#define COLUMNS 11 /* classes and the softening class */
#endif
#ifndef TILE
#define TILE 11 /* class columns summed in one pass over a row; at most COLUMNS */
#endif
/* 1: the model's own predictions take the place of labels, which are not read. */
#ifndef UNSUPERVISED
#define UNSUPERVISED 0
#endif
#if REAL_IS_DOUBLE
#define LEAST_EXPONENT -708
#else
#define LEAST_EXPONENT -87
#endif

/* tau and tau' of the large-N normaliser, without cancellation; for one work-item. */
INLINE void describe_beta(const real b, __global real *scalars, const real varsigma, const int dim)
{
    const real x = 2 * b / (dim - 2), x2 = x * x;
    const real r = sqrt(1 + x2), q = x2 / (r + 1);
    scalars[0] = varsigma * b;
    scalars[1] = (real)-0.25 * log1p(x2) + ((real)0.5 * dim - 1) * (q - log1p((real)0.5 * q));
    scalars[2] = x / (1 + r) - x / ((dim - 2) * r * r);
}

/* What follows from beta where it was not the optimizer that changed it; one work-item. */
SINGLE_KERNEL void vmf_scalars(__global const real *restrict beta, __global real *restrict scalars,
                               const real varsigma, const int dim)
{
    describe_beta(beta[0], scalars, varsigma, dim);
}

/* exp(h - shift) of one vector of memories at column j; the background where j reaches it. */
INLINE vector activation(const vector m, const int j, const int memories, const real b,
                         const real tau, const real shift)
{
    const vmask at = (vmask)j + LANE_INDEX;
    const vector h = SELECT(b * m - tau, 0, at == (vmask)memories) - shift;
    /* What underflows counts as 0: subnormal numbers would slow CPUs down. Asked this way round so
     * that a NaN passes, and reaches the loss. */
    const vmask outside = (at > (vmask)memories) | (h <= (vector)LEAST_EXPONENT);
    return SELECT(exp(h), 0, outside);
}

/* max(0, largest h) over a row: 0 is the exponent of the background. */
INLINE real row_shift(__global const real *similarity, const int memories, const real b,
                      const real tau SCRATCH_PARAMETER)
{
    vector largest = 0;
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < memories; j += GROUP * VECTOR_WIDTH) {
        const vmask inside = (vmask)j + LANE_INDEX < (vmask)memories;
        largest = fmax(largest, SELECT(0, b * LOAD(similarity + j) - tau, inside));
    }
    return GROUP_MAX(scratch, lanes_max(largest));
}

/* At least the smallest normal number; unlike fmax, it lets a NaN through: so divergence is seen.
 */
INLINE real at_least_tiny(const real sum)
{
    return sum < REAL_TINY ? REAL_TINY : sum;
}

/* sums[y] = sum over the row of activation * weights[y], at least the smallest normal number. */
INLINE void class_sums(__global const real *activations, __global const real *weights,
                       const int width, const int weights_ld, SHARED real *sums SCRATCH_PARAMETER)
{
    for (int y0 = 0; y0 < COLUMNS; y0 += TILE) {
        vector partial[TILE];
        UNROLL for (int t = 0; t < TILE; t++) partial[t] = 0;
        for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < width; j += GROUP * VECTOR_WIDTH) {
            const vector e = LOAD(activations + j);
            UNROLL for (int t = 0; t < TILE; t++)
            {
                const int y = min(y0 + t, COLUMNS - 1);
                partial[t] = fma(e, LOAD(weights + (size_t)y * weights_ld + j), partial[t]);
            }
        }
        real total[TILE];
        UNROLL for (int t = 0; t < TILE; t++) total[t] = lanes_sum(partial[t]);
        GROUP_SUMS(scratch, total, TILE);
        UNROLL for (int t = 0; t < TILE; t++) if (y0 + t < COLUMNS && get_local_id(0) == 0)
            sums[y0 + t] = at_least_tiny(total[t]);
    }
    GROUP_BARRIER();
}

/* Softened target of class column y for a sample of class `label`. */
INLINE real soft_target(const int y, const int label, const real softening)
{
    return softening / COLUMNS + (y == label ? 1 - softening : 0);
}

/* What the class sums of a sample say about its class columns; zeros where labels do. */
typedef struct columns {
    real total; /* sum of the class sums: a column's probability is its share of it */
    real mean;  /* expected log class sum under these probabilities */
} columns;

INLINE columns describe_columns(const SHARED real *sums)
{
    columns all = {0, 0};
    if (!UNSUPERVISED)
        return all;
    for (int y = 0; y < COLUMNS; y++)
        all.total += sums[y];
    for (int y = 0; y < COLUMNS; y++)
        all.mean += sums[y] / all.total * log(sums[y]);
    return all;
}

/* The weight of class column y in the loss: softened label, or softened probability. */
INLINE real loss_weight(const int y, const int label, const SHARED real *sums, const columns all,
                        const real softening)
{
    if (!UNSUPERVISED)
        return soft_target(y, label, softening);
    return softening / COLUMNS + (1 - softening) * (sums[y] / all.total);
}

/* Minus the loss's derivative by the logit of column y; the probabilities depend on it as well. */
INLINE real loss_slope(const int y, const int label, const SHARED real *sums, const columns all,
                       const real softening)
{
    const real weight = loss_weight(y, label, sums, all, softening);
    if (!UNSUPERVISED)
        return weight;
    return fma((1 - softening) * (sums[y] / all.total), log(sums[y]) - all.mean, weight);
}

/*
 * One sample a work-group, from its similarities: activations E, ratios R = slope / class sum, the
 * responsibilities Q = E (R G') scaled by -b / batch in place of the similarities (so that Q'X is
 * the memories' gradient), and statistics {loss, sum Q m, sum Q, 0} over the memories.
 */
KERNEL void vmf_forward(__global real *restrict similarities, __global real *restrict activations,
                        __global real *restrict ratios, __global real *restrict statistics,
                        __global const real *restrict weights,
                        __global const real *restrict scalars, __global const int *restrict labels,
                        __global const int *restrict rows, const int indexed, const int first,
                        const int memories, const int ld, const int ratios_ld, const int weights_ld,
                        const real softening, const real per_sample)
{
    DECLARE_SCRATCHES(scratch, TILE > 2 ? TILE : 2);
    SHARED real sums[COLUMNS];
    const int i = (int)get_group_id(0), begin = (int)get_local_id(0) * VECTOR_WIDTH;
    const int label = UNSUPERVISED ? -1 : labels[indexed ? rows[first + i] : first + i];
    const real b = scalars[0], tau = scalars[1];
    const int width = memories + 1;
    __global real *m = similarities + (size_t)i * ld, *e = activations + (size_t)i * ld;
    __global real *ratio = ratios + (size_t)i * ratios_ld;

    const real shift = row_shift(m, memories, b, tau SCRATCH_ARGUMENT);
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
        STORE(activation(LOAD(m + j), j, memories, b, tau, shift), e + j);
    GROUP_BARRIER();
    class_sums(e, weights, width, weights_ld, sums SCRATCH_ARGUMENT);

    const columns all = describe_columns(sums);
    real loss = 0;
    for (int y = 0; y < COLUMNS; y++)
        loss -= loss_weight(y, label, sums, all, softening) * (shift + log(sums[y]));
    for (int y = (int)get_local_id(0); y < COLUMNS; y += GROUP)
        ratio[y] = loss_slope(y, label, sums, all, softening) / sums[y];
    GROUP_BARRIER();
    for (int y = (int)get_local_id(0); y < COLUMNS; y += GROUP)
        sums[y] = ratio[y];
    GROUP_BARRIER();

    vector sum_qm = 0, sum_q = 0;
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH) {
        vector owed = 0;
        for (int y0 = 0; y0 < COLUMNS; y0 += TILE)
            UNROLL for (int t = 0; t < TILE; t++) if (y0 + t < COLUMNS) owed =
                fma((vector)sums[y0 + t], LOAD(weights + (size_t)(y0 + t) * weights_ld + j), owed);
        const vmask memory = (vmask)j + LANE_INDEX < (vmask)memories;
        const vector q = SELECT(0, LOAD(e + j) * owed, memory);
        sum_qm = fma(q, LOAD(m + j), sum_qm);
        sum_q += q;
        STORE(q * (-b * per_sample), m + j);
    }
    real all_q[2] = {lanes_sum(sum_qm), lanes_sum(sum_q)};
    GROUP_SUMS(scratch, all_q, 2);
    if (get_local_id(0) == 0) {
        statistics[4 * i] = loss;
        statistics[4 * i + 1] = all_q[0];
        statistics[4 * i + 2] = all_q[1];
    }
}

/* The first memory of largest similarity. Indices below 2^24 are exact as reals. */
INLINE int nearest_memory(__global const real *similarity, const int memories SCRATCH_PARAMETER)
{
    int best = min((int)get_local_id(0), memories - 1);
    for (int j = best + GROUP; j < memories; j += GROUP)
        best = similarity[j] > similarity[best] ? j : best;
    const real value = similarity[best];
    const real largest = GROUP_MAX(scratch, value);
    return -(int)GROUP_MAX(scratch, value == largest ? -(real)best : -(real)memories);
}

/*
 * One sample a work-group: softened loss, predicted class column, class of the nearest memory.
 * statistics: {loss, right, 0, 0}.
 */
KERNEL void vmf_evaluate(__global const real *restrict similarities,
                         __global real *restrict activations, __global real *restrict statistics,
                         __global int *restrict predicted, __global int *restrict nearest,
                         __global const real *restrict weights,
                         __global const real *restrict scalars, __global const int *restrict labels,
                         const int first, const int offset, const int memories, const int ld,
                         const int weights_ld, const real softening)
{
    DECLARE_SCRATCHES(scratch, TILE);
    SHARED real sums[COLUMNS];
    const int i = (int)get_group_id(0), begin = (int)get_local_id(0) * VECTOR_WIDTH;
    const int label = UNSUPERVISED ? -1 : labels[first + i];
    const real b = scalars[0], tau = scalars[1];
    const int width = memories + 1;
    __global const real *m = similarities + (size_t)i * ld;
    __global real *e = activations + (size_t)i * ld;

    const real shift = row_shift(m, memories, b, tau SCRATCH_ARGUMENT);
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
        STORE(activation(LOAD(m + j), j, memories, b, tau, shift), e + j);
    GROUP_BARRIER();
    class_sums(e, weights, width, weights_ld, sums SCRATCH_ARGUMENT);

    const int closest = nearest_memory(m, memories SCRATCH_ARGUMENT);
    if (get_local_id(0) != 0)
        return;
    const columns all = describe_columns(sums);
    real loss = 0;
    int best = 0;
    for (int y = 0; y < COLUMNS; y++) {
        loss -= loss_weight(y, label, sums, all, softening) * (shift + log(sums[y]));
        best = sums[y] > sums[best] ? y : best;
    }
    int owner = 0;
    for (int y = 1; y < COLUMNS; y++)
        if (weights[(size_t)y * weights_ld + closest] >
            weights[(size_t)owner * weights_ld + closest])
            owner = y;
    statistics[4 * i] = loss;
    statistics[4 * i + 1] = best == label ? 1 : 0;
    predicted[offset + i] = best;
    nearest[offset + i] = owner;
}

/*
 * Part p of the class weights' gradient, -per_sample sum_i E[i][mu] R[i][y] over the samples
 * p, p + parts, ... Work-items: vectors of memories x tiles of class columns x parts.
 */
KERNEL void vmf_class_gradient(__global const real *restrict activations,
                               __global const real *restrict ratios,
                               __global real *restrict gradient_parts, const int samples,
                               const int width, const int ld, const int ratios_ld,
                               const int weights_ld, const int part_stride, const real per_sample)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= width)
        return;
    const int y0 = (int)get_group_id(1) * TILE;
    const int part = (int)get_group_id(2), parts = (int)get_global_size(2);
    vector sum[TILE];
    UNROLL for (int t = 0; t < TILE; t++) sum[t] = 0;
    for (int i = part; i < samples; i += ROWS_AT_ONCE * parts) {
        vector e[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) e[r] =
            LOAD(activations + (size_t)row_below(i + r * parts, samples) * ld + j);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (i + r * parts < samples)
        {
            __global const real *ratio = ratios + (size_t)(i + r * parts) * ratios_ld;
            UNROLL for (int t = 0; t < TILE; t++) sum[t] =
                fma(e[r], (vector)ratio[min(y0 + t, COLUMNS - 1)], sum[t]);
        }
    }
    __global real *out = gradient_parts + (size_t)part * part_stride + j;
    UNROLL for (int t = 0; t < TILE; t++) if (y0 + t < COLUMNS)
        STORE(-per_sample * sum[t], out + (size_t)(y0 + t) * weights_ld);
}

/*
 * What is added up over a chunk of samples; the first of a batch (accumulate 0) replaces what was
 * there. The parts of the class weights' gradient: work-items are vectors of memories x class
 * columns. The statistics, to losses[slot] += per_sample sum loss and the gradient of beta: one
 * work-group of a row more.
 */
KERNEL void vmf_fold(__global const real *restrict gradient_parts, __global real *restrict gradient,
                     __global const real *restrict statistics,
                     __global const real *restrict scalars, __global real *restrict losses,
                     __global real *restrict beta_gradient, const int parts, const int part_stride,
                     const int width, const int weights_ld, const int samples, const int slot,
                     const int accumulate, const real varsigma, const real per_sample)
{
    DECLARE_SCRATCHES(scratch, 3);
    const int j = (int)get_global_id(0) * VECTOR_WIDTH, y = (int)get_group_id(1);
    const bool collects = y == COLUMNS && get_group_id(0) == 0;
    if (y < COLUMNS && j < width) {
        const size_t at = (size_t)y * weights_ld + j;
        vector total = accumulate ? LOAD(gradient + at) : (vector)0;
        UNROLL_LOADS for (int p = 0; p < parts; p++) total +=
            LOAD(gradient_parts + (size_t)p * part_stride + at);
        STORE(total, gradient + at);
    }
    real sum[3] = {0, 0, 0}; /* of losses, of Q m, of Q */
    for (int i = (int)get_local_id(0); i < (collects ? samples : 0); i += GROUP)
        UNROLL for (int k = 0; k < 3; k++) sum[k] += statistics[4 * i + k];
    GROUP_SUMS(scratch, sum, 3);
    if (collects && get_local_id(0) == 0) {
        const real slope = -per_sample * (varsigma * sum[1] - scalars[2] * sum[2]);
        losses[slot] = (accumulate ? losses[slot] : 0) + per_sample * sum[0];
        beta_gradient[0] = (accumulate ? beta_gradient[0] : 0) + slope;
    }
}

/* totals[slot] = {sum of losses, number of right predictions} of a batch. One work-group. */
KERNEL void vmf_metrics(__global const real *restrict statistics, __global real *restrict totals,
                        const int samples, const int slot, const int totals_ld,
                        const int accumulate)
{
    DECLARE_SCRATCHES(scratch, 2);
    real sum[2] = {0, 0}; /* of losses, of right predictions */
    for (int i = (int)get_local_id(0); i < samples; i += GROUP)
        UNROLL for (int k = 0; k < 2; k++) sum[k] += statistics[4 * i + k];
    GROUP_SUMS(scratch, sum, 2);
    if (get_local_id(0) == 0) {
        __global real *row = totals + (size_t)slot * totals_ld;
        UNROLL for (int k = 0; k < 2; k++) row[k] = (accumulate ? row[k] : 0) + sum[k];
    }
}

/* What scales the class columns from y0 on, a tile, to their totals: `column` has their sums. */
INLINE void sinkhorn_factors(const vector *column, const int y0, __global const real *prior,
                             const real total, SHARED real *factor SCRATCH_PARAMETER)
{
    real sum[TILE];
    UNROLL for (int t = 0; t < TILE; t++) sum[t] = lanes_sum(column[t]);
    GROUP_SUMS(scratch, sum, TILE);
    UNROLL for (int t = 0; t < TILE; t++) if (y0 + t < COLUMNS && get_local_id(0) == 0)
        factor[y0 + t] = prior[y0 + t] == 0 ? 1 : total * prior[y0 + t] / sum[t];
}

/*
 * After a step: what follows from the new beta, and Sinkhorn-Knopp on the class weights. Every
 * memory's weights (background included) sum to its count, every class column to total * prior. At
 * most `iterations`; the one in which the sums over classes were within `tolerance` is the last.
 * Ends on the columns. A column of prior 0 (the softening class without softening) holds zeros and
 * stays so. One work-group, lanes along the memories.
 */
KERNEL void vmf_project(__global real *restrict weights, __global const real *restrict counts,
                        __global const real *restrict prior, __global const real *restrict beta,
                        __global real *restrict scalars, const int memories, const int ld,
                        const int iterations, const real tolerance, const real varsigma,
                        const int dim)
{
    DECLARE_SCRATCHES(scratch, TILE);
    SHARED real factor[COLUMNS];
    const int width = memories + 1, begin = (int)get_local_id(0) * VECTOR_WIDTH;
    /* The counts of the memories sum to their number; the background's share comes on top. */
    const real total = memories + counts[memories];
    int last = iterations;
    if (get_local_id(0) == 0)
        describe_beta(beta[0], scalars, varsigma, dim);
    for (int iteration = 0; iteration < last; iteration++) {
        vector off = 0, column[TILE];
        UNROLL for (int t = 0; t < TILE; t++) column[t] = 0;
        for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH) {
            const vmask inside = (vmask)j + LANE_INDEX < (vmask)width;
            vector sum = 0;
            for (int y = 0; y < COLUMNS; y++)
                sum += LOAD(weights + (size_t)y * ld + j);
            const vector scale = SELECT(0, LOAD(counts + j) / sum, inside);
            off = fmax(off, SELECT(0, fabs(sum / LOAD(counts + j) - 1), inside));
            UNROLL for (int t = 0; t < TILE; t++)
            {
                const vector scaled = LOAD(weights + (size_t)t * ld + j) * scale;
                STORE(scaled, weights + (size_t)t * ld + j);
                column[t] += scaled;
            }
            for (int y = TILE; y < COLUMNS; y++) {
                const vector scaled = LOAD(weights + (size_t)y * ld + j) * scale;
                STORE(scaled, weights + (size_t)y * ld + j);
            }
        }
        sinkhorn_factors(column, 0, prior, total, factor SCRATCH_ARGUMENT);
        for (int y0 = TILE; y0 < COLUMNS; y0 += TILE) {
            UNROLL for (int t = 0; t < TILE; t++) column[t] = 0;
            for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
                UNROLL for (int t = 0; t < TILE; t++) column[t] +=
                    LOAD(weights + (size_t)min(y0 + t, COLUMNS - 1) * ld + j);
            sinkhorn_factors(column, y0, prior, total, factor SCRATCH_ARGUMENT);
        }
        /* The same for every work-item, so all leave the loop after the same iteration. */
        const real worst = GROUP_MAX(scratch, lanes_max(off));
        last = worst <= tolerance ? iteration : last;
        GROUP_BARRIER();
        for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
            for (int y = 0; y < COLUMNS; y++)
                STORE(LOAD(weights + (size_t)y * ld + j) * factor[y], weights + (size_t)y * ld + j);
        GROUP_BARRIER();
    }
}

/* --- single samples, for analysis ---------------------------------------------------------------- */

/*
 * One sample a work-group, from its similarities: the posterior of every memory and, last, of the
 * background (activation times class weights, over the sum of all), and the probability of every
 * class column.
 */
KERNEL void vmf_posterior(__global const real *restrict similarities,
                          __global real *restrict posterior, __global real *restrict probabilities,
                          __global const real *restrict weights,
                          __global const real *restrict scalars, const int memories, const int ld,
                          const int posterior_ld, const int probabilities_ld, const int weights_ld)
{
    DECLARE_SCRATCHES(scratch, TILE);
    SHARED real sums[COLUMNS];
    const int i = (int)get_group_id(0), begin = (int)get_local_id(0) * VECTOR_WIDTH;
    const int width = memories + 1;
    const real b = scalars[0], tau = scalars[1];
    __global const real *m = similarities + (size_t)i * ld;
    __global real *e = posterior + (size_t)i * posterior_ld;

    const real shift = row_shift(m, memories, b, tau SCRATCH_ARGUMENT);
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
        STORE(activation(LOAD(m + j), j, memories, b, tau, shift), e + j);
    GROUP_BARRIER();
    class_sums(e, weights, width, weights_ld, sums SCRATCH_ARGUMENT);
    real total = 0;
    for (int y = 0; y < COLUMNS; y++)
        total += sums[y];
    for (int y = (int)get_local_id(0); y < COLUMNS; y += GROUP)
        probabilities[(size_t)i * probabilities_ld + y] = sums[y] / total;
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH) {
        vector weight = 0;
        for (int y = 0; y < COLUMNS; y++)
            weight += LOAD(weights + (size_t)y * weights_ld + j);
        STORE(LOAD(e + j) * weight / total, e + j);
    }
}

/* The column of the largest class sum but for column `except`; the first among equals. */
INLINE int largest_column(const SHARED real *sums, const int except)
{
    int best = except == 0 ? 1 : 0;
    for (int y = best + 1; y < COLUMNS; y++)
        best = y != except && sums[y] > sums[best] ? y : best;
    return best;
}

/*
 * One sample a work-group: columns[2 i] and columns[2 i + 1] are those of the largest and of the
 * second largest logit; in place of the similarities what each memory has of minus the gradient of
 * their difference by the sample, so that its product with the memories is that.
 */
KERNEL void vmf_margin(__global real *restrict similarities, __global real *restrict activations,
                       __global int *restrict columns, __global const real *restrict weights,
                       __global const real *restrict scalars, const int memories, const int ld,
                       const int weights_ld)
{
    DECLARE_SCRATCHES(scratch, TILE);
    SHARED real sums[COLUMNS];
    const int i = (int)get_group_id(0), begin = (int)get_local_id(0) * VECTOR_WIDTH;
    const int width = memories + 1;
    const real b = scalars[0], tau = scalars[1];
    __global real *m = similarities + (size_t)i * ld, *e = activations + (size_t)i * ld;

    const real shift = row_shift(m, memories, b, tau SCRATCH_ARGUMENT);
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
        STORE(activation(LOAD(m + j), j, memories, b, tau, shift), e + j);
    GROUP_BARRIER();
    class_sums(e, weights, width, weights_ld, sums SCRATCH_ARGUMENT);
    const int first = largest_column(sums, -1), second = largest_column(sums, first);
    const vector away = -b / sums[first], towards = b / sums[second];
    for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH) {
        const vector pull = away * LOAD(weights + (size_t)first * weights_ld + j) +
                            towards * LOAD(weights + (size_t)second * weights_ld + j);
        const vmask memory = (vmask)j + LANE_INDEX < (vmask)memories;
        STORE(SELECT(0, LOAD(e + j) * pull, memory), m + j);
    }
    if (get_local_id(0) == 0) {
        columns[2 * i] = first;
        columns[2 * i + 1] = second;
    }
}

/*
 * One sample a work-group: how far it rotates towards its direction before another column than
 * columns[2 i] has the largest logit; -1 where that does not come within `limit`. The similarities
 * of a perturbed sample are cos(angle) m + sin(angle) along. `scans` equal steps find the first
 * change, `halvings` its place. landed[i] is the column there.
 */
KERNEL void vmf_perturb(__global const real *restrict similarities,
                        __global const real *restrict along, __global real *restrict activations,
                        __global const int *restrict columns, __global real *restrict angles,
                        __global int *restrict landed, __global const real *restrict weights,
                        __global const real *restrict scalars, const int memories, const int ld,
                        const int weights_ld, const real limit, const int scans, const int halvings)
{
    DECLARE_SCRATCHES(scratch, TILE);
    SHARED real sums[COLUMNS];
    const int i = (int)get_group_id(0), begin = (int)get_local_id(0) * VECTOR_WIDTH;
    const int width = memories + 1, stays = columns[2 * i];
    const real b = scalars[0], tau = scalars[1];
    __global const real *m = similarities + (size_t)i * ld, *a = along + (size_t)i * ld;
    __global real *e = activations + (size_t)i * ld;
    real low = 0, high = 0;
    int found = 0, column = stays;
    for (int step = 0; step < scans + halvings; step++) {
        const real scanned = limit * (step + 1) / scans, middle = (low + high) / 2;
        const real angle = step < scans ? scanned : middle;
        const vector c = cos(angle), s = sin(angle);
        for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
            STORE(c * LOAD(m + j) + s * LOAD(a + j), e + j);
        GROUP_BARRIER();
        const real shift = row_shift(e, memories, b, tau SCRATCH_ARGUMENT);
        for (int j = begin; j < width; j += GROUP * VECTOR_WIDTH)
            STORE(activation(LOAD(e + j), j, memories, b, tau, shift), e + j);
        GROUP_BARRIER();
        class_sums(e, weights, width, weights_ld, sums SCRATCH_ARGUMENT);
        const int best = largest_column(sums, -1);
        GROUP_BARRIER();
        const int changed = best != stays;
        if (step < scans ? !found : found) {
            column = changed ? best : column;
            high = changed || step < scans ? angle : high;
            low = changed ? low : angle;
            found |= changed;
        }
    }
    if (get_local_id(0) == 0) {
        angles[i] = found ? high : -1;
        landed[i] = column;
    }
}
