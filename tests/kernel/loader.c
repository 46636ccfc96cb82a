/*
 * Loaders of a dataset: resident, gathered and streamed give the same batches of the same prepared
 * samples, in the order that compute/random.h defines.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/random.h"
#include "data/loader.h"
#include "kernel/device.h"

/* Samples of noise; every 11th is constant, so its norm is zero. */
static dam__dataset make_set(dam__element element, size_t count, size_t features, bool labelled)
{
    dam__dataset set = {.name = "noise", .count = count, .features = features, .classes = 7};
    const size_t shape[] = {count, features};
    uint64_t seed = 11;
    OK(dam__array_create(element, 2, shape, &set.samples));
    set.labels = labelled ? calloc(count, sizeof *set.labels) : NULL;
    for (size_t i = 0; i < count; i++) {
        if (labelled)
            set.labels[i] = (int32_t)(i * 5 % 7);
        for (size_t j = 0; j < features; j++) {
            double value = i % 11 == 3 ? 0.1 : test_number(&seed);
            if (element == DAM__U8)
                ((unsigned char *)set.samples.data)[i * features + j] =
                    (unsigned char)(128 + 100 * value);
            else
                ((float *)set.samples.data)[i * features + j] = (float)(value * 3 + 10);
        }
    }
    return set;
}

/*
 * What the device should hold of one sample: centred, of unit norm, or zero. Returns how much
 * larger than the prepared numbers those are whose difference they are: how rounding grows.
 */
static double prepare_sample(const dam__dataset *set, size_t index, double *out)
{
    double mean = 0, squares = 0, norm;
    for (size_t j = 0; j < set->features && !set->on_sphere; j++)
        mean += dam__array_at(&set->samples, index * set->features + j) / (double)set->features;
    for (size_t j = 0; j < set->features; j++) {
        out[j] = dam__array_at(&set->samples, index * set->features + j) - mean;
        squares += out[j] * out[j];
    }
    norm = squares > 1e-12 ? sqrt(squares) : INFINITY;
    for (size_t j = 0; j < set->features; j++)
        out[j] /= norm;
    return 1 + fabs(mean) / norm;
}

static void read_ints(const dam__buffer *buffer, size_t count, int32_t *out)
{
    OK(dam__buffer_read((dam__buffer *)buffer, 0, out, count * sizeof *out, "test"));
}

struct check {
    const dam__dataset *set;
    dam__loader_options options;
    const setting *how;
    double tolerance; /* eight roundings */
};

static size_t sample_wanted(const struct check *check, int epoch, size_t place)
{
    const dam__loader_options *o = &check->options;
    return o->first + (o->shuffle ? dam__permuted(o->seed, (uint32_t)epoch, (uint32_t)o->count,
                                                  (uint32_t)place)
                                  : place);
}

static void check_batch(const struct check *check, const dam__batch *batch, int epoch, int step)
{
    const dam__dataset *set = check->set;
    const dam__matrix *matrix = batch->samples;
    size_t stored = (size_t)matrix->rows, features = set->features;
    size_t start = (size_t)step * (size_t)check->options.batch;
    double *samples = calloc(stored * features, sizeof *samples);
    double *wanted = calloc(features, sizeof *wanted);
    int32_t *labels = calloc(stored, sizeof *labels);
    int32_t *rows = calloc(check->options.count, sizeof *rows);
    OK(dam__matrix_read_doubles(matrix, samples, "test"));
    assert_int_equal(batch->labels != NULL, set->labels != NULL);
    if (batch->labels != NULL)
        read_ints(batch->labels, stored, labels);
    if (batch->rows != NULL)
        read_ints(batch->rows, check->options.count, rows);
    for (int i = 0; i < batch->size; i++) {
        size_t row = (size_t)(batch->rows != NULL ? rows[batch->first + i] : batch->first + i);
        size_t sample = sample_wanted(check, epoch, start + (size_t)i);
        assert_true(row < stored);
        double growth = prepare_sample(set, sample, wanted);
        for (size_t j = 0; j < features; j++)
            if (!(fabs(samples[row * features + j] - wanted[j]) <= growth * check->tolerance))
                fail_msg("%s%s, epoch %d, step %d, sample %d (%zu), feature %zu: %.9g instead of "
                         "%.9g",
                         setting_name(check->how), check->options.stream ? ", streamed" : "", epoch,
                         step, i, sample, j, samples[row * features + j], wanted[j]);
        if (batch->labels != NULL)
            assert_int_equal(labels[row], set->labels[sample]);
    }
    free(samples);
    free(wanted);
    free(labels);
    free(rows);
}

