/*
 * Products of all providers against sums in double: odd shapes, every transposition, views into
 * larger matrices, row indices, several replicas; nothing but C's own entries is written.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#if DENSEAM_HAS_CLBLAST
#include <clblast_c.h>
#endif

#include "compute/compute_internal.h"
#include "kernel/device.h"

/* One product. The stored matrices are larger than what takes part; first shifts A's and B's rows.
 */
struct product {
    int m, n, k, count;
    bool a_transposed, b_transposed;
    double alpha, beta;
    int first;
    bool a_indexed, b_indexed; /* only where the provider gathers */
};

/* What a product needs on the device and its numbers on the host (padding included). */
struct stored {
    struct product product;
    dam__matrix a, b, c;
    dam__buffer *a_rows, *b_rows;
    double *a_host, *b_host, *c_host;
    int32_t *a_index, *b_index;
};

static const double CANARY = 54321;

/* Elements of a matrix with its padding. */
static size_t stored_items(const dam__matrix *matrix)
{
    return matrix->stride * (size_t)matrix->count;
}

/* The whole buffer as a matrix of one row, so that padding can be written and read. */
static dam__matrix as_row(const dam__matrix *matrix)
{
    size_t items = stored_items(matrix);
    return (dam__matrix){.buffer = matrix->buffer,
                         .rows = 1,
                         .cols = (int)items,
                         .count = 1,
                         .ld = items,
                         .stride = items};
}

static double *fill_stored(const dam__matrix *matrix, uint64_t seed)
{
    size_t items = stored_items(matrix);
    double *values = calloc(items, sizeof *values);
    for (size_t i = 0; i < items; i++)
        /* Rounded to single, so that every precision multiplies the same numbers. */
        values[i] = (double)(float)test_number(&seed);
    const dam__matrix all = as_row(matrix);
    OK(dam__matrix_write_doubles(&all, values, "test"));
    return values;
}

static int32_t *fill_index(dam__buffer *buffer, int count, int rows, uint64_t seed)
{
    int32_t *index = calloc((size_t)count, sizeof *index);
    for (int i = 0; i < count; i++)
        index[i] = (int32_t)((test_number(&seed) + 1) / 2 * rows);
    OK(dam__buffer_write(buffer, 0, index, (size_t)count * sizeof *index, true, "test"));
    return index;
}

static dam__operand operand_a(const struct stored *s)
{
    const struct product *p = &s->product;
    return (dam__operand){.matrix = &s->a,
                          .transposed = p->a_transposed,
                          .height = p->a_transposed ? p->k : p->m,
                          .rows = p->a_indexed ? s->a_rows : NULL,
                          .first = p->first};
}

static dam__operand operand_b(const struct stored *s)
{
    const struct product *p = &s->product;
    return (dam__operand){.matrix = &s->b,
                          .transposed = p->b_transposed,
                          .height = p->b_transposed ? p->n : p->k,
                          .rows = p->b_indexed ? s->b_rows : NULL,
                          .first = p->first};
}

static void plan_stored(struct stored *s, dam__plan *plan, dam__gemm *gemm)
{
    struct product *p = &s->product;
    int a_rows = (p->a_transposed ? p->k : p->m) + p->first;
    int b_rows = (p->b_transposed ? p->n : p->k) + p->first;
    p->a_indexed = p->a_indexed && dam__gemm_gathers(gemm);
    p->b_indexed = p->b_indexed && dam__gemm_gathers(gemm);
    OK(dam__plan_matrix(plan, "a", a_rows, p->a_transposed ? p->m : p->k, p->count, &s->a));
    OK(dam__plan_matrix(plan, "b", b_rows, p->b_transposed ? p->k : p->n, p->count, &s->b));
    OK(dam__plan_matrix(plan, "c", p->m + 2, p->n + 1, p->count, &s->c));
    OK(dam__plan_buffer(plan, "rows of a", (size_t)a_rows * sizeof(int32_t), &s->a_rows));
    OK(dam__plan_buffer(plan, "rows of b", (size_t)b_rows * sizeof(int32_t), &s->b_rows));
    dam__operand a = operand_a(s), b = operand_b(s);
    /* Users do not know at planning time where a batch will begin. */
    a.first = b.first = 0;
    OK(dam__gemm_reserve(gemm, a, b, &s->c));
}

