/* The self-test passes, covers every kernel, and reports what is wrong. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/user_cache.h"
#include "kernel/device.h"
#include "model/vmf/selftest_vmf.h"
#include "selftest/selftest.h"
#include "train/selftest_optimizer.h"

static void print_row(void *user, const dam__selftest_row *row)
{
    int *count = user;
    ++*count;
    if (getenv("DENSEAM_TEST_VERBOSE") != NULL || !row->passed)
        print_message("%-40s %s %-7s %s %8.3g of %g%s%s\n", row->name, row->shape, row->provider,
                      row->precision, row->error, row->tolerance, row->passed ? "" : " FAILED ",
                      row->failure != NULL ? row->failure : "");
}

/* Every case in one shape and precision; products by the setting's provider where settings are
 * limited, else by every one, unless only one of them gathers. */
static void check_passes(const dam_device_info *info, const setting *how)
{
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    dam__gemm_provider provider = is_limited() ? how->provider : DAM__GEMM_AUTO;
    const dam__selftest_options options = {.shape = how->shape,
                                           .provider = provider,
                                           .single_only = !wide,
                                           .double_only = wide,
                                           .use = {.memories = 10, .dim = 20, .batch = 30}};
    dam__selftest_list all;
    int rows = 0;
    dam__selftest_all(&all);
    OK(dam__selftest_run(info, &options, all.tables, print_row, &rows));
    int wanted = 0, providers = dam__gemm_is_built(DAM__GEMM_CLBLAST) ? 3 : 2;
    if (provider != DAM__GEMM_AUTO)
        providers = 1;
    bool gathers = provider == DAM__GEMM_AUTO || provider == DAM__GEMM_PANEL;
    for (size_t t = 0; all.tables[t] != NULL; t++)
        for (const dam__selftest_case *c = all.tables[t]; c->name != NULL; c++)
            wanted += c->gathers ? gathers : c->products ? providers : 1;
    assert_int_equal(rows, wanted);
}

static void test_passes(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    breadth wanted = at_most(&info, BREADTH_EVERY);
    /* CLBlast keeps the parameters of these devices for the life of the process. */
    for (int wide = 0; wide < (info.fp64 ? 2 : 1); wide++)
        (void)shared_device(&info,
                            &(setting){.shape = DAM__SHAPE_GPU, .precision = (dam__precision)wide});
    for (int wide = 0; wide < (info.fp64 ? 2 : 1); wide++)
        for (int cpu = 0; cpu < 2; cpu++) {
            const setting how = {.shape = cpu ? DAM__SHAPE_CPU : DAM__SHAPE_GPU,
                                 .provider = cpu ? DAM__GEMM_PANEL : dam__gemm_for_gpus(),
                                 .precision = (dam__precision)wide};
            if (wanted == BREADTH_EVERY || is_met(&info, &how, wanted))
                check_passes(&info, &how);
        }
}

static void test_covers_every_kernel(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    dam__device *device = shared_device(&info, &(setting){0});
    dam__selftest_list all, without = {{NULL}};
    dam__selftest_all(&all);
    OK(dam__selftest_coverage(device, all.tables));
    for (int i = 0, kept = 0; all.tables[i] != NULL; i++)
        if (all.tables[i] != dam__selftest_optimizer_cases)
            without.tables[kept++] = all.tables[i];
    assert_int_equal(dam__selftest_coverage(device, without.tables), DAM_INTERNAL);
    assert_non_null(strstr(dam_error(), "kernel 'optimizer_"));
    assert_non_null(strstr(dam_error(), "' of 'cl/optimizer.cl' is in no self-test case"));
}

static dam_status find_nothing(dam__test *test)
{
    dam__test_compare(test, 1, 1, 1);
    return DAM_OK;
}

static dam_status find_wrong(dam__test *test)
{
    dam__test_compare(test, 1, 1 + 3 * dam__real_epsilon(test->device), 1);
    return DAM_OK;
}

static dam_status find_nan(dam__test *test)
{
    dam__test_compare(test, NAN, 1, 1);
    dam__test_compare(test, 1, 1, 1);
    return DAM_OK;
}

static dam_status find_refusal(dam__test *test)
{
    dam__kernel *kernel = NULL;
    return dam__test_kernel(test, "absent", "", "absent", &kernel);
}

/* A matrix that the device holds is compared number by number. */
static dam_status find_one_wrong_number(dam__test *test)
{
    double wanted[] = {1, 2, 3, 4, 5, 6};
    dam__matrix matrix;
    dam_status status = dam__test_matrix(test, 2, 3, 1, wanted, &matrix);
    wanted[5] += 3 * 6 * dam__real_epsilon(test->device);
    return status == DAM_OK ? dam__test_compare_matrix(test, &matrix, wanted, 0) : status;
}

