/* The tool's flags: every type, every refusal, and texts that fit a terminal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "command/flags.h"
#include "command/layout.h"

typedef struct values {
    bool json, quiet;
    const char *device;
    words set;
    int gemm, repeat;
    double noise;
} values;

static const char *const gemms[] = {"auto", "clblast", "panel", NULL};
static const flag table[] = {FLAG("json", values, json, NULL, ""),
                             FLAG("quiet", values, quiet, NULL, ""),
                             FLAG("device", values, device, "D", ""),
                             FLAG("set", values, set, "K=V", ""),
                             FLAG("gemm", values, gemm, NULL, "", .choices = gemms),
                             FLAG("repeat", values, repeat, "N", "", .least = 1, .most = 100),
                             FLAG("noise", values, noise, "X", "", .least = 0, .most = 0.5),
                             FLAG_END};

typedef struct parsed {
    values values;
    words operands;
    bool help;
    dam_status status;
} parsed;

enum { MOST_WORDS = 16 };

/* Parses the words, NULL-terminated, as what follows the command "test". */
static parsed parse(const char *const *line)
{
    parsed p = {.values = {.repeat = 7, .noise = 0.25}};
    char *argv[MOST_WORDS + 2] = {(char *)"test"};
    int argc = 1;
    for (; line[argc - 1] != NULL; argc++)
        argv[argc] = (char *)line[argc - 1];
    p.status = parse_flags(table, argc, argv, &p.values, &p.operands, &p.help);
    return p;
}

#define PARSE(...) parse((const char *const[]){__VA_ARGS__, NULL})

static void release(parsed *p)
{
    free_flags(table, &p->values);
    assert_null(p->values.set.items);
    free(p->operands.items);
}

static void refuse(parsed p, const char *message)
{
    assert_int_equal(p.status, DAM_USAGE);
    assert_string_equal(dam_error(), message);
    release(&p);
}

