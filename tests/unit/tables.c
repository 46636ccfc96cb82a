/* src/store/table_read.c: tables as people write them, and the place that a refusal names. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "files.h"
#include "store/array.h"

static const char *table(files *in, const char *text)
{
    return plain_file(in, "a.csv", text, strlen(text));
}

/* Reads all, or a part as labels; the names that came with it, joined by commas. */
static dam__array read_table(const char *path, const char *part, const char *without, char *names)
{
    dam__array array = {0};
    dam__reading reading = {.without = without, .may_lack = true, .as_words = part != NULL};
    char location[512];
    (void)snprintf(location, sizeof location, "%s%s%s", path, part != NULL ? ":" : "",
                   part != NULL ? part : "");
    if (dam__array_read_part(location, &reading, &array) != DAM_OK)
        fail_msg("%s", dam_error());
    const dam__names *list = part != NULL ? &reading.words : &reading.columns;
    dam__text text = {0};
    dam__names_list(list, &text);
    (void)snprintf(names, 100, "%s", text.data != NULL ? text.data : "");
    dam__text_free(&text);
    dam__reading_free(&reading);
    return array;
}

static void assert_table(files *in, const char *text, size_t rows, size_t columns,
                         dam__element element, const double *numbers, const char *names)
{
    char found[100];
    dam__array array = read_table(table(in, text), NULL, NULL, found);
    assert_string_equal(found, names);
    assert_int_equal(array.rank, 2);
    assert_int_equal(array.shape[0], rows);
    assert_int_equal(array.shape[1], columns);
    assert_int_equal(array.element, element);
    for (size_t i = 0; i < rows * columns; i++)
        if (dam__array_at(&array, i) != numbers[i])
            fail_msg("%s: number %zu is %.17g, not %.17g", text, i, dam__array_at(&array, i),
                     numbers[i]);
    dam__array_free(&array);
}

static void tables_of_every_style_are_read(void **state)
{
    files *in = *state;
    const double bytes[] = {1, 2, 3, 4}, reals[] = {1.5, -2, 3, 4e3};
    static const char *const plain[] = {"1,2\n3,4\n",
                                        "1,2\r\n3,4\r\n",
                                        "1,2\n3,4",
                                        "1\t2\n3\t4\n",
                                        "1;2\n3;4\n",
                                        "1 2\n3 4\n",
                                        " 1  2 \n3   4\n",
                                        "1 , 2\n 3,4 ",
                                        "\"1\",\"2\"\n3,4\n",
                                        "\n1,2\n\n3,4\n\n",
                                        "# a note, with\n# commas\n1,2\n3,4\n",
                                        "\xef\xbb\xbf\x31,2\n3,4\n",
                                        "1.0,+2\n3e0,4.\n"};
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++)
        assert_table(in, plain[i], 2, 2, DAM__U8, bytes, "");
    assert_table(in, "a,b\n1.5,-2\n3,4e3\n", 2, 2, DAM__F64, reals, "a, b");
    assert_table(in, "\xef\xbb\xbf\x61\tb\r\n1.5\t-2.0\r\n3\t4e+3\r\n", 2, 2, DAM__F64, reals,
                 "a, b");
    assert_table(in, "\"a \"\"x\"\"\",\"b\nc\"\n1.5,-2\n3,4000\n", 2, 2, DAM__F64, reals,
                 "a \"x\", b");
    /* pandas: names that are numbers; the rows' numbers in a column without a name. */
    assert_table(in, "0,1,2\n1,2,3\n", 1, 3, DAM__U8, (const double[]){1, 2, 3}, "0, 1, 2");
    assert_table(in, ",a,b\n0,1,2\n1,3,4\n", 2, 2, DAM__U8, bytes, "a, b");
    /* A name above a number makes a head, whatever else stands there. */
    assert_table(in, "1,b\n1,2\n3,4\n", 2, 2, DAM__U8, bytes, "1, b");
    assert_table(in, "256,-1\n", 1, 2, DAM__F64, (const double[]){256, -1}, "");
}

