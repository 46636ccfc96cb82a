/* Features brought to one scale, gaps filled, and samples for validation of a file of their own. */
#include <math.h>

#include "data/holdout.h"
#include "data/validation.h"
#include "data_files.h"

enum { COUNT = 10, FEATURES = 4 };

/* Feature 1 has a large offset, feature 2 is constant, feature 3 is small. */
static double number_at(size_t i, size_t j)
{
    double x = (double)((i * 7 + j * 3) % COUNT) - 4.5;
    return j == 1 ? 1e9 + x / 1024 : j == 2 ? 7 : j == 3 ? x * 1e-9 : x;
}

static void make(files *in, const char *name, size_t gap)
{
    double numbers[COUNT * FEATURES];
    for (size_t k = 0; k < (size_t)COUNT * FEATURES; k++)
        numbers[k] = k == gap ? NAN : number_at(k / FEATURES, k % FEATURES);
    npy_file(in, name, "<f8", "(10, 4)", numbers, sizeof numbers);
}

/* Of the first `count` samples, without a gap. */
static void measure(size_t count, size_t j, size_t gap, double *mean, double *deviation)
{
    double numbers = 0;
    *mean = *deviation = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t i = 0; i < count; i++) {
            double x = number_at(i, j) - number_at(0, j);
            if (i * FEATURES + j == gap)
                continue;
            numbers += pass == 0;
            *mean += pass == 0 ? x : 0;
            *deviation += pass == 0 ? 0 : (x - *mean / numbers) * (x - *mean / numbers);
        }
    *mean = *mean / numbers + number_at(0, j);
    *deviation = sqrt(*deviation / numbers);
}

static void standard_is_by_the_training_samples_alone(void **state)
{
    make(*state, "x.npy", SIZE_MAX);
    const dam__data_config config = {.images = "x.npy",
                                     .validation = 0.3,
                                     .split = DAM__HOLDOUT_END,
                                     .scaling = DAM__SCALING_STANDARD};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.samples.element, DAM__F32);
    for (size_t j = 0; j < FEATURES; j++) {
        double mean, deviation;
        measure(7, j, SIZE_MAX, &mean, &deviation);
        deviation = j == 2 ? 1 : deviation;
        assert_true(fabs(set.scaler.offsets[j] - mean) <= 1e-15 * fabs(mean));
        assert_true(fabs(set.scaler.scales[j] / deviation - 1) < 1e-9);
        for (size_t i = 0; i < COUNT; i++) {
            float got = ((const float *)set.samples.data)[i * FEATURES + j];
            assert_true(fabs((double)got - (number_at(i, j) - mean) / deviation) < 2e-6);
        }
    }
    /* The same file as a test set gets the same numbers, by the training's file or by a run's. */
    dam__data_config test = config;
    strcpy(test.test_images, "x.npy");
    for (int of_run = 0; of_run < 2; of_run++) {
        test.scaler = of_run ? &set.scaler : NULL;
        dam__dataset other = load(&test, DAM__SPLIT_TEST);
        assert_memory_equal(other.samples.data, set.samples.data, COUNT * FEATURES * sizeof(float));
        dam__dataset_free(&other);
    }
    dam__dataset_free(&set);
}

static void minmax_is_from_0_to_1_of_bytes_too(void **state)
{
    files *in = *state;
    NPY("x.npy", "|u1", "(4, 2)", unsigned char, 10, 9, 20, 9, 30, 9, 50, 8);
    const dam__data_config config = {.images = "x.npy",
                                     .validation = 0.25,
                                     .split = DAM__HOLDOUT_END,
                                     .scaling = DAM__SCALING_MINMAX,
                                     .levels = true};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    /* What lies outside of the training's range stays outside; a constant becomes 0. */
    const float expected[] = {0, 0, 0.5F, 0, 1, 0, 2, -1};
    assert_memory_equal(set.samples.data, expected, sizeof expected);
    dam__dataset_free(&set);
}

