/*
 * Sets of patches: cut by the host and on the device, they are the windows of the images, each
 * once, centred and scaled; in the order that data/patches.h and compute/random.h define.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/random.h"
#include "data/loader.h"
#include "data/patches.h"
#include "kernel/device.h"

/* Images of noise with a constant corner, so that some patches are blank. */
static dam__dataset make_images(dam__element element, size_t count, size_t height, size_t width)
{
    dam__dataset set = {.name = "images",
                        .count = count,
                        .features = height * width,
                        .height = height,
                        .width = width,
                        .classes = 3};
    uint64_t seed = 5;
    OK(dam__array_create(element, 2, (const size_t[]){count, height * width}, &set.samples));
    set.labels = calloc(count, sizeof *set.labels);
    for (size_t i = 0; i < count * height * width; i++) {
        size_t y = i / width % height, x = i % width;
        double value = y < 4 && x < 4 ? 0.25 : test_number(&seed);
        if (element == DAM__U8)
            ((unsigned char *)set.samples.data)[i] = (unsigned char)(128 + 100 * value);
        else
            ((float *)set.samples.data)[i] = (float)(value * 3 + 10);
    }
    return set;
}

/* Every patch of a set of images, in the order of their numbers: image, row, column. */
static double *cut_all(const dam__dataset *images, size_t size, size_t stride, size_t *count)
{
    size_t rows = (images->height - size) / stride + 1,
           columns = (images->width - size) / stride + 1;
    double *all = calloc(images->count * rows * columns * size * size, sizeof *all), *at = all;
    for (size_t image = 0; image < images->count; image++)
        for (size_t top = 0; top + size <= images->height; top += stride)
            for (size_t left = 0; left + size <= images->width; left += stride)
                for (size_t y = top; y < top + size; y++)
                    for (size_t x = left; x < left + size; x++)
                        *at++ = dam__array_at(&images->samples,
                                              (image * images->height + y) * images->width + x);
    *count = images->count * rows * columns;
    return all;
}

/* Centred, of unit norm, or zero; returns how rounding grows (see kernel/loader.c). */
static double prepare(const double *raw, size_t features, double *out)
{
    double mean = 0, squares = 0;
    for (size_t j = 0; j < features; j++)
        mean += raw[j] / (double)features;
    for (size_t j = 0; j < features; j++)
        squares += (raw[j] - mean) * (raw[j] - mean);
    double norm = squares > 1e-12 ? sqrt(squares) : INFINITY;
    for (size_t j = 0; j < features; j++)
        out[j] = (raw[j] - mean) / norm;
    return 1 + fabs(mean) / norm;
}

/* --- on the host --------------------------------------------------------------------------------
 */

static void test_every_patch_once(void **state)
{
    (void)state;
    static const size_t shapes[][5] = {/* images, height, width, size, stride */
                                       {7, 9, 11, 3, 2}, {2, 28, 28, 6, 2}, {5, 6, 6, 6, 3},
                                       {1, 4, 7, 4, 1},  {3, 5, 5, 1, 1},   {1, 3, 3, 3, 1}};
    for (size_t s = 0; s < sizeof shapes / sizeof *shapes; s++) {
        const size_t *shape = shapes[s];
        dam__dataset set = make_images(DAM__F32, shape[0], shape[1], shape[2]);
        size_t count = 0, features = shape[3] * shape[3];
        double *all = cut_all(&set, shape[3], shape[4], &count);
        OK(dam__dataset_cut(&set, shape[3], shape[4]));
        assert_int_equal(set.count, count);
        assert_int_equal(set.features, features);
        assert_int_equal(set.height, shape[3]);
        assert_int_equal(set.width, shape[3]);
        assert_null(set.labels);
        assert_int_equal(set.classes, 0);
        char *seen = calloc(count, 1);
        float *raw = calloc(features, sizeof *raw);
        double *prepared = calloc(features, sizeof *prepared);
        double *wanted = calloc(features, sizeof *wanted);
        for (size_t i = 0; i < count; i++) {
            size_t patch = i * set.patches.multiplier % count;
            assert_false(seen[patch]++);
            dam__dataset_copy(&set, i, raw);
            for (size_t j = 0; j < features; j++)
                assert_true((double)raw[j] == all[patch * features + j]);
            bool there = dam__dataset_prepared(&set, i, prepared);
            double growth = prepare(all + patch * features, features, wanted), squares = 0;
            for (size_t j = 0; j < features; j++) {
                assert_true(fabs(prepared[j] - wanted[j]) <= 1e-14 * growth);
                squares += prepared[j] * prepared[j];
            }
            assert_true(there ? fabs(squares - 1) < 1e-12 : squares == 0);
        }
        free(seen);
        free(raw);
        free(prepared);
        free(wanted);
        free(all);
        dam__dataset_free(&set);
    }
}