/* Every step from `first_step` of an epoch, or only each `stride`th checked. */
static void check_epoch(const struct check *check, dam__loader *loader, int epoch, int first_step,
                        int stride)
{
    int steps = dam__loader_steps(loader);
    size_t batch_size = (size_t)check->options.batch;
    OK(dam__loader_begin(loader, epoch, first_step));
    for (int step = first_step; step < steps; step++) {
        dam__batch batch = {0};
        size_t left = check->options.count - (size_t)step * batch_size;
        OK(dam__loader_next(loader, &batch));
        assert_int_equal(batch.size, left < batch_size ? left : batch_size);
        if ((step - first_step) % stride == 0 || step == steps - 1)
            check_batch(check, &batch, epoch, step);
    }
}

static void run_loader(const dam_device_info *info, const struct check *check, int stride)
{
    dam__device *device = shared_device(info, check->how);
    dam__loader *loader = NULL;
    dam__plan *plan = NULL;
    OK(dam__loader_create(device, check->set, &check->options, &loader));
    OK(dam__plan_create(device, &plan));
    OK(dam__loader_plan(loader, plan));
    OK(dam__plan_allocate(plan));
    OK(dam__loader_prepare(loader));
    int batch = check->options.batch, steps = ((int)check->options.count + batch - 1) / batch;
    assert_int_equal(dam__loader_steps(loader), steps);
    assert_int_equal(dam__loader_samples(loader), check->options.count);
    check_epoch(check, loader, 0, 0, stride);
    check_epoch(check, loader, 1, 0, stride);
    check_epoch(check, loader, 1, steps / 2, stride);
    check_epoch(check, loader, 9, steps - 1, stride);
    dam__loader_destroy(loader);
    dam__plan_destroy(plan);
}

/* Streamed or not, shuffled or not, through an index or gathered. */
static void run_kinds(const dam_device_info *info, const setting *how, const dam__dataset *set)
{
    for (int kind = 0; kind < 8; kind++) {
        struct check check = {.set = set,
                              .how = how,
                              .options = {.first = 5,
                                          .count = 47,
                                          .batch = 10,
                                          .shuffle = (kind & 1) != 0,
                                          .seed = 0xfedcba9876543210u,
                                          .indexed = (kind & 2) != 0,
                                          .stream = (kind & 4) != 0},
                              .tolerance = how->precision == DAM__PRECISION_DOUBLE ? 8 * 2.2e-16
                                                                                   : 8 * 1.2e-7};
        run_loader(info, &check, 1);
    }
}

static void with_setting(const dam_device_info *info, const setting *how)
{
    if (how->provider != DAM__GEMM_PANEL && how->shape == DAM__SHAPE_CPU)
        return; /* no product takes part: each shape once */
    if (how->provider == DAM__GEMM_PANEL && how->shape == DAM__SHAPE_GPU)
        return;
    static const size_t features[] = {3, 64, 101};
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        dam__dataset bytes = make_set(DAM__U8, 60, features[i], true);
        dam__dataset floats = make_set(DAM__F32, 60, features[i], i != 0);
        run_kinds(info, how, &bytes);
        run_kinds(info, how, &floats);
        dam__dataset_free(&bytes);
        dam__dataset_free(&floats);
    }
}

static void test_batches(void **state)
{
    (void)state;
    for_every_setting(with_setting);
}

/* Samples that are on the sphere are not centred. */
static void test_on_sphere(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__dataset set = make_set(DAM__F32, 60, 64, true);
    set.on_sphere = true;
    run_kinds(&info, &how, &set);
    dam__dataset_free(&set);
}

/* A set of several pieces of 16 MiB, whose last is short. */
static void test_pieces(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__dataset set = make_set(DAM__F32, 1203, 8192, true);
    for (int stream = 0; stream < 2; stream++) {
        const struct check check = {.set = &set,
                                    .how = &how,
                                    .options = {.count = 1203,
                                                .batch = 100,
                                                .shuffle = true,
                                                .seed = 3,
                                                .indexed = true,
                                                .stream = stream != 0},
                                    .tolerance = 8 * 1.2e-7};
        run_loader(&info, &check, 4);
    }
    dam__dataset_free(&set);
}

static void test_refusals(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__device *device = shared_device(&info, &how);
    dam__dataset set = make_set(DAM__U8, 12, 4, true);
    dam__loader *loader = NULL;
    dam__loader_options options = {.first = 0, .count = 0, .batch = 3};
    assert_int_equal(dam__loader_create(device, &set, &options, &loader), DAM_INPUT);
    assert_string_equal(dam_error(), "'noise': no samples are left in this part of its 12; change "
                                     "data.samples or data.validation");
    options = (dam__loader_options){.first = 6, .count = 7, .batch = 3};
    assert_int_equal(dam__loader_create(device, &set, &options, &loader), DAM_INPUT);
    options = (dam__loader_options){.first = 6, .count = 6, .batch = 100};
    OK(dam__loader_create(device, &set, &options, &loader));
    assert_int_equal(dam__loader_steps(loader), 1);
    dam__loader_destroy(loader);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_on_sphere),
        cmocka_unit_test(test_pieces),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
