/*
 * Splitting memories that nothing binds (docs/models/denoise.md and energy.md have the splitting
 * matrices S). A search's directions are unit rows, row j that of memory order[j]; `scatter` holds
 * S u over its memory's scale, a row a memory. numbers has a row of each of these, memory by
 * memory; the first five are what the host reads.
 */
enum { LAMBDA, KAPPA, MASS, NEGATIVE_MASS, LEAST, SCALE, SPREAD, BEST };

/* Row `row` of sums (+)= scale times the column sums of values, or of their absolutes. Work-items:
 * vectors of columns. */
KERNEL void split_sums(__global const real *restrict values, __global real *restrict sums,
                       const int rows, const int cols, const int ld, const int sums_ld,
                       const int row, const int absolute, const int accumulate, const real scale)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    __global real *to = sums + (size_t)row * sums_ld + j;
    vector sum = 0;
    for (int i = 0; i < rows; i += ROWS_AT_ONCE) {
        vector value[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) value[r] =
            LOAD(values + (size_t)row_below(i + r, rows) * ld + j);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (i + r < rows) sum +=
            absolute ? fabs(value[r]) : value[r];
    }
    STORE(accumulate ? fma((vector)scale, sum, LOAD(to)) : scale * sum, to);
}

/* Each row loses row 0 of `sums`. Work-items: vectors of columns x rows. */
KERNEL void split_centre(__global real *restrict values, __global const real *restrict sums,
                         const int cols, const int ld)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    if (j >= cols)
        return;
    __global real *at = values + get_group_id(1) * (size_t)ld + j;
    STORE(LOAD(at) - LOAD(sums + j), at);
}

/* A direction made unit. One work-group a direction. */
KERNEL void split_normalise(__global real *restrict directions, const int cols, const int ld)
{
    DECLARE_SCRATCH(scratch);
    __global real *u = directions + get_group_id(0) * (size_t)ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    vector squares = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        squares = fma(LOAD(u + j), LOAD(u + j), squares);
    const real scale = 1 / sqrt(GROUP_SUM(scratch, lanes_sum(squares)));
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        STORE(LOAD(u + j) * scale, u + j);
}

/* Row rows[j] of `to` is row j of `from`; with `gathers`, row j of `to` is row rows[j] of `from`.
 * One work-group a row. */
KERNEL void split_order(__global const real *restrict from, __global real *restrict to,
                        __global const int *restrict rows, const int cols, const int ld,
                        const int gathers)
{
    const size_t j = get_group_id(0), other = (size_t)rows[j];
    __global const real *source = from + (gathers ? other : j) * ld;
    __global real *target = to + (gathers ? j : other) * ld;
    for (int c = (int)get_local_id(0) * VECTOR_WIDTH; c < cols; c += GROUP * VECTOR_WIDTH)
        STORE(LOAD(source + c), target + c);
}

/*
 * With y = S u over the scale: lambda = |w|^2 scale u.y, so that a pair at w +- step |w| u changes
 * the loss by step^2 / 2 lambda. Where that is not below `rest` the direction moves on, to
 * (pull - S) u made unit, pull being `shift` of the way from the upper end of S to `reach` times
 * the least u.y of the round. The upper end is not known: the largest |y| so far is at most the
 * largest |eigenvalue|, and grows towards it as long as pull does not damp what has it. Until the
 * round's `last` pass LAMBDA holds the least. LEAST: S has an eigenvalue within |y - (u.y) u| of
 * u.y.
 */