static void drawn_samples_for_validation_are_left_out(void **state)
{
    make(*state, "x.npy", SIZE_MAX);
    dam__data_config config = {.images = "x.npy",
                               .validation = 0.5,
                               .split = DAM__HOLDOUT_SHUFFLED,
                               .scaling = DAM__SCALING_STANDARD,
                               .seed = 3};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    double sum = 0, all = 0;
    for (size_t i = 0; i < COUNT; i++) {
        sum += i < COUNT / 2 ? (double)((const float *)set.samples.data)[i * FEATURES] : 0;
        all += (double)((const float *)set.samples.data)[i * FEATURES];
    }
    assert_true(fabs(sum) < 1e-5); /* those trained on, which stand first, have the mean 0 */
    assert_true(fabs(all) > 1e-3);
    assert_int_equal(set.holdout, DAM__HOLDOUT_SHUFFLED);
    dam__dataset_free(&set);
}

static void gaps_are_refused_with_their_place_or_filled(void **state)
{
    files *in = *state;
    enum { GAP = 3 * FEATURES + 1 };
    make(in, "x.npy", GAP);
    dam__data_config config = {.images = "x.npy", .levels = true};
    dam__dataset set = {0};
    for (int scaled = 0; scaled < 2; scaled++) {
        config.scaling = scaled ? DAM__SCALING_STANDARD : DAM__SCALING_NONE;
        assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
        assert_non_null(strstr(dam_error(), "sample 3 of 'x.npy', feature 1"));
        assert_non_null(strstr(dam_error(), "data.missing = \"mean\""));
    }
    config.missing = DAM__MISSING_MEAN;
    set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.filled, 1);
    assert_true(fabsf(((const float *)set.samples.data)[GAP]) < 1e-6F); /* scaled: the mean is 0 */
    dam__dataset_free(&set);
    config.scaling = DAM__SCALING_NONE;
    set = load(&config, DAM__SPLIT_TRAIN);
    double mean, deviation;
    measure(COUNT, 1, GAP, &mean, &deviation);
    assert_true(((const float *)set.samples.data)[GAP] == (float)mean);
    dam__dataset_free(&set);
    /* A table, which says the place by line and column; an infinite number is never filled. */
    static const char table[] = "a,b\n1,2\n3,\nNA,5\n8,8\n";
    (void)plain_file(in, "t.csv", table, sizeof table - 1);
    strcpy(config.images, "t.csv");
    set = load(&config, DAM__SPLIT_TRAIN);
    const float filled[] = {1, 2, 3, 5, 4, 5, 8, 8};
    assert_memory_equal(set.samples.data, filled, sizeof filled);
    assert_int_equal(set.filled, 2);
    dam__dataset_free(&set);
    config.missing = DAM__MISSING_REFUSE;
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "line 3 of 't.csv', column 2 ('b')"));
    NPY("x.npy", "<f4", "(2, 2)", float, 1, 2, INFINITY, 3);
    config.missing = DAM__MISSING_MEAN;
    strcpy(config.images, "x.npy");
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "sample 1 of 'x.npy', feature 0, is inf"));
    NPY("x.npy", "<f4", "(2, 2)", float, 1, NAN, 2, NAN);
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "feature 1 of 'x.npy' has no number"));
}

/* --- a file for validation --------------------------------------------------------------------- */

