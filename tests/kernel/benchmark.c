/* The rows of a benchmark: which there are, what stands in them, and how it stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "bench/benchmark.h"
#include "kernel/device.h"

static const char *const ceilings[] = {"fma_peak",       "copy_bandwidth",  "cache_bandwidth",
                                       "launch_latency", "launch_interval", "upload",
                                       "download"};
static const char *const steps[] = {
    "device_memory", "loss_begin",    "loss_end",           "loss_error",  "step_time",
    "step_rate",     "step_products", "step_over_products", "step_energy", "step_power"};
enum { CEILINGS = 7, PRODUCTS = 2, STEPS = 10, BEGIN = 1, END = 2, TIME = 4, RATE = 5 };

/* Counters that do not move while they are read: what a step takes is then 0 J. */
static void make_counters(char folder[64])
{
    static const char *const files[] = {"energy_uj", "max_energy_range_uj"};
    char path[128];
    (void)snprintf(folder, 64, "/tmp/denseam.XXXXXX");
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/intel-rapl:0", folder);
    assert_int_equal(mkdir(path, 0777), 0);
    for (size_t i = 0; i < 2; i++) {
        (void)snprintf(path, sizeof path, "%s/intel-rapl:0/%s", folder, files[i]);
        OK(dam__file_write(path, "123456\n", 7));
    }
}

static void remove_counters(const char *folder)
{
    static const char *const entries[] = {"/intel-rapl:0/energy_uj",
                                          "/intel-rapl:0/max_energy_range_uj", "/intel-rapl:0", ""};
    char path[128];
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        (void)snprintf(path, sizeof path, "%s%s", folder, entries[i]);
        assert_int_equal(remove(path), 0);
    }
}

/* The last batch is smaller than the others, and so is the probe. */
static const dam__data_config data = {.name = "random", .samples = 130};

static dam__benchmark tiny_benchmark(const dam__dataset *set, dam__gemm_provider provider)
{
    return (dam__benchmark){.preset = "tiny",
                            .training = {.seed = 1,
                                         .set = set,
                                         .model = {.kind = DAM__KIND_VMF,
                                                   .memories = 9,
                                                   .vmf.beta = 32,
                                                   .vmf.varsigma = 0.25,
                                                   .vmf.softening = 0.1,
                                                   .vmf.sinkhorn = 10},
                                         .train = {.batch = 50,
                                                   .epochs = 1,
                                                   .learning_rate = 0.1,
                                                   .decay = 1,
                                                   .momentum = 0.99,
                                                   .checkpoint = 1},
                                         .gemm = provider},
                            .seconds = 0.01};
}

/* Asked for the n-th time, it says stop. */
static bool stop_later(void *user)
{
    int *asked = user;
    return --*asked < 0;
}

static void check_name(const dam__bench_rows *rows, size_t i, const char *name)
{
    if (i >= rows->count || strcmp(rows->items[i].metric, name) != 0)
        fail_msg("row %zu is '%s' instead of '%s'", i,
                 i < rows->count ? rows->items[i].metric : "(none)", name);
}

static bool begins_with(const char *text, const char *begin)
{
    return strncmp(text, begin, strlen(begin)) == 0;
}

static void check_row(const dam__bench_row *row)
{
    bool loss = begins_with(row->metric, "loss"), once = loss || strcmp(row->unit, "MiB") == 0;
    bool counted = strcmp(row->unit, "J") == 0 || strcmp(row->unit, "W") == 0;
    assert_true(isfinite(row->value) && (row->value > 0 || loss || counted));
    assert_true(once ? isnan(row->spread) : counted || row->spread >= 0);
    assert_true(row->unit[0] != '\0');
    bool compared = row->kernel || begins_with(row->metric, "gemm_") ||
                    strcmp(row->metric, "step_products") == 0 ||
                    strcmp(row->metric, "step_time") == 0;
    if (!compared) {
        assert_null(row->ceiling_name);
        assert_true(isnan(row->ceiling) && isnan(row->share));
        return;
    }
    assert_non_null(row->ceiling_name);
    assert_true(row->ceiling > 0 && row->share > 0);
}

