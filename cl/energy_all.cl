/* needs: energy_numbers */
/*
 * The energy model where all neurons are trained. Lanes run over neurons (forward, own) or over
 * memories (overlaps); a work-item keeps a tile in registers, so that each number that is loaded
 * serves several triples.
 */
#ifndef TILE_STATES
#define TILE_STATES 4
#endif
#ifndef COLUMN_VECTORS
#define COLUMN_VECTORS 2 /* of a tile of neurons */
#endif
#ifndef MEMORY_VECTORS
#define MEMORY_VECTORS 2 /* of a tile of memories */
#endif
#ifndef TILE_MEMORIES
#define TILE_MEMORIES 8 /* of the own terms */
#endif

/* Where a work-item's first vector begins, and how far the next ones are: a work-group's first
 * vectors lie side by side, then its second ones, so that its items load from one place. */
#define VECTOR_STEP (GROUP * VECTOR_WIDTH)
INLINE int tile_begin(const int vectors)
{
    return ((int)get_group_id(0) * vectors * GROUP + (int)get_local_id(0)) * VECTOR_WIDTH;
}

/* The gaps of a tile of states x columns, all neurons being trained. Work-items: tiles of columns x
 * tiles of states. */
KERNEL void energy_forward(__global const real *restrict scaled,
                           __global const real *restrict values,
                           __global const real *restrict memories,
                           __global const real *restrict samples, __global const int *restrict rows,
                           __global const real *restrict states, __global real *restrict gaps,
                           const int indexed, const int first, const int size, const int count,
                           const int neurons, const int ld, const int stride, const int memory_ld,
                           const int memory_stride, const int sample_ld, const int sample_stride,
                           const int state_stride, const int gap_ld, const int gap_stride)
{
    const int begin = tile_begin(COLUMN_VECTORS);
    const int above = (int)get_group_id(1) * TILE_STATES;
    const size_t p = get_group_id(2);
    if (begin >= neurons)
        return;
    __global const real *m = memories + p * memory_stride;
    __global const real *at[TILE_STATES], *of[TILE_STATES];
    vector flip[TILE_STATES][COLUMN_VECTORS], sum[TILE_STATES][COLUMN_VECTORS];
    vector gain[TILE_STATES], leaking[TILE_STATES];
    int column[COLUMN_VECTORS];
    UNROLL for (int v = 0; v < COLUMN_VECTORS; v++) column[v] =
        min(begin + v * VECTOR_STEP, memory_ld - VECTOR_WIDTH);
    UNROLL for (int t = 0; t < TILE_STATES; t++)
    {
        const int a = min(above + t, size - 1);
        __global const real *state = states + p * state_stride + (size_t)a * NUMBERS;
        __global const real *x = samples + p * sample_stride + ROW_OF(a) * sample_ld;
        at[t] = scaled + p * stride + (size_t)a * ld;
        of[t] = values + p * stride + (size_t)a * ld;
        gain[t] = state[STATE_GAIN];
        leaking[t] = state[STATE_LEAK];
        UNROLL for (int v = 0; v < COLUMN_VECTORS; v++)
        {
            flip[t][v] = -2 * state[STATE_WEIGHT] * LOAD(x + column[v]);
            sum[t][v] = 0;
        }
    }
    for (int mu = 0; mu < count; mu++, m += memory_ld) {
        vector row[COLUMN_VECTORS];
        UNROLL for (int v = 0; v < COLUMN_VECTORS; v++) row[v] = LOAD(m + column[v]);
        UNROLL for (int t = 0; t < TILE_STATES; t++)
        {
            const vector s = at[t][mu], f = of[t][mu];
            UNROLL for (int v = 0; v < COLUMN_VECTORS; v++) sum[t][v] +=
                f - interaction_value(fma(flip[t][v], row[v], s), gain[t], leaking[t]);
        }
    }
    UNROLL for (int t = 0; t < TILE_STATES; t++) if (above + t < size)
        UNROLL for (int v = 0; v < COLUMN_VECTORS; v++) if (begin + v * VECTOR_STEP < neurons)
            STORE(sum[t][v], gaps + p * gap_stride + (size_t)(above + t) * gap_ld + column[v]);
}
/*
 * R_a,mu = F'(U) E_a - sum_i e_ai F'(V), over columns = 2 weight M; and the overlaps in the scales
 * of their memories, for the own terms. Work-items: tiles of memories x tiles of states.
 */
