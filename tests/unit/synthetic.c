/* The made-up data set: its shape, that it never changes, and that there is something to learn. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/synthetic.h"

static dam__dataset load(int samples, dam__split split)
{
    dam__data_config config = {.name = "random", .samples = samples};
    dam__dataset set = {0};
    if (dam__dataset_load(&config, split, &set) != DAM_OK)
        fail_msg("%s", dam_error());
    return set;
}

static const uint8_t *image(const dam__dataset *set, size_t i)
{
    return (const uint8_t *)set->samples.data + i * set->features;
}

static double correlation(const uint8_t *a, const uint8_t *b, size_t count)
{
    double n = (double)count, sa = 0, sb = 0, saa = 0, sbb = 0, sab = 0;
    for (size_t i = 0; i < count; i++) {
        sa += a[i];
        sb += b[i];
        saa += (double)a[i] * a[i];
        sbb += (double)b[i] * b[i];
        sab += (double)a[i] * b[i];
    }
    return (n * sab - sa * sb) / sqrt((n * saa - sa * sa) * (n * sbb - sb * sb));
}

static void it_is_shaped_like_mnist(void **state)
{
    (void)state;
    dam__dataset set = load(0, DAM__SPLIT_TRAIN);
    assert_int_equal(set.count, 10000);
    assert_int_equal(set.features, 784);
    assert_int_equal(set.height, 28);
    assert_int_equal(set.width, 28);
    assert_int_equal(set.classes, 10);
    assert_int_equal(set.samples.element, DAM__U8);
    assert_int_equal(set.samples.rank, 2);
    assert_int_equal(dam__array_items(&set.samples), 10000 * 784);
    assert_string_equal(set.name, "random");
    size_t counts[10] = {0};
    for (size_t i = 0; i < set.count; i++) {
        assert_in_range(set.labels[i], 0, 9);
        counts[set.labels[i]]++;
    }
    /* 1000 +- 30 each: ten standard deviations. */
    for (int y = 0; y < 10; y++)
        assert_in_range(counts[y], 700, 1300);
    dam__dataset_free(&set);
}

static void a_smaller_set_is_the_start_of_a_larger(void **state)
{
    (void)state;
    dam__dataset small = load(30, DAM__SPLIT_TRAIN), large = load(200, DAM__SPLIT_TRAIN);
    assert_int_equal(small.count, 30);
    assert_int_equal(small.classes, 10);
    assert_memory_equal(small.samples.data, large.samples.data, 30 * 784);
    assert_memory_equal(small.labels, large.labels, 30 * sizeof(int32_t));
    dam__dataset_free(&small);
    dam__dataset_free(&large);
}

static void the_test_split_is_another_draw_of_the_same_classes(void **state)
{
    (void)state;
    dam__dataset train = load(100, DAM__SPLIT_TRAIN), test = load(100, DAM__SPLIT_TEST);
    assert_int_equal(test.count, DAM__SYNTHETIC_TEST);
    int alike = 0, other = 0;
    for (size_t i = 0; i < 100; i++)
        for (size_t j = 0; j < 100; j++) {
            double found = correlation(image(&train, i), image(&test, j), 784);
            bool same = train.labels[i] == test.labels[j];
            /* 1/2 and 0, with a standard deviation of about 1 / 28. */
            if (fabs(found - (same ? 0.5 : 0)) > 0.25)
                fail_msg("samples %zu and %zu correlate by %g", i, j, found);
            *(same ? &alike : &other) += 1;
        }
    assert_true(alike > 100 && other > 100);
    dam__dataset_free(&train);
    dam__dataset_free(&test);
}

/* From another implementation of Philox: the bytes are the same on every machine. */
static void the_first_bytes_never_change(void **state)
{
    (void)state;
    dam__dataset set = load(2, DAM__SPLIT_TRAIN);
    static const uint8_t first[8] = {101, 62, 184, 144, 102, 79, 137, 148};
    assert_memory_equal(image(&set, 0), first, sizeof first);
    dam__dataset_free(&set);
}

static void too_many_samples_are_refused(void **state)
{
    (void)state;
    dam__data_config config = {.name = "random", .samples = DAM__SYNTHETIC_MOST + 1};
    dam__dataset set = {.count = 7};
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_string_equal(dam_error(), "data.samples = 1000001, but the set 'random' has at most "
                                     "1000000 samples");
    assert_int_equal(set.count, 0);
    assert_null(set.samples.data);
    /* The test split takes no notice of it. */
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TEST, &set), DAM_OK);
    assert_int_equal(set.count, DAM__SYNTHETIC_TEST);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_shaped_like_mnist),
        cmocka_unit_test(a_smaller_set_is_the_start_of_a_larger),
        cmocka_unit_test(the_test_split_is_another_draw_of_the_same_classes),
        cmocka_unit_test(the_first_bytes_never_change),
        cmocka_unit_test(too_many_samples_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