KERNEL void split_advance(__global real *restrict directions, __global const real *restrict scatter,
                          __global const real *restrict memories,
                          __global const int *restrict order, __global real *restrict numbers,
                          const int cols, const int ld, const int numbers_ld, const int first,
                          const int last, const real shift, const real reach, const real rest)
{
    DECLARE_SCRATCHES(scratch, 3);
    const size_t slot = get_group_id(0), memory = (size_t)order[slot];
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *u = directions + slot * ld, *number = numbers + memory;
    __global const real *y = scatter + memory * ld, *w = memories + memory * ld;
    vector along = 0, size = 0, squares = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        along = fma(LOAD(u + j), LOAD(y + j), along);
        size = fma(LOAD(y + j), LOAD(y + j), size);
        squares = fma(LOAD(w + j), LOAD(w + j), squares);
    }
    real sum[3] = {lanes_sum(along), lanes_sum(size), lanes_sum(squares)};
    GROUP_SUMS(scratch, sum, 3);
    const real quotient = sum[0], factor = number[SCALE * numbers_ld] * sum[2];
    const real before = number[BEST * numbers_ld], best = first ? quotient : fmin(before, quotient);
    const real spread = fmax(number[SPREAD * numbers_ld], sqrt(sum[1]));
    const real end = (real)1.5 * spread, pull = end + shift * (reach * best - end);
    const real lambda = factor * quotient;
    vector moved_squares = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector moved = pull * LOAD(u + j) - LOAD(y + j);
        moved_squares = fma(moved, moved, moved_squares);
    }
    const real norm = sqrt(GROUP_SUM(scratch, lanes_sum(moved_squares)));
    const bool stays = lambda < rest || norm == 0;
    const real scale = stays ? 0 : 1 / norm;
    /* Every item has read the numbers before that sum. */
    if (get_local_id(0) == 0) {
        const real residual = sqrt(fmax(sum[1] - quotient * quotient, (real)0));
        number[BEST * numbers_ld] = best;
        number[SPREAD * numbers_ld] = spread;
        number[LAMBDA * numbers_ld] = last ? lambda : factor * best;
        number[LEAST * numbers_ld] = lambda - factor * residual;
    }
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector moved = scale * (pull * LOAD(u + j) - LOAD(y + j));
        STORE(stays ? LOAD(u + j) : moved, u + j);
    }
}

/*
 * Pair j: memory m = pairs[2j] becomes shrink (w + step |w| u), memory K + j shrink (w - step |w|
 * u), u being row pairs[2j+1] of the directions. The twin's velocity is 0. One work-group a pair.
 */
KERNEL void split_rows(__global real *restrict memories, __global real *restrict velocities,
                       __global const real *restrict directions, __global const int *restrict pairs,
                       const int before, const int cols, const int ld, const real step,
                       const real shrink, const real slope)
{
    DECLARE_SCRATCH(scratch);
    const size_t pair = get_group_id(0), old_row = (size_t)pairs[2 * pair] * ld;
    const size_t new_row = (before + pair) * (size_t)ld;
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global real *w = memories + old_row, *twin = memories + new_row, *v = velocities + old_row;
    __global const real *u = directions + (size_t)pairs[2 * pair + 1] * ld;
    vector squares = 0;
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH)
        squares = fma(LOAD(w + j), LOAD(w + j), squares);
    const real move = step * sqrt(GROUP_SUM(scratch, lanes_sum(squares)));
    for (int j = begin; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector old = LOAD(w + j), moved = move * LOAD(u + j);
        STORE(shrink * (old + moved), w + j);
        STORE(shrink * (old - moved), twin + j);
        STORE(slope * LOAD(v + j), v + j);
        STORE((vector)0, velocities + new_row + j);
    }
}

/* Rows of a matrix: the pairs' old ones are multiplied by `kept`, and so are their twins, which are
 * copies. One work-group a pair. */
KERNEL void split_copies(__global real *restrict matrix, __global const int *restrict pairs,
                         const int before, const int cols, const int ld, const real kept)
{
    const size_t pair = get_group_id(0);
    __global real *old = matrix + (size_t)pairs[2 * pair] * ld;
    __global real *twin = matrix + (before + pair) * (size_t)ld;
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < cols; j += GROUP * VECTOR_WIDTH) {
        const vector value = kept * LOAD(old + j);
        STORE(value, old + j);
        STORE(value, twin + j);
    }
}

/* One row whose columns are the memories: the old ones become kept x + added, their twins
 * given x + added. Work-items: pairs x rows. */
KERNEL void split_entries(__global real *restrict matrix, __global const int *restrict pairs,
                          const int before, const int count, const int ld, const real kept,
                          const real given, const real added)
{
    const int j = (int)get_global_id(0);
    if (j >= count)
        return;
    __global real *row = matrix + get_group_id(1) * (size_t)ld;
    const real value = row[pairs[2 * j]];
    row[pairs[2 * j]] = kept * value + added;
    row[before + j] = given * value + added;
}
