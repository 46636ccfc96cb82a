/* Products of every kind of shape against sums in double. */
#include <math.h>

#include "compute/random.h"
#include "compute/selftest_cases.h"

struct shape {
    int m, n, k, count;
};

/* Host side of a product; op(A) is m x k, op(B) is k x n. */
struct product {
    struct shape shape;
    dam__matrix a, b, c;
    dam__operand left, right;
    double *a_host, *b_host, *c_host;
    const int32_t *rows; /* of A, or NULL */
    double alpha, beta;
};

static size_t at(const dam__matrix *matrix, int replica, int row, int column)
{
    return ((size_t)replica * (size_t)matrix->rows + (size_t)row) * (size_t)matrix->cols +
           (size_t)column;
}

/* C[i][j] of one replica; the sum of its terms' magnitudes goes to *size. */
static double wanted_entry(const struct product *p, int replica, int i, int j, double *size)
{
    double sum = 0, before = p->beta * p->c_host[at(&p->c, replica, i, j)];
    *size = fabs(before);
    for (int d = 0; d < p->shape.k; d++) {
        int row = p->left.transposed ? d : i, column = p->left.transposed ? i : d;
        row = p->rows != NULL ? p->rows[row] : row;
        double a = p->a_host[at(&p->a, replica, row, column)];
        double b = p->right.transposed ? p->b_host[at(&p->b, replica, j, d)]
                                       : p->b_host[at(&p->b, replica, d, j)];
        sum += a * b;
        *size += fabs(p->alpha * a * b);
    }
    return p->alpha * sum + before;
}

/* All entries of small products, a few hundred of large ones. */
static dam_status compare_product(dam__test *test, const struct product *p)
{
    enum { COMPARED = 400 };
    size_t items = dam__matrix_items(&p->c), columns = (size_t)p->c.cols;
    double *got = NULL;
    DAM_TRY(dam__test_array(test, items, sizeof *got, &got));
    DAM_TRY(dam__matrix_read_unchecked(&p->c, got, "self-test"));
    size_t step = items <= (size_t)4 * COMPARED ? 1 : items / COMPARED | 1;
    for (size_t i = 0; i < items; i += step) {
        double size = 0;
        size_t row = i / columns;
        double wanted = wanted_entry(p, (int)(row / (size_t)p->c.rows),
                                     (int)(row % (size_t)p->c.rows), (int)(i % columns), &size);
        /* The rounding of a sum of k terms grows like the root of k. */
        dam__test_compare(test, got[i], wanted, size * sqrt(p->shape.k));
    }
    return DAM_OK;
}

/* Multiplies with scratch memory of the product's own. */
static dam_status multiply(dam__test *test, const struct product *p)
{
    dam_status status = DAM_OK;
    dam__gemm *gemm = NULL;
    dam__plan *plan = NULL;
    DAM_TRY_CLEANUP(dam__gemm_create(test->device, test->provider, &gemm));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__gemm_reserve(gemm, p->left, p->right, &p->c));
    DAM_TRY_CLEANUP(dam__gemm_plan(gemm, plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__gemm_run(gemm, p->alpha, p->left, p->right, p->beta, &p->c));
    DAM_TRY_CLEANUP(dam__device_finish(test->device));
cleanup:
    dam__gemm_destroy(gemm);
    dam__plan_destroy(plan);
    return status;
}

/* transposed: bit 0 for A, bit 1 for B. */
static dam_status check_product(dam__test *test, struct shape shape, int transposed, double beta,
                                bool indexed)
{
    bool left = (transposed & 1) != 0, right = (transposed & 2) != 0;
    int a_rows = left ? shape.k : shape.m, a_cols = left ? shape.m : shape.k;
    int b_rows = right ? shape.n : shape.k, b_cols = right ? shape.k : shape.n;
    struct product p = {.shape = shape, .alpha = beta == 0 ? 1 : -0.75, .beta = beta};
    size_t replicas = (size_t)shape.count;
    DAM_TRY(dam__test_numbers(test, replicas * (size_t)a_rows * (size_t)a_cols, -1, 1, &p.a_host));
    DAM_TRY(dam__test_numbers(test, replicas * (size_t)b_rows * (size_t)b_cols, -1, 1, &p.b_host));
    DAM_TRY(
        dam__test_numbers(test, replicas * (size_t)shape.m * (size_t)shape.n, -1, 1, &p.c_host));
    DAM_TRY(dam__test_matrix(test, a_rows, a_cols, shape.count, p.a_host, &p.a));
    DAM_TRY(dam__test_matrix(test, b_rows, b_cols, shape.count, p.b_host, &p.b));
    DAM_TRY(dam__test_matrix(test, shape.m, shape.n, shape.count, p.c_host, &p.c));
    p.left = dam__whole(&p.a, left);
    p.right = dam__whole(&p.b, right);
    if (indexed) {
        int32_t *rows = NULL;
        dam__buffer *buffer = NULL;
        DAM_TRY(dam__test_array(test, (size_t)a_rows, sizeof *rows, &rows));
        for (int i = 0; i < a_rows; i++)
            rows[i] = (int32_t)dam__permuted(1, 0, (uint32_t)a_rows, (uint32_t)i);
        DAM_TRY(dam__test_buffer(test, rows, (size_t)a_rows * sizeof *rows, &buffer));
        p.left.rows = buffer;
        p.rows = rows;
    }
    DAM_TRY(multiply(test, &p));
    return compare_product(test, &p);
}

