/*
 * Softmax regression: everything but its products. Logits are samples x classes; a row is short, so
 * each work-item takes one.
 */

/* The class of the largest logit but for `except`; the first among equals. */
INLINE int largest_logit(__global const real *logits, const int classes, const int except)
{
    int best = except == 0 ? 1 : 0;
    for (int y = best + 1; y < classes; y++)
        best = y != except && logits[y] > logits[best] ? y : best;
    return best;
}

/*
 * In place of the logits: per_sample times (probability - target), which times the samples is the
 * gradient; losses[i] = minus the log-probability of the label. A sample of no class counts
 * nothing.
 */
KERNEL void linear_softmax(__global real *restrict logits, __global const int *restrict labels,
                           __global real *restrict losses, const int samples, const int first,
                           const int classes, const int ld, const real per_sample)
{
    const int i = (int)get_global_id(0);
    if (i >= samples)
        return;
    __global real *row = logits + (size_t)i * ld;
    const int label = labels[first + i];
    const real largest = row[largest_logit(row, classes, -1)];
    real sum = 0;
    for (int y = 0; y < classes; y++)
        sum += exp(row[y] - largest);
    const int counts = label < classes;
    losses[i] = counts ? log(sum) + largest - row[min(label, classes - 1)] : 0;
    for (int y = 0; y < classes; y++) {
        const real residual = exp(row[y] - largest) / sum - (y == label ? 1 : 0);
        row[y] = counts ? per_sample * residual : 0;
    }
}

/* out[slot] (+)= per_sample times the sum of losses. One work-group. */
KERNEL void linear_collect(__global const real *restrict losses, __global real *restrict out,
                           const int samples, const int slot, const int accumulate,
                           const real per_sample)
{
    DECLARE_SCRATCH(scratch);
    real sum = 0;
    for (int i = (int)get_local_id(0); i < samples; i += GROUP)
        sum += losses[i];
    sum = GROUP_SUM(scratch, sum);
    if (get_local_id(0) == 0)
        out[slot] = (accumulate ? out[slot] : 0) + per_sample * sum;
}

/*
 * columns[2 i] and columns[2 i + 1] are the classes of the largest and second largest logit; in
 * place of the logits -1 and +1 there, so that the product with the weights is minus the gradient
 * of their difference.
 */
KERNEL void linear_margin(__global real *restrict logits, __global int *restrict columns,
                          const int samples, const int classes, const int ld)
{
    const int i = (int)get_global_id(0);
    if (i >= samples)
        return;
    __global real *row = logits + (size_t)i * ld;
    const int best = largest_logit(row, classes, -1), second = largest_logit(row, classes, best);
    for (int y = 0; y < classes; y++)
        row[y] = y == second ? 1 : y == best ? -1 : 0;
    columns[2 * i] = best;
    columns[2 * i + 1] = second;
}

/* As vmf_perturb of vmf.cl. */
KERNEL void linear_perturb(__global const real *restrict logits,
                           __global const real *restrict along,
                           __global const int *restrict columns, __global real *restrict angles,
                           __global int *restrict landed, const int samples, const int classes,
                           const int ld, const real limit, const int scans, const int halvings)
{
    const int i = (int)get_global_id(0);
    if (i >= samples)
        return;
    __global const real *l = logits + (size_t)i * ld, *a = along + (size_t)i * ld;
    const int stays = columns[2 * i];
    real low = 0, high = 0;
    int found = 0, column = stays;
    for (int step = 0; step < scans + halvings; step++) {
        const real scanned = limit * (step + 1) / scans, middle = (low + high) / 2;
        const real angle = step < scans ? scanned : middle;
        const real c = cos(angle), s = sin(angle);
        int best = 0;
        for (int y = 1; y < classes; y++)
            best = c * l[y] + s * a[y] > c * l[best] + s * a[best] ? y : best;
        const int changed = best != stays;
        if (step < scans ? !found : found) {
            column = changed ? best : column;
            high = changed || step < scans ? angle : high;
            low = changed ? low : angle;
            found |= changed;
        }
    }
    angles[i] = found ? high : -1;
    landed[i] = column;
}
