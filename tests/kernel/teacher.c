/*
 * Samples of a teacher on a device: moments of the von Mises-Fisher distribution against Bessel
 * functions, frequencies of memories and classes, and that a sample depends on seed, split and
 * number alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/program.h"
#include "compute/random.h"
#include "data/teacher.h"
#include "kernel/device.h"

/* I_{dim/2}(k) / I_{dim/2-1}(k) by Gauss's continued fraction: the mean cosine. */
static double mean_cosine(int dim, double k)
{
    double ratio = 0;
    for (int i = 4000; i > 0; i--)
        ratio = 1 / ((dim + 2.0 * (i - 1)) / k + ratio);
    return ratio;
}

static void test_oracle(void **state)
{
    (void)state;
    /* From scipy.special.ive. */
    assert_true(fabs(mean_cosine(36, 30) - 0.5701362348372556) < 1e-14);
    assert_true(fabs(mean_cosine(784, 120) - 0.14964210331349156) < 1e-13);
    assert_true(fabs(mean_cosine(64, 40) - 0.4823835211890192) < 1e-14);
}

struct draws {
    int32_t *owners, *labels;
    double *cosines;
};

/* What the kernel of teacher.cl draws. */
static struct draws draw(dam__device *device, int samples, int dim, double concentration,
                         int memories, int classes, double softening)
{
    struct draws out = {0};
    size_t count = (size_t)samples;
    dam__plan *plan = NULL;
    dam__program *program = NULL;
    dam__kernel *kernel = NULL;
    dam__buffer *owners = NULL, *labels = NULL;
    dam__matrix cosines = {0};
    OK(dam__plan_create(device, &plan));
    OK(dam__plan_buffer(plan, "owners", count * sizeof(int32_t), &owners));
    OK(dam__plan_buffer(plan, "labels", count * sizeof(int32_t), &labels));
    OK(dam__plan_matrix(plan, "cosines", 1, samples, 1, &cosines));
    OK(dam__plan_allocate(plan));
    OK(dam__program_create(device, "teacher", "", &program));
    OK(dam__program_kernel(program, "teacher_draw", &kernel));
    OK(dam__launch(kernel, dam__range_items(device, count, 1), (dam__work){0},
                   DAM_ARGUMENTS(owners, labels, &cosines, samples, 0, 1, DAM__STREAM_TEACHER, 7, 0,
                                 memories, classes, dim, softening, concentration)));
    out.owners = calloc(count, sizeof *out.owners);
    out.labels = calloc(count, sizeof *out.labels);
    out.cosines = calloc(count, sizeof *out.cosines);
    OK(dam__buffer_read(owners, 0, out.owners, count * sizeof *out.owners, "test"));
    OK(dam__buffer_read(labels, 0, out.labels, count * sizeof *out.labels, "test"));
    OK(dam__matrix_read_doubles(&cosines, out.cosines, "test"));
    dam__buffer_destroy(owners);
    dam__buffer_destroy(labels);
    dam__buffer_destroy(cosines.buffer);
    dam__program_destroy(program);
    dam__plan_destroy(plan);
    return out;
}

static void free_draws(struct draws *draws)
{
    free(draws->owners);
    free(draws->labels);
    free(draws->cosines);
}

/* The mean within 3e-4, or 4 of its deviations where too few are drawn for that; E[t^2] too. */
static void check_moments(const dam_device_info *info, const setting *how, int dim, double k,
                          int samples)
{
    dam__device *device = shared_device(info, how);
    struct draws d = draw(device, samples, dim, k, 3, 2, 0);
    double mean = 0, square = 0, fourth = 0, n = samples;
    for (int i = 0; i < samples; i++) {
        double t = d.cosines[i];
        assert_true(t >= -1 && t <= 1);
        mean += t / n;
        square += t * t / n;
        fourth += t * t * t * t / n;
    }
    double wanted = mean_cosine(dim, k), wanted_square = 1 - (dim - 1) / k * wanted;
    double deviation = sqrt((wanted_square - wanted * wanted) / n);
    double deviation_square = sqrt((fourth - square * square) / n);
    if (!(fabs(mean - wanted) <= fmax(3e-4, 4 * deviation)))
        fail_msg("%s, N = %d, beta = %g: mean cosine %.6f instead of %.6f", setting_name(how), dim,
                 k, mean, wanted);
    if (!(fabs(square - wanted_square) <= 4 * deviation_square + 1e-6))
        fail_msg("%s, N = %d, beta = %g: mean square %.6f instead of %.6f", setting_name(how), dim,
                 k, square, wanted_square);
    free_draws(&d);
}