/* The part kept for validation has patches of all images, from all places. */
static void test_ranges_are_spread(void **state)
{
    (void)state;
    enum { IMAGES = 50, PLACES = 144 };
    size_t images[IMAGES] = {0}, places[PLACES] = {0};
    dam__dataset set = make_images(DAM__U8, IMAGES, 28, 28);
    OK(dam__dataset_cut(&set, 6, 2));
    assert_int_equal(set.count, IMAGES * PLACES);
    for (size_t i = set.count - set.count / 10; i < set.count; i++) {
        size_t patch = i * set.patches.multiplier % set.count;
        images[patch / PLACES]++;
        places[patch % PLACES]++;
    }
    for (size_t i = 0; i < IMAGES; i++)
        assert_in_range(images[i], 10, 19); /* of 14.4 */
    for (size_t i = 0; i < PLACES; i++)
        assert_in_range(places[i], 1, 12); /* of 5 */
    dam__dataset_free(&set);
}

static void test_refusals(void **state)
{
    (void)state;
    dam__dataset set = make_images(DAM__U8, 2, 5, 9);
    assert_int_equal(dam__dataset_cut(&set, 6, 1), DAM_INPUT);
    assert_string_equal(dam_error(), "data.patch = 6, but the images of 'images' are 5 x 9");
    assert_int_equal(set.count, 2);
    set.count = (size_t)1 << 40;
    assert_int_equal(dam__dataset_cut(&set, 5, 1), DAM_INPUT);
    assert_string_equal(dam_error(),
                        "'images' has 1099511627776 x 1 x 5 patches, more than 2^31; set "
                        "data.samples, or a larger data.patch_stride");
    set.count = 2;
    set.height = set.width = 0;
    assert_int_equal(dam__dataset_cut(&set, 1, 1), DAM_INPUT);
    assert_string_equal(dam_error(),
                        "'images' holds no images to cut into patches; set data.patch = 0");
    dam__dataset_free(&set);
}

/* --- on the device ------------------------------------------------------------------------------
 */

struct check {
    const dam__dataset *set;
    const double *all; /* the patches as they are in the images, by number */
    dam__loader_options options;
    const setting *how;
};

static size_t patch_wanted(const struct check *check, int epoch, size_t place)
{
    const dam__loader_options *o = &check->options;
    size_t sample = o->first + (o->shuffle ? dam__permuted(o->seed, (uint32_t)epoch,
                                                           (uint32_t)o->count, (uint32_t)place)
                                           : place);
    return sample * check->set->patches.multiplier % check->set->count;
}

static void check_batch(const struct check *check, const dam__batch *batch, int epoch, int step)
{
    size_t features = check->set->features;
    double tolerance = check->how->precision == DAM__PRECISION_DOUBLE ? 8 * 2.2e-16 : 8 * 1.2e-7;
    double *samples = calloc((size_t)batch->samples->rows * features, sizeof *samples);
    double *wanted = calloc(features, sizeof *wanted);
    OK(dam__matrix_read_doubles(batch->samples, samples, "test"));
    assert_null(batch->labels);
    assert_null(batch->rows);
    for (int i = 0; i < batch->size; i++) {
        size_t place = (size_t)step * (size_t)check->options.batch + (size_t)i;
        size_t patch = patch_wanted(check, epoch, place);
        double growth = prepare(check->all + patch * features, features, wanted);
        const double *got = samples + (size_t)(batch->first + i) * features;
        for (size_t j = 0; j < features; j++)
            if (!(fabs(got[j] - wanted[j]) <= growth * tolerance))
                fail_msg("%s%s%s, epoch %d, step %d, sample %d (patch %zu), feature %zu: %.9g "
                         "instead of %.9g",
                         setting_name(check->how), check->options.stream ? ", streamed" : "",
                         check->options.shuffle ? ", shuffled" : "", epoch, step, i, patch, j,
                         got[j], wanted[j]);
    }
    free(samples);
    free(wanted);
}

