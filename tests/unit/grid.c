/* Grids of sweeps as text: lists, ranges, and what is neither. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sweep/sweep_grid.h"

/* The values of a grid, with blanks between. */
static const char *values_of(const char *text)
{
    static char out[512];
    dam__axis axis;
    const dam__option *option = NULL;
    out[0] = '\0';
    assert_int_equal(dam__grid_parse(text, &axis, &option), DAM_OK);
    for (size_t i = 0; i < axis.count; i++) {
        size_t length = strlen(out);
        (void)snprintf(out + length, sizeof out - length, "%s%s", i > 0 ? " " : "", axis.values[i]);
    }
    dam__axis_free(&axis);
    return out;
}

static dam__spacing spacing_of(const char *text)
{
    dam__axis axis;
    const dam__option *option = NULL;
    assert_int_equal(dam__grid_parse(text, &axis, &option), DAM_OK);
    dam__spacing spacing = axis.spacing;
    dam__axis_free(&axis);
    return spacing;
}

static void grids_are_lists_and_ranges(void **state)
{
    (void)state;
    assert_string_equal(values_of("model.beta=1,2,5"), "1 2 5");
    assert_string_equal(values_of(" model.beta = 1e1 , 2.50 "), "10 2.5");
    assert_string_equal(values_of("model.beta=0.1:0.5:5"), "0.1 0.2 0.3 0.4 0.5");
    assert_string_equal(values_of("model.beta=5:1:3"), "5 3 1");
    assert_string_equal(values_of("model.beta=0.001:1:4:log"), "0.001 0.01 0.1 1");
    assert_string_equal(values_of("model.beta=0.5:2:4:inverse"), "2 1 0.666666666667 0.5");
    assert_string_equal(values_of("model.beta=7,1:2:2"), "7 1 2");
    assert_string_equal(values_of("model.memories=2:64:6:log"), "2 4 8 16 32 64");
    assert_string_equal(values_of("model.memories=10:20:3"), "10 15 20");
    assert_string_equal(values_of("model.beta_rule=learned,'frozen'"), "learned frozen");
    assert_string_equal(values_of("data.images=a:b:3,\"x,y\""), "a:b:3 x,y");
    assert_string_equal(values_of("seed=1:3:3"), "1 2 3");
    assert_int_equal(spacing_of("model.beta=1,2,5"), DAM__SPACING_LIST);
    assert_int_equal(spacing_of("model.beta=1:2:3"), DAM__SPACING_LINEAR);
    assert_int_equal(spacing_of("model.beta=1:2:3:log"), DAM__SPACING_LOGARITHMIC);
    assert_int_equal(spacing_of("model.beta=1:2:3:inverse"), DAM__SPACING_INVERSE);
    assert_int_equal(spacing_of("model.beta=7,1:2:3"), DAM__SPACING_LIST);
}

/* Logarithmic values have equal factors, whatever the ends are. */
static void ranges_have_equal_steps(void **state)
{
    (void)state;
    dam__axis axis;
    const dam__option *option = NULL;
    assert_int_equal(dam__grid_parse("train.learning_rate=0.013:7.7:23:log", &axis, &option),
                     DAM_OK);
    assert_int_equal(axis.count, 23);
    assert_string_equal(option->key, "learning_rate");
    assert_true(axis.numbers[0] == 0.013 && axis.numbers[22] == 7.7);
    double factor = pow(7.7 / 0.013, 1.0 / 22);
    for (size_t i = 1; i < axis.count; i++)
        assert_true(fabs(axis.numbers[i] / axis.numbers[i - 1] - factor) < 1e-10);
    dam__axis_free(&axis);
}

static void bad_grids_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"model.beta", "no values"},
        {"model.beta=", "a value is missing"},
        {"model.beta=1,,2", "a value is missing"},
        {"model.beta=1,", "a value is missing"},
        {"model.bta=1", "did you mean 'beta'?"},
        {"modle.beta=1", "did you mean 'model'?"},
        {"memories=1", "belongs to section 'model'"},
        {"model.beta=0", "out of range"},
        {"model.beta=1,nan", "not a finite number"},
        {"model.beta=x", "not a finite number"},
        {"model.memories=1.5", "not a whole number"},
        {"model.beta=1:2", "a range is"},
        {"model.beta=1:2:3:4", "a range is"},
        {"model.beta=1:2:3:log:5", "a range is"},
        {"model.beta=1:x:3", "no range"},
        {"model.beta=1:2:1", "from 2 to 1000"},
        {"model.beta=1:2:1001", "from 2 to 1000"},
        {"model.beta=1:2:2.5", "from 2 to 1000"},
        {"model.beta=-1:2:3", "out of range"},
        {"model.beta=0:2:3:log", "more than 0"},
        {"model.beta=-1:2:3:inverse", "more than 0"},
        {"model.beta=-1e308:1e308:3", "too wide"},
        {"model.beta=1,1.0", "comes twice"},
        {"model.beta=2:2:3", "comes twice"},
        {"model.memories=1:3:9", "comes twice; ranges of whole numbers are rounded"},
        {"model.beta_rule=learnd", "did you mean 'learned'?"},
        {"title=a,b", "one value in all of a sweep"},
        {"sweep.seeds=1,2", "one value in all of a sweep"},
        {"train.precision=single,double", "one value in all of a sweep"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__axis axis;
        const dam__option *option = NULL;
        assert_int_equal(dam__grid_parse(cases[i][0], &axis, &option), DAM_USAGE);
        if (strstr(dam_error(), cases[i][1]) == NULL || strncmp(dam_error(), "--grid ", 7) != 0)
            fail_msg("%s: %s", cases[i][0], dam_error());
        assert_null(axis.values);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(grids_are_lists_and_ranges),
        cmocka_unit_test(ranges_have_equal_steps),
        cmocka_unit_test(bad_grids_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
