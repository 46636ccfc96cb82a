/*
 * The kernels in every shape that a GPU may be tuned to: vectors of 2 to 8 numbers, work-groups of
 * 32 to 256 items. The self-test's cases of tiny sizes; products by tiles and by panels.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/tuning.h"
#include "kernel/device.h"
#include "selftest/selftest.h"

static void print_failure(void *user, const dam__selftest_row *row)
{
    int *count = user;
    ++*count;
    if (!row->passed)
        print_message("%s, %s, %s: %g of %g %s\n", row->name, row->provider, row->precision,
                      row->error, row->tolerance, row->failure != NULL ? row->failure : "");
}

static void check_shape(const dam_device_info *info, int lanes, int group)
{
    static const dam__gemm_provider providers[] = {DAM__GEMM_TILED, DAM__GEMM_PANEL};
    static dam__tuning tuning;
    char values[128];
    int rows = 0;
    dam__selftest_list all;
    dam__selftest_all(&all);
    (void)snprintf(values, sizeof values,
                   "lanes=%d group=%d parts=0 vmf.classes=0 energy.classes=0 energy.states=0 "
                   "energy.vectors=0 energy.memories=0",
                   lanes, group);
    for (int precision = 0; precision < 2; precision++) {
        dam__tuning_part *part =
            dam__tuning_part_of(&tuning, DAM__SHAPE_GPU, (dam__precision)precision);
        OK(dam__set_parse(DAM__SPACE_KERNELS, values, &part->sets[DAM__SPACE_KERNELS]));
    }
    for (size_t i = 0; i < sizeof providers / sizeof *providers; i++) {
        const dam__selftest_options options = {
            .shape = DAM__SHAPE_GPU, .provider = providers[i], .tiny = true, .tuning = &tuning};
        OK(dam__selftest_run(info, &options, all.tables, print_failure, &rows));
    }
    assert_true(rows > 100);
}

static void test_every_shape(void **state)
{
    (void)state;
    static const int lanes[] = {2, 4, 8}, groups[] = {32, 64, 128, 256};
    const dam_device_info info = test_device();
    for (size_t l = 0; l < sizeof lanes / sizeof *lanes; l++)
        for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
            print_message("vectors of %d, work-groups of %d\n", lanes[l], groups[g]);
            check_shape(&info, lanes[l], groups[g]);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_shape)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
