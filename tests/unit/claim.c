/* src/run/claim.c: what a folder that is asked for holds already. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "files.h"
#include "run/claim.h"

static void a_folder_is_used_by_a_run_or_a_sweep(void **state)
{
    files *in = *state;
    dam__folder_kind found = DAM__SWEEP_FOLDER;
    (void)plain_file(in, "notes", "", 0);
    assert_int_equal(dam__folder_check_unused(in->folder, &found), DAM_OK);
    assert_int_equal(found, DAM__SWEEP_FOLDER); /* as it was */
    found = DAM__RUN_FOLDER;
    assert_int_equal(dam__folder_check_unused(in->folder, &found), DAM_OK);
    assert_int_equal(found, DAM__RUN_FOLDER);
    const char *sweep = plain_file(in, "sweep.h5", "", 0);
    assert_int_equal(dam__folder_check_unused(in->folder, &found), DAM_USAGE);
    assert_int_equal(found, DAM__SWEEP_FOLDER);
    assert_non_null(strstr(dam_error(), "holds a sweep already"));
    assert_int_equal(unlink(sweep), 0);
    (void)plain_file(in, "run.h5", "", 0);
    assert_int_equal(dam__folder_check_unused(in->folder, &found), DAM_USAGE);
    assert_int_equal(found, DAM__RUN_FOLDER);
    assert_non_null(strstr(dam_error(), "holds a run already"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_folder_is_used_by_a_run_or_a_sweep, files_open,
                                        files_close),
    };
    return cmocka_run_group_tests_name("claim", tests, NULL, NULL);
}
