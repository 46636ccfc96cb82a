/* What a search has tried, kept in a file. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "tune/tried.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)
static void what_was_tried_is_kept(void **state)
{
    (void)state;
    char path[] = "/tmp/denseam-tried-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    (void)close(descriptor);
    dam__tried tried;
    char *found = NULL;
    OK(dam__tried_open(path, "header\n", &tried));
    OK(dam__tried_add(&tried, "aa", "measured 1 2"));
    OK(dam__tried_add(&tried, "ab", "refused it\nhung"));
    dam__tried_free(&tried);
    OK(dam__tried_open(path, "header\n", &tried));
    OK(dam__tried_find(&tried, "ab", &found));
    assert_string_equal(found, "refused it hung");
    free(found);
    OK(dam__tried_find(&tried, "a", &found));
    assert_null(found);
    dam__tried_free(&tried);
    /* Cut off: the last line is gone, the one before stays. Of another driver: nothing stays. */
    assert_int_equal(truncate(path, 7 + 16 + 5), 0);
    OK(dam__tried_open(path, "header\n", &tried));
    OK(dam__tried_find(&tried, "ab", &found));
    assert_null(found);
    OK(dam__tried_find(&tried, "aa", &found));
    assert_string_equal(found, "measured 1 2");
    free(found);
    dam__tried_free(&tried);
    OK(dam__tried_open(path, "other\n", &tried));
    OK(dam__tried_find(&tried, "aa", &found));
    assert_null(found);
    dam__tried_free(&tried);
    (void)unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_tried_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
