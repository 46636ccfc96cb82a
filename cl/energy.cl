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

/* A block of VECTOR_WIDTH memories x columns, of which height x width exist; the rest are zeros. */
INLINE void load_block(__global const real *from, const int ld, const int height, const int width,
                       vector *block)
{
    if (width == VECTOR_WIDTH && height == VECTOR_WIDTH) {
        UNROLL for (int l = 0; l < VECTOR_WIDTH; l++) block[l] =
            LOAD_UNALIGNED(from + (size_t)l * ld);
        return;
    }
    for (int l = 0; l < VECTOR_WIDTH; l++) {
        real row[VECTOR_WIDTH];
        for (int w = 0; w < VECTOR_WIDTH; w++)
            row[w] = l < height && w < width ? from[(size_t)l * ld + w] : 0;
        block[l] = LOAD_UNALIGNED(row);
    }
}

/*
 * The trained columns of the memories as rows, and MEMORY_REACH of the memories. One work-group
 * VECTOR_WIDTH memories.
 */
KERNEL void energy_transpose(__global const real *restrict memories,
                             __global real *restrict columns, __global real *restrict numbers,
                             const int count, const int first_column, const int trained,
                             const int ld, const int stride, const int column_ld,
                             const int column_stride, const int number_ld, const int number_stride)
{
    DECLARE_VECTORS(scratch);
    const int mu = (int)get_group_id(0) * VECTOR_WIDTH, height = min(count - mu, VECTOR_WIDTH);
    const size_t p = get_group_id(2);
    __global const real *from = memories + p * stride + (size_t)mu * ld + first_column;
    __global real *to = columns + p * column_stride + mu;
    vector reach = 0;
    for (int i = (int)get_local_id(0) * VECTOR_WIDTH; i < trained; i += GROUP * VECTOR_WIDTH) {
        const int width = min(trained - i, VECTOR_WIDTH);
        vector block[VECTOR_WIDTH];
        load_block(from + i, ld, height, width, block);
        transpose_lanes(block);
        UNROLL for (int w = 0; w < VECTOR_WIDTH; w++)
        {
            reach = fmax(reach, fabs(block[w]));
            if (w < width)
                STORE(block[w], to + (size_t)(i + w) * column_ld);
        }
    }
    reach = GROUP_MAX_VECTOR(scratch, reach);
    if (get_local_id(0) == 0)
        STORE(2 * reach, numbers + p * number_stride + (size_t)MEMORY_REACH * number_ld + mu);
}

/*
 * The largest overlap of state a with any memory, reach included, lane by lane: lanes run along the
 * memories. Rule original does not scale.
 */
INLINE vector largest_of_state(__global const real *overlaps, __global const real *reach,
                               const int count)
{
    vector most = -INFINITY;
#if RULE != 1
    for (int mu = (int)get_local_id(0) * VECTOR_WIDTH; mu < count; mu += GROUP * VECTOR_WIDTH) {
        const vector size = sized(LOAD(overlaps + mu)) + LOAD(reach + mu);
        most = fmax(most, SELECT(-INFINITY, size, (vmask)mu + LANE_INDEX < (vmask)count));
    }
#endif
    return most;
}

/* The same of VECTOR_WIDTH memories with any state of the batch so far; items share the states. */
INLINE vector largest_of_memories(__global const real *overlaps, __global const real *number,
                                  const int size, const int accumulate, const int ld,
                                  const int number_ld)
{
    vector most = -INFINITY;
    for (int a = (int)get_local_id(0); a < size; a += ROWS_AT_ONCE * GROUP) {
        vector entry[ROWS_AT_ONCE];
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) entry[r] =
            LOAD(overlaps + (size_t)row_below(a + r * GROUP, size) * ld);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) most = fmax(most, sized(entry[r]));
    }
    most += LOAD(number + (size_t)MEMORY_REACH * number_ld);
    /* By the item that will write it. */
    if (accumulate && get_local_id(0) == 0)
        most = fmax(most, LOAD(number + (size_t)MEMORY_LARGEST * number_ld));
    return most;
}

/*
 * Scales the overlaps of a state so that no argument of F exceeds 1, and takes F of them. Rule
 * original leaves them as they are, and overflows where T^-n is to mend it.
 */