/* Element (row, column) of op(M) of one replica. */
static double element(const dam__matrix *matrix, const double *values, const int32_t *index,
                      const dam__operand *o, int replica, int row, int column)
{
    int stored_row = o->first + (o->transposed ? column : row);
    int stored_column = o->transposed ? row : column;
    if (o->rows != NULL)
        stored_row = index[stored_row];
    return values[(size_t)replica * matrix->stride + (size_t)stored_row * matrix->ld +
                  (size_t)stored_column];
}

static void check_entry(const struct stored *s, const setting *how, const double *got, int replica,
                        int i, int j, double epsilon)
{
    const struct product *p = &s->product;
    const dam__operand a = operand_a(s), b = operand_b(s);
    size_t at = (size_t)replica * s->c.stride + (size_t)i * s->c.ld + (size_t)j;
    double before = p->beta != 0 ? p->beta * s->c_host[at] : 0;
    double sum = 0, size = fabs(before);
    for (int d = 0; d < p->k; d++) {
        double term = element(&s->a, s->a_host, s->a_index, &a, replica, i, d) *
                      element(&s->b, s->b_host, s->b_index, &b, replica, d, j);
        sum += term;
        size += fabs(p->alpha * term);
    }
    double wanted = p->alpha * sum + before;
    if (!(fabs(got[at] - wanted) <= epsilon * (8 + sqrt(p->k)) * size))
        fail_msg("%s, %d x %d x %d, replica %d, %s%s, alpha %g, beta %g, first %d: C[%d][%d] is %g "
                 "instead of %g",
                 setting_name(how), p->m, p->n, p->k, replica, p->a_transposed ? "A'" : "A",
                 p->b_transposed ? "B'" : "B", p->alpha, p->beta, p->first, i, j, got[at], wanted);
}

static void check_result(const struct stored *s, const setting *how, double epsilon)
{
    const struct product *p = &s->product;
    size_t items = stored_items(&s->c);
    double *got = calloc(items, sizeof *got);
    const dam__matrix all = as_row(&s->c);
    OK(dam__matrix_read_doubles(&all, got, "test"));
    for (size_t at = 0; at < items; at++) {
        int replica = (int)(at / s->c.stride);
        int i = (int)(at % s->c.stride / s->c.ld), j = (int)(at % s->c.stride % s->c.ld);
        if (i < p->m && j < p->n)
            check_entry(s, how, got, replica, i, j, epsilon);
        else if (got[at] != CANARY)
            fail_msg("%s, %d x %d x %d: wrote beyond C at row %d, column %d", setting_name(how),
                     p->m, p->n, p->k, i, j);
    }
    free(got);
}

/* C is full of canaries beyond its entries; with beta = 0 its entries are NaN, never to be read. */
static void write_c(struct stored *s)
{
    const struct product *p = &s->product;
    s->c_host = fill_stored(&s->c, 99);
    for (size_t at = 0; at < stored_items(&s->c); at++) {
        bool inside =
            (int)(at % s->c.stride / s->c.ld) < p->m && (int)(at % s->c.stride % s->c.ld) < p->n;
        if (!inside)
            s->c_host[at] = CANARY;
        else if (p->beta == 0)
            s->c_host[at] = NAN;
    }
    const dam__matrix all = as_row(&s->c);
    OK(dam__matrix_write_doubles(&all, s->c_host, "test"));
}

static void run_stored(struct stored *s, dam__gemm *gemm, const setting *how, double epsilon)
{
    const struct product *p = &s->product;
    dam__matrix c = s->c;
    c.cols = p->n;
    s->a_host = fill_stored(&s->a, 1);
    s->b_host = fill_stored(&s->b, 2);
    s->a_index = fill_index(s->a_rows, s->a.rows, s->a.rows, 3);
    s->b_index = fill_index(s->b_rows, s->b.rows, s->b.rows, 4);
    write_c(s);
    OK(dam__gemm_run(gemm, p->alpha, operand_a(s), operand_b(s), p->beta, &c));
    check_result(s, how, epsilon);
}

static void free_stored(struct stored *s)
{
    dam__buffer_destroy(s->a.buffer);
    dam__buffer_destroy(s->b.buffer);
    dam__buffer_destroy(s->c.buffer);
    dam__buffer_destroy(s->a_rows);
    dam__buffer_destroy(s->b_rows);
    free(s->a_host);
    free(s->b_host);
    free(s->c_host);
    free(s->a_index);
    free(s->b_index);
}

