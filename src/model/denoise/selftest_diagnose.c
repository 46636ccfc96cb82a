#include "model/denoise/selftest_diagnose.h"

#include <math.h>

#include "model/power.h"

/* --- sums --------------------------------------------------------------------------------------- */

/* Row sums of squares, their root mean and the mean of their inverses. */
static dam_status run_sums(dam__test *test)
{
    enum { INDEX = 3, OUT = 5 };
    int rows = test->tiny ? 5 : 71, cols = test->tiny ? 7 : 45;
    size_t items = (size_t)rows * (size_t)cols;
    double *values = NULL, *sums = NULL, root = 0, inverse = 0, got[OUT];
    dam__matrix matrix, squares, out;
    dam__kernel *sum = NULL, *collect = NULL;
    DAM_TRY(dam__test_numbers(test, items, 0.25, 1.5, &values));
    DAM_TRY(dam__test_array(test, (size_t)rows, sizeof *sums, &sums));
    for (size_t i = 0; i < items; i++)
        sums[i / (size_t)cols] += values[i] * values[i];
    for (int i = 0; i < rows; i++) {
        root += sums[i] / (double)items;
        inverse += 1 / sums[i] / rows;
    }
    DAM_TRY(dam__test_matrix(test, rows, cols, 1, values, &matrix));
    DAM_TRY(dam__test_matrix(test, 1, rows, 1, NULL, &squares));
    DAM_TRY(dam__test_matrix(test, 1, OUT, 1, NULL, &out));
    DAM_TRY(dam__test_kernel(test, "diagnose", "", "diagnose_squares", &sum));
    DAM_TRY(dam__test_kernel(test, "diagnose", "", "diagnose_collect", &collect));
    DAM_TRY(dam__launch(sum, dam__range_groups(test->device, (size_t)rows, 1), (dam__work){0},
                        DAM_ARGUMENTS(&matrix, &squares, cols, matrix.ld)));
    DAM_TRY(dam__test_compare_matrix(test, &squares, sums, 0));
    for (int flag = 0; flag < 2; flag++)
        DAM_TRY(dam__launch(collect, dam__range_groups(test->device, 1, 1), (dam__work){0},
                            DAM_ARGUMENTS(&squares, &out, rows, INDEX + flag, flag,
                                          1.0 / (flag ? rows : (double)items))));
    DAM_TRY(dam__matrix_read_unchecked(&out, got, "self-test"));
    dam__test_compare(test, got[INDEX], sqrt(root), sqrt(root));
    dam__test_compare(test, got[INDEX + 1], inverse, inverse);
    return DAM_OK;
}

/* --- differences -------------------------------------------------------------------------------- */

/* b = scale a - b, then without the columns' means. */
static dam_status run_differences(dam__test *test)
{
    const double scale = 0.75;
    int rows = test->tiny ? 3 : 21, cols = test->tiny ? 5 : 83;
    size_t items = (size_t)rows * (size_t)cols, width = (size_t)cols;
    double *a = NULL, *b = NULL, *means = NULL;
    dam__matrix left, right, middle;
    dam__kernel *subtract = NULL, *centre = NULL;
    DAM_TRY(dam__test_numbers(test, items, -1.5, 1.5, &a));
    DAM_TRY(dam__test_numbers(test, items, -1.5, 1.5, &b));
    DAM_TRY(dam__test_numbers(test, width, -1.5, 1.5, &means));
    DAM_TRY(dam__test_matrix(test, rows, cols, 1, a, &left));
    DAM_TRY(dam__test_matrix(test, rows, cols, 1, b, &right));
    DAM_TRY(dam__test_matrix(test, 1, cols, 1, means, &middle));
    DAM_TRY(dam__test_kernel(test, "diagnose", "", "diagnose_subtract", &subtract));
    DAM_TRY(dam__test_kernel(test, "diagnose", "", "diagnose_centre", &centre));
    size_t vector_width = (size_t)dam__vector_width(test->device);
    dam__range range =
        dam__range_items(test->device, (width + vector_width - 1) / vector_width, (size_t)rows);
    DAM_TRY(dam__launch(subtract, range, (dam__work){0},
                        DAM_ARGUMENTS(&left, &right, cols, left.ld, scale)));
    DAM_TRY(
        dam__launch(centre, range, (dam__work){0}, DAM_ARGUMENTS(&right, &middle, cols, right.ld)));
    for (size_t i = 0; i < items; i++)
        b[i] = scale * a[i] - b[i] - means[i % width];
    return dam__test_compare_matrix(test, &right, b, 0);
}

/* --- power iteration ---------------------------------------------------------------------------- */

/*
 * Of the matrix d 1 + a 1 1' + c u u' with u orthogonal to 1: eigenvalues d + a size, d + c and d.
 * With a > c the first is the largest; among vectors that sum to 0, the second.
 */
static dam_status run_power(dam__test *test)
{
    dam_status status = DAM_OK;
    const double d = 0.5, a = 0.25, c = 3;
    int size = test->tiny ? 14 : 46, more = size + 3;
    size_t width = (size_t)more;
    double *values = NULL, got[2];
    dam__matrix matrix, out;
    dam__plan *plan = NULL;
    dam__power power = {0};
    DAM_TRY_CLEANUP(dam__test_array(test, width * width, sizeof *values, &values));
    for (size_t i = 0; i < (size_t)size; i++)
        for (size_t j = 0; j < (size_t)size; j++)
            values[i * width + j] = a + (i == j ? d : 0) + c / size * ((i + j) % 2 == 0 ? 1 : -1);
    DAM_TRY_CLEANUP(dam__test_matrix(test, more, more, 1, values, &matrix));
    DAM_TRY_CLEANUP(dam__test_matrix(test, 1, 2, 1, NULL, &out));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__power_plan(&power, test->device, more, plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__power_prepare(&power));
    for (int centred = 0; centred < 2; centred++)
        DAM_TRY_CLEANUP(
            dam__power_top(&power, &matrix, size, centred, 2, out.buffer, (size_t)centred));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&out, got, "self-test"));
    double first = 2 * fmax(d + a * size, d + c), second = 2 * (d + c);
    dam__test_compare(test, got[0], first, first);
    dam__test_compare(test, got[1], second, second);
cleanup:
    dam__power_free(&power);
    dam__plan_destroy(plan);
    return status;
}

const dam__selftest_case dam__selftest_diagnose_cases[] = {
    {.name = "diagnose: sums of squares",
     .kernels = "diagnose_squares diagnose_collect",
     .tolerance = 60,
     .reason = "sums over a matrix",
     .run = run_sums},
    {.name = "diagnose: differences",
     .kernels = "diagnose_subtract diagnose_centre",
     .tolerance = 4,
     .reason = "two differences",
     .run = run_differences},
    {.name = "power iteration",
     .kernels = "power_multiply power_normalise",
     .tolerance = 100,
     .reason = "sums over a row; a quotient's error is the square of its vector's",
     .run = run_power},
    {0},
};
