#include "data/selftest_teacher.h"

#include <math.h>

#include "compute/random.h"

/* The kernels of cl/teacher.cl sample by sample, in double. */

enum { SPLIT = 2, FIRST = 5, MEMORIES = 3, CLASSES = 2 };

static const uint64_t seed = 0x123456789abcdef0;

static const double softening = 0.25;

/* The draws of one sample, in order. */
struct source {
    uint32_t sample, draw;
};

static void draw(struct source *from, uint32_t words[4])
{
    dam__random_words(seed, DAM__STREAM_TEACHER, SPLIT, (uint64_t)from->draw++ << 32 | from->sample,
                      words);
}

static void normals(const uint32_t words[4], double *first, double *second)
{
    double radius = sqrt(-2 * log(dam__uniform(words[0])));
    double angle = 6.283185307179586476925286766559 * dam__uniform(words[1]);
    *first = radius * cos(angle);
    *second = radius * sin(angle);
}

static double draw_gamma(double shape, struct source *from)
{
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        uint32_t words[4];
        double x, unused;
        draw(from, words);
        normals(words, &x, &unused);
        double cube = pow(1 + c * x, 3);
        if (cube > 0 && log(dam__uniform(words[2])) < 0.5 * x * x + d - d * cube + d * log(cube))
            return d * cube;
    }
}

static double draw_cosine(double k, int dim, struct source *from)
{
    double n = dim - 1, a = 2 * k / n, centre = a / (sqrt(1 + a * a) + 1);
    double c = k * centre + n * log1p(-centre * centre);
    for (;;) {
        uint32_t words[4];
        double g = draw_gamma(n / 2, from), z = g / (g + draw_gamma(n / 2, from));
        double t = (1 + centre - 2 * z) / (1 + centre - 2 * centre * z);
        draw(from, words);
        if (k * t + n * log1p(-centre * t) - c >= log(dam__uniform(words[0])))
            return t;
    }
}

static dam_status run_draw(dam__test *test)
{
    const int samples = test->tiny ? 20 : 300, dim = 37;
    const double k = 30;
    size_t count = (size_t)samples;
    int32_t *owners = NULL, *labels = NULL;
    double *wanted = NULL;
    dam__buffer *device_owners = NULL, *device_labels = NULL;
    dam__matrix cosines;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_array(test, count, sizeof *owners, &owners));
    DAM_TRY(dam__test_array(test, count, sizeof *labels, &labels));
    DAM_TRY(dam__test_array(test, count, sizeof *wanted, &wanted));
    for (size_t i = 0; i < count; i++) {
        struct source from = {.sample = (uint32_t)(FIRST + i)};
        uint32_t words[4];
        draw(&from, words);
        owners[i] = (int32_t)((uint64_t)words[0] * MEMORIES >> 32);
        labels[i] = dam__uniform(words[1]) > softening
                        ? owners[i] % CLASSES
                        : (int32_t)((uint64_t)words[2] * (CLASSES + 1) >> 32);
        wanted[i] = draw_cosine(k, dim, &from);
    }
    DAM_TRY(dam__test_buffer(test, NULL, count * sizeof *owners, &device_owners));
    DAM_TRY(dam__test_buffer(test, NULL, count * sizeof *labels, &device_labels));
    DAM_TRY(dam__test_matrix(test, 1, samples, 1, NULL, &cosines));
    DAM_TRY(dam__test_kernel(test, "teacher", "", "teacher_draw", &kernel));
    DAM_TRY(dam__launch(kernel, dam__range_items(test->device, count, 1), (dam__work){0},
                        DAM_ARGUMENTS(device_owners, device_labels, &cosines, samples, FIRST, SPLIT,
                                      DAM__STREAM_TEACHER, dam__arg_seed(seed), MEMORIES, CLASSES,
                                      dim, softening, k)));
    DAM_TRY(dam__test_compare_integers(test, device_owners, count, owners));
    DAM_TRY(dam__test_compare_integers(test, device_labels, count, labels));
    return dam__test_compare_matrix(test, &cosines, wanted, 1);
}

/* t w + sqrt(1 - t^2) v, v a normal vector made orthogonal to w and of unit norm. */
static void refer_sample(uint32_t sample, const double *w, double t, size_t dim, double *out)
{
    const uint32_t first_across = 0x80000000u;
    double along = 0, squares = 0;
    for (size_t j = 0; j < dim; j += 2) {
        struct source from = {.sample = sample, .draw = first_across + (uint32_t)(j / 2)};
        uint32_t words[4];
        double pair[2];
        draw(&from, words);
        normals(words, &pair[0], &pair[1]);
        out[j] = pair[0];
        if (j + 1 < dim)
            out[j + 1] = pair[1];
    }
    for (size_t j = 0; j < dim; j++)
        along += out[j] * w[j];
    for (size_t j = 0; j < dim; j++) {
        out[j] -= along * w[j];
        squares += out[j] * out[j];
    }
    for (size_t j = 0; j < dim; j++)
        out[j] = t * w[j] + sqrt((1 - t * t) / squares) * out[j];
}

static dam_status run_sample(dam__test *test)
{
    enum { SAMPLES = 4 };
    static const int32_t owners[SAMPLES] = {2, 0, 0, 1};
    static const double cosines[SAMPLES] = {0.5, -0.75, 0.875, 0.0625};
    size_t dim = test->tiny ? 7 : 301;
    double *memories = NULL, *wanted = NULL;
    dam__matrix device_memories, device_cosines, samples;
    dam__buffer *device_owners = NULL;
    dam__kernel *kernel = NULL;
    /* Rows of norm about 1: the kernel does not ask for more. */
    double side = sqrt(3.0 / (double)dim);
    DAM_TRY(dam__test_numbers(test, MEMORIES * dim, -side, side, &memories));
    DAM_TRY(dam__test_array(test, SAMPLES * dim, sizeof *wanted, &wanted));
    for (size_t i = 0; i < SAMPLES; i++)
        refer_sample((uint32_t)(FIRST + i), memories + (size_t)owners[i] * dim, cosines[i], dim,
                     wanted + i * dim);
    DAM_TRY(dam__test_matrix(test, MEMORIES, (int)dim, 1, memories, &device_memories));
    DAM_TRY(dam__test_matrix(test, 1, SAMPLES, 1, cosines, &device_cosines));
    DAM_TRY(dam__test_matrix(test, SAMPLES, (int)dim, 1, NULL, &samples));
    DAM_TRY(dam__test_buffer(test, owners, sizeof owners, &device_owners));
    DAM_TRY(dam__test_kernel(test, "teacher", "", "teacher_sample", &kernel));
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, SAMPLES, 1), (dam__work){0},
                        DAM_ARGUMENTS(&samples, &device_memories, device_owners, &device_cosines,
                                      FIRST, SPLIT, DAM__STREAM_TEACHER, dam__arg_seed(seed), dim,
                                      samples.ld, device_memories.ld)));
    return dam__test_compare_matrix(test, &samples, wanted, 0);
}

const dam__selftest_case dam__selftest_teacher_cases[] = {
    {.name = "teacher: memory, class and cosine",
     .kernels = "teacher_draw",
     .tolerance = 64,
     .reason = "a radius near 0 is the root of what rounding leaves of a logarithm",
     .run = run_draw},
    {.name = "teacher: samples",
     .kernels = "teacher_sample",
     .tolerance = 64,
     .reason = "as for cosines",
     .run = run_sample},
    {0},
};
