/*
 * Samples of a teacher: memories on the unit sphere, each the mean direction of a von Mises-Fisher
 * distribution of one concentration (arXiv 2508.19151). A sample's memory is drawn first, then its
 * class, its cosine with the memory, and its direction across.
 *
 * Every number comes from Philox at the counter {sample, draw, split, stream}, so that a sample
 * does not depend on how many there are.
 */
#ifndef MOST_TRIES
#define MOST_TRIES 256 /* rejections in a row: each try succeeds more often than it fails */
#endif
#define FIRST_ACROSS 0x80000000u /* draws from here on are those of the direction */

typedef struct source {
    uint4 counter;
    uint2 key;
} source;

INLINE uint4 draw(source *from)
{
    const uint4 words = philox(from->counter, from->key);
    from->counter.y++;
    return words;
}

/* In (0, 1]: ((x >> 8) + 0.5) 2^-24, as on the host. */
INLINE real uniform_of(const uint word)
{
    return ((real)(word >> 8) + (real)0.5) * (real)5.9604644775390625e-8;
}

/* Two independent normal numbers (Box-Muller). */
INLINE void normals_of(const uint radius_word, const uint angle_word, real *first, real *second)
{
    const real radius = sqrt(-2 * log(uniform_of(radius_word)));
    const real angle = (real)6.283185307179586 * uniform_of(angle_word);
    *first = radius * cos(angle);
    *second = radius * sin(angle);
}

/* A Gamma(shape) number, shape >= 1 (Marsaglia & Tsang 2000). */
INLINE real draw_gamma(const real shape, source *from)
{
    const real d = shape - (real)(1.0 / 3), c = 1 / sqrt(9 * d);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        const uint4 words = draw(from);
        real x, unused;
        normals_of(words.x, words.y, &x, &unused);
        /* v^3 = 1 + above. */
        const real step = c * x, above = step * (3 + step * (3 + step));
        if (step > -1 && log(uniform_of(words.z)) < (real)0.5 * x * x + d * (log1p(above) - above))
            return d * (1 + above);
    }
    return d;
}

/*
 * Cosine between a sample and its mean direction (Wood 1994): a Beta number that is moved towards
 * 1, and accepted by how far the density is from that of the move.
 */
INLINE real draw_cosine(const real concentration, const int dim, source *from)
{
    const real n = dim - 1, a = 2 * concentration / n;
    const real centre = a / (sqrt(1 + a * a) + 1);
    for (int tries = 0; tries < MOST_TRIES; tries++) {
        const real g = draw_gamma((real)0.5 * n, from),
                   z = g / (g + draw_gamma((real)0.5 * n, from));
        const real t = (1 + centre - 2 * z) / (1 + centre - 2 * centre * z);
        const real excess =
            concentration * (t - centre) + n * log((1 - centre * t) / (1 - centre * centre));
        if (excess >= log(uniform_of(draw(from).x)))
            return t;
    }
    return centre;
}

/*
 * Memory, class and cosine of samples first, first + 1, ... of a split. Memory mu has class
 * mu % classes, but for a share `softening` of its samples, which have any of the classes or
 * `classes`, none. One work-item a sample.
 */
KERNEL void teacher_draw(__global int *restrict owners, __global int *restrict labels,
                         __global real *restrict cosines, const int samples, const int first,
                         const int split, const uint stream, const uint seed_low,
                         const uint seed_high, const int memories, const int classes, const int dim,
                         const real softening, const real concentration)
{
    const int i = (int)get_global_id(0);
    if (i >= samples)
        return;
    source from = {(uint4)((uint)(first + i), 0, (uint)split, stream),
                   (uint2)(seed_low, seed_high)};
    const uint4 words = draw(&from);
    const int owner = (int)mul_hi(words.x, (uint)memories);
    const int any = (int)mul_hi(words.z, (uint)classes + 1);
    owners[i] = owner;
    labels[i] = uniform_of(words.y) > softening ? owner % classes : any;
    cosines[i] = draw_cosine(concentration, dim, &from);
}

/*
 * The samples themselves: cosine * memory + sine * a direction across it, which is uniform: a
 * normal vector without its part along the memory. One work-group a sample.
 */
KERNEL void teacher_sample(__global real *restrict samples, __global const real *restrict memories,
                           __global const int *restrict owners,
                           __global const real *restrict cosines, const int first, const int split,
                           const uint stream, const uint seed_low, const uint seed_high,
                           const int dim, const int ld, const int memories_ld)
{
    DECLARE_SCRATCH(scratch);
    const int i = (int)get_group_id(0), item = (int)get_local_id(0);
    __global real *x = samples + (size_t)i * ld;
    __global const real *w = memories + (size_t)owners[i] * memories_ld;
    real along = 0;
    for (int j = 2 * item; j < dim; j += 2 * GROUP) {
        const uint4 words =
            philox((uint4)((uint)(first + i), FIRST_ACROSS + (uint)(j / 2), (uint)split, stream),
                   (uint2)(seed_low, seed_high));
        real one, other;
        normals_of(words.x, words.y, &one, &other);
        x[j] = one;
        along = fma(one, w[j], along);
        if (j + 1 < dim) {
            x[j + 1] = other;
            along = fma(other, w[j + 1], along);
        }
    }
    along = GROUP_SUM(scratch, along);
    GROUP_BARRIER();
    real squares = 0;
    for (int j = item; j < dim; j += GROUP) {
        const real across = x[j] - along * w[j];
        squares = fma(across, across, squares);
    }
    const real t = cosines[i];
    const real scale = sqrt((1 - t) * (1 + t) / GROUP_SUM(scratch, squares));
    for (int j = item; j < dim; j += GROUP)
        x[j] = t * w[j] + scale * (x[j] - along * w[j]);
}
