/* Which samples are kept for validation, against counting. */
#include <math.h>

#include "data_files.h"

#include "data/holdout.h"
#include "data/teacher.h"

/* A set of one feature, which is the sample's number in the file, and labels as given. */
static dam__dataset make(size_t count, int32_t (*label)(size_t i), int32_t classes)
{
    dam__dataset set = {.count = count, .features = 1, .classes = classes, .name = "made"};
    const size_t shape[] = {count, 1};
    assert_int_equal(dam__array_create(DAM__F32, 2, shape, &set.samples), DAM_OK);
    set.labels = label != NULL ? calloc(count, sizeof *set.labels) : NULL;
    for (size_t i = 0; i < count; i++) {
        ((float *)set.samples.data)[i] = (float)i;
        if (label != NULL)
            set.labels[i] = label(i);
    }
    return set;
}

static size_t number_at(const dam__dataset *set, size_t i)
{
    return (size_t)dam__array_at(&set->samples, i);
}

/* Each sample is there once and has kept its label; both parts are in the order of the file. */
static void check_order(const dam__dataset *set, int32_t (*label)(size_t i), size_t held)
{
    bool *seen = calloc(set->count, 1);
    for (size_t i = 0; i < set->count; i++) {
        size_t number = number_at(set, i);
        assert_false(seen[number]);
        seen[number] = true;
        if (label != NULL)
            assert_int_equal(set->labels[i], label(number));
        if (i > 0 && i != set->count - held)
            assert_true(number > number_at(set, i - 1));
    }
    free(seen);
}

static int32_t sorted_label(size_t i)
{
    return (int32_t)(i / 100);
}

static int32_t falling_label(size_t i)
{
    return 9 - (int32_t)(i / 100);
}

static int32_t mixed_label(size_t i)
{
    return (int32_t)(i % 10);
}

/* Class 0 is half of all, class 3 has five samples. */
static int32_t uneven_label(size_t i)
{
    return i % 2 == 0 ? 0 : i % 200 == 7 ? 3 : 1 + (int32_t)(i / 2 % 2);
}

/* A class that only the first 60 samples have. */
static int32_t lopsided_label(size_t i)
{
    return i < 60 && i % 2 == 0 ? 2 : (int32_t)(i / 3 % 2);
}

/* A mixed file in which one class has a single sample: no reason to do anything. */
static int32_t rare_label(size_t i)
{
    return i == 5 ? 3 : (int32_t)(i % 3);
}

static dam__dataset arrange(int split, double validation, uint64_t seed, size_t count,
                            int32_t (*label)(size_t i))
{
    const dam__data_config config = {.validation = validation, .split = split};
    dam__dataset set = make(count, label, 10);
    assert_int_equal(dam__holdout_arrange(&config, seed, &set), DAM_OK);
    size_t held = (size_t)((double)count * validation);
    check_order(&set, label, dam__holdout_is_drawn(set.holdout) ? held : 0);
    return set;
}

static void each_class_keeps_its_share(void **state)
{
    (void)state;
    int32_t (*const labels[])(size_t i) = {sorted_label, falling_label, mixed_label, uneven_label,
                                           lopsided_label};
    static const double shares[] = {0.01, 0.1, 0.25, 0.5, 0.9};
    for (size_t l = 0; l < sizeof labels / sizeof *labels; l++)
        for (size_t s = 0; s < sizeof shares / sizeof *shares; s++) {
            dam__dataset set = arrange(DAM__HOLDOUT_STRATIFIED, shares[s], 5, 1000, labels[l]);
            size_t *counts = NULL, held = (size_t)(1000 * shares[s]), all = 0;
            assert_int_equal(dam__holdout_count(&set, held, &counts), DAM_OK);
            for (int c = 0; c < 10; c++) {
                double exact = (double)counts[2 * c] * (double)held / 1000;
                /* Rounding may move it by less than 1, and never takes all of a class. */
                assert_true(fabs((double)counts[2 * c + 1] - exact) < 1 + 1e-9);
                assert_true(counts[2 * c] < 2 || counts[2 * c + 1] < counts[2 * c]);
                all += counts[2 * c + 1];
            }
            assert_int_equal(all, held);
            free(counts);
            dam__dataset_free(&set);
        }
}

static void a_shuffled_share_is_from_everywhere(void **state)
{
    (void)state;
    dam__dataset set = arrange(DAM__HOLDOUT_SHUFFLED, 0.2, 3, 5000, NULL);
    double sum = 0;
    size_t first = 0;
    for (size_t i = 4000; i < 5000; i++) {
        sum += (double)number_at(&set, i) / 1000;
        first += number_at(&set, i) < 1000;
    }
    /* Five standard deviations of the mean of 1000 of 5000 numbers, and of a binomial count. */
    assert_true(fabs(sum - 2499.5) < 5 * 5000 / sqrt(12.0 * 1000));
    assert_true(fabs((double)first - 200) < 5 * sqrt(1000 * 0.2 * 0.8));
    dam__dataset_free(&set);
}