/* Runs all of them with one provider, so that they share its scratch memory. */
static void check_products_tuned(const dam_device_info *info, const setting *how,
                                 const dam__tuning *tuning, const struct product *products,
                                 size_t count)
{
    dam__device *device = NULL;
    OK(dam__device_open(
        info,
        &(dam__device_options){.shape = how->shape, .precision = how->precision, .tuning = tuning},
        &device));
    dam__gemm *gemm = NULL;
    dam__plan *plan = NULL;
    struct stored *all = calloc(count, sizeof *all);
    OK(dam__gemm_create(device, how->provider, &gemm));
    assert_int_equal(dam__gemm_usual(gemm), how->provider);
    OK(dam__plan_create(device, &plan));
    for (size_t i = 0; i < count; i++) {
        all[i].product = products[i];
        plan_stored(&all[i], plan, gemm);
    }
    OK(dam__gemm_plan(gemm, plan));
    OK(dam__plan_allocate(plan));
    for (size_t i = 0; i < count; i++)
        run_stored(&all[i], gemm, how, dam__real_epsilon(device));
    for (size_t i = 0; i < count; i++)
        free_stored(&all[i]);
    free(all);
    dam__gemm_destroy(gemm);
    dam__plan_destroy(plan);
    dam__device_close(device);
}

static void check_products(const dam_device_info *info, const setting *how,
                           const struct product *products, size_t count)
{
    check_products_tuned(info, how, is_limited() ? test_tuning() : NULL, products, count);
}

enum { LARGEST = 128 };

/* The four transpositions of a shape, with the factors and indices that its place picks. */
static size_t add_shape(struct product *products, size_t count, const int shape[4])
{
    static const double factors[][2] = {{1, 0}, {1, 1}, {-0.5, 0.75}};
    for (int t = 0; t < 4; t++, count++) {
        const double *factor = factors[count % 3];
        products[count] = (struct product){.m = shape[0],
                                           .n = shape[1],
                                           .k = shape[2],
                                           .count = shape[3],
                                           .a_transposed = (t & 1) != 0,
                                           .b_transposed = (t & 2) != 0,
                                           .alpha = factor[0],
                                           .beta = factor[1],
                                           .first = shape[3] == 1 ? (int)(count % 2) * 3 : 0,
                                           .a_indexed = count % 5 < 2,
                                           .b_indexed = count % 7 < 3};
    }
    return count;
}

static void all_shapes(const dam_device_info *info, const setting *how)
{
    /* m, n, k, replicas */
    static const int shapes[][4] = {
        {1, 1, 1, 1},      {5, 7, 9, 1},    {3, 17, 2, 2},     {12, 32, 16, 1},  {13, 33, 17, 1},
        {64, 64, 64, 1},   {100, 1, 50, 1}, {1, 100, 50, 1},   {50, 11, 2, 3},   {16, 16, 300, 2},
        {25, 40, 2100, 1}, {5, 3, 4100, 1}, {7, 19, 2048, 1},  {19, 1, 2049, 2}, {130, 70, 33, 1},
        {11, 49, 4, 1},    {37, 65, 31, 1}, {128, 128, 128, 1}};
    enum { ON_SLOW = 3, RANDOM = 10 };
    struct product products[LARGEST];
    size_t count = 0;
    size_t used = is_slow(info) ? ON_SLOW : sizeof shapes / sizeof *shapes;
    for (size_t i = 0; i < used; i++)
        count = add_shape(products, count, shapes[i]);
    uint64_t seed = 5;
    for (int i = 0; i < RANDOM && !is_slow(info); i++) {
        int shape[4] = {0, 0, 0, 1 + i % 3 / 2};
        for (int axis = 0; axis < 3; axis++)
            shape[axis] = 1 + (int)((test_number(&seed) + 1) * 40);
        count = add_shape(products, count, shape);
    }
    assert_in_range(count, 1, LARGEST);
    check_products(info, how, products, count);
}

static void test_products(void **state)
{
    (void)state;
    for_every_setting(all_shapes);
}

/* In the shape that it is for; in every breadth in the other, too. */
static void test_tiled_products(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    bool every = at_most(&info, BREADTH_EVERY) == BREADTH_EVERY && !is_slow(&info);
    bool wide = at_most(&info, BREADTH_EVERY) != BREADTH_ONE && info.fp64;
    for (int precision = 0; precision < (wide ? 2 : 1); precision++)
        for (int cpu = 0; cpu < (every ? 2 : 1); cpu++) {
            const setting how = {.shape = cpu ? DAM__SHAPE_CPU : DAM__SHAPE_GPU,
                                 .provider = DAM__GEMM_TILED,
                                 .precision = (dam__precision)precision};
            all_shapes(&info, &how);
        }
}