INLINE void scale_state(__global const real *overlaps, const real largest,
                        __global const real *setting, __global real *scaled, __global real *values,
                        __global real *state, const int count)
{
    const real sharpness = setting[SHARPNESS], leak = setting[LEAK];
#if RULE == 1
    const vector weight = sharpness, offset = 0, gain = 1, leaking = leak, log_scale = 0;
#else
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
        state[STATE_WEIGHT] = weight.s0;
        state[STATE_GAIN] = gain.s0;
        state[STATE_LEAK] = leaking.s0;
        state[STATE_LOG] = log_scale.s0 + setting[LOG_SCALE];
    }
    for (int mu = (int)get_local_id(0) * VECTOR_WIDTH; mu < count; mu += GROUP * VECTOR_WIDTH) {
        const vector s = fma(LOAD(overlaps + mu), weight, -offset);
        STORE(s, scaled + mu);
        STORE(interaction_value(s, gain, leaking), values + mu);
    }
}

/*
 * The scale of VECTOR_WIDTH memories' gradients from their largest overlap, log of what the
 * gradients are to be multiplied with, and 2 weight M in place of the columns; behind them where
 * classes are trained, whose forward pass is yet to read them.
 */
INLINE void scale_memories(const vector largest, __global const real *setting,
                           __global real *column, __global real *number, __global real *log_scale,
                           const int trained, const int accumulate, const int column_ld,
                           const int number_ld)
{
    const real sharpness = setting[SHARPNESS], leak = setting[LEAK];
    const bool first = get_local_id(0) == 0;
    vector gain, leaking;
#if INTERACTION == 3
    const vector weight = sharpness, offset = sharpness * largest;
    const vector common = split_scale(offset, 1, 0, leak, 0, &gain, &leaking);
#else
    const vector bound = fmax(largest, (vector)LEAST), weight = 1 / bound, offset = 0;
    const vector common =
        split_scale(sharpness * bound, EXPONENT - 1, log((real)EXPONENT), leak, 0, &gain, &leaking);
#endif
    const vector now = common + (setting[LOG_SCALE] + log(sharpness));
    if (accumulate && first)
        STORE(exp(LOAD(log_scale) - now), number + (size_t)MEMORY_SHRINK * number_ld);
    if (first) {
        STORE(now, log_scale);
        STORE(largest, number + (size_t)MEMORY_LARGEST * number_ld);
        STORE(weight, number + (size_t)MEMORY_WEIGHT * number_ld);
        STORE(offset, number + (size_t)MEMORY_OFFSET * number_ld);
        STORE(gain, number + (size_t)MEMORY_GAIN * number_ld);
        STORE(leaking, number + (size_t)MEMORY_LEAK * number_ld);
    }
    __global real *to = column + (CLASSIFY ? (size_t)trained * column_ld : 0);
    for (int i = (int)get_local_id(0); i < trained; i += ROWS_AT_ONCE * GROUP) {
        vector entry[ROWS_AT_ONCE];
        /* In place of rows behind the last this item's own: the last is another's. */
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) entry[r] =
            LOAD(column + (size_t)(i + r * GROUP < trained ? i + r * GROUP : i) * column_ld);
        UNROLL for (int r = 0; r < ROWS_AT_ONCE; r++) if (i + r * GROUP < trained)
            STORE(2 * weight * entry[r], to + (size_t)(i + r * GROUP) * column_ld);
    }
}

/*
 * What overlaps are divided by. A work-group a state for the first `size`; in a training step one
 * more for every VECTOR_WIDTH memories.
 */
KERNEL void energy_scale(__global const real *restrict similarities,
                         __global const real *restrict settings, __global real *restrict columns,
                         __global real *restrict numbers, __global real *restrict scales,
                         __global real *restrict scaled, __global real *restrict values,
                         __global real *restrict states, const int size, const int count,
                         const int trained, const int accumulate, const int ld, const int stride,
                         const int column_ld, const int column_stride, const int number_ld,
                         const int number_stride, const int scale_stride, const int state_stride)
{
    DECLARE_VECTORS(scratch);
    const int group = (int)get_group_id(0), mu = (group - size) * VECTOR_WIDTH;
    const size_t p = get_group_id(2), row = p * stride + (size_t)group * ld;
    __global const real *setting = settings + p * NUMBERS;
    __global real *number = numbers + p * number_stride;
    vector most;
    if (group < size)
        most = largest_of_state(similarities + row, number + MEMORY_REACH * number_ld, count);
    else
        most = largest_of_memories(similarities + p * stride + mu, number + mu, size, accumulate,
                                   ld, number_ld);
    most = GROUP_MAX_VECTOR(scratch, most);
    if (group < size)
        scale_state(similarities + row, lanes_max(most), setting, scaled + row, values + row,
                    states + p * state_stride + (size_t)group * NUMBERS, count);
    else
        scale_memories(most, setting, columns + p * column_stride + mu, number + mu,
                       scales + p * scale_stride + mu, trained, accumulate, column_ld, number_ld);
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
