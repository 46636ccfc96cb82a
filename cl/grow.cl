/*
 * Splitting memories on the unit sphere (arXiv 2508.19151): docs/models/vmf.md has the mathematics.
 *
 * Responsibilities come scaled by -b/n: `owed` is -b/n Q. Row j of the directions belongs to memory
 * order[j]; directions, memories and scatter have dim columns and one row length, ld. numbers holds
 * lambda, kappa, mass, negative mass and the bound below lambda, a row each. One work-group a row
 * where nothing else is said.
 */
enum { LAMBDA, KAPPA, MASS, NEGATIVE_MASS, LEAST };

/* mass (+)= sum over a chunk's samples of what they owe, negative mass (+)= of its positive part,
 * which comes from negative responsibilities. Work-items: vectors of memories. */
KERNEL void grow_sum_mass(__global const real *restrict owed, __global real *restrict numbers,
                          const int samples, const int memories, const int ld, const int numbers_ld,
                          const int accumulate)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= memories)
        return;
    __global real *mass = numbers + MASS * numbers_ld + j;
    __global real *negative_mass = numbers + NEGATIVE_MASS * numbers_ld + j;
    vector sum = 0, positive = 0;
    if (accumulate) {
        sum = LOAD(mass);
        positive = LOAD(negative_mass);
    }
    for (int i = 0; i < samples; i += ROWS_AT_ONCE) {
        vector mine[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) mine[r] =
            LOAD(owed + (size_t)row_below(i + r, samples) * ld + j);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (i + r < samples)
        {
            sum += mine[r];
            positive += fmax(mine[r], (vector)0);
        }
    }
    STORE(sum, mass);
    STORE(positive, negative_mass);
}

/*
 * kappa = (b/n) sum Q m = -w.g with g = sum owed x; mass = sum Q / n, negative mass = sum max(0,
 * -Q) / n. No eigenvalue of C is below minus the negative mass. One work-group a memory.
 */
KERNEL void grow_curvature(__global const real *restrict memories,
                           __global const real *restrict gradient,
                           __global const real *restrict scalars, __global real *restrict numbers,
                           const int dim, const int ld, const int numbers_ld)
{
    DECLARE_SCRATCH(scratch);
    const size_t memory = get_group_id(0), row = memory * ld;
    vector along = 0;
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < dim; j += GROUP * VECTOR_WIDTH)
        along = fma(LOAD(memories + row + j), LOAD(gradient + row + j), along);
    const real radial = GROUP_SUM(scratch, lanes_sum(along));
    if (get_local_id(0) == 0) {
        numbers[KAPPA * numbers_ld + memory] = -radial;
        numbers[MASS * numbers_ld + memory] /= -scalars[0];
        numbers[NEGATIVE_MASS * numbers_ld + memory] /= scalars[0];
    }
}

/* A direction made unit, and where `tangent` is 1 orthogonal to its memory. */
KERNEL void grow_constrain(__global real *restrict directions,
                           __global const real *restrict memories,
                           __global const int *restrict order, const int dim, const int ld,
                           const real tangent)
{
    DECLARE_SCRATCH(scratch);
    const size_t slot = get_group_id(0);
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *u = directions + slot * ld;
    __global const real *w = memories + (size_t)order[slot] * ld;
    vector along = 0, squares = 0;
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH)
        along = fma(LOAD(u + j), LOAD(w + j), along);
    const real radial = tangent * GROUP_SUM(scratch, lanes_sum(along));
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector moved = LOAD(u + j) - radial * LOAD(w + j);
        STORE(moved, u + j);
        squares = fma(moved, moved, squares);
    }
    const real scale = 1 / sqrt(GROUP_SUM(scratch, lanes_sum(squares)));
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH)
        STORE(LOAD(u + j) * scale, u + j);
}

/* products[i][j] = (x_i . u_j) owed[i][order[j]]. Work-items: vectors of directions x samples. */
KERNEL void grow_weigh(__global real *restrict products, __global const real *restrict owed,
                       __global const int *restrict order, const int active, const int ld,
                       const int owed_ld)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= active)
        return;
    const size_t i = get_group_id(1);
    __global real *product = products + i * ld + j;
    __global const real *mine = owed + i * owed_ld;
    real vector_width[VECTOR_WIDTH];
    for (int l = 0; l < VECTOR_WIDTH; l++)
        vector_width[l] = j + l < active ? mine[order[min(j + l, active - 1)]] : 0;
    STORE(LOAD(product) * LOAD_UNALIGNED(vector_width), product);
}

/*
 * From y = sum owed (x.u) x = -b C u: its tangent part replaces it, and lambda = kappa - b^2 u.Cu =
 * kappa + b u.y. Where lambda is not below `rest` the direction moves on, to (C - sigma) u made
 * unit, sigma being `shift` of the way from minus the negative mass to `reach` times the largest
 * u.Cu of the round. Until the round's `last` pass LAMBDA holds the least lambda, which gives that;
 * then the present one. LEAST: C has no eigenvalue above mass + negative mass, and one within |Cu -
 * (u.Cu) u| of u.Cu. A memory that owns nothing keeps its direction.
 */
