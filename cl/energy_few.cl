/* needs: energy_numbers */
/*
 * The energy model where a few neurons at the end are trained: classes. Lanes run over memories;
 * neurons are worked off FEW at a time.
 */
#ifndef FEW
#define FEW 10
#endif

/* The gaps of a state's few trained neurons. One work-group a state. */
KERNEL void
energy_forward_few(__global const real *restrict scaled, __global const real *restrict columns,
                   __global const real *restrict samples, __global const int *restrict rows,
                   __global const real *restrict states, __global real *restrict gaps,
                   const int indexed, const int first, const int count, const int first_column,
                   const int trained, const int ld, const int stride, const int column_ld,
                   const int column_stride, const int sample_ld, const int sample_stride,
                   const int state_stride, const int gap_ld, const int gap_stride)
{
    DECLARE_SCRATCHES(scratch, FEW);
    const int a = (int)get_group_id(0);
    const size_t p = get_group_id(2);
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    __global const real *state = states + p * state_stride + (size_t)a * NUMBERS;
    __global const real *x = samples + p * sample_stride + ROW_OF(a) * sample_ld + first_column;
    __global const real *at = scaled + p * stride + (size_t)a * ld;
    const vector gain = state[STATE_GAIN], leaking = state[STATE_LEAK];
    for (int tile = 0; tile < trained; tile += FEW) {
        vector flip[FEW], sum[FEW];
        UNROLL for (int i = 0; i < FEW; i++)
        {
            flip[i] = -2 * state[STATE_WEIGHT] * x[min(tile + i, trained - 1)];
            sum[i] = 0;
        }
        for (int mu = begin; mu < count; mu += GROUP * VECTOR_WIDTH) {
            const vector s = LOAD(at + mu);
            const vector f = interaction_value(s, gain, leaking);
            UNROLL for (int i = 0; i < FEW; i++)
            {
                const vector m = LOAD(columns + p * column_stride +
                                      (size_t)min(tile + i, trained - 1) * column_ld + mu);
                sum[i] += f - interaction_value(fma(flip[i], m, s), gain, leaking);
            }
        }
        real gap[FEW];
        UNROLL for (int i = 0; i < FEW; i++) gap[i] = lanes_sum(sum[i]);
        GROUP_SUMS(scratch, gap, FEW);
        UNROLL for (int i = 0; i < FEW; i++) if (tile + i < trained && get_local_id(0) == 0)
            gaps[p * gap_stride + (size_t)a * gap_ld + tile + i] = gap[i];
    }
}
/*
 * R, and the own terms of the few trained neurons in parts: each part sums its share of the
 * states, [part][neuron][memory]. Work-items: vectors of memories x parts.
 */
KERNEL void
energy_backward_few(__global const real *restrict similarities,
                    __global const real *restrict columns, __global const real *restrict numbers,
                    __global const real *restrict samples, __global const int *restrict rows,
                    __global const real *restrict states, __global const real *restrict errors,
                    __global real *restrict pulls, __global real *restrict own, const int indexed,
                    const int first, const int size, const int count, const int first_column,
                    const int trained, const int ld, const int stride, const int column_ld,
                    const int column_stride, const int number_ld, const int number_stride,
                    const int sample_ld, const int sample_stride, const int state_stride,
                    const int error_ld, const int error_stride, const int own_stride)
{
    const int mu = (int)get_global_id(0) * VECTOR_WIDTH;
    const int part = (int)get_group_id(1), parts = (int)get_global_size(1);
    const size_t p = get_group_id(2);
    if (mu >= count)
        return;
    __global const real *number = numbers + p * number_stride + mu;
    /* Those that energy_scale scaled. */
    __global const real *c = columns + p * column_stride + (size_t)trained * column_ld + mu;
    __global real *out = own + (p * parts + part) * own_stride + mu;
    const vector weight = LOAD(number + (size_t)MEMORY_WEIGHT * number_ld);
    const vector offset = LOAD(number + (size_t)MEMORY_OFFSET * number_ld);
    const vector gain = LOAD(number + (size_t)MEMORY_GAIN * number_ld);
    const vector leaking = LOAD(number + (size_t)MEMORY_LEAK * number_ld);
    const int begin = (int)((long)size * part / parts),
              end = (int)((long)size * (part + 1) / parts);
    for (int tile = 0; tile < trained; tile += FEW) {
        vector m[FEW], sum[FEW];
        UNROLL for (int i = 0; i < FEW; i++)
        {
            m[i] = LOAD(c + (size_t)min(tile + i, trained - 1) * column_ld);
            sum[i] = 0;
        }
        for (int a = begin; a < end; a++) {
            const size_t at = p * stride + (size_t)a * ld + mu;
            const vector s = fma(LOAD(similarities + at), weight, -offset);
            __global const real *x =
                samples + p * sample_stride + ROW_OF(a) * sample_ld + first_column;
            __global const real *e = errors + p * error_stride + (size_t)a * error_ld;
            const real all = states[p * state_stride + (size_t)a * NUMBERS + SUM_ERROR];
            vector pull = tile == 0 ? all * interaction_slope(s, gain, leaking) : LOAD(pulls + at);
            UNROLL for (int i = 0; i < FEW; i++)
            {
                const real state = x[min(tile + i, trained - 1)];
                const real error = tile + i < trained ? e[tile + i] : 0;
                const vector slope = interaction_slope(fma((vector)-state, m[i], s), gain, leaking);
                pull = fma((vector)-error, slope, pull);
                sum[i] = fma((vector)(error * state), slope, sum[i]);
            }
            STORE(pull, pulls + at);
        }
        for (int i = 0; i < FEW; i++)
            if (tile + i < trained)
                STORE(sum[i], out + (size_t)(tile + i) * column_ld);
    }
}

/* Gradient += 2 own, over the parts. Work-items: vectors of memories x trained neurons. */
KERNEL void energy_add_own(__global const real *restrict own, __global real *restrict gradient,
                           const int parts, const int count, const int first_column,
                           const int column_ld, const int column_stride, const int ld,
                           const int stride)
{
    const int mu = (int)get_global_id(0) * VECTOR_WIDTH;
    const size_t i = get_group_id(1), p = get_group_id(2);
    if (mu >= count)
        return;
    vector sum = 0;
    UNROLL_LOADS for (int part = 0; part < parts; part++) sum +=
        LOAD(own + (p * parts + part) * (size_t)column_stride + i * column_ld + mu);
    real vector_width[VECTOR_WIDTH];
    STORE_UNALIGNED(2 * sum, vector_width);
    __global real *to = gradient + p * stride + (size_t)mu * ld + first_column + i;
    for (int l = 0; l < VECTOR_WIDTH && mu + l < count; l++)
        to[(size_t)l * ld] += vector_width[l];
}