static bool is_repeat(const setting *how)
{
    /* No product takes part: each shape once. */
    return (how->provider == DAM__GEMM_PANEL) != (how->shape == DAM__SHAPE_CPU);
}

static void with_moments(const dam_device_info *info, const setting *how)
{
    if (is_repeat(how))
        return;
    bool slow = is_slow(info);
    /* At 36 features, 200 000 draws have a deviation of 2.2e-4. */
    check_moments(info, how, 36, 30, slow ? 4000 : 1750000);
    check_moments(info, how, 784, 120, slow ? 4000 : 200000);
    check_moments(info, how, 3, 5000, slow ? 4000 : 200000);
    check_moments(info, how, 3, 1e-3, slow ? 4000 : 200000);
}

static void test_moments(void **state)
{
    (void)state;
    for_every_setting(with_moments);
}

/* A count of so many tries at that probability, within five of its deviations. */
#define assert_frequency(count, tries, probability)                                                \
    assert_true(fabs((count) - (tries) * (probability)) <=                                         \
                5 * sqrt((tries) * (probability) * (1 - (probability))) + 0.5)

static void with_frequencies(const dam_device_info *info, const setting *how)
{
    enum { MEMORIES = 7, CLASSES = 3 };
    if (is_repeat(how))
        return;
    const double softening = 0.2;
    int samples = is_slow(info) ? 3000 : 100000;
    dam__device *device = shared_device(info, how);
    struct draws d = draw(device, samples, 5, 2, MEMORIES, CLASSES, softening);
    int owners[MEMORIES] = {0}, own[CLASSES] = {0}, other[CLASSES + 1] = {0}, asked[CLASSES] = {0};
    for (int i = 0; i < samples; i++) {
        assert_in_range(d.owners[i], 0, MEMORIES - 1);
        assert_in_range(d.labels[i], 0, CLASSES);
        int class_of_owner = d.owners[i] % CLASSES;
        owners[d.owners[i]]++;
        asked[class_of_owner]++;
        own[class_of_owner] += d.labels[i] == class_of_owner;
        other[d.labels[i]] += d.labels[i] != class_of_owner;
    }
    for (int mu = 0; mu < MEMORIES; mu++)
        assert_frequency(owners[mu], samples, 1.0 / MEMORIES);
    for (int y = 0; y < CLASSES; y++)
        assert_frequency(own[y], asked[y], 1 - softening + softening / (CLASSES + 1));
    for (int y = 0; y < CLASSES; y++)
        assert_frequency(other[y], samples - asked[y], softening / (CLASSES + 1));
    assert_frequency(other[CLASSES], samples, softening / (CLASSES + 1));
    free_draws(&d);
}

static void test_frequencies(void **state)
{
    (void)state;
    for_every_setting(with_frequencies);
}

/* --- whole sets ---------------------------------------------------------------------------------
 */

static const dam__data_config first_config = {.name = "teacher",
                                              .samples = 3000,
                                              .teacher_memories = 4,
                                              .teacher_classes = 4,
                                              .teacher_dim = 11,
                                              .teacher_beta = 15};

static double product(const float *x, const double *w, size_t dim)
{
    double sum = 0;
    for (size_t j = 0; j < dim; j++)
        sum += (double)x[j] * w[j];
    return sum;
}

/*
 * Without softening and with as many classes as memories, labels tell the memories: round each, the
 * mean is along it by the mean cosine, and the rest is the same in every direction across.
 */