static void check_injected(dam_status (*run)(dam__test *), const char *message, bool tolerated)
{
    const dam_device_info info = test_device();
    const dam__selftest_case table[] = {
        {.name = "right", .kernels = "", .tolerance = 0, .run = find_nothing},
        {.name = "injected", .kernels = "", .tolerance = tolerated ? 4 : 2, .run = run},
        {.name = "right again", .kernels = "", .tolerance = 0, .run = find_nothing},
        {0}};
    const dam__selftest_case *const tables[] = {table, NULL};
    const dam__selftest_options options = {
        .shape = DAM__SHAPE_GPU, .provider = dam__gemm_for_gpus(), .single_only = true};
    int rows = 0;
    dam_status status = dam__selftest_run(&info, &options, tables, print_row, &rows);
    assert_int_equal(rows, 3);
    assert_int_equal(status, message == NULL ? DAM_OK : DAM_SELFTEST);
    if (message == NULL)
        return;
    assert_non_null(strstr(dam_error(), info.name));
    assert_non_null(
        strstr(dam_error(), "self-test \"injected\" (gpu kernels, products by -, single)"));
    if (strstr(dam_error(), message) == NULL)
        fail_msg("'%s' lacks '%s'", dam_error(), message);
}

static void test_reports_what_is_wrong(void **state)
{
    (void)state;
    check_injected(find_wrong, NULL, true);
    check_injected(find_wrong, "error 3, tolerance 2", false);
    check_injected(find_one_wrong_number, "error 3, tolerance 2", false);
    check_injected(find_nan, "error inf, tolerance 4", true);
    check_injected(find_refusal, "kernel source 'cl/absent.cl' is not in this build", true);
}

static dam_status find_no_memory(dam__test *test)
{
    (void)test;
    return dam__fail(DAM_NO_MEMORY, "none is left");
}

static void test_the_first_failure_stays(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const dam__selftest_case table[] = {
        {.name = "injected", .kernels = "", .tolerance = 2, .run = find_wrong},
        {.name = "later", .kernels = "", .tolerance = 0, .run = find_no_memory},
        {0}};
    const dam__selftest_case *const tables[] = {table, NULL};
    const dam__selftest_options options = {
        .shape = DAM__SHAPE_GPU, .provider = DAM__GEMM_PANEL, .single_only = true};
    assert_int_equal(dam__selftest_run(&info, &options, tables, NULL, NULL), DAM_SELFTEST);
    assert_non_null(strstr(dam_error(), "self-test \"injected\""));
    const dam__selftest_case *const later[] = {table + 1, NULL};
    assert_int_equal(dam__selftest_run(&info, &options, later, NULL, NULL), DAM_NO_MEMORY);
    assert_string_equal(dam_error(), "none is left");
}

/* --- what a run uses -------------------------------------------------------------------------- */

static bool suits_two(const dam__selftest_use *use)
{
    return use->classes == 2;
}

/* Reported rows, and the last of them. */
struct reported {
    int rows, failed;
    char last[64];
};

static void note_row(void *user, const dam__selftest_row *row)
{
    struct reported *seen = user;
    seen->rows++;
    seen->failed += !row->passed;
    (void)snprintf(seen->last, sizeof seen->last, "%s", row->name);
    if (!row->passed)
        print_message("%s: %g of %g %s\n", row->name, row->error, row->tolerance,
                      row->failure != NULL ? row->failure : "");
}

static void test_takes_what_suits(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const dam__model_config model = {.kind = DAM__KIND_VMF};
    const dam__selftest_case table[] = {
        {.name = "any", .kernels = "", .run = find_nothing},
        {.name = "two classes", .kernels = "", .suits = suits_two, .run = find_nothing},
        {0}};
    const dam__selftest_case *const tables[] = {table, NULL};
    dam__selftest_options options = {
        .shape = DAM__SHAPE_GPU, .provider = DAM__GEMM_PANEL, .single_only = true};
    struct reported seen = {0};
    OK(dam__selftest_run(&info, &options, tables, note_row, &seen));
    assert_int_equal(seen.rows, 2);
    options.use = (dam__selftest_use){.model = &model, .classes = 3};
    OK(dam__selftest_run(&info, &options, tables, note_row, &seen));
    assert_int_equal(seen.rows, 3);
    options.use.classes = 2;
    OK(dam__selftest_run(&info, &options, tables, note_row, &seen));
    assert_int_equal(seen.rows, 5);
    assert_string_equal(seen.last, "two classes");

    /* A process that helps begins at the end, and is done where nothing is compiled. */
    options.helps = true;
    OK(dam__selftest_run(&info, &options, tables, note_row, &seen));
    assert_int_equal(seen.rows, 6);
    assert_string_equal(seen.last, "two classes");
}

