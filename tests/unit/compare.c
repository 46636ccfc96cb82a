/* Files of `denseam bench`: every refusal, names, verdicts; and the page round hostile texts. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/number.h"
#include "compare/compare_page.h"
#include "draw/html.h"

#define OK(call) assert_int_equal((call), DAM_OK)

static char folder[] = "/tmp/denseam-compare.XXXXXX";

static const char *path_of(const char *name)
{
    static char path[128];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static const char *put(const char *name, const char *text)
{
    const char *path = path_of(name);
    OK(dam__file_write(path, text, strlen(text)));
    return path;
}

#define HEAD "{\"format\": \"denseam bench 1\", \"label\": %s, \"version\": \"1\", \"results\": ["
#define DEVICE                                                                                     \
    "{\"preset\": \"p\", \"kind\": \"vmf\", \"device\": {\"name\": \"cpu\", \"index\": %d}, "      \
    "\"rows\": ["

/* A file of one device and one preset with a step_rate of this median and spread. */
static char *bench_text(const char *label, int device, double rate, double spread)
{
    char *text = NULL;
    OK(dam__format(&text,
                   HEAD DEVICE "{\"metric\": \"step_rate\", \"unit\": \"samples/s\", \"value\": "
                               "%.17g, \"spread\": %.17g}]}]}",
                   label, device, rate, spread));
    return text;
}

static void put_bench(const char *name, const char *label, int device, double rate, double spread)
{
    char *text = bench_text(label, device, rate, spread);
    (void)put(name, text);
    free(text);
}

/* --- refusals ----------------------------------------------------------------------------------- */

static void what_is_no_benchmark_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"", "is not JSON"},
        {"{\"format\": \"denseam bench 1\"", "is not JSON: line 1, column 28"},
        {"{\"format\": 1, \"format\": 2}", "is not JSON"},
        {"[]", "is no file of 'denseam bench -o'"},
        {"{\"format\": \"denseam bench 2\"}", "is no file of 'denseam bench -o'"},
        {"{\"format\": \"denseam bench 1\"}", "wants an array 'results'"},
        {"{\"format\": \"denseam bench 1\", \"results\": []}", "wants an array 'results'"},
        {"{\"format\": \"denseam bench 1\", \"label\": 3, \"results\": [{}]}",
         "'label' of the file is no text"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{}]}", "a device has no text 'name'"},
        {"{\"format\": \"denseam bench 1\", \"results\": [7]}", "a device has no text 'name'"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}}]}",
         "a result has no text 'preset'"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\", "
         "\"driver\": []}}]}",
         "'driver' of d is no text"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}, "
         "\"preset\": \"p\"}]}",
         "'p' wants an array 'rows'"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}, "
         "\"preset\": \"p\", \"kind\": 1, \"rows\": []}]}",
         "'kind' of p is no text"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}, "
         "\"preset\": \"p\", \"rows\": [{}]}]}",
         "a row has no text 'metric'"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}, "
         "\"preset\": \"p\", \"rows\": [{\"metric\": \"m\", \"unit\": \"s\"}]}]}",
         "'m' has no value"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}, "
         "\"preset\": \"p\", \"rows\": [{\"metric\": \"m\", \"unit\": \"s\", \"value\": 1, "
         "\"share\": \"x\"}]}]}",
         "'share' of m is no number"},
        {"{\"format\": \"denseam bench 1\", \"results\": [{\"device\": {\"name\": \"d\"}, "
         "\"preset\": \"p\", \"rows\": [{\"metric\": \"m\", \"unit\": \"s\", \"value\": 1e999}]}]}",
         "is not JSON"}};
    dam__result_sets all = {0};
    put_bench("good.json", "\"good\"", 0, 5, 0.01);
    char good[128];
    (void)snprintf(good, sizeof good, "%s", path_of("good.json"));
    OK(dam__result_sets_add(good, &all));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *path = put("bad.json", cases[i].text);
        assert_int_equal(dam__result_sets_add(path, &all), DAM_INPUT);
        if (strstr(dam_error(), cases[i].why) == NULL || strstr(dam_error(), path) == NULL)
            fail_msg("case %zu: '%s' does not say '%s'", i, dam_error(), cases[i].why);
        assert_int_equal(all.count, 1); /* the one before is as it was */
    }
    assert_int_equal(dam__result_sets_add(path_of("absent.json"), &all), DAM_INPUT);
    dam__result_sets_free(&all);
    assert_int_equal(all.count, 0);
}