static void with_set(const dam_device_info *info, const setting *how)
{
    if (is_repeat(how))
        return;
    dam__device *device = shared_device(info, how);
    dam__dataset set = {0};
    OK(dam__dataset_load_on(device, &first_config, 5, DAM__SPLIT_TRAIN, &set));
    assert_int_equal(set.count, 3000);
    assert_int_equal(set.features, 11);
    assert_int_equal(set.classes, 4);
    assert_true(set.on_sphere);
    assert_int_equal(set.teacher.shape[0], 4);
    const double *teacher = set.teacher.data;
    const float *samples = set.samples.data;
    double means[4][11] = {{0}}, across = 0, counts[4] = {0};
    for (size_t mu = 0; mu < 4; mu++) {
        double squares = 0;
        for (size_t j = 0; j < 11; j++)
            squares += teacher[mu * 11 + j] * teacher[mu * 11 + j];
        assert_true(fabs(squares - 1) < 1e-14);
    }
    for (size_t i = 0; i < set.count; i++) {
        const float *x = samples + i * 11;
        size_t mu = (size_t)set.labels[i];
        double squares = 0;
        assert_in_range(mu, 0, 3);
        counts[mu]++;
        for (size_t j = 0; j < 11; j++) {
            squares += (double)x[j] * (double)x[j];
            means[mu][j] += (double)x[j];
        }
        if (!(fabs(squares - 1) < 4e-6))
            fail_msg("%s, sample %zu: norm %.9g", setting_name(how), i, sqrt(squares));
        /* The first axis, made orthogonal to the memory. */
        double along = teacher[mu * 11],
               part = (double)x[0] - along * product(x, teacher + mu * 11, 11);
        across += part * part / (1 - along * along) / 3000;
    }
    double wanted = mean_cosine(11, 15), square = 1 - 10 / 15.0 * wanted;
    assert_true(fabs(across - (1 - square) / 10) < 5 * (1 - square) / 10 * sqrt(2.0 / 3000));
    for (size_t mu = 0; mu < 4; mu++)
        for (size_t j = 0; j < 11; j++) {
            double found = means[mu][j] / counts[mu], w = wanted * teacher[mu * 11 + j];
            if (!(fabs(found - w) < 5 * sqrt(0.1 / counts[mu])))
                fail_msg("%s, memory %zu, feature %zu: mean %.4f instead of %.4f",
                         setting_name(how), mu, j, found, w);
        }
    dam__dataset_free(&set);
}

static void test_set(void **state)
{
    (void)state;
    for_every_setting(with_set);
}

static void test_places_of_the_stream(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__device *device = shared_device(&info, &how);
    dam__data_config config = first_config;
    dam__dataset set = {0}, more = {0}, test = {0}, other = {0};
    config.samples = 200;
    OK(dam__dataset_load_on(device, &config, 5, DAM__SPLIT_TRAIN, &set));
    OK(dam__dataset_load_on(device, &config, 6, DAM__SPLIT_TRAIN, &other));
    OK(dam__dataset_load_on(device, &config, 5, DAM__SPLIT_TEST, &test));
    config.samples = 300;
    OK(dam__dataset_load_on(device, &config, 5, DAM__SPLIT_TRAIN, &more));
    assert_int_equal(test.count, DAM__TEACHER_TEST);
    assert_memory_equal(set.samples.data, more.samples.data, 200 * 11 * sizeof(float));
    assert_memory_equal(set.labels, more.labels, 200 * sizeof(int32_t));
    assert_memory_equal(set.teacher.data, test.teacher.data, 4 * 11 * sizeof(double));
    assert_memory_not_equal(set.samples.data, test.samples.data, 11 * sizeof(float));
    assert_memory_not_equal(set.teacher.data, other.teacher.data, 11 * sizeof(double));
    assert_memory_not_equal(set.samples.data, other.samples.data, 11 * sizeof(float));
    dam__dataset_free(&set);
    dam__dataset_free(&more);
    dam__dataset_free(&test);
    dam__dataset_free(&other);
}

/* A set of two pieces: the second goes on where the first ends. */
static void test_pieces(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    if (is_slow(&info))
        return;
    enum { DIM = 32768, PIECE = 256 };
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__device *device = shared_device(&info, &how);
    dam__data_config config = first_config;
    dam__dataset set = {0};
    config.teacher_dim = DIM;
    config.samples = PIECE + 5;
    OK(dam__dataset_load_on(device, &config, 5, DAM__SPLIT_TRAIN, &set));
    const float *samples = set.samples.data;
    for (size_t i = 0; i < set.count; i++) {
        double squares = 0;
        for (size_t j = 0; j < DIM; j++)
            squares += (double)samples[i * DIM + j] * (double)samples[i * DIM + j];
        assert_true(fabs(squares - 1) < 1e-5);
    }
    assert_memory_not_equal(samples, samples + PIECE * DIM, DIM * sizeof *samples);
    dam__dataset_free(&set);
}

static void test_no_device(void **state)
{
    (void)state;
    dam__dataset set = {.count = 7};
    assert_int_equal(dam__dataset_load(&first_config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_string_equal(
        dam_error(),
        "the set 'teacher' is drawn on a device; here only sets that need none can be read");
    assert_int_equal(set.count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oracle),      cmocka_unit_test(test_moments),
        cmocka_unit_test(test_frequencies), cmocka_unit_test(test_set),
        cmocka_unit_test(test_pieces),      cmocka_unit_test(test_places_of_the_stream),
        cmocka_unit_test(test_no_device),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
