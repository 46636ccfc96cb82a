/* needs: energy_numbers */
/*
 * The energy model: scales, errors and metrics. What is summed over all triples of state, neuron
 * and memory is in energy_all.cl where all neurons are trained, in energy_few.cl where classes are.
 */
/* An overlap's size as far as F raises it to a power. */
INLINE vector sized(const vector overlap)
{
#if INTERACTION == 0
    return fabs(overlap);
#elif INTERACTION == 3
    return overlap;
#else
    return fmax(overlap, (vector)0);
#endif
}

/*
 * F or F' of arguments up to `largest`, by degree: log of the common factor of its two branches,
 * and what is left of each for arguments divided by `largest` (for exp, reduced by it).
 */
INLINE vector split_scale(const vector largest, const int degree, const real log_factor,
                          const real leak, const int leak_degree, vector *gain, vector *leaking)
{
    *gain = 1;
    *leaking = 0;
#if INTERACTION == 3
    return largest;
#elif INTERACTION == 2
    const vector log_largest = log(largest);
    const vector of_power = log_factor + degree * log_largest;
    const vector of_leak = log((vector)fabs(leak)) + leak_degree * log_largest;
    const vector common = fmax(of_power, of_leak);
    *gain = exp(of_power - common);
    *leaking = copysign(exp(of_leak - common), (vector)leak);
    return common;
#else
    return log_factor + degree * log(largest);
#endif
}

/* Overlaps below this count as this: memories of zeros have no scale. */
#define LEAST ((real)1e-20)

/* b, log g and the leak of every replica in an epoch. Work-items: replicas. */
SINGLE_KERNEL void energy_settings(__global const real *restrict given,
                                   __global real *restrict settings, const int count,
                                   const int epoch, const int ramp, const int neurons,
                                   const real sharpness)
{
    const int p = (int)get_global_id(0);
    if (p >= count)
        return;
    __global const real *from = given + p * NUMBERS;
    __global real *to = settings + p * NUMBERS;
    const real first = from[GIVEN_TEMPERATURE], last = from[GIVEN_TEMPERATURE_TO];
    const real along = ramp > 0 ? fmin((real)epoch / (real)ramp, (real)1) : 0;
    const real temperature = last > 0 ? fma(last - first, along, first) : first;
    to[LEAK] = from[GIVEN_LEAK];
    to[SHARPNESS] = RULE == 0 ? 1 / (neurons * temperature) : RULE == 1 ? 1 : sharpness;
    to[LOG_SCALE] = RULE == 0   ? 0
                    : RULE == 1 ? -EXPONENT * log(temperature)
                                : -sharpness * neurons * temperature;
}

/* The trained columns of the memories as rows. Work-items: vectors of columns x of memories. */
KERNEL void energy_transpose(__global const real *restrict memories,
                             __global real *restrict columns, const int count,
                             const int first_column, const int trained, const int ld,
                             const int stride, const int column_ld, const int column_stride)
{
    const int i = (int)get_global_id(0) * VECTOR_WIDTH, mu = (int)get_group_id(1) * VECTOR_WIDTH;
    if (i >= trained)
        return;
    const int width = min(trained - i, VECTOR_WIDTH), height = min(count - mu, VECTOR_WIDTH);
    __global const real *from =
        memories + get_group_id(2) * (size_t)stride + (size_t)mu * ld + first_column + i;
    __global real *to = columns + get_group_id(2) * (size_t)column_stride + (size_t)i * column_ld;
    vector block[VECTOR_WIDTH];
    if (width == VECTOR_WIDTH && height == VECTOR_WIDTH) {
        UNROLL for (int l = 0; l < VECTOR_WIDTH; l++) block[l] =
            LOAD_UNALIGNED(from + (size_t)l * ld);
    } else {
        for (int l = 0; l < VECTOR_WIDTH; l++) {
            real row[VECTOR_WIDTH];
            for (int w = 0; w < VECTOR_WIDTH; w++)
                row[w] = l < height && w < width ? from[(size_t)l * ld + w] : 0;
            block[l] = LOAD_UNALIGNED(row);
        }
    }
    transpose_lanes(block);
    UNROLL for (int w = 0; w < VECTOR_WIDTH; w++) if (w < width)
        STORE(block[w], to + (size_t)w * column_ld + mu);
}