/* All four transpositions, adding to C in two of them. */
static dam_status check_shape(dam__test *test, int m, int n, int k, int count)
{
    const struct shape shape = {m, n, k, count};
    for (int transposed = 0; transposed < 4; transposed++)
        DAM_TRY(check_product(test, shape, transposed, transposed % 3 == 0 ? 0 : 0.5, false));
    return DAM_OK;
}

static dam_status run_tiny(dam__test *test)
{
    return check_shape(test, 1, 1, 1, 1);
}

static dam_status run_odd(dam__test *test)
{
    return test->tiny ? check_shape(test, 5, 7, 3, 1) : check_shape(test, 61, 83, 37, 1);
}

static dam_status run_wide(dam__test *test)
{
    return test->tiny ? check_shape(test, 2, 35, 3, 1) : check_shape(test, 3, 500, 70, 1);
}

static dam_status run_tall(dam__test *test)
{
    return test->tiny ? check_shape(test, 30, 2, 3, 1) : check_shape(test, 500, 3, 70, 1);
}

/* Beyond the depth that the panel provider multiplies at once. */
static dam_status run_deep(dam__test *test)
{
    return test->tiny ? check_shape(test, 2, 2, 70, 1) : check_shape(test, 5, 7, 4500, 1);
}

/* More depth than one chunk that is packed at once, and a panel that is partly filled. */
static dam_status run_chunks(dam__test *test)
{
    return test->tiny ? check_shape(test, 2, 3, 70, 1) : check_shape(test, 14, 35, 300, 1);
}

/* One vector more than whole panels of two, and one column more than that. */
static dam_status run_narrow(dam__test *test)
{
    int vector_width = dam__vector_width(test->device);
    int depth = test->tiny ? 2 : 50, rows = test->tiny ? 2 : 30;
    dam_status status = check_shape(test, rows, 3 * vector_width, depth, 1);
    return status == DAM_OK ? check_shape(test, rows, 3 * vector_width + 1, depth, 1) : status;
}

static dam_status run_replicas(dam__test *test)
{
    return test->tiny ? check_shape(test, 2, 3, 2, 2) : check_shape(test, 19, 33, 21, 3);
}

static dam_status run_gathered(dam__test *test)
{
    const struct shape shape =
        test->tiny ? (struct shape){3, 4, 3, 1} : (struct shape){40, 50, 30, 1};
    DAM_TRY(check_product(test, shape, 0, 0, true));
    return check_product(test, shape, 1, 0, true);
}

/* The products of the run that is to come: similarities, and the memories' gradient. */
static dam_status run_sized(dam__test *test)
{
    const dam__selftest_use *sizes = &test->use;
    const struct shape similarities = {sizes->batch, sizes->memories, sizes->dim, 1};
    const struct shape gradient = {sizes->memories, sizes->dim, sizes->batch, 1};
    DAM_TRY(check_product(test, similarities, 2, 0, false));
    return check_product(test, gradient, 1, 0, false);
}

#define GEMM_KERNELS                                                                               \
    "panel_pack_a_along panel_pack_a_across panel_pack_b_along panel_pack_b_across panel_gemm "    \
    "tiled_gemm"
/* clang-format off */ /* whose versions differ on braces in macros */
#define GEMM_CASE(NAME, RUN, ...)                                                                  \
    {                                                                                              \
        .name = "gemm: " NAME, .kernels = GEMM_KERNELS, .tolerance = 4, .products = true,         \
        .reason = "roundings of k terms, in units of their sizes' sum times the root of k",        \
        .run = (RUN), __VA_ARGS__                                                                  \
    }
/* clang-format on */

const dam__selftest_case dam__selftest_gemm_cases[] = {
    GEMM_CASE("one number", run_tiny, ),
    GEMM_CASE("odd", run_odd, ),
    GEMM_CASE("wide", run_wide, ),
    GEMM_CASE("tall", run_tall, ),
    GEMM_CASE("deep", run_deep, ),
    GEMM_CASE("packed in chunks", run_chunks, ),
    GEMM_CASE("narrow last panel", run_narrow, ),
    GEMM_CASE("several replicas", run_replicas, ),
    GEMM_CASE("gathered rows", run_gathered, .gathers = true),
    GEMM_CASE("this run's shapes", run_sized, .sized = true),
    {0},
};
