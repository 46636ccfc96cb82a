/* Numbers of presets as text: short, exact, and the same in every locale. */
#include <locale.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit/presets.h"

#include "base/number.h"

/* Values spread over all exponents, and those with long or short decimal forms. */
static void doubles_print_short_and_exact(void **state)
{
    (void)state;
    char text[DAM__NUMBER_BYTES];
    static const struct {
        double value;
        const char *text;
    } known[] = {{0.1, "0.1"},     {100, "100"},      {0.25, "0.25"},  {1e6, "1e+06"},
                 {32, "32"},       {-0.0, "-0"},      {1e-3, "0.001"}, {1e4, "10000"},
                 {12345, "12345"}, {5e-324, "5e-324"}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        dam__real_print(known[i].value, text);
        assert_string_equal(text, known[i].text);
    }
    uint64_t bits = 0x9E3779B97F4A7C15;
    for (int i = 0; i < 20000; i++) {
        bits ^= bits << 13;
        bits ^= bits >> 7;
        bits ^= bits << 17;
        double value, back;
        memcpy(&value, &bits, sizeof value);
        if (value - value != 0) /* not finite */
            continue;
        dam__real_print(value, text);
        assert_int_equal(dam__real_read(text, &back), DAM__NUMBER_OK);
        assert_memory_equal(&value, &back, sizeof value);
    }
}

enum { PASSED, NO_LOCALE, LOCALE_INERT, NOT_READ, NOT_PRINTED };

/* Whether numbers are read and printed with a point where the thread's locale has a comma. */
static int read_and_print_in(const char *folder)
{
    setenv("LOCPATH", folder, 1);
    locale_t german = newlocale(LC_ALL_MASK, "de_DE.UTF-8", (locale_t)0);
    if (german == (locale_t)0)
        return NO_LOCALE;
    (void)uselocale(german);
    char comma[16];
    (void)snprintf(comma, sizeof comma, "%.1f", 0.5);
    if (strcmp(comma, "0,5") != 0)
        return LOCALE_INERT;
    dam__experiment e;
    if (parse(DATA "model { varsigma = 0.125 }", &e) != DAM_OK || e.model.vmf.varsigma != 0.125)
        return NOT_READ;
    dam__text text = {0};
    dam__experiment_print(&e, &text);
    bool printed = text.status == DAM_OK && strstr(text.data, "varsigma = 0.125\n") != NULL;
    dam__text_free(&text);
    return printed ? PASSED : NOT_PRINTED;
}

static void numbers_ignore_the_locale(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-locale-XXXXXX", command[256];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(command, sizeof command,
                   "localedef -i de_DE -f UTF-8 %s/de_DE.UTF-8 >%s/log 2>&1", folder, folder);
    int made = system(command);
    /* In a process of its own: the C library never frees what it loads by LOCPATH. */
    pid_t child = made == 0 ? fork() : -1;
    if (child == 0)
        _exit(read_and_print_in(folder));
    int result = -1;
    if (child > 0)
        assert_int_equal(waitpid(child, &result, 0), child);
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
    if (child < 0)
        skip(); /* no localedef here */
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), PASSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(doubles_print_short_and_exact),
        cmocka_unit_test(numbers_ignore_the_locale),
    };
    return cmocka_run_group_tests_name("preset_numbers", tests, NULL, NULL);
}