/*
 * Tiles that read both factors as they are stored, tiles that cut the depth, and for each product
 * the one that the tuning has for its shape.
 */
static void test_tuned_products(void **state)
{
    (void)state;
    static const int shapes[][4] = {{1, 1, 1, 1},    {5, 7, 9, 1},     {25, 40, 300, 1},
                                    {13, 33, 17, 1}, {100, 1, 50, 1},  {50, 11, 2, 3},
                                    {3, 100, 50, 1}, {19, 49, 257, 2}, {37, 65, 31, 1}};
    enum { ON_SLOW = 2 };
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_CPU, .provider = DAM__GEMM_PANEL};
    static dam__tuning tuning;
    dam__tuning_part *part = dam__tuning_part_of(&tuning, how.shape, how.precision);
    struct product products[LARGEST];
    size_t count = 0, used = is_slow(&info) ? ON_SLOW : sizeof shapes / sizeof *shapes;
    OK(dam__set_parse(DAM__SPACE_PANEL,
                      "rows=4 vectors=3 depth=128 unroll=2 direct_a=1 direct_b=1 columns_first=1",
                      &part->sets[DAM__SPACE_PANEL]));
    part->choices[0] = (dam__choice){.shape = {.m = 25, .n = 40, .k = 300, .count = 1},
                                     .provider = DAM__GEMM_PANEL};
    OK(dam__set_parse(DAM__SPACE_PANEL,
                      "rows=5 vectors=1 depth=128 unroll=1 direct_a=0 direct_b=1 columns_first=0",
                      &part->choices[0].panel));
    part->count = is_slow(&info) ? 0 : 1;
    for (size_t i = 0; i < used; i++)
        count = add_shape(products, count, shapes[i]);
    check_products_tuned(&info, &how, &tuning, products, count);
}

/* Where a tuning gives products to both providers, row indices go to the one that gathers. */
static void test_mixed_providers(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_CPU, .provider = DAM__GEMM_PANEL};
    static dam__tuning tuning;
    dam__tuning_part *part = dam__tuning_part_of(&tuning, how.shape, how.precision);
    part->provider = dam__gemm_for_gpus();
    part->choices[part->count++] =
        (dam__choice){.shape = {.m = 5, .n = 7, .k = 9, .count = 1}, .provider = DAM__GEMM_PANEL};
    dam__device *device = NULL;
    dam__gemm *gemm = NULL;
    OK(dam__device_open(&info, &(dam__device_options){.shape = how.shape, .tuning = &tuning},
                        &device));
    OK(dam__gemm_create(device, DAM__GEMM_AUTO, &gemm));
    assert_int_equal(dam__gemm_usual(gemm), dam__gemm_for_gpus());
    assert_true(dam__gemm_mixes(gemm));
    assert_false(dam__gemm_gathers(gemm));
    dam__gemm_destroy(gemm);
    /* Asked for by name, a provider takes all. */
    OK(dam__gemm_create(device, DAM__GEMM_PANEL, &gemm));
    assert_string_equal(dam__gemm_name(gemm), "panel");
    assert_false(dam__gemm_mixes(gemm));
    dam__gemm_destroy(gemm);
    dam__device_close(device);
}

/* Scratch is reserved for a shape that needs none, then a smaller view of it does need some. */
static void test_scratch_of_views(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = dam__gemm_for_gpus()};
    enum { SIDE = 1024, PART = 1000 };
    if (is_slow(&info)) {
        print_message("'%s' is too slow for products of this size\n", info.name);
        return;
    }
    dam__device *device = shared_device(&info, &how);
    dam__gemm *gemm = NULL;
    dam__plan *plan = NULL;
    dam__matrix a, b, c;
    OK(dam__gemm_create(device, how.provider, &gemm));
    OK(dam__plan_create(device, &plan));
    OK(dam__plan_matrix(plan, "a", SIDE, SIDE, 1, &a));
    OK(dam__plan_matrix(plan, "b", SIDE, SIDE, 1, &b));
    OK(dam__plan_matrix(plan, "c", SIDE, SIDE, 1, &c));
    OK(dam__gemm_reserve(gemm, dam__whole(&a, true), dam__whole(&b, false), &c));
    OK(dam__gemm_plan(gemm, plan));
    OK(dam__plan_allocate(plan));
    dam__operand left = {.matrix = &a, .transposed = true, .height = PART};
    dam__operand right = {.matrix = &b, .height = PART, .first = 5};
    OK(dam__gemm_run(gemm, 1, left, right, 0, &c));
    OK(dam__device_finish(device));
    dam__buffer_destroy(a.buffer);
    dam__buffer_destroy(b.buffer);
    dam__buffer_destroy(c.buffer);
    dam__gemm_destroy(gemm);
    dam__plan_destroy(plan);
}

