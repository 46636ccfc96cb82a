/* Tables as text. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/csv.h"

static void texts_are_quoted_where_they_must_be(void **state)
{
    (void)state;
    dam__csv csv = {0};
    dam__csv_cells(&csv, "a,b");
    dam__csv_line(&csv, "c");
    dam__csv_text(&csv, "");
    dam__csv_text(&csv, "plain text; it's");
    dam__csv_text(&csv, "a,b");
    dam__csv_text(&csv, "say \"x\"\n");
    dam__csv_end_row(&csv);
    assert_string_equal(csv.text.data, "a,b,c\n,plain text; it's,\"a,b\",\"say \"\"x\"\"\n\"\n");
    dam__csv_free(&csv);
}

static void numbers_are_exact_short_or_empty(void **state)
{
    (void)state;
    dam__csv csv = {0};
    const double values[] = {1.0 / 3, NAN, -INFINITY, 0.1, 1e300};
    dam__csv_integer(&csv, INT64_MIN);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        dam__csv_real(&csv, values[i], 0);
    dam__csv_end_row(&csv);
    csv.separator = ' ';
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        dam__csv_real(&csv, values[i], 4);
    dam__csv_end_row(&csv);
    dam__csv_line(&csv, "");
    dam__csv_integer(&csv, -7);
    dam__csv_end_row(&csv);
    assert_string_equal(csv.text.data, "-9223372036854775808,0.3333333333333333,,,0.1,1e+300\n"
                                       "0.3333 NaN NaN 0.1 1e+300\n\n-7\n");
    dam__csv_free(&csv);
}

static void what_fails_is_told_when_it_is_written(void **state)
{
    (void)state;
    dam__csv csv = {0};
    dam__csv_integer(&csv, 1);
    assert_int_equal(dam__csv_write(&csv, "/proc/absent", "x.csv"), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "/proc/absent/x.csv"));
    dam__text_append(&csv.text, "%ls", L"\xd800"); /* no character */
    dam__csv_integer(&csv, 2);
    assert_null(csv.text.data);
    assert_int_equal(dam__csv_write(&csv, "/tmp", "denseam-never.csv"), DAM_INTERNAL);
    assert_int_not_equal(access("/tmp/denseam-never.csv", F_OK), 0);
    dam__csv_free(&csv);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_quoted_where_they_must_be),
        cmocka_unit_test(numbers_are_exact_short_or_empty),
        cmocka_unit_test(what_fails_is_told_when_it_is_written),
    };
    return cmocka_run_group_tests_name("csv", tests, NULL, NULL);
}