/* Kernels are named, their parts make a step, and what binds them is one of four. */
static void check_kernels(const dam__bench_rows *rows, size_t at)
{
    static const char *const bounds[] = {"fma_peak", "copy_bandwidth", "cache_bandwidth",
                                         "launch_interval"};
    double sum = 0, before = 1;
    for (; at < rows->count && rows->items[at].kernel; at++) {
        const dam__bench_row *row = &rows->items[at];
        bool known = false;
        for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
            known = known || strcmp(row->ceiling_name, bounds[i]) == 0;
        assert_true(known);
        assert_true(row->part >= 0 && row->part <= before); /* most first */
        assert_true(row->flops >= 0 && row->bytes >= 0 && row->seconds > 0);
        before = row->part;
        sum += row->part;
    }
    assert_true(fabs(sum - 1) < 1e-9);
    check_name(rows, at++, "step_bound");
    check_name(rows, at++, "fma_peak_after");
    assert_int_equal(at, rows->count);
    const dam__bench_row *step = dam__bench_rows_find(rows, "step_time");
    const dam__bench_row *bound = dam__bench_rows_find(rows, "step_bound");
    assert_string_equal(step->ceiling_name, "step_bound");
    assert_true(fabs(step->share * step->value / bound->value - 1) < 1e-9);
    assert_null(dam__bench_rows_find(rows, "step_tim"));
}

static dam__device *open_profiled(const dam_device_info *info, const setting *how)
{
    dam__device *device = NULL;
    const dam__device_options options = {
        .shape = how->shape, .precision = how->precision, .profile = true};
    OK(dam__device_open(info, &options, &device));
    (void)dam__profile_pause(device, true);
    return device;
}

/* Losses are right a little beside the reference, but no further, and wrong where they are none. */
static void agreement_has_a_tolerance(void **state)
{
    (void)state;
    const dam__bench_losses reference = {.begin = 2, .end = 1};
    const struct {
        dam__bench_losses got;
        dam__agreement wanted;
    } cases[] = {{{2, 1}, DAM__AGREEMENT_RIGHT},
                 {{2, 1 + 0.5 * DAM__BENCH_TOLERANCE}, DAM__AGREEMENT_RIGHT},
                 {{2, 1 + 1.5 * DAM__BENCH_TOLERANCE}, DAM__AGREEMENT_WRONG},
                 {{2 - 1.5 * DAM__BENCH_TOLERANCE, 1}, DAM__AGREEMENT_WRONG},
                 {{2, NAN}, DAM__AGREEMENT_WRONG},
                 {{NAN, 1}, DAM__AGREEMENT_WRONG}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        double error = -1;
        assert_int_equal(dam__bench_compare_losses(&cases[i].got, &reference, &error),
                         cases[i].wanted);
        assert_true(!(error < 0));
    }
}

