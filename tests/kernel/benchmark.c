/* The rows of a benchmark: which there are, what stands in them, and how it stops. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "kernel/device.h"
#include "train/benchmark.h"

static const char *const ceilings[] = {"fma_peak",        "copy_bandwidth", "launch_latency",
                                       "launch_interval", "upload",         "download"};
static const char *const steps[] = {"loss_begin", "loss_end",      "step_time",
                                    "step_rate",  "step_products", "step_over_products"};
enum { CEILINGS = 6, PRODUCTS = 2, STEPS = 6 };

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

static void check_name(const dam__bench_rows *rows, size_t i, const char *name)
{
    if (i >= rows->count || strcmp(rows->items[i].metric, name) != 0)
        fail_msg("row %zu is '%s' instead of '%s'", i,
                 i < rows->count ? rows->items[i].metric : "(none)", name);
}

static void check_row(const dam__bench_row *row, const dam_device_info *info)
{
    bool loss = strncmp(row->metric, "loss", 4) == 0;
    assert_string_equal(row->preset, "tiny");
    assert_string_equal(row->device, info->name);
    assert_true(isfinite(row->value) && (row->value > 0 || loss));
    assert_true(loss ? isnan(row->spread) : row->spread >= 0);
    assert_true(row->unit[0] != '\0');
    bool compared = strcmp(row->unit, "GFLOP/s") == 0 && strcmp(row->metric, "fma_peak") != 0;
    if (!compared) {
        assert_null(row->ceiling_name);
        assert_true(isnan(row->ceiling) && isnan(row->share));
        return;
    }
    assert_string_equal(row->ceiling_name, "fma_peak");
    assert_true(row->ceiling > 0 && row->share > 0);
}

/* Kernels come in pairs, a rate and a part of the step; what is not listed is under 5 % each. */
static void check_kernels(const dam__bench_rows *rows, size_t at)
{
    double sum = 0;
    assert_true(rows->count > at && (rows->count - at) % 2 == 0);
    for (; at < rows->count; at += 2) {
        const dam__bench_row *rate = &rows->items[at], *part = rate + 1;
        size_t length = strlen(rate->metric);
        assert_memory_equal(rate->metric, part->metric, length);
        assert_string_equal(part->metric + length, "_part");
        assert_string_equal(part->unit, "%");
        assert_true(part->value >= 5 && part->value <= 100);
        sum += part->value;
    }
    /* Medians of parts need not add up, but nearly do. */
    assert_true(sum > 10 && sum < 150);
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

static void benchmark_with(const dam_device_info *info, const setting *how)
{
    dam__dataset set = {0};
    dam__bench_rows rows = {0};
    char product[64];
    /* Each shape with its own provider; CLBlast takes long to compile for a second precision. */
    bool clblast = how->provider == DAM__GEMM_CLBLAST;
    if (clblast != (how->shape == DAM__SHAPE_GPU) ||
        (clblast && how->precision == DAM__PRECISION_DOUBLE))
        return;
    OK(dam__dataset_load(&data, DAM__SPLIT_TRAIN, &set));
    dam__device *device = open_profiled(info, how);
    dam__benchmark what = tiny_benchmark(&set, how->provider);
    OK(dam__benchmark_run(device, &what, &rows));
    /* What was measured was not left in the profile's way: it is paused again. */
    assert_true(dam__profile_pause(device, true));
    assert_true(rows.count > CEILINGS + PRODUCTS + STEPS);
    size_t at = 0;
    for (size_t i = 0; i < CEILINGS; i++)
        check_name(&rows, at++, ceilings[i]);
    for (size_t i = 0; i < PRODUCTS; i++) {
        (void)snprintf(product, sizeof product, "gemm_%s_%s", i == 0 ? "similarities" : "gradient",
                       how->provider == DAM__GEMM_PANEL ? "panel" : "clblast");
        check_name(&rows, at++, product);
    }
    for (size_t i = 0; i < STEPS; i++)
        check_name(&rows, at++, steps[i]);
    check_kernels(&rows, at);
    for (size_t i = 0; i < rows.count; i++)
        check_row(&rows.items[i], info);
    /* It learns, and the three numbers of a step are one measurement. */
    const dam__bench_row *step = &rows.items[CEILINGS + PRODUCTS];
    assert_true(step[1].value < step[0].value);
    double samples = 130.0 / 3, seconds = step[2].value / 1e3;
    assert_true(fabs(step[3].value * seconds / samples - 1) < 1e-9);
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
    return open_device(info, &how);
}

/* Asked for the n-th time, it says stop. */
static bool stop_later(void *user)
{
    int *asked = user;
    return --*asked < 0;
}

static void stopping_keeps_the_rows_so_far(void **state)
{
    (void)state;
    dam_device_info info;
    dam__device *device = open_first(&info);
    dam__dataset set = {0};
    OK(dam__dataset_load(&data, DAM__SPLIT_TRAIN, &set));
    dam__benchmark what = tiny_benchmark(&set, DAM__GEMM_CLBLAST);
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
    dam__device_close(device);
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
    dam__benchmark what = tiny_benchmark(&set, DAM__GEMM_CLBLAST);
    what.training.train.learning_rate = 1e30;
    assert_int_equal(dam__benchmark_run(device, &what, &rows), DAM_DIVERGED);
    assert_non_null(
        strstr(dam_error(), "the loss is not finite at step 30 of the benchmark 'tiny'"));
    assert_non_null(strstr(dam_error(), "learning_rate"));
    dam__bench_rows_free(&rows);
    dam__device_close(device);
    dam__dataset_free(&set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_is_there_and_true),
        cmocka_unit_test(stopping_keeps_the_rows_so_far),
        cmocka_unit_test(a_loss_that_is_not_finite_ends_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