static void a_file_for_validation_stands_at_the_end(void **state)
{
    files *in = *state;
    NPY("x.npy", "|u1", "(4, 2)", unsigned char, 1, 2, 3, 4, 5, 6, 7, 8);
    NPY("v.npy", "|u1", "(3, 2)", unsigned char, 11, 12, 13, 14, 15, 16);
    (void)plain_file(in, "y.csv", "b\na\nb\nc\n", 8);
    (void)plain_file(in, "w.csv", "c\na\na\n", 6);
    dam__data_config config = {.images = "x.npy",
                               .labels = "y.csv",
                               .validation_images = "v.npy",
                               .validation_labels = "w.csv",
                               .validation = 0.5,
                               .samples = 3};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(dam__holdout_arrange(&config, 1, &set), DAM_OK);
    const int32_t labels[] = {1, 0, 1, 2, 0, 0};
    const unsigned char samples[] = {1, 2, 3, 4, 5, 6, 11, 12, 13, 14, 15, 16};
    assert_int_equal(set.count, 6);
    assert_int_equal(set.held, 3);
    assert_int_equal(dam__dataset_held(&set, 0.1), 3);
    assert_memory_equal(set.labels, labels, sizeof labels);
    assert_memory_equal(set.samples.data, samples, sizeof samples);
    dam__dataset_free(&set);
    NPY("v.npy", "<f4", "(3, 2)", float, 1, 2, 3, 4, 5, 6);
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'v.npy' holds float32 numbers, but 'x.npy' uint8"));
    NPY("v.npy", "|u1", "(3, 1)", unsigned char, 1, 2, 3);
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'v.npy' has 1 features a sample, but 'x.npy' 2"));
    NPY("v.npy", "|u1", "(3, 2)", unsigned char, 1, 2, 3, 4, 5, 6);
    (void)plain_file(in, "w.csv", "c\nd\na\n", 6);
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'v.npy' has the class 'd', which the training has not"));
    config.validation_labels[0] = '\0';
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "'v.npy' has no labels, but 'x.npy' has"));
}

/* --- sets by name ------------------------------------------------------------------------------ */

static void named_sets_are_found_by_their_files(void **state)
{
    files *in = *state;
    static const unsigned char image[] = {0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0,
                                          2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6};
    static const unsigned char upright[] = {1, 4, 2, 5, 3, 6};
    static const unsigned char label[] = {0, 0, 8, 1, 0, 0, 0, 1, 4};
    static const unsigned char eight[] = {0, 0, 12, 2, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0,
                                          7, 0, 0,  0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0,
                                          0, 4, 0,  0, 0, 5, 0, 0, 0, 6, 0, 0, 0, 7};
    assert_int_equal(setenv("DENSEAM_DATA", in->folder, 1), 0);
    (void)plain_file(in, "emnist-letters-train-images-idx3-ubyte", image, sizeof image);
    (void)plain_file(in, "emnist-letters-train-labels-idx1-ubyte", label, sizeof label);
    (void)gz_file(in, "qmnist-test-images-idx3-ubyte.gz", image, sizeof image);
    (void)gz_file(in, "qmnist-test-labels-idx2-int.gz", eight, sizeof eight);
    dam__data_config config = {.name = "emnist-letters"};
    dam__dataset set = load(&config, DAM__SPLIT_TRAIN);
    assert_int_equal(set.labels[0], 4);
    assert_int_equal(set.height, 3);
    assert_memory_equal(set.samples.data, upright, sizeof upright);
    assert_true(set.is_upright);
    dam__dataset_free(&set);
    config.transpose = DAM__TRANSPOSE_NO;
    set = load(&config, DAM__SPLIT_TRAIN);
    assert_memory_equal(set.samples.data, image + 16, sizeof upright);
    dam__dataset_free(&set);
    strcpy(config.name, "qmnist");
    set = load(&config, DAM__SPLIT_TEST);
    assert_int_equal(set.labels[0], 7);
    dam__dataset_free(&set);
    /* Loose files that many sets call alike are not KMNIST's. */
    (void)plain_file(in, "train-images-idx3-ubyte", image, sizeof image);
    (void)plain_file(in, "train-labels-idx1-ubyte", label, sizeof label);
    strcpy(config.name, "kmnist");
    assert_int_equal(dam__dataset_load(&config, DAM__SPLIT_TRAIN, &set), DAM_INPUT);
    assert_int_equal(unsetenv("DENSEAM_DATA"), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        INSIDE(standard_is_by_the_training_samples_alone),
        INSIDE(minmax_is_from_0_to_1_of_bytes_too),
        INSIDE(drawn_samples_for_validation_are_left_out),
        INSIDE(gaps_are_refused_with_their_place_or_filled),
        INSIDE(a_file_for_validation_stands_at_the_end),
        INSIDE(named_sets_are_found_by_their_files),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