static void benchmark_with(const dam_device_info *info, const setting *how)
{
    dam__dataset set = {0};
    dam__bench_rows rows = {0};
    char product[64], counters[64];
    /* Each shape with its own provider; CLBlast takes long to compile for a second precision. */
    bool clblast = how->provider == dam__gemm_for_gpus();
    if (clblast != (how->shape == DAM__SHAPE_GPU) ||
        (clblast && how->precision == DAM__PRECISION_DOUBLE))
        return;
    /* Minutes of steps on an emulated GPU; its own shape is measured. */
    if (is_slow(info) && how->shape == DAM__SHAPE_CPU)
        return;
    OK(dam__dataset_load(&data, DAM__SPLIT_TRAIN, &set));
    dam__device *device = open_profiled(info, how);
    dam__benchmark what = tiny_benchmark(&set, how->provider);
    const dam__bench_losses far = {.begin = 5, .end = 4};
    make_counters(counters);
    what.counters = counters;
    what.losses = &far;
    OK(dam__benchmark_run(device, &what, &rows));
    remove_counters(counters);
    assert_int_equal(rows.agreement, DAM__AGREEMENT_WRONG);
    /* What was measured was not left in the profile's way: it is paused again. */
    assert_true(dam__profile_pause(device, true));
    assert_true(rows.count > CEILINGS + PRODUCTS + STEPS);
    size_t at = 0;
    for (size_t i = 0; i < CEILINGS; i++)
        check_name(&rows, at++, ceilings[i]);
    for (size_t i = 0; i < PRODUCTS; i++) {
        (void)snprintf(product, sizeof product, "gemm_%s_%s", i == 0 ? "similarities" : "gradient",
                       dam__gemm_provider_name(how->provider));
        check_name(&rows, at++, product);
    }
    for (size_t i = 0; i < STEPS; i++)
        check_name(&rows, at++, steps[i]);
    check_kernels(&rows, at);
    for (size_t i = 0; i < rows.count; i++)
        check_row(&rows.items[i]);
    /* It learns, and the three numbers of a step are one measurement. */
    const dam__bench_row *step = &rows.items[CEILINGS + PRODUCTS];
    assert_true(step[END].value < step[BEGIN].value);
    double samples = 130.0 / 3, seconds = step[TIME].value / 1e3;
    assert_true(fabs(step[RATE].value * seconds / samples - 1) < 1e-9);
    dam__bench_rows_free(&rows);
    assert_null(rows.items);
    dam__device_close(device);
    dam__dataset_free(&set);
}

static void every_row_is_there_and_true(void **state)
{
    (void)state;
    for_every_setting(benchmark_with);
}

/* --- stopping, and what goes wrong ------------------------------------------------------------ */

static dam__device *open_first(dam_device_info *info)
{
    *info = test_device();
    const setting how = {.shape = DAM__SHAPE_GPU};
    return shared_device(info, &how);
}

static void stopping_keeps_the_rows_so_far(void **state)
{
    (void)state;
    dam_device_info info;
    dam__device *device = open_first(&info);
    dam__dataset set = {0};
    OK(dam__dataset_load(&data, DAM__SPLIT_TRAIN, &set));
    dam__benchmark what = tiny_benchmark(&set, dam__gemm_for_gpus());
    what.stop = stop_later;
    for (int when = 0; when < 4; when += 3) {
        dam__bench_rows rows = {0};
        int asked = when;
        what.user = &asked;
        assert_int_equal(dam__benchmark_run(device, &what, &rows), DAM_INTERRUPTED);
        assert_string_equal(dam_error(),
                            "stopped in the benchmark 'tiny'; what was measured stands");
        /* The first question comes before anything, the others before a ceiling each. */
        assert_int_equal(rows.count, when > 0 ? when - 1 : 0);
        dam__bench_rows_free(&rows);
    }
    dam__dataset_free(&set);
}

static void a_loss_that_is_not_finite_ends_it(void **state)
{
    (void)state;
    dam_device_info info;
    dam__device *device = open_first(&info);
    dam__dataset set = {0};
    dam__bench_rows rows = {0};
    OK(dam__dataset_load(&data, DAM__SPLIT_TRAIN, &set));
    dam__benchmark what = tiny_benchmark(&set, dam__gemm_for_gpus());
    what.training.train.learning_rate = 1e30;
    assert_int_equal(dam__benchmark_run(device, &what, &rows), DAM_DIVERGED);
    assert_non_null(
        strstr(dam_error(), "the loss is not finite at step 30 of the benchmark 'tiny'"));
    assert_non_null(strstr(dam_error(), "learning_rate"));
    dam__bench_rows_free(&rows);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(agreement_has_a_tolerance),
        cmocka_unit_test(every_row_is_there_and_true),
        cmocka_unit_test(stopping_keeps_the_rows_so_far),
        cmocka_unit_test(a_loss_that_is_not_finite_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