static void too_many_devices_are_refused(void **state)
{
    (void)state;
    static char paths[DAM__RESULT_SETS + 1][128];
    dam__result_sets all = {0};
    for (int i = 0; i <= DAM__RESULT_SETS; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "many-%d.json", i);
        put_bench(name, "\"x\"", i, 1, 0);
        (void)snprintf(paths[i], sizeof paths[i], "%s", path_of(name));
        assert_int_equal(dam__result_sets_add(paths[i], &all),
                         i < DAM__RESULT_SETS ? DAM_OK : DAM_USAGE);
    }
    assert_int_equal(all.count, DAM__RESULT_SETS);
    /* All of one label: the file's name tells them apart. */
    for (size_t i = 0; i < all.count; i++)
        for (size_t j = 0; j < i; j++)
            assert_string_not_equal(all.items[i].name, all.items[j].name);
    dam__result_sets_free(&all);
}

/* --- what is read ------------------------------------------------------------------------------- */

static void devices_of_a_file_are_apart_and_the_last_result_counts(void **state)
{
    (void)state;
    dam__result_sets all = {0};
    char *text = NULL;
#define ROW(value) "{\"metric\": \"step_rate\", \"unit\": \"samples/s\", \"value\": " #value "}]}"
    OK(dam__format(&text, HEAD DEVICE ROW(1) "," DEVICE ROW(2) "," DEVICE ROW(3) "]}", "null", 0, 1,
                   0));
#undef ROW
    const char *path = put("two.json", text);
    OK(dam__result_sets_add(path, &all));
    assert_int_equal(all.count, 2);
    assert_string_equal(all.items[0].name, "cpu");
    assert_string_equal(all.items[1].name, "cpu (two)");
    const dam__bench_record *record = dam__result_set_record(&all.items[0], "p");
    assert_non_null(record);
    assert_int_equal(all.items[0].count, 1);
    assert_true(dam__bench_measure(record, "step_rate")->value == 3);
    assert_true(isnan(dam__bench_measure(record, "step_rate")->spread));
    assert_null(dam__bench_measure(record, "step"));
    assert_null(dam__bench_measure(NULL, "step_rate"));
    assert_null(dam__result_set_record(&all.items[0], "q"));
    assert_true(
        dam__bench_measure(dam__result_set_record(&all.items[1], "p"), "step_rate")->value == 2);
    free(text);
    dam__result_sets_free(&all);
}

/* --- verdicts ----------------------------------------------------------------------------------- */

static dam__measure measure_of(const char *unit, double value, double spread)
{
    return (dam__measure){.metric = "m", .unit = unit, .value = value, .spread = spread};
}

/* Labels are cut, and file names may be any bytes: names are UTF-8 all the same. */
static void names_are_of_whole_letters(void **state)
{
    (void)state;
    dam__result_sets all = {0};
    char label[160] = "", letters[128] = "";
    for (int i = 0; i < 50; i++)
        (void)snprintf(letters + strlen(letters), sizeof letters - strlen(letters), "\u00e4");
    (void)snprintf(label, sizeof label, "\"x%s\"", letters);
    for (int i = 0; i < 3; i++) {
        put_bench("b\xe4nch.json", label, i, 1, 0);
        OK(dam__result_sets_add(path_of("b\xe4nch.json"), &all));
    }
    letters[78] = '\0'; /* and the x: 79 bytes, the 40th letter would be cut in two */
    char *expected[3] = {NULL};
    OK(dam__format(&expected[0], "x%s", letters));
    OK(dam__format(&expected[1], "x%s (b\ufffdnch)", letters));
    OK(dam__format(&expected[2], "x%s (b\ufffdnch 2)", letters));
    for (int i = 0; i < 3; i++) {
        assert_string_equal(all.items[i].name, expected[i]);
        free(expected[i]);
    }
    dam__result_sets_free(&all);
    assert_int_equal(unlink(path_of("b\xe4nch.json")), 0);
}

static void units_have_directions(void **state)
{
    (void)state;
    static const char *const larger[] = {"GFLOP/s", "GB/s", "samples/s", "sweeps/s", "G/s"};
    static const char *const smaller[] = {"s", "ms", "us", "J", "MiB"};
    static const char *const neither[] = {"%", "ratio", "nat", "/neuron", "/s", "W", ""};
    for (size_t i = 0; i < sizeof larger / sizeof *larger; i++)
        assert_int_equal(dam__unit_direction(larger[i]), DAM__LARGER);
    for (size_t i = 0; i < sizeof smaller / sizeof *smaller; i++)
        assert_int_equal(dam__unit_direction(smaller[i]), DAM__SMALLER);
    for (size_t i = 0; i < sizeof neither / sizeof *neither; i++)
        assert_int_equal(dam__unit_direction(neither[i]), DAM__NEITHER);
}

