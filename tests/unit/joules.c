/* Energy counters: several packages, counters that begin anew, and machines that have none. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/joules.h"

#define OK(call) assert_int_equal((call), DAM_OK)

static char folder[] = "/tmp/denseam-joules.XXXXXX";

static void put(int package, const char *name, const char *text)
{
    char path[128];
    (void)snprintf(path, sizeof path, "%s/intel-rapl:%d", folder, package);
    OK(dam__make_folders(path));
    (void)snprintf(path, sizeof path, "%s/intel-rapl:%d/%s", folder, package, name);
    OK(dam__file_write(path, text, strlen(text)));
}

static void no_counters_are_no_joules(void **state)
{
    (void)state;
    const dam__joules none = dam__joules_read("/nowhere/at/all");
    assert_int_equal(none.count, 0);
    assert_true(isnan(dam__joules_between(&none, &none)));
}

static void packages_add_up_and_counters_wrap(void **state)
{
    (void)state;
    put(0, "energy_uj", "1000000\n");
    put(0, "max_energy_range_uj", "9000000\n");
    put(1, "energy_uj", "8500000\n");
    put(1, "max_energy_range_uj", "9000000\n");
    const dam__joules before = dam__joules_read(folder);
    assert_int_equal(before.count, 2);
    put(0, "energy_uj", "3500000\n");
    put(1, "energy_uj", "250000\n");
    const dam__joules after = dam__joules_read(folder);
    assert_true(fabs(dam__joules_between(&before, &after) - (2.5 + 0.75)) < 1e-9);
    /* A range that cannot be: nothing is made up. */
    put(1, "max_energy_range_uj", "lots\n");
    const dam__joules odd = dam__joules_read(folder);
    assert_true(isnan(dam__joules_between(&before, &odd)));
    /* What is no number ends the list, and lists of two lengths cannot be compared. */
    put(1, "energy_uj", "-5\n");
    const dam__joules fewer = dam__joules_read(folder);
    assert_int_equal(fewer.count, 1);
    assert_true(isnan(dam__joules_between(&before, &fewer)));
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
        cmocka_unit_test(no_counters_are_no_joules),
        cmocka_unit_test(packages_add_up_and_counters_wrap),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
