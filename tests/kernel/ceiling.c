/* A device's ceilings: every kind can be measured in every shape, and the numbers can be true. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/ceiling.h"
#include "kernel/device.h"

/* No machine of today reaches these, whatever the unit: a number beyond was not measured. */
static const double most[DAM__CEILING_KINDS] = {
    [DAM__CEILING_FMA] = 1e16,      [DAM__CEILING_COPY] = 1e14, [DAM__CEILING_CACHE] = 1e14,
    [DAM__CEILING_LATENCY] = 60,    [DAM__CEILING_LAUNCH] = 60, [DAM__CEILING_UPLOAD] = 1e13,
    [DAM__CEILING_DOWNLOAD] = 1e13,
};

/*
 * What a CPU's registers allow: two multiply-adds of 512 bits a cycle and core. The clock that the
 * driver tells may be half of the present one.
 */
static double most_of_cpu(const dam_device_info *info, const setting *how)
{
    double bytes = how->precision == DAM__PRECISION_DOUBLE ? 8 : 4;
    return 2.0 * 2 * 2 * (64 / bytes) * info->compute_units * info->clock * 1e6;
}

static void check_value(const char *how, int kind, double value)
{
    if (!(value > 0 && value < most[kind]))
        fail_msg("%s: ceiling %d is %g", how, kind, value);
}

static void sample_all(const dam_device_info *info, const setting *how)
{
    dam__ceiling *ceiling = NULL;
    if (how->provider != DAM__GEMM_PANEL && !is_slow(info))
        return; /* nothing is multiplied here */
    dam__device *device = shared_device(info, how);
    OK(dam__ceiling_create(device, &ceiling));
    for (int kind = 0; kind < DAM__CEILING_KINDS; kind++) {
        double value = 0;
        OK(dam__ceiling_sample(ceiling, (dam__ceiling_kind)kind, &value));
        check_value(setting_name(how), kind, value);
        if (kind == DAM__CEILING_FMA && info->type == DAM_DEVICE_CPU && info->clock > 0)
            assert_true(value < most_of_cpu(info, how));
    }
    dam__ceiling_destroy(ceiling);
}

static void every_shape_has_ceilings(void **state)
{
    (void)state;
    for_every_setting(sample_all);
}

static void a_measurement_has_median_and_spread(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_GPU};
    dam__ceiling *ceiling = NULL;
    dam__device *device = shared_device(&info, &how);
    OK(dam__ceiling_create(device, &ceiling));
    for (int kind = 0; kind < DAM__CEILING_KINDS; kind++) {
        dam__summary found;
        OK(dam__ceiling_measure(ceiling, (dam__ceiling_kind)kind, NULL, &found));
        check_value("gpu kernels", kind, found.median);
        assert_true(found.spread >= 0 && isfinite(found.spread));
    }
    dam__ceiling_destroy(ceiling);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_shape_has_ceilings),
        cmocka_unit_test(a_measurement_has_median_and_spread),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