KERNEL void grow_advance(__global real *restrict directions, __global real *restrict scatter,
                         __global const real *restrict memories, __global const int *restrict order,
                         __global const real *restrict scalars, __global real *restrict numbers,
                         const int dim, const int ld, const int numbers_ld, const int first,
                         const int last, const real shift, const real reach, const real rest)
{
    DECLARE_SCRATCHES(scratch, 2);
    const size_t slot = get_group_id(0), memory = (size_t)order[slot];
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *u = directions + slot * ld, *y = scatter + slot * ld;
    __global const real *w = memories + memory * ld;
    vector along = 0, part = 0, squares = 0;
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH)
        along = fma(LOAD(y + j), LOAD(w + j), along);
    const real radial = GROUP_SUM(scratch, lanes_sum(along));
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector tangent = LOAD(y + j) - radial * LOAD(w + j);
        STORE(tangent, y + j);
        part = fma(tangent, LOAD(u + j), part);
    }
    const real b = scalars[0], kappa = numbers[KAPPA * numbers_ld + memory];
    const real negative_mass = numbers[NEGATIVE_MASS * numbers_ld + memory];
    const real quotient = GROUP_SUM(scratch, lanes_sum(part)), lambda = kappa + b * quotient;
    const real before = numbers[LAMBDA * numbers_ld + memory];
    const real best = first ? lambda : fmin(before, lambda);
    /* -b sigma; y and u.y are -b times what C gives. */
    const real pull = b * negative_mass + shift * (reach * (best - kappa) / b - b * negative_mass);
    vector aside = 0;
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector moved = pull * LOAD(u + j) - LOAD(y + j);
        const vector off = LOAD(y + j) - quotient * LOAD(u + j);
        squares = fma(moved, moved, squares);
        aside = fma(off, off, aside);
    }
    real sum[2] = {lanes_sum(squares), lanes_sum(aside)};
    GROUP_SUMS(scratch, sum, 2);
    const real norm = sqrt(sum[0]), residual = sqrt(sum[1]);
    if (get_local_id(0) == 0) {
        const real mass = numbers[MASS * numbers_ld + memory];
        numbers[LAMBDA * numbers_ld + memory] = last ? lambda : best;
        numbers[LEAST * numbers_ld + memory] =
            fmax(kappa - b * b * (mass + negative_mass), lambda - b * residual);
    }
    const bool stays = lambda < rest || norm == 0;
    const real scale = stays ? 0 : 1 / norm;
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector moved = scale * (pull * LOAD(u + j) - LOAD(y + j));
        STORE(stays ? LOAD(u + j) : moved, u + j);
    }
}

/* Row j of `to` is row rows[j] of `from`. */
KERNEL void grow_gather(__global const real *restrict from, __global real *restrict to,
                        __global const int *restrict rows, const int dim, const int ld)
{
    const size_t j = get_group_id(0), row = (size_t)rows[j];
    for (int c = (int)get_local_id(0) * VECTOR_WIDTH; c < dim; c += GROUP * VECTOR_WIDTH)
        STORE(LOAD(from + row * ld + c), to + j * ld + c);
}

/*
 * Pair j: memory m = pairs[2j] becomes normalise(w + step u), memory K + j is normalise(w - step u)
 * and rests, u being row pairs[2j+1] of the directions. One work-group a pair.
 */
KERNEL void grow_split_rows(__global real *restrict memories, __global real *restrict velocities,
                            __global const real *restrict directions,
                            __global const int *restrict pairs, const int before, const int dim,
                            const int ld, const real step)
{
    DECLARE_SCRATCHES(scratch, 2);
    const size_t pair = get_group_id(0), new_row = (before + pair) * (size_t)ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *old = memories + (size_t)pairs[2 * pair] * ld, *twin = memories + new_row;
    __global const real *u = directions + (size_t)pairs[2 * pair + 1] * ld;
    vector forth = 0, back = 0;
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector plus = LOAD(old + j) + step * LOAD(u + j);
        const vector minus = LOAD(old + j) - step * LOAD(u + j);
        forth = fma(plus, plus, forth);
        back = fma(minus, minus, back);
    }
    real sum[2] = {lanes_sum(forth), lanes_sum(back)};
    GROUP_SUMS(scratch, sum, 2);
    const real scale_old = 1 / sqrt(sum[0]), scale_twin = 1 / sqrt(sum[1]);
    for (int j = begin; j < dim; j += GROUP * VECTOR_WIDTH) {
        const vector w = LOAD(old + j), move = step * LOAD(u + j);
        STORE((w + move) * scale_old, old + j);
        STORE((w - move) * scale_twin, twin + j);
        STORE((vector)0, velocities + new_row + j);
    }
}

/*
 * One row of a matrix whose columns are the K memories and the background: the pairs' old memory
 * keeps `kept` of its value, its twin at K + j takes `given` of it, the background moves behind the
 * last, and all is multiplied by `scale`.
 */
KERNEL void grow_split_columns(__global real *restrict matrix, __global const int *restrict pairs,
                               const int before, const int count, const int ld, const real kept,
                               const real given, const real scale)
{
    __global real *row = matrix + get_group_id(0) * (size_t)ld;
    const int item = (int)get_local_id(0);
    const real background = row[before];
    GROUP_BARRIER();
    for (int j = item; j < count; j += GROUP) {
        const real value = row[pairs[2 * j]];
        row[pairs[2 * j]] = kept * value;
        row[before + j] = given * value;
    }
    GROUP_BARRIER();
    for (int j = item; j < before + count; j += GROUP)
        row[j] *= scale;
    if (item == 0)
        row[before + count] = background * scale;
}
