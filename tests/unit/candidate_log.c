/* The log of measured candidates, kept in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "place.h"
#include "tune/candidate_log.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)

static void measured_candidates_are_kept(void **state)
{
    const char *path = ((place *)*state)->file;
    dam__candidate_log log;
    char *found = NULL;
    OK(dam__candidate_log_open(path, "header\n", &log));
    OK(dam__candidate_log_add(&log, "aa", "measured 1 2"));
    OK(dam__candidate_log_add(&log, "ab", "refused it\nhung"));
    dam__candidate_log_free(&log);
    OK(dam__candidate_log_open(path, "header\n", &log));
    OK(dam__candidate_log_find(&log, "ab", &found));
    assert_string_equal(found, "refused it hung");
    free(found);
    OK(dam__candidate_log_find(&log, "a", &found));
    assert_null(found);
    dam__candidate_log_free(&log);
    /* Cut off: the last line is gone, the one before stays. Of another driver: nothing stays. */
    assert_int_equal(truncate(path, 7 + 16 + 5), 0);
    OK(dam__candidate_log_open(path, "header\n", &log));
    OK(dam__candidate_log_find(&log, "ab", &found));
    assert_null(found);
    OK(dam__candidate_log_find(&log, "aa", &found));
    assert_string_equal(found, "measured 1 2");
    free(found);
    dam__candidate_log_free(&log);
    OK(dam__candidate_log_open(path, "other\n", &log));
    OK(dam__candidate_log_find(&log, "aa", &found));
    assert_null(found);
    dam__candidate_log_free(&log);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(measured_candidates_are_kept, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