static void numbers_are_rounded_as_the_c_library_rounds_them(void **state)
{
    files *in = *state;
    static const char *const texts[] = {"0.1",
                                        "123456789.123456789",
                                        "9007199254740993",
                                        "1e-320",
                                        "1.7976931348623157e308",
                                        "0.3e-10",
                                        "4.35",
                                        "0.000000000000000000001",
                                        "1e22",
                                        "-0.0",
                                        "2.2250738585072011e-308",
                                        "8.41e21",
                                        "9007199254740991.5",
                                        "00012.50",
                                        "5e-324"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[100], names[100];
        (void)snprintf(text, sizeof text, "%s,-1\n", texts[i]);
        dam__array array = read_table(table(in, text), NULL, NULL, names);
        const double wanted = strtod(texts[i], NULL), found = dam__array_at(&array, 0);
        assert_memory_equal(&wanted, &found, sizeof wanted);
        dam__array_free(&array);
    }
}

static void columns_are_chosen_by_name_or_place(void **state)
{
    files *in = *state;
    char names[100];
    const char *path = table(in, "a,kind,b\n1,dog,2\n3,cat,4\n5,dog,6\n");
    static const char *const parts[] = {"kind", "1", "-2"};
    const int32_t places[] = {1, 0, 1};
    for (size_t i = 0; i < 3; i++) {
        dam__array labels = read_table(path, parts[i], NULL, names);
        assert_string_equal(names, "cat, dog");
        assert_int_equal(labels.rank, 1);
        assert_int_equal(labels.element, DAM__I32);
        assert_int_equal(labels.shape[0], 3);
        assert_memory_equal(labels.data, places, sizeof places);
        dam__array_free(&labels);
        dam__array others = read_table(path, NULL, parts[i], names);
        assert_string_equal(names, "a, b");
        assert_int_equal(others.shape[1], 2);
        assert_true(dam__array_at(&others, 5) == 6);
        dam__array_free(&others);
    }
    dam__array numbers = read_table(path, "b", NULL, names);
    assert_string_equal(names, "");
    assert_true(dam__array_at(&numbers, 2) == 6);
    dam__array_free(&numbers);
    /* A word above a word beside numbers is a class, not a name. */
    numbers = read_table(table(in, "5.1,3.5,dog\n4.9,3.0,cat\n"), "-1", NULL, names);
    assert_string_equal(names, "cat, dog");
    assert_int_equal(numbers.shape[0], 2);
    dam__array_free(&numbers);
    /* One that is not there is no reason to refuse when it is to be left out. */
    numbers = read_table(table(in, "a,b\n1,2\n"), NULL, "kind", names);
    assert_string_equal(names, "a, b");
    dam__array_free(&numbers);
}

static void the_first_rows_are_read_and_all_are_counted(void **state)
{
    files *in = *state;
    const char *path = table(in, "a,b\n1,2\n3,4\n5,x\n");
    for (size_t rows = 1; rows <= 2; rows++) {
        dam__array array = {0};
        dam__reading reading = {.rows = rows};
        assert_int_equal(dam__array_read_part(path, &reading, &array), DAM_OK);
        assert_int_equal(array.shape[0], rows);
        assert_int_equal(reading.there, 3);
        dam__reading_free(&reading);
        dam__array_free(&array);
    }
}

/* np.savetxt(header="...") writes a line that names nothing, one of a word or of some. */
static void a_title_is_no_head(void **state)
{
    files *in = *state;
    static const char *const titles[] = {"label\n1,2\n3,4\n", "all that was measured\n1,2\n3,4\n",
                                         "# label\n1;2\n3;4\n", "x\n\n1\t2\n3\t4\n",
                                         "title\na,b\n1,2\n3,4\n"};
    for (size_t i = 0; i < sizeof titles / sizeof *titles; i++) {
        dam__array array = read_array(table(in, titles[i]));
        assert_memory_equal(array.data, ((const unsigned char[]){1, 2, 3, 4}), 4);
        dam__array_free(&array);
    }
    assert_refused(table(in, "7\n1,2\n"), "line 2 of", "'1,2' is no number");
}

