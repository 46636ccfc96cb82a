/* What a model is to learn from a dataset: class shares, given or counted, and samples to begin
 * with. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "data/patches.h"
#include "model/task.h"

static dam__model_config unsupervised(int classes, const char *counts)
{
    dam__model_config config = {.vmf = {.loss = DAM__LOSS_UNSUPERVISED, .classes = classes}};
    (void)snprintf(config.vmf.class_counts, sizeof config.vmf.class_counts, "%s", counts);
    return config;
}

static void given_counts_become_shares(void **state)
{
    (void)state;
    double shares[10];
    dam__model_config config = unsupervised(3, " 1,2 , 5 ");
    assert_int_equal(dam__class_shares(&config, shares), DAM_OK);
    assert_true(shares[0] == 0.125 && shares[1] == 0.25 && shares[2] == 0.625);
    config = unsupervised(1, "1000000000");
    assert_int_equal(dam__class_shares(&config, shares), DAM_OK);
    assert_true(shares[0] == 1);
    /* Without counts, ten classes get those of the paper: all different but similar. */
    config = unsupervised(10, "");
    assert_int_equal(dam__class_shares(&config, shares), DAM_OK);
    double sum = 0;
    for (int y = 0; y < 10; y++) {
        sum += shares[y];
        assert_true(shares[y] > 0.09 && shares[y] < 0.12);
        for (int z = 0; z < y; z++)
            assert_true(shares[y] != shares[z]);
    }
    assert_true(fabs(sum - 1) < 1e-14);
    assert_true(fabs(shares[1] - 132.0 / 1120) < 1e-15);
}

static void refuse(int classes, const char *counts, const char *message)
{
    double shares[16];
    const dam__model_config config = unsupervised(classes, counts);
    assert_int_equal(dam__class_shares(&config, shares), DAM_USAGE);
    assert_string_equal(dam_error(), message);
}

static void wrong_counts_are_refused(void **state)
{
    (void)state;
    refuse(3, "",
           "model.classes = 3 needs model.class_counts, as many different counts "
           "(\"110,132,121\"): classes of equal counts would stay equal");
    refuse(3, "1,2", "model.class_counts has 2 counts where model.classes = 3; make them agree");
    refuse(3, "1,2,3,4",
           "model.class_counts has 4 counts where model.classes = 3; make them agree");
#define ENTRY(text, number)                                                                        \
    refuse(3, text,                                                                                \
           "model.class_counts = \"" text "\": entry " number " is no whole number from 1 to "     \
           "1000000000")
    ENTRY("1,0,2", "2");
    ENTRY("1,,2", "2");
    ENTRY("1,2,", "3");
    ENTRY(" ", "1");
    ENTRY("1,-2,3", "2");
    ENTRY("1,2.5,3", "2");
    ENTRY("1;2;3", "1");
    ENTRY("1 2,3", "1");
    ENTRY("1,1000000001,3", "2");
    ENTRY("1,99999999999999999999999999,3", "2");
#undef ENTRY
}

/* Samples of 4 features; sample i is constant, so blank, where i is a multiple of `blank`. */
static dam__dataset make_set(size_t count, size_t blank)
{
    dam__dataset set = {.name = "set", .count = count, .features = 4, .classes = 3};
    assert_int_equal(dam__array_create(DAM__F32, 2, (const size_t[]){count, 4}, &set.samples),
                     DAM_OK);
    set.labels = calloc(count, sizeof *set.labels);
    for (size_t i = 0; i < count; i++) {
        set.labels[i] = i < 2 ? 0 : i % 4 == 0 ? 3 : 1;
        for (size_t j = 0; j < 4; j++)
            ((float *)set.samples.data)[4 * i + j] =
                i % blank == 0 ? 0.1f : (float)(i * i * (j == 2) + i * (j == 1) + 7);
    }
    return set;
}

static void labels_are_counted(void **state)
{
    (void)state;
    dam__dataset set = make_set(10, 3);
    dam__task task = {0};
    const dam__model_config config = {0};
    /* The first eight only: 0 0 1 1 none 1 1 1. */
    assert_int_equal(dam__task_create(&config, &set, 8, &task), DAM_OK);
    assert_int_equal(task.dim, 4);
    assert_int_equal(task.classes, 3);
    assert_true(task.class_share[0] == 0.25 && task.class_share[1] == 0.625);
    assert_true(task.class_share[2] == 0 && task.softening_share == 0.125);
    dam__task_free(&task);
    assert_null(task.class_share);
    /* Without labels, or with those that nobody asks for. */
    const dam__model_config own = unsupervised(2, "1,3");
    assert_int_equal(dam__task_create(&own, &set, 8, &task), DAM_OK);
    assert_int_equal(task.classes, 2);
    assert_true(task.class_share[0] == 0.25 && task.class_share[1] == 0.75);
    assert_true(task.softening_share == 0);
    dam__task_free(&task);
    const dam__model_config wrong = unsupervised(2, "1");
    assert_int_equal(dam__task_create(&wrong, &set, 8, &task), DAM_USAGE);
    dam__dataset_free(&set);
}

