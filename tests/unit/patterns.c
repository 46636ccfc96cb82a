/* Made-up patterns: that they are +1 and -1, never change and are independent; and states that are
 * refused. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "data/patterns.h"
#include "model/task.h"

static dam__dataset load(int samples, int dim, uint64_t seed)
{
    const dam__data_config config = {.name = "patterns", .samples = samples, .dim = dim};
    dam__dataset set = {0};
    if (dam__patterns_load(&config, seed, &set) != DAM_OK)
        fail_msg("%s", dam_error());
    return set;
}

static void patterns_do_not_depend_on_their_number(void **state)
{
    (void)state;
    dam__dataset few = load(3, 200, 7), many = load(9, 200, 7), other = load(3, 200, 8);
    assert_int_equal(few.count, 3);
    assert_int_equal(few.features, 200);
    assert_int_equal(few.classes, 0);
    assert_null(few.labels);
    assert_memory_equal(few.samples.data, many.samples.data, 3 * 200 * sizeof(float));
    assert_memory_not_equal(few.samples.data, other.samples.data, 3 * 200 * sizeof(float));
    dam__dataset_free(&few);
    dam__dataset_free(&many);
    dam__dataset_free(&other);
    dam__dataset usual = load(0, 5, 1);
    assert_int_equal(usual.count, DAM__PATTERNS);
    dam__dataset_free(&usual);
}

/* Overlaps of independent patterns are within six standard deviations of 0. */
static void patterns_are_independent(void **state)
{
    (void)state;
    enum { COUNT = 40, DIM = 1000 };
    dam__dataset set = load(COUNT, DIM, 1);
    const float *x = set.samples.data;
    for (size_t i = 0; i < COUNT; i++)
        for (size_t k = 0; k <= i; k++) {
            double overlap = 0;
            for (size_t j = 0; j < DIM; j++) {
                assert_true(x[i * DIM + j] == 1 || x[i * DIM + j] == -1);
                overlap += (double)(x[i * DIM + j] * x[k * DIM + j]);
            }
            assert_true(i == k ? overlap == DIM : fabs(overlap) < 6 * sqrt(DIM));
        }
    dam__dataset_free(&set);
}

static void states_to_be_stored_are_checked(void **state)
{
    (void)state;
    dam__dataset set = load(4, 6, 1);
    dam__model_config config = {.kind = DAM__KIND_ENERGY, .energy = {.task = DAM__TASK_STORE}};
    assert_int_equal(dam__task_check(&config, &set), DAM_OK);
    ((float *)set.samples.data)[2 * 6 + 5] = 0.5f;
    assert_int_equal(dam__task_check(&config, &set), DAM_INPUT);
    assert_string_equal(dam_error(),
                        "sample 2 of 'patterns' has 0.5 at place 5; states that are stored are +1 "
                        "and -1: set data.threshold to \"mean\", \"median\" or a number");
    /* Pixels that only help to classify may be grey. */
    config.energy.task = DAM__TASK_CLASSIFY;
    assert_int_equal(dam__task_check(&config, &set), DAM_OK);
    dam__dataset_free(&set);
}

static void too_many_are_refused(void **state)
{
    (void)state;
    const dam__data_config config = {.name = "patterns", .samples = 1000000000, .dim = 1000};
    dam__dataset set = {0};
    assert_int_equal(dam__patterns_load(&config, 1, &set), DAM_INPUT);
    assert_string_equal(dam_error(), "data.samples = 1000000000 patterns of data.dim = 1000 are "
                                     "more than 1000000000 numbers");
    assert_null(set.samples.data);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_do_not_depend_on_their_number),
        cmocka_unit_test(patterns_are_independent),
        cmocka_unit_test(states_to_be_stored_are_checked),
        cmocka_unit_test(too_many_are_refused),
    };
    return cmocka_run_group_tests_name("patterns", tests, NULL, NULL);
}