static void check_steps(const struct check *check, dam__loader *loader, int epoch, int first,
                        int last)
{
    OK(dam__loader_begin(loader, epoch, first));
    for (int step = first; step <= last; step++) {
        dam__batch batch = {0};
        OK(dam__loader_next(loader, &batch));
        check_batch(check, &batch, epoch, step);
    }
}

static void run_loader(const dam_device_info *info, const struct check *check)
{
    dam__device *device = shared_device(info, check->how);
    dam__loader *loader = NULL;
    dam__plan *plan = NULL;
    OK(dam__loader_create(device, check->set, &check->options, &loader));
    OK(dam__plan_create(device, &plan));
    OK(dam__loader_plan(loader, plan));
    OK(dam__plan_allocate(plan));
    OK(dam__loader_prepare(loader));
    int steps = dam__loader_steps(loader);
    assert_int_equal(dam__loader_samples(loader), check->options.count);
    check_steps(check, loader, 0, 0, steps < 5 ? steps - 1 : 4);
    check_steps(check, loader, 7, steps - 2, steps - 1);
    dam__loader_destroy(loader);
    dam__plan_destroy(plan);
}

static void run_kinds(const dam_device_info *info, const setting *how, dam__element element)
{
    dam__dataset set = make_images(element, 6, 9, 14);
    struct check check = {.how = how};
    size_t count = 0;
    double *all = cut_all(&set, 4, 3, &count);
    OK(dam__dataset_cut(&set, 4, 3));
    check.set = &set;
    check.all = all;
    for (int kind = 0; kind < 8; kind++) {
        check.options = (dam__loader_options){.first = 5,
                                              .count = 37,
                                              .batch = 10,
                                              .shuffle = (kind & 1) != 0,
                                              .seed = 0xfedcba9876543210u,
                                              .indexed = (kind & 2) != 0,
                                              .stream = (kind & 4) != 0};
        run_loader(info, &check);
    }
    free(all);
    dam__dataset_free(&set);
}

static void with_setting(const dam_device_info *info, const setting *how)
{
    if ((how->provider == DAM__GEMM_PANEL) != (how->shape == DAM__SHAPE_CPU))
        return; /* no product takes part: each shape once */
    run_kinds(info, how, DAM__U8);
    run_kinds(info, how, DAM__F32);
}

static void test_batches(void **state)
{
    (void)state;
    for_every_setting(with_setting);
}

/* More patches than 32-bit products of their numbers can hold. */
static void test_many(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__dataset set = make_images(DAM__U8, 20000, 10, 10);
    size_t count = 0;
    double *all = cut_all(&set, 5, 2, &count);
    OK(dam__dataset_cut(&set, 5, 2));
    assert_true((uint64_t)set.patches.multiplier * (count - 1) > UINT32_MAX);
    const struct check check = {
        .set = &set,
        .all = all,
        .how = &how,
        .options = {
            .first = 1000, .count = count - 1000, .batch = 900, .shuffle = true, .seed = 3}};
    run_loader(&info, &check);
    free(all);
    dam__dataset_free(&set);
}

/* The device holds images, not patches. */
static void test_memory(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO};
    dam__device *device = shared_device(&info, &how);
    dam__dataset set = make_images(DAM__U8, 300, 28, 28);
    assert_true(dam__loader_resident_bytes(device, &set) == 300 * 784 * 4.0);
    OK(dam__dataset_cut(&set, 6, 2));
    assert_true(dam__loader_resident_bytes(device, &set) == 300 * 784.0);
    const dam__loader_options options = {.count = set.count, .batch = 100};
    dam__loader *loader = NULL;
    dam__plan *plan = NULL;
    OK(dam__loader_create(device, &set, &options, &loader));
    OK(dam__plan_create(device, &plan));
    OK(dam__loader_plan(loader, plan));
    /* Rows of 36 numbers stand 48 apart. */
    assert_int_equal(dam__plan_total(plan), 300 * 784 + 100 * 48 * sizeof(float));
    dam__loader_destroy(loader);
    dam__plan_destroy(plan);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_patch_once),
        cmocka_unit_test(test_ranges_are_spread),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_batches),
        cmocka_unit_test(test_many),
        cmocka_unit_test(test_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