KERNEL void energy_backward_overlaps(
    __global const real *restrict similarities, __global const real *restrict columns,
    __global const real *restrict numbers, __global const real *restrict samples,
    __global const int *restrict rows, __global const real *restrict states,
    __global const real *restrict errors, __global real *restrict pulls,
    __global real *restrict scaled, const int indexed, const int first, const int size,
    const int count, const int neurons, const int ld, const int stride, const int column_ld,
    const int column_stride, const int number_ld, const int number_stride, const int sample_ld,
    const int sample_stride, const int state_stride, const int error_ld, const int error_stride)
{
    const int begin = tile_begin(MEMORY_VECTORS);
    const int above = (int)get_group_id(1) * TILE_STATES;
    const size_t p = get_group_id(2);
    if (begin >= count)
        return;
    __global const real *c = columns + p * column_stride, *e[TILE_STATES], *x[TILE_STATES];
    vector s[TILE_STATES][MEMORY_VECTORS], sum[TILE_STATES][MEMORY_VECTORS];
    vector gain[MEMORY_VECTORS], leaking[MEMORY_VECTORS];
    int memory[MEMORY_VECTORS];
    UNROLL for (int v = 0; v < MEMORY_VECTORS; v++)
    {
        memory[v] = min(begin + v * VECTOR_STEP, ld - VECTOR_WIDTH);
        __global const real *number = numbers + p * number_stride + memory[v];
        gain[v] = LOAD(number + (size_t)MEMORY_GAIN * number_ld);
        leaking[v] = LOAD(number + (size_t)MEMORY_LEAK * number_ld);
        UNROLL for (int t = 0; t < TILE_STATES; t++) s[t][v] =
            fma(LOAD(similarities + p * stride + (size_t)min(above + t, size - 1) * ld + memory[v]),
                LOAD(number + (size_t)MEMORY_WEIGHT * number_ld),
                -LOAD(number + (size_t)MEMORY_OFFSET * number_ld));
    }
    UNROLL for (int t = 0; t < TILE_STATES; t++)
    {
        const int a = min(above + t, size - 1);
        const real all = states[p * state_stride + (size_t)a * NUMBERS + SUM_ERROR];
        e[t] = errors + p * error_stride + (size_t)a * error_ld;
        x[t] = samples + p * sample_stride + ROW_OF(a) * sample_ld;
        UNROLL for (int v = 0; v < MEMORY_VECTORS; v++) sum[t][v] =
            all * interaction_slope(s[t][v], gain[v], leaking[v]);
    }
    for (int i = 0; i < neurons; i++, c += column_ld) {
        vector m[MEMORY_VECTORS];
        UNROLL for (int v = 0; v < MEMORY_VECTORS; v++) m[v] = LOAD(c + memory[v]);
        UNROLL for (int t = 0; t < TILE_STATES; t++)
        {
            const vector flip = -x[t][i], error = -e[t][i];
            UNROLL for (int v = 0; v < MEMORY_VECTORS; v++) sum[t][v] = fma(
                error, interaction_slope(fma(flip, m[v], s[t][v]), gain[v], leaking[v]), sum[t][v]);
        }
    }
    UNROLL for (int t = 0; t < TILE_STATES; t++) if (above + t < size)
        UNROLL for (int v = 0; v < MEMORY_VECTORS; v++) if (begin + v * VECTOR_STEP < count)
    {
        const size_t to = p * stride + (size_t)(above + t) * ld + memory[v];
        STORE(sum[t][v], pulls + to);
        STORE(s[t][v], scaled + to);
    }
}

/*
 * Gradient += 2 sum_a e_aj x_aj F'(V_aj): what a neuron's own weight does beyond the overlap, over
 * overlaps in the scales of the memories. Work-items: vectors of columns x tiles of memories; on
 * CPUs the other way round, so that all tiles of memories find a vector's states in the first-level
 * cache one after the other.
 */
#define OWN_COLUMNS (GROUP > 1 ? 0 : 1)
KERNEL void
energy_backward_own(__global const real *restrict scaled, __global const real *restrict memories,
                    __global const real *restrict numbers, __global const real *restrict samples,
                    __global const int *restrict rows, __global const real *restrict errors,
                    __global real *restrict gradient, const int indexed, const int first,
                    const int size, const int count, const int neurons, const int ld,
                    const int stride, const int memory_ld, const int memory_stride,
                    const int number_ld, const int number_stride, const int sample_ld,
                    const int sample_stride, const int error_ld, const int error_stride)
{
    const int column = (int)get_global_id(OWN_COLUMNS) * VECTOR_WIDTH;
    const int above = (int)get_group_id(1 - OWN_COLUMNS) * TILE_MEMORIES;
    const size_t p = get_group_id(2);
    if (column >= neurons || above >= count)
        return;
    __global const real *overlap = scaled + p * stride;
    __global const real *number = numbers + p * number_stride;
    vector m[TILE_MEMORIES], sum[TILE_MEMORIES];
    real gain[TILE_MEMORIES], leaking[TILE_MEMORIES];
    int memory[TILE_MEMORIES];
    UNROLL for (int t = 0; t < TILE_MEMORIES; t++)
    {
        const int mu = min(above + t, count - 1);
        memory[t] = mu;
        gain[t] = number[(size_t)MEMORY_GAIN * number_ld + mu];
        leaking[t] = number[(size_t)MEMORY_LEAK * number_ld + mu];
        m[t] = -2 * number[(size_t)MEMORY_WEIGHT * number_ld + mu] *
               LOAD(memories + p * memory_stride + (size_t)mu * memory_ld + column);
        sum[t] = 0;
    }
    for (int a = 0; a < size; a++, overlap += ld) {
        const vector x = LOAD(samples + p * sample_stride + ROW_OF(a) * sample_ld + column);
        const vector pull = x * LOAD(errors + p * error_stride + (size_t)a * error_ld + column);
        UNROLL for (int t = 0; t < TILE_MEMORIES; t++)
        {
            const vector v = fma(x, m[t], (vector)overlap[memory[t]]);
            sum[t] = fma(pull, interaction_slope(v, (vector)gain[t], (vector)leaking[t]), sum[t]);
        }
    }
    UNROLL for (int t = 0; t < TILE_MEMORIES; t++) if (above + t < count)
    {
        __global real *g = gradient + p * memory_stride + (size_t)memory[t] * memory_ld + column;
        STORE(fma((vector)2, sum[t], LOAD(g)), g);
    }
}
