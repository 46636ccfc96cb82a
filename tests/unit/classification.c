/* Confusion and macro F1, against the definitions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <math.h>

#include "compute/random.h"
#include "train/classification.h"

enum { SAMPLES = 200, MOST = 64 };

/* The mean of 2 precision recall / (precision + recall) over classes in truth or prediction, each
 * counted from the pairs anew. */
static double f1_of(const int32_t *labels, const int32_t *predicted, int32_t classes, int *scored)
{
    double sum = 0;
    *scored = 0;
    for (int32_t c = 0; c < classes; c++) {
        double both = 0, of_class = 0, as_class = 0;
        for (int i = 0; i < SAMPLES; i++) {
            both += labels[i] == c && predicted[i] == c;
            of_class += labels[i] == c;
            as_class += predicted[i] == c;
        }
        if (of_class + as_class == 0)
            continue;
        double precision = as_class > 0 ? both / as_class : 0;
        double recall = of_class > 0 ? both / of_class : 0;
        sum += precision + recall > 0 ? 2 * precision * recall / (precision + recall) : 0;
        ++*scored;
    }
    return sum / *scored;
}

/* Labels step * (0 ... 9) + first, of which a fifth is predicted wrongly. */
static void macro_f1_is_over_classes_that_occur(void **state)
{
    (void)state;
    static const struct {
        int32_t step, first, classes, wrong;
    } cases[] = {{1, 0, 10, 0}, {5, 0, 46, 0}, {1, 1, 11, 0}, {3, 7, 60, 0},
                 {1, 0, 40, 1}, {5, 2, 60, 1}, {1, 0, 10, 2}};
    for (size_t k = 0; k < sizeof cases / sizeof *cases; k++) {
        int32_t labels[SAMPLES], predicted[SAMPLES], nearest[SAMPLES];
        size_t confusion[(MOST + 1) * (MOST + 1)] = {0};
        int scored = 0, width = cases[k].classes + 1;
        for (uint32_t i = 0; i < SAMPLES; i++) {
            uint32_t words[4];
            dam__random_words(k, DAM__STREAM_TEST, 0, i, words);
            labels[i] = cases[k].first + cases[k].step * (int32_t)(words[0] % 10);
            /* Wrong ones: of another label; of any class; of none. */
            int32_t other = cases[k].wrong == 0
                                ? cases[k].first + cases[k].step * (int32_t)(words[1] % 10)
                            : cases[k].wrong == 1 ? (int32_t)(words[1] % (uint32_t)cases[k].classes)
                                                  : cases[k].classes;
            predicted[i] = nearest[i] = words[2] % 5 == 0 ? other : labels[i];
            confusion[labels[i] * width + predicted[i]]++;
        }
        dam__classification got;
        assert_int_equal(dam__classify(labels, predicted, nearest, SAMPLES, cases[k].classes, &got),
                         DAM_OK);
        double expected = f1_of(labels, predicted, cases[k].classes, &scored);
        assert_true(fabs(got.macro_f1 - expected) < 1e-12);
        assert_int_equal(got.scored, scored);
        assert_memory_equal(got.confusion, confusion,
                            (size_t)(width * width) * sizeof *got.confusion);
        dam__classification_free(&got);
    }
}

/* Worked out by hand: classes 2 and 5 of 7. F1 of 2 is 2 * 2 / (3 + 2), of 5 2 * 1 / (1 + 2). */
static void a_small_case(void **state)
{
    (void)state;
    static const int32_t labels[] = {2, 2, 5, 5}, predicted[] = {2, 2, 5, 2};
    dam__classification got;
    assert_int_equal(dam__classify(labels, predicted, predicted, 4, 7, &got), DAM_OK);
    assert_true(fabs(got.macro_f1 - (0.8 + 2.0 / 3) / 2) < 1e-12);
    assert_int_equal(got.scored, 2);
    assert_true(got.accuracy == 0.75);
    dam__classification_free(&got);
    /* Only a prediction: class 6 has no sample, but is one that was said. */
    static const int32_t said[] = {2, 2, 5, 6};
    assert_int_equal(dam__classify(labels, said, said, 4, 7, &got), DAM_OK);
    assert_true(fabs(got.macro_f1 - (1 + 2.0 / 3 + 0) / 3) < 1e-12);
    dam__classification_free(&got);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(macro_f1_is_over_classes_that_occur),
                                       cmocka_unit_test(a_small_case)};
    return cmocka_run_group_tests_name("classification", tests, NULL, NULL);
}
