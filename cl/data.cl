/*
 * Samples on the device: preparing raw rows, the order of an epoch, gathering a batch, cutting one
 * out of images.
 */
#ifndef SOURCE
#define SOURCE uchar /* element type of the raw samples */
#endif
#ifndef CENTRE
#define CENTRE 1 /* 0: samples are only scaled */
#endif
#ifndef PATCH
#define PATCH 6 /* side of the patches that images are cut into */
#endif
#ifndef PATCH_STRIDE
#define PATCH_STRIDE 2
#endif
#ifndef IMAGE_HEIGHT
#define IMAGE_HEIGHT 28
#endif
#ifndef IMAGE_WIDTH
#define IMAGE_WIDTH 28
#endif
#if REAL_IS_DOUBLE
#define ROUNDING 4.5e-16
#else
#define ROUNDING 2.4e-7f
#endif
#ifndef ORDER_ROUNDS
#define ORDER_ROUNDS 4 /* as in compute/random.c */
#endif

/*
 * A row of raw numbers to a prepared one, by the work-items that wrote it: the mean is subtracted
 * and the rest scaled to unit norm; a row of zero norm becomes zero.
 *
 * The mean is corrected by the mean of what it leaves, and a norm within its rounding counts as
 * zero: a constant sample would otherwise become a unit vector of rounding errors.
 */
INLINE void to_sphere(__global real *row, const int dim SCRATCH_PARAMETER)
{
    const int item = (int)get_local_id(0);
    real mean = 0;
#if CENTRE
    real sum = 0;
    for (int j = item; j < dim; j += GROUP)
        sum += row[j];
    const real about = GROUP_SUM(scratch, sum) / dim;
    real rest = 0;
    for (int j = item; j < dim; j += GROUP)
        rest += row[j] - about;
    mean = about + GROUP_SUM(scratch, rest) / dim;
#endif
    real squares = 0;
    for (int j = item; j < dim; j += GROUP) {
        const real centred = row[j] - mean;
        squares = fma(centred, centred, squares);
    }
    const real norm = sqrt(GROUP_SUM(scratch, squares));
    const real scale = norm > ROUNDING * fabs(mean) * sqrt((real)dim) ? 1 / norm : 0;
    for (int j = item; j < dim; j += GROUP)
        row[j] = (row[j] - mean) * scale;
}

/* Raw samples (dense rows of dim elements) to prepared rows. One work-group a sample. */
KERNEL void data_sphere(__global const SOURCE *restrict raw, __global real *restrict samples,
                        const int dim, const int ld, const int first_row)
{
    DECLARE_SCRATCH(scratch);
    const size_t row = get_group_id(0);
    __global const SOURCE *source = raw + row * dim;
    __global real *target = samples + (first_row + row) * (size_t)ld;
    for (int j = (int)get_local_id(0); j < dim; j += GROUP)
        target[j] = (real)source[j];
    to_sphere(target, dim SCRATCH_ARGUMENT);
}

/* Raw samples as they are, bytes as parts of 255. One work-group a sample. */
KERNEL void data_plain(__global const SOURCE *restrict raw, __global real *restrict samples,
                       const int dim, const int ld, const int first_row)
{
    const size_t row = get_group_id(0);
    __global const SOURCE *source = raw + row * dim;
    __global real *target = samples + (first_row + row) * (size_t)ld;
    for (int j = (int)get_local_id(0); j < dim; j += GROUP)
        target[j] = sizeof(SOURCE) > 1 ? (real)source[j] : (real)source[j] / 255;
}

/*
 * Raw samples to states: bytes above 0 are +1, others -1, other numbers stay as they are. Behind
 * them a neuron a class: -1, or +1 for the label's where it shows. One work-group a sample.
 */
KERNEL void data_states(__global const SOURCE *restrict raw, __global const int *restrict labels,
                        __global real *restrict samples, const int dim, const int classes,
                        const int shows, const int ld, const int first_row)
{
    const size_t row = get_group_id(0);
    const int label = shows ? labels[first_row + (int)row] : -1;
    __global const SOURCE *source = raw + row * dim;
    __global real *target = samples + (first_row + row) * (size_t)ld;
    for (int j = (int)get_local_id(0); j < dim; j += GROUP)
        target[j] = sizeof(SOURCE) > 1 ? (real)source[j] : source[j] > 0 ? 1 : -1;
    for (int y = (int)get_local_id(0); y < classes; y += GROUP)
        target[dim + y] = y == label ? 1 : -1;
}

/*
 * Cuts and prepares the patches of one batch: places first ... of an epoch, in its order where
 * ordered. Sample i of the set is patch i * multiplier modulo total (data/patches.h); the range
 * that is fed begins at sample `base`. One work-group a sample.
 */
KERNEL void data_patches(__global const SOURCE *restrict images, __global const int *restrict order,
                         __global real *restrict batch, const int ordered, const int first,
                         const int base, const uint multiplier, const uint total, const int ld)
{
    DECLARE_SCRATCH(scratch);
    const uint columns = (IMAGE_WIDTH - PATCH) / PATCH_STRIDE + 1;
    const uint rows = (IMAGE_HEIGHT - PATCH) / PATCH_STRIDE + 1;
    const int at = first + (int)get_group_id(0);
    const ulong sample = (ulong)(base + (ordered ? order[at] : at));
    const uint patch = (uint)(sample * multiplier % total);
    const uint image = patch / (rows * columns), place = patch % (rows * columns);
    const size_t y = (size_t)image * IMAGE_HEIGHT + place / columns * PATCH_STRIDE;
    __global const SOURCE *corner = images + y * IMAGE_WIDTH + place % columns * PATCH_STRIDE;
    __global real *target = batch + get_group_id(0) * ld;
    for (int j = (int)get_local_id(0); j < PATCH * PATCH; j += GROUP)
        target[j] = (real)corner[j / PATCH * IMAGE_WIDTH + j % PATCH];
    to_sphere(target, PATCH * PATCH SCRATCH_ARGUMENT);
}

/*
 * rows[first + i] = the sample at place i of an epoch: dam__permuted of compute/random.c. side is
 * the smallest integer with side * side >= size. Work-items take places in turn.
 */
KERNEL void data_order(__global int *restrict rows, const uint first, const uint size,
                       const uint side, const uint epoch, const uint seed_low, const uint seed_high,
                       const uint stream)
{
    for (uint place = (uint)get_global_id(0); place < size; place += (uint)get_global_size(0)) {
        uint value = place;
        do {
            uint left = value / side, right = value % side;
            for (uint round = 0; round < ORDER_ROUNDS; round++) {
                const uint4 words =
                    philox((uint4)(right, round, epoch, stream), (uint2)(seed_low, seed_high));
                const uint mixed = (left + words.x % side) % side;
                left = right;
                right = mixed;
            }
            value = left * side + right;
        } while (value >= size);
        rows[first + place] = (int)value;
    }
}

/* One batch's samples and labels in a matrix of their own. One work-group a sample. */
KERNEL void data_gather(__global const real *restrict samples, __global const int *restrict labels,
                        __global const int *restrict rows, __global real *restrict batch,
                        __global int *restrict batch_labels, const int first, const int ld,
                        const int labelled)
{
    const size_t i = get_group_id(0);
    const size_t row = (size_t)rows[first + (int)i];
    for (int j = (int)get_local_id(0) * VECTOR_WIDTH; j < ld; j += GROUP * VECTOR_WIDTH)
        STORE(LOAD(samples + row * ld + j), batch + i * ld + j);
    if (labelled && get_local_id(0) == 0)
        batch_labels[i] = labels[row];
}