static void the_seed_draws(void **state)
{
    (void)state;
    for (int split = DAM__HOLDOUT_SHUFFLED; split <= DAM__HOLDOUT_STRATIFIED; split++) {
        dam__dataset a = arrange(split, 0.1, 3, 1000, mixed_label);
        dam__dataset b = arrange(split, 0.1, 3, 1000, mixed_label);
        dam__dataset c = arrange(split, 0.1, 4, 1000, mixed_label);
        assert_memory_equal(a.samples.data, b.samples.data, 1000 * sizeof(float));
        assert_true(memcmp(a.samples.data, c.samples.data, 1000 * sizeof(float)) != 0);
        dam__dataset_free(&a);
        dam__dataset_free(&b);
        dam__dataset_free(&c);
    }
    const dam__data_config shuffled = {.validation = 0.1, .split = DAM__HOLDOUT_SHUFFLED},
                           whole = {.split = DAM__HOLDOUT_SHUFFLED}, end = {.validation = 0.1};
    assert_true(dam__dataset_is_drawn(&shuffled));
    assert_false(dam__dataset_is_drawn(&whole));
    assert_false(dam__dataset_is_drawn(&end));
}

static void auto_leaves_what_is_right(void **state)
{
    (void)state;
    const struct {
        int32_t (*label)(size_t i);
        dam__holdout holdout;
    } cases[] = {{sorted_label, DAM__HOLDOUT_STRATIFIED},
                 {falling_label, DAM__HOLDOUT_STRATIFIED},
                 {lopsided_label, DAM__HOLDOUT_STRATIFIED},
                 {mixed_label, DAM__HOLDOUT_END},
                 {uneven_label, DAM__HOLDOUT_END},
                 {rare_label, DAM__HOLDOUT_END},
                 {NULL, DAM__HOLDOUT_END}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        dam__dataset set = arrange(DAM__HOLDOUT_AUTO, 0.1, 1, 1000, cases[k].label);
        if (set.holdout != cases[k].holdout)
            fail_msg("case %zu: %d", k, (int)set.holdout);
        dam__data_config config = {.validation = 0.1};
        dam__dataset_resolve(&set, &config);
        assert_int_equal(config.split, cases[k].holdout);
        /* What it became gives the same order again. */
        dam__dataset again = arrange(config.split, 0.1, 1, 1000, cases[k].label);
        assert_memory_equal(set.samples.data, again.samples.data, 1000 * sizeof(float));
        dam__dataset_free(&again);
        dam__dataset_free(&set);
    }
    dam__dataset set = arrange(DAM__HOLDOUT_AUTO, 0, 1, 1000, sorted_label);
    assert_int_equal(set.holdout, DAM__HOLDOUT_AUTO); /* nothing was asked */
    assert_int_equal(number_at(&set, 999), 999);
    dam__dataset_free(&set);
}

/* A program's samples are not moved. */
static void a_copy_is_arranged(void **state)
{
    (void)state;
    const dam__data_config config = {.validation = 0.3, .split = DAM__HOLDOUT_STRATIFIED};
    dam__dataset set = make(500, mixed_label, 10), copy;
    assert_int_equal(dam__holdout_arranged(&config, 9, &set, &copy), DAM_OK);
    check_order(&copy, mixed_label, 150);
    for (size_t i = 0; i < 500; i++)
        assert_int_equal(number_at(&set, i), i);
    assert_int_equal(dam__holdout_arrange(&config, 9, &set), DAM_OK);
    assert_memory_equal(set.samples.data, copy.samples.data, 500 * sizeof(float));
    dam__dataset_free(&copy);
    dam__dataset_free(&set);
    set = make(500, mixed_label, 10);
    const dam__data_config end = {.validation = 0.3};
    assert_int_equal(dam__holdout_arranged(&end, 9, &set, &copy), DAM_OK);
    assert_int_equal(copy.count, 0);
    dam__dataset_free(&set);
}

/* Through files, with the seed of the run; the test set stays as it is. */
static void files_are_arranged(void **state)
{
    files *in = *state;
    unsigned char samples[200], labels[200];
    const dam__data_config config = {.images = "x.npy",
                                     .labels = "y.npy",
                                     .test_images = "x.npy",
                                     .test_labels = "y.npy",
                                     .validation = 0.2};
    for (int i = 0; i < 200; i++) {
        samples[i] = (unsigned char)i;
        labels[i] = (unsigned char)(i / 50 * 3);
    }
    npy_file(in, "x.npy", "|u1", "(200, 1)", samples, sizeof samples);
    npy_file(in, "y.npy", "|u1", "(200,)", labels, sizeof labels);
    dam__dataset set = {0};
    assert_int_equal(dam__dataset_load_on(NULL, &config, 1, DAM__SPLIT_TRAIN, &set), DAM_OK);
    assert_int_equal(set.holdout, DAM__HOLDOUT_STRATIFIED);
    assert_int_equal(set.occurring, 4);
    assert_int_equal(set.classes, 10);
    for (int c = 0; c < 4; c++) {
        size_t held = 0;
        for (size_t i = 160; i < 200; i++)
            held += set.labels[i] == 3 * c;
        assert_int_equal(held, 10);
    }
    for (size_t i = 0; i < 200; i++)
        assert_int_equal(set.labels[i], ((unsigned char *)set.samples.data)[i] / 50 * 3);
    dam__dataset_free(&set);
    assert_int_equal(dam__dataset_load_on(NULL, &config, 1, DAM__SPLIT_TEST, &set), DAM_OK);
    assert_memory_equal(set.samples.data, samples, sizeof samples);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_class_keeps_its_share),
        cmocka_unit_test(a_shuffled_share_is_from_everywhere),
        cmocka_unit_test(the_seed_draws),
        cmocka_unit_test(auto_leaves_what_is_right),
        cmocka_unit_test(a_copy_is_arranged),
        INSIDE(files_are_arranged),
    };
    return cmocka_run_group_tests_name("holdout", tests, NULL, NULL);
}