/* MEMORY_REACH. Work-items: vectors of memories. */
KERNEL void energy_reach(__global const real *restrict columns, __global real *restrict numbers,
                         const int count, const int trained, const int column_ld,
                         const int column_stride, const int number_ld, const int number_stride)
{
    const int mu = (int)get_global_id(0) * VECTOR_WIDTH;
    if (mu >= count)
        return;
    __global const real *from = columns + get_group_id(2) * (size_t)column_stride + mu;
    vector reach = 0;
    for (int i = 0; i < trained; i += ROWS_AT_ONCE) {
        vector entry[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) entry[r] =
            LOAD(from + (size_t)row_below(i + r, trained) * column_ld);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) reach = fmax(reach, fabs(entry[r]));
    }
    STORE(2 * reach, numbers + get_group_id(2) * (size_t)number_stride +
                         (size_t)MEMORY_REACH * number_ld + mu);
}

/*
 * Scales the overlaps of a state so that no argument of F exceeds 1, and takes F of them. Rule
 * original leaves them as they are, and overflows where T^-n is to mend it. One work-group a state.
 */
KERNEL void energy_scale_states(__global const real *restrict similarities,
                                __global const real *restrict memory_numbers,
                                __global const real *restrict settings,
                                __global real *restrict scaled, __global real *restrict values,
                                __global real *restrict states, const int count, const int ld,
                                const int stride, const int number_ld, const int number_stride,
                                const int state_stride)
{
    DECLARE_SCRATCH(scratch);
    const size_t a = get_group_id(0), p = get_group_id(2);
    const int begin = (int)get_local_id(0) * VECTOR_WIDTH;
    const size_t row = p * stride + a * ld;
    __global const real *reach = memory_numbers + p * number_stride + MEMORY_REACH * number_ld;
    const real sharpness = settings[p * NUMBERS + SHARPNESS], leak = settings[p * NUMBERS + LEAK];
#if RULE == 1
    const vector weight = sharpness, offset = 0, gain = 1, leaking = leak, log_scale = 0;
#else
    vector most = -INFINITY;
    for (int mu = begin; mu < count; mu += GROUP * VECTOR_WIDTH) {
        const vector size = sized(LOAD(similarities + row + mu)) + LOAD(reach + mu);
        most = fmax(most, SELECT(-INFINITY, size, (vmask)mu + LANE_INDEX < (vmask)count));
    }
    const real largest = GROUP_MAX(scratch, lanes_max(most));
    vector gain, leaking;
#if INTERACTION == 3
    const vector weight = sharpness, offset = sharpness * largest;
    const vector log_scale = split_scale(offset, 1, 0, leak, 1, &gain, &leaking);
#else
    const vector bound = fmax(largest, LEAST), weight = 1 / bound, offset = 0;
    const vector log_scale = split_scale(sharpness * bound, EXPONENT, 0, leak, 1, &gain, &leaking);
#endif
#endif
    if (get_local_id(0) == 0) {
        __global real *state = states + p * state_stride + a * NUMBERS;
        state[STATE_WEIGHT] = weight.s0;
        state[STATE_GAIN] = gain.s0;
        state[STATE_LEAK] = leaking.s0;
        state[STATE_LOG] = log_scale.s0 + settings[p * NUMBERS + LOG_SCALE];
    }
    for (int mu = begin; mu < count; mu += GROUP * VECTOR_WIDTH) {
        const vector s = fma(LOAD(similarities + row + mu), weight, -offset);
        STORE(s, scaled + row + mu);
        STORE(interaction_value(s, gain, leaking), values + row + mu);
    }
}

/*
 * hh of gaps, at most 30: beyond, tanh is 1 in any precision. The logarithm brings back what was
 * divided out. What overflowed stays not finite.
 */
INLINE vector confidence(const vector gap, const real log_scale)
{
    const vector size = exp(fmin(log(fabs(gap)) + log_scale, (vector)3.4011973816621555f));
    return copysign(size, gap) + (gap - gap);
}

/* Targets times states, tau: 1 but where a hidden class neuron is that of the label. */
INLINE vector targets(const int i, const int label)
{
    return HIDDEN ? SELECT(1, -1, (vmask)i + LANE_INDEX == (vmask)label) : (vector)1;
}

/*
 * gaps <- e = dL/dhh, and their sum and loss. One work-group a state. `labels` are those of the
 * rows of samples.
 */