static void numbers_differ_beyond_both_spreads(void **state)
{
    (void)state;
    static const struct {
        const char *unit;
        double base, base_spread, other, other_spread, ratio;
        dam__verdict verdict;
    } cases[] = {
        {"samples/s", 100, 0, 102, 0, 1.02, DAM__VERDICT_SAME}, /* within 3 % in any case */
        {"samples/s", 100, 0, 104, 0, 1.04, DAM__VERDICT_FASTER},
        {"samples/s", 100, 0, 96, 0, 0.96, DAM__VERDICT_SLOWER},
        {"samples/s", 100, 0.1, 115, 0.1, 1.15, DAM__VERDICT_SAME},
        {"samples/s", 100, 0.1, 125, 0.1, 1.25, DAM__VERDICT_FASTER},
        {"samples/s", 100, 0.1, 50, 0.1, 0.5, DAM__VERDICT_SLOWER},
        {"samples/s", 100, NAN, 50, NAN, 0.5, DAM__VERDICT_SLOWER},
        {"ms", 10, 0.02, 20, 0.02, 0.5, DAM__VERDICT_SLOWER},
        {"ms", 10, 0.02, 5, 0.02, 2, DAM__VERDICT_FASTER},
        {"nat", 10, 0, 5, 0, NAN, DAM__VERDICT_NONE},
        {"ms", 0, 0, 5, 0, NAN, DAM__VERDICT_NONE},
        {"ms", -1, 0, 5, 0, NAN, DAM__VERDICT_NONE}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dam__measure base = measure_of(cases[i].unit, cases[i].base, cases[i].base_spread);
        const dam__measure other = measure_of(cases[i].unit, cases[i].other, cases[i].other_spread);
        double ratio = dam__speed_ratio(&base, &other);
        assert_true(isnan(cases[i].ratio) ? isnan(ratio) : fabs(ratio - cases[i].ratio) < 1e-12);
        assert_int_equal(dam__verdict_of(&base, &other), cases[i].verdict);
        /* The other way round it is the other verdict. */
        const dam__verdict back = dam__verdict_of(&other, &base);
        assert_int_equal(back, cases[i].verdict == DAM__VERDICT_FASTER   ? DAM__VERDICT_SLOWER
                               : cases[i].verdict == DAM__VERDICT_SLOWER ? DAM__VERDICT_FASTER
                                                                         : cases[i].verdict);
    }
    const dam__measure ms = measure_of("ms", 1, 0), s = measure_of("s", 1, 0);
    assert_int_equal(dam__verdict_of(&ms, &s), DAM__VERDICT_NONE);
    assert_int_equal(dam__verdict_of(NULL, &s), DAM__VERDICT_NONE);
    assert_int_equal(dam__verdict_of(&s, NULL), DAM__VERDICT_NONE);
}

static void load_pair(dam__result_sets *all, int second_device, double second_rate)
{
    static char paths[2][128];
    put_bench("a.json", "\"a thing\"", 0, 100, 0.02);
    (void)snprintf(paths[0], sizeof paths[0], "%s", path_of("a.json"));
    put_bench("b.json", "\"b thing\"", second_device, second_rate, 0.02);
    (void)snprintf(paths[1], sizeof paths[1], "%s", path_of("b.json"));
    OK(dam__result_sets_add(paths[0], all));
    OK(dam__result_sets_add(paths[1], all));
}

static void a_slower_run_of_the_same_device_is_named(void **state)
{
    (void)state;
    const double rates[] = {50, 99, 180};
    for (size_t i = 0; i < 3; i++) {
        dam__result_sets all = {0};
        dam__comparison comparison = {0};
        dam__text note = {0};
        size_t count = 0;
        load_pair(&all, 0, rates[i]);
        OK(dam__comparison_create(&all, NULL, &comparison));
        assert_true(dam__is_same_device(&comparison, 1));
        assert_false(dam__is_same_device(&comparison, 0));
        dam__result_set_note(&comparison, 1, &note);
        assert_true((note.length > 0) == (rates[i] == 50));
        if (rates[i] == 50)
            assert_non_null(strstr(note.data, "slower in 1 of 1 presets"));
        assert_true(fabs(dam__mean_ratio(&comparison, 1, &count) - rates[i] / 100) < 1e-12);
        assert_int_equal(count, 1);
        dam__text_free(&note);
        dam__comparison_free(&comparison);
        dam__result_sets_free(&all);
    }
}

