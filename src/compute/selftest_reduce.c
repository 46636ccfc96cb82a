/* Sums over parts against sums in double. */
#include "compute/selftest_cases.h"

static dam_status run_parts(dam__test *test)
{
    enum { PARTS = 9 };
    const int rows = 3, cols = test->tiny ? 5 : 301;
    const size_t items = (size_t)rows * (size_t)cols;
    dam__matrix parts, total;
    double *values = NULL, *wanted = NULL;
    dam__kernel *kernel = NULL;
    size_t vector_width = (size_t)dam__vector_width(test->device);
    DAM_TRY(dam__test_numbers(test, items * PARTS, -1, 1, &values));
    DAM_TRY(dam__test_numbers(test, items, -1, 1, &wanted));
    DAM_TRY(dam__test_matrix(test, rows, cols, PARTS, values, &parts));
    DAM_TRY(dam__test_matrix(test, rows, cols, 1, wanted, &total));
    DAM_TRY(dam__test_kernel(test, "reduce", "", "reduce_parts", &kernel));
    for (int accumulate = 1; accumulate >= 0; accumulate--) {
        DAM_TRY(dam__launch(
            kernel,
            dam__range_items(test->device, ((size_t)cols + vector_width - 1) / vector_width,
                             (size_t)rows),
            (dam__work){0},
            DAM_ARGUMENTS(&parts, &total, PARTS, parts.stride, cols, parts.ld, accumulate)));
        for (size_t i = 0; i < items; i++) {
            wanted[i] = accumulate ? wanted[i] : 0;
            for (size_t p = 0; p < PARTS; p++)
                wanted[i] += values[p * items + i];
        }
        DAM_TRY(dam__test_compare_matrix(test, &total, wanted, 1));
    }
    return DAM_OK;
}

const dam__selftest_case dam__selftest_reduce_cases[] = {
    {.name = "sum of parts",
     .kernels = "reduce_parts",
     .tolerance = 8,
     .reason = "nine additions",
     .run = run_parts},
    {0},
};