KERNEL void energy_errors(__global real *restrict gaps, __global real *restrict states,
                          __global const int *restrict labels, __global const int *restrict rows,
                          const int indexed, const int first, const int trained, const int gap_ld,
                          const int gap_stride, const int state_stride)
{
    DECLARE_SCRATCHES(scratch, 2);
    const int a = (int)get_group_id(0);
    const size_t p = get_group_id(2);
    __global real *state = states + p * state_stride + (size_t)a * NUMBERS;
    __global real *row = gaps + p * gap_stride + (size_t)a * gap_ld;
    const real log_scale = state[STATE_LOG];
    const int label = HIDDEN ? labels[ROW_OF(a)] : -1;
    vector errors = 0, losses = 0;
    for (int i = (int)get_local_id(0) * VECTOR_WIDTH; i < trained; i += GROUP * VECTOR_WIDTH) {
        const vmask inside = (vmask)i + LANE_INDEX < (vmask)trained;
        const vector c = tanh(confidence(LOAD(row + i), log_scale));
        const vector miss = targets(i, label) - c;
        const vector rest = power(miss, 2 * ERROR_EXPONENT - 1);
        const vector e = SELECT(0, -2 * ERROR_EXPONENT * rest * (1 - c * c), inside);
        STORE(e, row + i);
        errors += e;
        losses += SELECT(0, rest * miss, inside);
    }
    real sum[2] = {lanes_sum(errors), lanes_sum(losses)};
    GROUP_SUMS(scratch, sum, 2);
    if (get_local_id(0) == 0) {
        state[SUM_ERROR] = sum[0];
        state[SUM_LOSS] = sum[1];
    }
}

/* losses[slot] (+)= the states' losses over size x trained. One work-group a replica. */
KERNEL void energy_collect(__global const real *restrict states, __global real *restrict losses,
                           const int size, const int slot, const int replicas, const int accumulate,
                           const int state_stride, const real per_neuron)
{
    DECLARE_SCRATCH(scratch);
    const size_t p = get_group_id(2);
    real sum = 0;
    for (int a = (int)get_local_id(0); a < size; a += GROUP)
        sum += states[p * state_stride + (size_t)a * NUMBERS + SUM_LOSS];
    const real total = GROUP_SUM(scratch, sum) * per_neuron;
    if (get_local_id(0) == 0) {
        __global real *loss = losses + (size_t)slot * replicas + p;
        *loss = accumulate ? *loss + total : total;
    }
}

/*
 * The scale of each memory's gradient from its largest overlap in the batch so far, log of what
 * the gradient is to be multiplied with, and columns <- 2 weight M. Work-items: vectors of
 * memories.
 */
KERNEL void energy_scale_memories(__global const real *restrict similarities,
                                  __global const real *restrict settings,
                                  __global real *restrict columns, __global real *restrict numbers,
                                  __global real *restrict scales, const int size, const int count,
                                  const int trained, const int accumulate, const int ld,
                                  const int stride, const int column_ld, const int column_stride,
                                  const int number_ld, const int number_stride,
                                  const int scale_stride)
{
    const int mu = (int)get_global_id(0) * VECTOR_WIDTH;
    const size_t p = get_group_id(2);
    if (mu >= count)
        return;
    __global real *number = numbers + p * number_stride + mu;
    __global real *log_scale = scales + p * scale_stride + mu;
    __global const real *overlap = similarities + p * stride + mu;
    const real sharpness = settings[p * NUMBERS + SHARPNESS], leak = settings[p * NUMBERS + LEAK];
    vector largest = sized(LOAD(overlap));
    for (int a = 1; a < size; a += ROWS_AT_ONCE) {
        vector entry[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) entry[r] =
            LOAD(overlap + (size_t)row_below(a + r, size) * ld);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) largest = fmax(largest, sized(entry[r]));
    }
    largest += LOAD(number + (size_t)MEMORY_REACH * number_ld);
    if (accumulate)
        largest = fmax(largest, LOAD(number + (size_t)MEMORY_LARGEST * number_ld));
    vector gain, leaking;
#if INTERACTION == 3
    const vector weight = sharpness, offset = sharpness * largest;
    const vector common = split_scale(offset, 1, 0, leak, 0, &gain, &leaking);
#else
    const vector bound = fmax(largest, (vector)LEAST), weight = 1 / bound, offset = 0;
    const vector common =
        split_scale(sharpness * bound, EXPONENT - 1, log((real)EXPONENT), leak, 0, &gain, &leaking);
