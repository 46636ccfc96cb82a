/* Medians and spreads of repeated measurements. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/summary.h"

#define SUMMARISE(...)                                                                             \
    dam__summarise((double[]){__VA_ARGS__}, sizeof((double[]){__VA_ARGS__}) / sizeof(double))

static void the_median_is_in_the_middle(void **state)
{
    (void)state;
    assert_true(SUMMARISE(3, 1, 2).median == 2);
    assert_true(SUMMARISE(4, 1, 3, 2).median == 2.5);
    assert_true(SUMMARISE(7).median == 7);
    assert_true(SUMMARISE(1, 1e9, 1, 1, 1).median == 1);
}

static void the_spread_is_the_middle_half(void **state)
{
    (void)state;
    /* Quartiles 2 and 4 round a median of 3. */
    assert_true(fabs(SUMMARISE(5, 4, 3, 2, 1).spread - 2.0 / 3) < 1e-15);
    /* Between values: 1.75 and 3.25 round 2.5. */
    assert_true(fabs(SUMMARISE(1, 2, 3, 4).spread - 1.5 / 2.5) < 1e-15);
    assert_true(SUMMARISE(-5, -4, -3, -2, -1).spread > 0);
    assert_true(SUMMARISE(7).spread == 0);
    assert_true(SUMMARISE(0, 0, 0).spread == 0);
}

static void nothing_has_no_median(void **state)
{
    (void)state;
    dam__summary none = dam__summarise(NULL, 0);
    assert_true(isnan(none.median) && isnan(none.spread));
}

/* Ranks of the interval of a median, from tables of the sign test at 95 %: of 1, 2, ..., n they are
 * the values themselves. */
static void a_median_is_as_sure_as_the_sign_test_says(void **state)
{
    (void)state;
    static const struct {
        size_t count, low, high;
    } ranks[] = {{6, 1, 6}, {10, 2, 9}, {20, 6, 15}, {25, 8, 18}, {50, 18, 33}, {100, 40, 61}};
    double values[900];
    for (size_t i = 0; i < 900; i++)
        values[i] = (double)i + 1;
    for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++) {
        double width = (double)(ranks[i].high - ranks[i].low);
        double wanted = width / 2 / ((double)(ranks[i].count + 1) / 2);
        assert_true(fabs(dam__median_error(values, ranks[i].count) - wanted) < 1e-12);
    }
    assert_true(isnan(dam__median_error(values, 2)));
    assert_true(fabs(dam__median_error(values, 3) - 0.5) < 1e-12);
    /* Of many rounds about 1.96 sqrt(n) ranks. */
    assert_true(fabs(dam__median_error(values, 900) / (1.96 * 15 / 450.5) - 1) < 0.05);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_median_is_in_the_middle),
        cmocka_unit_test(the_spread_is_the_middle_half),
        cmocka_unit_test(nothing_has_no_median),
        cmocka_unit_test(a_median_is_as_sure_as_the_sign_test_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
