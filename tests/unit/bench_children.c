/* The processes of `denseam bench`: what the one that times first steps finds in its environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "bench/bench_children.c"
#include "command/signals.h"

#define OK(call) assert_int_equal((call), DAM_OK)

/* Says what it was called with, then does as a first step does: the file after --out. */
static const char stand_in[] = "#!/bin/sh\n"
                               "echo \"$1 ${DENSEAM_TUNING-unset} $XDG_CACHE_HOME\" >> \"$LOG\"\n"
                               "while [ \"$1\" != --out ]; do shift; done\n"
                               "echo '{\"seconds\": 0.25}' > \"$2\"\n";

static const dam_device_info info = {.name = "a card", .platform = "a platform", .index = 3};

/* Both first steps were called with this tuning, in a cache that is not `cache`. */
static void expect_tuning(const char *wanted, const char *cache, const char *log)
{
    const dam_log quiet = {0};
    const arguments args = {0};
    dam__bench_rows rows = {0};
    char *said = NULL, *at = NULL, *rest = NULL;
    size_t length = 0, count = 0;
    OK(dam__file_write(log, "", 0));
    OK(bench_first_steps(&args, &quiet, "a/preset", &info, &rows));
    assert_true(rows.count == 2 && rows.items[0].value == 0.25 && rows.items[1].value == 0.25);
    OK(dam__file_read(log, 1 << 16, &said, &length));
    for (at = strtok_r(said, "\n", &rest); at != NULL; at = strtok_r(NULL, "\n", &rest)) {
        char tuning[300] = "", folder[300] = "";
        assert_int_equal(sscanf(at, "first-step %299s %299s", tuning, folder), 2);
        assert_string_equal(tuning, wanted);
        assert_string_not_equal(folder, cache);
        count++;
    }
    assert_int_equal(count, 2);
    free(said);
    dam__bench_rows_free(&rows);
}

static void first_steps_run_with_the_tuning_in_force(void **state)
{
    (void)state;
    char *folder = NULL, *program = NULL, *log = NULL, *cache = NULL, *tuning = NULL;
    OK(make_folder(&folder));
    OK(dam__path_join(&program, folder, "stand-in"));
    OK(dam__path_join(&log, folder, "log"));
    OK(dam__path_join(&cache, folder, "cache"));
    OK(dam__file_write(program, stand_in, sizeof stand_in - 1));
    assert_int_equal(chmod(program, 0755), 0);
    assert_int_equal(setenv("DENSEAM_BENCH_PROGRAM", program, 1), 0);
    assert_int_equal(setenv("XDG_CACHE_HOME", cache, 1), 0);
    assert_int_equal(setenv("LOG", log, 1), 0);
    /* No file of the user's: the one that came with the program is found in any case. */
    assert_int_equal(unsetenv("DENSEAM_TUNING"), 0);
    expect_tuning("unset", cache, log);
    OK(dam__tuning_path(&info, &tuning));
    *strrchr(tuning, '/') = '\0';
    OK(dam__make_folders(tuning));
    tuning[strlen(tuning)] = '/';
    OK(dam__file_write(tuning, "any", 3));
    expect_tuning(tuning, cache, log);
    assert_int_equal(setenv("DENSEAM_TUNING", "none", 1), 0);
    expect_tuning("none", cache, log);
    free(program);
    free(log);
    free(cache);
    free(tuning);
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(first_steps_run_with_the_tuning_in_force),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