#endif
    const vector now = common + (settings[p * NUMBERS + LOG_SCALE] + log(sharpness));
    if (accumulate)
        STORE(exp(LOAD(log_scale) - now), number + (size_t)MEMORY_SHRINK * number_ld);
    STORE(now, log_scale);
    STORE(largest, number + (size_t)MEMORY_LARGEST * number_ld);
    STORE(weight, number + (size_t)MEMORY_WEIGHT * number_ld);
    STORE(offset, number + (size_t)MEMORY_OFFSET * number_ld);
    STORE(gain, number + (size_t)MEMORY_GAIN * number_ld);
    STORE(leaking, number + (size_t)MEMORY_LEAK * number_ld);
    __global real *column = columns + p * column_stride + mu;
    for (int i = 0; i < trained; i += ROWS_AT_ONCE) {
        vector entry[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) entry[r] =
            LOAD(column + (size_t)row_below(i + r, trained) * column_ld);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (i + r < trained)
            STORE(2 * weight * entry[r], column + (size_t)(i + r) * column_ld);
    }
}

/* Gradients of earlier chunks in the scale of this one. Work-items: vectors of a row x memories. */
KERNEL void energy_shrink(__global real *restrict gradient, __global const real *restrict numbers,
                          const int neurons, const int ld, const int stride, const int number_ld,
                          const int number_stride)
{
    const int j = (int)get_global_id(0) * VECTOR_WIDTH;
    const size_t mu = get_group_id(1), p = get_group_id(2);
    if (j >= neurons)
        return;
    __global real *at = gradient + p * stride + mu * ld + j;
    STORE(LOAD(at) * numbers[p * number_stride + MEMORY_SHRINK * number_ld + mu], at);
}

/*
 * After a forward pass with the errors' losses: the metrics of a batch. With classes, the neuron
 * whose flip to +1 lowers the energy most is the prediction; `nearest` is the class of the memory
 * of the largest overlap. Without, a state is right where no flip lowers its energy. One work-group
 * a state; gaps are still gaps.
 */
KERNEL void energy_evaluate(__global const real *restrict gaps,
                            __global const real *restrict similarities,
                            __global const real *restrict memories, __global real *restrict states,
                            __global int *restrict predicted, __global int *restrict nearest,
                            const int offset, const int trained, const int count,
                            const int first_column, const int gap_ld, const int ld,
                            const int memory_ld)
{
    DECLARE_SCRATCH(scratch);
    const int a = (int)get_group_id(0), item = (int)get_local_id(0);
    __global const real *gap = gaps + (size_t)a * gap_ld;
    __global const real *overlap = similarities + (size_t)a * ld;
    real largest = -INFINITY, least = INFINITY;
    for (int mu = item; mu < count; mu += GROUP)
        largest = fmax(largest, overlap[mu]);
    for (int i = item; i < trained; i += GROUP)
        least = fmin(least, gap[i]);
    largest = GROUP_MAX(scratch, largest);
    least = -GROUP_MAX(scratch, -least);
    if (item > 0)
        return;
    int class = 0, closest = 0, its_class = 0;
    for (int i = trained - 1; i >= 0; i--)
        class = gap[i] == least ? i : class;
    for (int mu = count - 1; mu >= 0; mu--)
        closest = overlap[mu] == largest ? mu : closest;
#if CLASSIFY
    __global const real *weight = memories + (size_t)closest * memory_ld + first_column;
    for (int i = 1; i < trained; i++)
        its_class = weight[i] > weight[its_class] ? i : its_class;
#endif
    states[(size_t)a * NUMBERS + PREDICTED] = CLASSIFY ? (real) class : (real)(least >= 0);
    predicted[offset + a] = CLASSIFY ? class : 0;
    nearest[offset + a] = its_class;
}

/* Row slot of totals (+)= the batch's losses per neuron and right answers. One work-group. */
KERNEL void energy_metrics(__global const real *restrict states,
                           __global const int *restrict labels, __global real *restrict totals,
                           const int size, const int first, const int slot, const int totals_ld,
                           const int accumulate, const real per_neuron)
{
    DECLARE_SCRATCH(scratch);
    real loss = 0, right = 0;
    for (int a = (int)get_local_id(0); a < size; a += GROUP) {
        const real found = states[(size_t)a * NUMBERS + PREDICTED];
        loss += states[(size_t)a * NUMBERS + SUM_LOSS] * per_neuron;
        right += CLASSIFY ? (real)((int)found == labels[first + a]) : found;
    }
    loss = GROUP_SUM(scratch, loss);
    right = GROUP_SUM(scratch, right);
    if (get_local_id(0) == 0) {
        __global real *total = totals + (size_t)slot * totals_ld;
        total[0] = accumulate ? total[0] + loss : loss;
        total[1] = accumulate ? total[1] + right : right;
    }
}