static void refusals_name_the_place(void **state)
{
    files *in = *state;
    assert_refused(table(in, "a,b\n1,2\n3\n"), "line 3 of", "has 1 cells, but the first has 2");
    assert_refused(table(in, "a,b\n1,2\n\n3,4,5\n"), "line 4 of", "has over 2 cells");
    assert_refused(table(in, "a,b\n1,2,\n"), "line 2 of", "over 2 cells");
    assert_refused(table(in, "a,b\n1,\n"), "line 2 of", "column 2 ('b')", "has no number but ''");
    assert_refused(table(in, "1,2\n3,NaN\n"), "line 2 of", "column 2", "no number but 'NaN'");
    assert_refused(table(in, "1,2\n3,inf\n"), "line 2", "'inf' is no number");
    assert_refused(table(in, "1;2\n3;4,5\n"), "'4,5' is no number", "a point, no comma");
    assert_refused(table(in, "a,kind\n1,dog\n"), "line 2", "'dog' is no number", "data.labels");
    assert_refused(table(in, "1,2\n3,0x10\n"), "'0x10' is no number");
    assert_refused(table(in, "1,2\n\"3,4\n"), "ends within quotes");
    assert_refused(table(in, "1,2\n\"3\"x,4\n"), "goes on behind a closing quote");
    assert_refused(table(in, "\n\n"), "has no lines with numbers");
    assert_refused(table(in, "a,b\n"), "has no lines with numbers");
    char location[512];
    (void)snprintf(location, sizeof location, "%s:kind", table(in, "a,b\n1,2\n"));
    assert_refused(location, "has no column 'kind', but a, b");
    (void)snprintf(location, sizeof location, "%s:2", table(in, "1,2\n3,4\n"));
    assert_refused(location, "has no column '2'", "0 to 1, -1 for the last");
    (void)snprintf(location, sizeof location, "%s:b", table(in, "a,b\n1,2\n3,x\n"));
    assert_refused(location, "line 3", "column 2 ('b')", "'x' is no number");
}

/* Records meet the end of the buffer at every place. */
static void long_tables_pass_the_buffer(void **state)
{
    enum { ROWS = 60000 };
    files *in = *state;
    char *text = malloc(ROWS * 24 + 16), names[100];
    size_t length = (size_t)sprintf(text, "a,\"b\"\n");
    for (int i = 0; i < ROWS; i++)
        length +=
            (size_t)sprintf(text + length, i % 7 == 0 ? "\"%d\",%d.25\n" : "%d,%d.25\n", i, -i * 3);
    dam__array array = read_table(plain_file(in, "a.csv", text, length), NULL, NULL, names);
    assert_int_equal(array.shape[0], ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(dam__array_at(&array, 2 * i) == (double)i);
        assert_true(dam__array_at(&array, 2 * i + 1) == (i == 0 ? 0.25 : -3.0 * (double)i - 0.25));
    }
    dam__array_free(&array);
    array = read_table(gz_file(in, "a.csv.gz", text, length), NULL, NULL, names);
    assert_int_equal(array.shape[0], ROWS);
    dam__array_free(&array);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(tables_of_every_style_are_read, files_open, files_close),
        cmocka_unit_test_setup_teardown(numbers_are_rounded_as_the_c_library_rounds_them,
                                        files_open, files_close),
        cmocka_unit_test_setup_teardown(columns_are_chosen_by_name_or_place, files_open,
                                        files_close),
        cmocka_unit_test_setup_teardown(the_first_rows_are_read_and_all_are_counted, files_open,
                                        files_close),
        cmocka_unit_test_setup_teardown(a_title_is_no_head, files_open, files_close),
        cmocka_unit_test_setup_teardown(refusals_name_the_place, files_open, files_close),
        cmocka_unit_test_setup_teardown(long_tables_pass_the_buffer, files_open, files_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