static void test_refusals(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = dam__gemm_for_gpus()};
    dam__device *device = shared_device(&info, &how);
    dam__gemm *gemm = NULL;
    OK(dam__gemm_create(device, how.provider, &gemm));
    const dam__matrix a = {.rows = 3, .cols = 4, .count = 1},
                      b = {.rows = 5, .cols = 2, .count = 1};
    const dam__matrix c = {.rows = 3, .cols = 2, .count = 1};
    dam__operand four = {.matrix = &b, .height = 4};
    assert_int_equal(dam__gemm_run(gemm, 1, dam__whole(&a, false), dam__whole(&b, false), 0, &c),
                     DAM_INTERNAL);
    assert_string_equal(dam_error(), "gemm: (3 x 4) (5 x 2) does not fit C of 3 x 2");
    four.rows = (const dam__buffer *)&a; /* never read */
    assert_int_equal(dam__gemm_run(gemm, 1, dam__whole(&a, false), four, 0, &c), DAM_INTERNAL);
    assert_non_null(strstr(dam_error(), "gemm: provider '"));
    assert_non_null(strstr(dam_error(), dam__gemm_name(gemm)));
    assert_non_null(strstr(dam_error(), "' takes no row indices"));
    dam__gemm_destroy(gemm);
}

#if DENSEAM_HAS_CLBLAST
/* As CLBlast's database has it for some devices: the kernel that is wrong, for all sizes. Products
 * with it crash where MWG is not NWG. */
static void take_wrong_kernel(const dam__device *device, bool wide)
{
    static const char *const names[] = {"GEMMK", "KREG",  "KWG",   "KWI", "MDIMA", "MDIMC",
                                        "MWG",   "NDIMB", "NDIMC", "NWG", "SA",    "SB",
                                        "STRM",  "STRN",  "VWM",   "VWN"};
    static const size_t values[] = {1, 4, 1, 1, 8, 8, 16, 8, 8, 64, 0, 0, 0, 0, 1, 1};
    const char *least = "XGEMM_MIN_INDIRECT_SIZE";
    CLBlastPrecision precision = wide ? CLBlastPrecisionDouble : CLBlastPrecisionSingle;
    assert_int_equal(CLBlastOverrideParameters(device->id, "Xgemm", precision,
                                               sizeof values / sizeof *values, (const char **)names,
                                               values),
                     CLBlastSuccess);
    assert_int_equal(
        CLBlastOverrideParameters(device->id, "GemmRoutine", precision, 1, &least, &(size_t){1}),
        CLBlastSuccess);
}

/* Comes last, since parameters are the process's. Products are multiplied in every breadth only:
 * drivers compile CLBlast anew for these parameters. */
static void test_wrong_kernel_is_never_taken(void **state)
{
    (void)state;
    static const int shapes[][4] = {{5, 7, 9, 1}, {61, 83, 37, 3}, {100, 30, 50, 1}};
    struct product products[LARGEST];
    size_t count = 0;
    const dam_device_info info = test_device();
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        count = add_shape(products, count, shapes[i]);
    for (int wide = 0; wide < (info.fp64 ? 2 : 1); wide++) {
        const setting how = {.shape = DAM__SHAPE_GPU,
                             .provider = DAM__GEMM_CLBLAST,
                             .precision = (dam__precision)wide};
        dam__device *device = shared_device(&info, &how);
        bool replaced = true;
        OK(dam__clblast_make_safe(device, &replaced));
        assert_false(replaced);
        take_wrong_kernel(device, wide);
        OK(dam__clblast_make_safe(device, &replaced));
        assert_true(replaced);
        OK(dam__clblast_make_safe(device, &replaced));
        assert_false(replaced);
        take_wrong_kernel(device, wide);
        if (at_most(&info, BREADTH_EVERY) == BREADTH_EVERY)
            check_products(&info, &how, products, count);
    }
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_products),
        cmocka_unit_test(test_tuned_products),
        cmocka_unit_test(test_mixed_providers),
        cmocka_unit_test(test_scratch_of_views),
        cmocka_unit_test(test_tiled_products),
        cmocka_unit_test(test_refusals),
#if DENSEAM_HAS_CLBLAST
        cmocka_unit_test(test_wrong_kernel_is_never_taken),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