static void the_baseline_is_chosen_by_name_part_or_number(void **state)
{
    (void)state;
    static const struct {
        const char *word;
        int index; /* -1: refused */
    } cases[] = {{NULL, 0},     {"b thing", 1}, {"B TH", 1}, {"1", 0}, {"2", 1},
                 {"thing", -1}, {"3", -1},      {"0", -1},   {"", -1}, {"1x", -1}};
    dam__result_sets all = {0};
    load_pair(&all, 1, 70);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__comparison comparison = {0};
        dam_status status = dam__comparison_create(&all, cases[i].word, &comparison);
        assert_int_equal(status, cases[i].index >= 0 ? DAM_OK : DAM_USAGE);
        if (status == DAM_OK)
            assert_int_equal(comparison.baseline, cases[i].index);
        dam__comparison_free(&comparison);
    }
    dam__result_sets_free(&all);
}

/* --- the page ----------------------------------------------------------------------------------- */

static void texts_stay_texts(void **state)
{
    (void)state;
    dam__text page = {0};
    dam__html_text(&page, "a<b>\"c\"&'d'\n\x01\x7f\u00e9");
    assert_string_equal(page.data, "a&lt;b&gt;&quot;c&quot;&amp;&#39;d&#39;   \u00e9");
    dam__text_free(&page);
}

static void numbers_are_short(void **state)
{
    (void)state;
    char text[DAM__NUMBER_BYTES];
    assert_string_equal(dam__number_text(0.25, text), "0.250");
    assert_string_equal(dam__number_text(12.345, text), "12.35");
    assert_string_equal(dam__number_text(123.45, text), "123.5");
    assert_string_equal(dam__number_text(-61234.5, text), "-61234");
    assert_string_equal(dam__number_text(1e-5, text), "1.000e-05");
    assert_string_equal(dam__number_text(0, text), "0.000");
    assert_string_equal(dam__ratio_text(0.523, text), "0.52");
    assert_string_equal(dam__ratio_text(14.25, text), "14.2");
    assert_string_equal(dam__ratio_text(0.00307, text), "0.0031");
    assert_string_equal(dam__ratio_text(210.4, text), "210");
    assert_string_equal(dam__ratio_text(NAN, text), "");
    assert_string_equal(dam__ratio_text(INFINITY, text), "");
}

static void numbers_without_bounds_make_a_page(void **state)
{
    (void)state;
    static const char *const values[] = {"1e308", "1e-308", "0", "-5"};
    for (size_t v = 0; v < sizeof values / sizeof *values; v++) {
        char *text = NULL;
        dam__result_sets all = {0};
        dam__comparison comparison = {0};
        dam__text page = {0};
        const char *x = values[v];
        OK(dam__format(&text,
                       HEAD DEVICE
                       "{\"metric\": \"fma_peak\", \"unit\": \"GFLOP/s\", \"value\": %s},"
                       "{\"metric\": \"copy_bandwidth\", \"unit\": \"GB/s\", \"value\": 1},"
                       "{\"metric\": \"step_rate\", \"unit\": \"samples/s\", \"value\": %s, "
                       "\"spread\": %s},"
                       "{\"metric\": \"k\", \"unit\": \"GFLOP/s\", \"value\": 1, \"part\": 1, "
                       "\"flops\": %s, \"bytes\": 1, \"seconds\": 1}]}]}",
                       "\"</script>\"", 0, x, x, x, x));
        OK(dam__result_sets_add(put("wild.json", text), &all));
        OK(dam__comparison_create(&all, NULL, &comparison));
        dam__compare_page(&comparison, &page);
        assert_true(page.length < 200000);
        assert_null(strstr(page.data, "=\"nan"));
        assert_null(strstr(page.data, "=\"inf"));
        assert_null(strstr(page.data, "<b></script>"));
        dam__text_free(&page);
        dam__comparison_free(&comparison);
        dam__result_sets_free(&all);
        free(text);
    }
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    char command[128];
    (void)snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_benchmark_is_refused),
        cmocka_unit_test(too_many_devices_are_refused),
        cmocka_unit_test(devices_of_a_file_are_apart_and_the_last_result_counts),
        cmocka_unit_test(names_are_of_whole_letters),
        cmocka_unit_test(units_have_directions),
        cmocka_unit_test(numbers_differ_beyond_both_spreads),
        cmocka_unit_test(a_slower_run_of_the_same_device_is_named),
        cmocka_unit_test(the_baseline_is_chosen_by_name_part_or_number),
        cmocka_unit_test(texts_stay_texts),
        cmocka_unit_test(numbers_are_short),
        cmocka_unit_test(numbers_without_bounds_make_a_page),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
