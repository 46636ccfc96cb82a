/* The kernels that measure a device, so that nothing is left out of what they are timed for. */
#include "compute/selftest_cases.h"

/* Chain i counts up from start + i, one at a time, in whole numbers. */
static dam_status run_fma(dam__test *test)
{
    enum { CHAINS = 8, UNROLLED = 8, MOST_WIDTH = 16 };
    const int rounds = test->tiny ? 3 : 1000, vector_width = dam__vector_width(test->device);
    const int items = 2 * dam__group(test->device);
    double start[MOST_WIDTH], *wanted = NULL;
    dam__matrix first, results;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_array(test, 2 * (size_t)items, sizeof *wanted, &wanted));
    for (int l = 0; l < vector_width; l++)
        start[l] = l;
    const int sum_of_chains = vector_width * CHAINS * (CHAINS - 1) / 2;
    for (size_t i = 0; i < (size_t)items; i++) {
        wanted[2 * i] = sum_of_chains;
        wanted[2 * i + 1] = vector_width - 1 + rounds * UNROLLED;
    }
    DAM_TRY(dam__test_matrix(test, 1, vector_width, 1, start, &first));
    DAM_TRY(dam__test_matrix(test, 1, 2 * items, 1, NULL, &results));
    DAM_TRY(dam__test_kernel(test, "ceiling", "-DCHAINS=8 -DUNROLLED=8", "ceiling_fma", &kernel));
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, 2, 1), (dam__work){0},
                        DAM_ARGUMENTS(&first, &results, rounds, 1.0, 1.0)));
    return dam__test_compare_matrix(test, &results, wanted, 0);
}

static dam_status run_copy(dam__test *test)
{
    enum { GROUPS = 3 };
    const int copied = dam__group(test->device) * 4 * dam__vector_width(test->device) * GROUPS;
    double *values = NULL;
    dam__matrix from, to;
    dam__kernel *kernel = NULL, *empty = NULL;
    DAM_TRY(dam__test_numbers(test, (size_t)copied, -1, 1, &values));
    DAM_TRY(dam__test_matrix(test, 1, copied, 1, values, &from));
    DAM_TRY(dam__test_matrix(test, 1, copied, 1, NULL, &to));
    DAM_TRY(dam__test_kernel(test, "ceiling", "-DCOPIED=4", "ceiling_copy", &kernel));
    DAM_TRY(dam__test_kernel(test, "ceiling", "-DCOPIED=4", "ceiling_empty", &empty));
    DAM_TRY(dam__launch(empty, (dam__range){.global = {1}}, (dam__work){0}, DAM_NO_ARGUMENTS));
    DAM_TRY(dam__launch(kernel, dam__range_groups(test->device, GROUPS, 1), (dam__work){0},
                        DAM_ARGUMENTS(&from, &to)));
    return dam__test_compare_matrix(test, &to, values, 0);
}

const dam__selftest_case dam__selftest_ceiling_cases[] = {
    {.name = "ceiling: multiply-adds",
     .kernels = "ceiling_fma",
     .tolerance = 0,
     .reason = "whole numbers",
     .run = run_fma},
    {.name = "ceiling: copying",
     .kernels = "ceiling_copy ceiling_empty",
     .tolerance = 0,
     .reason = "copies",
     .run = run_copy},
    {0},
};