static void every_type_is_read(void **state)
{
    (void)state;
    parsed p = PARSE("one", "--json", "--device", "gpu", "--set=a.b=1", "two", "--set", "c=-2",
                     "--gemm", "panel", "--repeat", "100", "--noise=.5", "--", "--quiet", "three");
    assert_int_equal(p.status, DAM_OK);
    assert_true(p.values.json);
    assert_false(p.values.quiet);
    assert_false(p.help);
    assert_string_equal(p.values.device, "gpu");
    assert_int_equal(p.values.set.count, 2);
    assert_string_equal(p.values.set.items[0], "a.b=1");
    assert_string_equal(p.values.set.items[1], "c=-2");
    assert_int_equal(p.values.gemm, 2);
    assert_int_equal(p.values.repeat, 100);
    assert_true(p.values.noise == 0.5);
    const char *const operands[] = {"one", "two", "--quiet", "three"};
    assert_int_equal(p.operands.count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(p.operands.items[i], operands[i]);
    release(&p);
}

static void what_is_not_given_keeps_its_default(void **state)
{
    (void)state;
    parsed p = PARSE("-", "");
    assert_int_equal(p.status, DAM_OK);
    assert_int_equal(p.values.repeat, 7);
    assert_true(p.values.noise == 0.25);
    assert_null(p.values.device);
    assert_int_equal(p.operands.count, 2);
    assert_string_equal(p.operands.items[0], "-");
    release(&p);
    p = parse((const char *const[]){NULL});
    assert_int_equal(p.status, DAM_OK);
    assert_int_equal(p.operands.count, 0);
    release(&p);
}

static void the_last_of_several_counts(void **state)
{
    (void)state;
    parsed p = PARSE("--device", "gpu", "--device", "--json");
    assert_int_equal(p.status, DAM_OK);
    assert_string_equal(p.values.device, "--json");
    assert_false(p.values.json);
    release(&p);
}

/* Room for a command's own flags, wherever they stand in its table and whatever it forgets to say.
 */
static void a_table_tells_the_size_of_what_it_fills(void **state)
{
    (void)state;
    typedef struct more {
        values shared;
        double own[100];
        int last;
    } more;
    const flag mixed[] = {FLAG("json", values, json, NULL, ""),
                          FLAG("last", more, last, "N", "", .least = 0, .most = 9),
                          FLAG("quiet", values, quiet, NULL, ""), FLAG_END};
    assert_int_equal(flags_size(table), sizeof(values));
    assert_int_equal(flags_size(mixed), sizeof(more));
    assert_int_equal(flags_size(&table[sizeof table / sizeof *table - 1]), 0);
}

static void help_stops_the_reading(void **state)
{
    (void)state;
    parsed p = PARSE("x", "--help", "--bogus");
    assert_int_equal(p.status, DAM_OK);
    assert_true(p.help);
    release(&p);
    p = PARSE("-h");
    assert_true(p.help);
    release(&p);
    p = PARSE("--", "--help");
    assert_int_equal(p.status, DAM_OK);
    assert_false(p.help);
    release(&p);
    refuse(PARSE("--bogus", "--help"),
           "unknown option '--bogus'; 'denseam help test' lists the options");
}

static void unknown_flags_are_refused_with_the_closest(void **state)
{
    (void)state;
    refuse(PARSE("--jsn"), "unknown option '--jsn' (did you mean '--json'?); 'denseam help test' "
                           "lists the options");
    /* Unique abbreviations, which getopt_long would take. */
    refuse(PARSE("--dev=gpu"), "unknown option '--dev' (did you mean '--device'?); 'denseam help "
                               "test' lists the options");
    refuse(PARSE("--q"), "unknown option '--q' (did you mean '--quiet'?); 'denseam help test' "
                         "lists the options");
    refuse(PARSE("--hel"), "unknown option '--hel' (did you mean '--help'?); 'denseam help test' "
                           "lists the options");
    refuse(PARSE("--devic"), "unknown option '--devic' (did you mean '--device'?); 'denseam help "
                             "test' lists the options");
    refuse(PARSE("-x"), "unknown option '-x'; 'denseam help test' lists the options");
    refuse(PARSE("-5"), "unknown option '-5'; 'denseam help test' lists the options");
    refuse(PARSE("-device", "0"), "unknown option '-device' (did you mean '--device'?); 'denseam "
                                  "help test' lists the options");
    refuse(PARSE("--="), "unknown option '--'; 'denseam help test' lists the options");
}

static void values_are_checked(void **state)
{
    (void)state;
    refuse(PARSE("--json=1"), "option '--json' takes no value");
    refuse(PARSE("--device"), "option '--device' wants a value: D");
    refuse(PARSE("--gemm"), "option '--gemm' wants a value");
    refuse(PARSE("--gemm", "blas"), "--gemm wants auto, clblast or panel, not 'blas'");
    refuse(PARSE("--gemm="), "--gemm wants auto, clblast or panel, not ''");

    static const char *const not_integers[] = {
        "", "x", "3x", "1.5", " 3", "+3", "0x10", "0", "101", "-1", "99999999999999999999", "1e2"};
    for (size_t i = 0; i < sizeof not_integers / sizeof *not_integers; i++) {
        parsed p = PARSE("--repeat", not_integers[i]);
        assert_int_equal(p.status, DAM_USAGE);
        assert_non_null(strstr(dam_error(), "--repeat wants a whole number from 1 to 100, not '"));
        assert_int_equal(p.values.repeat, 7);
        release(&p);
    }
    static const char *const not_reals[] = {"",    "x",    "nan", "inf", "0.1x",  " 0.1",
                                            "0,1", "-0.1", "0.6", "1e9", "1e999", "-"};
    for (size_t i = 0; i < sizeof not_reals / sizeof *not_reals; i++) {
        parsed p = PARSE("--noise", not_reals[i]);
        assert_int_equal(p.status, DAM_USAGE);
        assert_non_null(strstr(dam_error(), "--noise wants a number from 0 to 0.5, not '"));
        assert_true(p.values.noise == 0.25);
        release(&p);
    }
}

static void lines_break_before_the_margin(void **state)
{
    (void)state;
    dam__text text = {0};
    char many[1000] = "";
    for (int i = 0; i < 100; i++)
        strcat(many, i % 7 == 0 ? "lengthy " : "word ");
    append_wrapped(&text, 0, 20, many);
    size_t lines = 0, letters = 0;
    for (const char *line = text.data; *line != '\0'; line = strchr(line, '\n') + 1, lines++) {
        size_t length = strcspn(line, "\n");
        assert_true(length <= LINE_WIDTH);
        assert_int_equal(strspn(line, " "), 20);
        assert_true(line[length - 1] != ' ');
        for (size_t i = 0; i < length; i++)
            letters += line[i] != ' ';
    }
    assert_true(lines > 5);
    assert_int_equal(letters, 15 * 7 + 85 * 4);
    dam__text_free(&text);

    /* A word longer than the line stands whole. */
    char whole[200];
    memset(whole, 'x', sizeof whole - 1);
    whole[sizeof whole - 1] = '\0';
    append_wrapped(&text, 2, 2, whole);
    assert_int_equal(text.length, sizeof whole);
    dam__text_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_is_read),
        cmocka_unit_test(what_is_not_given_keeps_its_default),
        cmocka_unit_test(the_last_of_several_counts),
        cmocka_unit_test(a_table_tells_the_size_of_what_it_fills),
        cmocka_unit_test(help_stops_the_reading),
        cmocka_unit_test(unknown_flags_are_refused_with_the_closest),
        cmocka_unit_test(values_are_checked),
        cmocka_unit_test(lines_break_before_the_margin),
    };
    return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
