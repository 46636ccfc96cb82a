/* Sums over problems against sums in double. */
#include "compute/selftest_cases.h"

static dam_status run_problems(dam__trial *trial)
{
    enum { PARTS = 9 };
    const int rows = 3, cols = trial->tiny ? 5 : 301;
    const size_t items = (size_t)rows * (size_t)cols;
    dam__matrix parts, total;
    double *values = NULL, *wanted = NULL;
    dam__kernel *kernel = NULL;
    size_t lanes = (size_t)dam__lanes(trial->device);
    DAM_TRY(dam__trial_numbers(trial, items * PARTS, -1, 1, &values));
    DAM_TRY(dam__trial_numbers(trial, items, -1, 1, &wanted));
    DAM_TRY(dam__trial_matrix(trial, rows, cols, PARTS, values, &parts));
    DAM_TRY(dam__trial_matrix(trial, rows, cols, 1, wanted, &total));
    DAM_TRY(dam__trial_kernel(trial, "reduce", "", "reduce_problems", &kernel));
    for (int accumulate = 1; accumulate >= 0; accumulate--) {
        DAM_TRY(dam__launch(
            kernel,
            dam__range_items(trial->device, ((size_t)cols + lanes - 1) / lanes, (size_t)rows),
            (dam__work){0},
            DAM_ARGUMENTS(&parts, &total, PARTS, parts.stride, cols, parts.ld, accumulate)));
        for (size_t i = 0; i < items; i++) {
            wanted[i] = accumulate ? wanted[i] : 0;
            for (size_t p = 0; p < PARTS; p++)
                wanted[i] += values[p * items + i];
        }
        DAM_TRY(dam__trial_compare_matrix(trial, &total, wanted, 1));
    }
    return DAM_OK;
}

const dam__selftest_case dam__selftest_reduce_cases[] = {
    {.name = "sum of problems",
     .kernels = "reduce_problems",
     .tolerance = 8,
     .reason = "nine additions",
     .run = run_problems},
    {0},
};