/* Which of the set's first `trained` samples, but for blanks, a prepared one is; fails where none.
 */
static size_t find_sample(const dam__dataset *set, size_t trained, const double *prepared)
{
    for (size_t i = 0; i < trained; i++) {
        double mean = 0, squares = 0, worst = 0;
        for (size_t j = 0; j < 4; j++)
            mean += dam__array_at(&set->samples, 4 * i + j) / 4;
        for (size_t j = 0; j < 4; j++)
            squares += pow(dam__array_at(&set->samples, 4 * i + j) - mean, 2);
        for (size_t j = 0; j < 4; j++)
            worst =
                fmax(worst, fabs((dam__array_at(&set->samples, 4 * i + j) - mean) / sqrt(squares) -
                                 prepared[j]));
        if (squares > 1e-12 && worst < 1e-12)
            return i;
    }
    fail_msg("no such sample");
    return 0;
}

static void first_memories_are_samples(void **state)
{
    (void)state;
    enum { TRAINED = 60, BLANK = 3, GOOD = 40, COUNT = 25 };
    dam__dataset set = make_set(80, BLANK);
    dam__task task = {.dim = 4, .set = &set, .trained = TRAINED};
    double taken[GOOD * 4 + 4], again[GOOD * 4], other[GOOD * 4];
    char seen[TRAINED] = {0};
    assert_int_equal(dam__task_samples(&task, 1, COUNT, taken), DAM_OK);
    for (size_t i = 0; i < COUNT; i++) {
        size_t sample = find_sample(&set, TRAINED, taken + 4 * i);
        assert_int_equal(seen[sample]++, 0);
    }
    assert_int_equal(dam__task_samples(&task, 1, COUNT, again), DAM_OK);
    assert_memory_equal(taken, again, COUNT * 4 * sizeof *taken);
    assert_int_equal(dam__task_samples(&task, 2, COUNT, other), DAM_OK);
    assert_memory_not_equal(taken, other, COUNT * 4 * sizeof *taken);
    /* All that there are, and one more. */
    assert_int_equal(dam__task_samples(&task, 1, GOOD, taken), DAM_OK);
    assert_int_equal(dam__task_samples(&task, 1, GOOD + 1, taken), DAM_INPUT);
    assert_string_equal(dam_error(), "'set' has only 40 training samples that are not blank, too "
                                     "few for 41 first memories; set model.initial = \"random\"");
    dam__dataset_free(&set);
}

/* Unit vectors round the mean of the prepared samples, which is computed here once more. */
static void first_memories_are_near_the_mean(void **state)
{
    (void)state;
    enum { TRAINED = 60, COUNT = 20, DIM = 4 };
    const double spread = 0.5;
    dam__dataset set = make_set(80, 3);
    dam__task task = {.dim = DIM, .set = &set, .trained = TRAINED};
    double mean[DIM] = {0}, sample[DIM], taken[COUNT * DIM], other[COUNT * DIM], length = 0;
    for (size_t i = 0; i < TRAINED; i++)
        if (dam__dataset_prepared(&set, i, sample))
            for (size_t j = 0; j < DIM; j++)
                mean[j] += sample[j];
    for (size_t j = 0; j < DIM; j++)
        length += mean[j] * mean[j];
    assert_int_equal(dam__task_near_mean(&task, 1, spread, COUNT, taken), DAM_OK);
    double least = 1;
    for (size_t i = 0; i < COUNT; i++) {
        double squares = 0, along = 0;
        for (size_t j = 0; j < DIM; j++) {
            squares += taken[DIM * i + j] * taken[DIM * i + j];
            along += taken[DIM * i + j] * mean[j] / sqrt(length);
        }
        assert_true(fabs(squares - 1) < 1e-12);
        /* A vector of that length turns the mean by no more than this. */
        assert_true(along >= sqrt(1 - spread * spread) - 1e-12);
        least = fmin(least, along);
    }
    assert_true(least < 0.95); /* and the samples are not all at it */
    assert_int_equal(dam__task_near_mean(&task, 2, spread, COUNT, other), DAM_OK);
    assert_memory_not_equal(taken, other, sizeof taken);
    task.trained = 0;
    assert_int_equal(dam__task_near_mean(&task, 1, spread, COUNT, taken), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "is 0, so that no memory can begin near it"));
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(given_counts_become_shares),
        cmocka_unit_test(wrong_counts_are_refused),
        cmocka_unit_test(labels_are_counted),
        cmocka_unit_test(first_memories_are_samples),
        cmocka_unit_test(first_memories_are_near_the_mean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