/* Few classes and many, in the cases of a model that has them; then without labels, two cases. */
static void test_takes_the_classes_of_a_run(void **state)
{
    (void)state;
    static const int classes[] = {1, 64, 2};
    const dam_device_info info = test_device();
    dam__model_config model = {.kind = DAM__KIND_VMF, .vmf.loss = DAM__LOSS_SUPERVISED};
    const dam__selftest_case *const tables[] = {dam__selftest_vmf_cases, NULL};
    struct reported seen = {0};
    for (size_t i = 0; i < sizeof classes / sizeof *classes; i++) {
        model.vmf.loss = i == 2 ? DAM__LOSS_UNSUPERVISED : DAM__LOSS_SUPERVISED;
        const dam__selftest_options options = {
            .provider = DAM__GEMM_PANEL,
            .shape = dam__device_shape(shared_device(&info, &(setting){0})),
            .single_only = true,
            .use = {.model = &model, .classes = classes[i]}};
        OK(dam__selftest_run(&info, &options, tables, note_row, &seen));
    }
    assert_int_equal(seen.rows, 2 * 7 + 3);
}

/* Where a pass is kept. */
static char *verdict_path(const dam_device_info *info, const dam__selftest_options *options)
{
    dam__text key = {0};
    char hex[DAM__DIGEST_HEX], *path = NULL;
    OK(dam__selftest_verdict_key(info, options, &key));
    OK(dam__digest_text(&key, hex));
    OK(dam__cache_path(DAM__SELFTEST_CACHE, hex, &path));
    dam__text_free(&key);
    return path;
}

/* The same model and samples are checked once, other samples are others, and less than all is less.
 */
static void test_knows_what_a_run_uses(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const dam__model_config model = {.kind = DAM__KIND_VMF};
    dam__dataset set = {.samples.element = DAM__U8};
    dam__selftest_subject subject = {.model = &model, .set = &set, .classes = 10};
    char *paths[4] = {NULL};
    for (int i = 0; i < 4; i++) {
        set.samples.element = i == 1 ? DAM__F32 : DAM__U8;
        subject.grows = i == 2;
        subject.varies = i == 3;
        const dam__selftest_options options = {.use = dam__selftest_use_of(&subject)};
        paths[i] = verdict_path(&info, &options);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(paths[k], paths[i]);
    }
    for (int i = 0; i < 4; i++)
        free(paths[i]);
}

static void count_line(void *user, dam_log_level level, const char *line)
{
    (void)level;
    *(int *)user += strstr(line, "checking the kernels on ") == line;
}

static void test_remembers_a_pass(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-selftest-XXXXXX", *path = NULL, *moved = NULL;
    const char *before = getenv("XDG_CACHE_HOME");
    char *cache = before != NULL ? strdup(before) : NULL; /* setenv may move it */
    const dam_device_info info = test_device();
    int checks = 0;
    dam__selftest_options options = {.shape = DAM__SHAPE_GPU,
                                     .provider = dam__gemm_for_gpus(),
                                     .single_only = true,
                                     .tiny = true,
                                     .log = {.write = count_line, .user = &checks}};
    assert_non_null(mkdtemp(folder));
    assert_int_equal(setenv("XDG_CACHE_HOME", folder, 1), 0);
    path = verdict_path(&info, &options);
    assert_false(dam__file_exists(path));
    OK(dam__selftest_ensure(&info, &options));
    assert_int_equal(checks, 1);
    assert_true(dam__file_exists(path));
    OK(dam__selftest_ensure(&info, &options));
    assert_int_equal(checks, 1);

    /* Half a verdict is none, and another driver is another device. */
    OK(dam__file_write(path, "pas", 3));
    OK(dam__selftest_ensure(&info, &options));
    assert_int_equal(checks, 2);
    dam_device_info newer = info;
    (void)snprintf(newer.driver, sizeof newer.driver, "another");
    moved = verdict_path(&newer, &options);
    assert_string_not_equal(path, moved);
    free(path);
    free(moved);
    if (cache != NULL)
        (void)setenv("XDG_CACHE_HOME", cache, 1);
    else
        (void)unsetenv("XDG_CACHE_HOME");
    free(cache);
    char command[64];
    (void)snprintf(command, sizeof command, "rm -r %s", folder);
    assert_int_equal(system(command), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_passes),
        cmocka_unit_test(test_covers_every_kernel),
        cmocka_unit_test(test_reports_what_is_wrong),
        cmocka_unit_test(test_the_first_failure_stays),
        cmocka_unit_test(test_takes_what_suits),
        cmocka_unit_test(test_takes_the_classes_of_a_run),
        cmocka_unit_test(test_knows_what_a_run_uses),
        cmocka_unit_test(test_remembers_a_pass),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
