/* needs: energy_numbers */
/*
 * The splitting matrix of a memory M of the energy model times a direction u
 * (docs/models/energy.md): as the backward pass, with F'' in place of F' and each term times q =
 * u.v of its state v,
 *
 *     R_a = F''(b S) E_a p - sum_i e_ai F''(b V) q_i,   q_i = p - 2 x_i u_i,   p = u.x,
 *     S u = sum_a x_a R_a + [j trained] 2 sum_a e_aj x_aj F''(b V_j) q_j.
 *
 * Products p are states x memories like similarities; directions are by memory, and as columns like
 * those of the memories. Only for powers, whose memories two halves can replace. One replica.
 */
#ifndef FEW
#define FEW 5 /* more spill on GPUs: two numbers a class */
#endif

/* F'' over n (n - 1). */
INLINE vector curve(const vector x)
{
#if INTERACTION == 1
    return SELECT(0, power(x, EXPONENT - 2), x > (vector)0);
#else
    return power(x, EXPONENT - 2);
#endif
}

/*
 * What S u is to be multiplied with, to row `row` of `to`: the gradient's scale, (n - 1) over the
 * largest argument, and per_item. Work-items: memories.
 */
SINGLE_KERNEL void energy_split_scale(__global const real *restrict log_scales,
                                      __global const real *restrict numbers,
                                      __global real *restrict to, const int count,
                                      const int number_ld, const int to_ld, const int row,
                                      const real per_item)
{
    const int mu = (int)get_global_id(0);
    if (mu >= count)
        return;
    const real weight = numbers[(size_t)MEMORY_WEIGHT * number_ld + mu];
    to[(size_t)row * to_ld + mu] =
        exp(log_scales[mu] + log((real)(EXPONENT - 1) * weight) + log(per_item));
}

/*
 * R, and the own terms of the few trained neurons in parts, as energy_backward_few has them.
 * Work-items: vectors of memories x parts.
 */
KERNEL void
energy_split_few(__global const real *restrict similarities, __global const real *restrict products,
                 __global const real *restrict columns, __global const real *restrict directions,
                 __global const real *restrict numbers, __global const real *restrict samples,
                 __global const int *restrict rows, __global const real *restrict states,
                 __global const real *restrict errors, __global real *restrict pulls,
                 __global real *restrict own, const int indexed, const int first, const int size,
                 const int count, const int first_column, const int trained, const int ld,
                 const int column_ld, const int number_ld, const int sample_ld, const int error_ld,
                 const int own_stride)
{
    const int mu = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1), parts = (int)get_global_size(1);
    if (mu >= count)
        return;
    /* Those that energy_scale scaled. */
    __global const real *c = columns + (size_t)trained * column_ld + mu;
    __global const real *d = directions + mu;
    __global real *out = own + (size_t)part * own_stride + mu;
    const vector weight = LOAD(numbers + (size_t)MEMORY_WEIGHT * number_ld + mu);
    const int begin = (int)((long)size * part / parts),
              end = (int)((long)size * (part + 1) / parts);
    for (int tile = 0; tile < trained; tile += FEW) {
        vector sum[FEW];
        UNROLL for (int i = 0; i < FEW; i++) sum[i] = 0;
        for (int a = begin; a < end; a++) {
            const size_t at = (size_t)a * ld + mu;
            const vector s = LOAD(similarities + at) * weight, p = LOAD(products + at);
            __global const real *x = samples + ROW_OF(a) * sample_ld + first_column;
            __global const real *e = errors + (size_t)a * error_ld;
            const real all = states[(size_t)a * NUMBERS + SUM_ERROR];
            vector pull = tile == 0 ? all * curve(s) * p : LOAD(pulls + at);
            UNROLL for (int i = 0; i < FEW; i++)
            {
                const size_t row = (size_t)min(tile + i, trained - 1) * column_ld;
                const real state = x[min(tile + i, trained - 1)];
                const real error = tile + i < trained ? e[tile + i] : 0;
                const vector q = fma((vector)(-2 * state), LOAD(d + row), p);
                const vector bent = q * curve(fma((vector)-state, LOAD(c + row), s));
                pull = fma((vector)-error, bent, pull);
                sum[i] = fma((vector)(error * state), bent, sum[i]);
            }
            STORE(pull, pulls + at);
        }
        for (int i = 0; i < FEW; i++)
            if (tile + i < trained)
                STORE(sum[i], out + (size_t)(tile + i) * column_ld);
    }
}

/* R where all neurons are trained, and the overlaps in the scales of their memories. Work-items:
 * vectors of memories x states. */
KERNEL void
energy_split_overlaps(__global const real *restrict similarities,
                      __global const real *restrict products, __global const real *restrict columns,
                      __global const real *restrict directions,
                      __global const real *restrict numbers, __global const real *restrict samples,
                      __global const int *restrict rows, __global const real *restrict states,
                      __global const real *restrict errors, __global real *restrict pulls,
                      __global real *restrict scaled, const int indexed, const int first,
                      const int count, const int neurons, const int ld, const int column_ld,
                      const int number_ld, const int sample_ld, const int error_ld)
{
    const int mu = (int)get_global_id(0) * VECTOR_WIDTH;
    const int a = (int)get_group_id(1);
    if (mu >= count)
        return;
    const size_t at = (size_t)a * ld + mu;
    __global const real *x = samples + ROW_OF(a) * sample_ld, *e = errors + (size_t)a * error_ld;
    __global const real *c = columns + mu, *d = directions + mu;
    const vector s =
        LOAD(similarities + at) * LOAD(numbers + (size_t)MEMORY_WEIGHT * number_ld + mu);
    const vector p = LOAD(products + at);
    vector sum = states[(size_t)a * NUMBERS + SUM_ERROR] * curve(s) * p;
    for (int i = 0; i < neurons; i++, c += column_ld, d += column_ld) {
        const vector q = fma((vector)(-2 * x[i]), LOAD(d), p);
        sum = fma((vector)-e[i], q * curve(fma((vector)-x[i], LOAD(c), s)), sum);
    }
    STORE(sum, pulls + at);
    STORE(s, scaled + at);
}

/* scatter += 2 sum_a e_aj x_aj F''(V_aj) q_aj. Work-items: vectors of columns x memories. */
KERNEL void
energy_split_own(__global const real *restrict scaled, __global const real *restrict products,
                 __global const real *restrict memories, __global const real *restrict directions,
                 __global const real *restrict numbers, __global const real *restrict samples,
                 __global const int *restrict rows, __global const real *restrict errors,
                 __global real *restrict scatter, const int indexed, const int first,
                 const int size, const int neurons, const int ld, const int memory_ld,
                 const int number_ld, const int sample_ld, const int error_ld)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const size_t mu = get_group_id(1), at = mu * memory_ld + j;
    if (j >= neurons)
        return;
    const vector m = -2 * numbers[(size_t)MEMORY_WEIGHT * number_ld + mu] * LOAD(memories + at);
    const vector u = -2 * LOAD(directions + at);
    vector sum = 0;
    for (int a = 0; a < size; a++) {
        const vector x = LOAD(samples + ROW_OF(a) * sample_ld + j);
        const vector s = scaled[(size_t)a * ld + mu], p = products[(size_t)a * ld + mu];
        const vector bent = fma(x, u, p) * curve(fma(x, m, s));
        sum = fma(x * LOAD(errors + (size_t)a * error_ld + j), bent, sum);
    }
    STORE(fma((vector)2, sum, LOAD(scatter + at)), scatter + at);
}
