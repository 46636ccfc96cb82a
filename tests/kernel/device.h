/*
 * For tests of kernels: the device of the driver that OCL_ICD_VENDORS names, opened in one of the
 * configurations that the kernels take. Include <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_DEVICE_H
#define TESTS_KERNEL_DEVICE_H

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/try.h"
#include "compute/gemm.h"
#include "compute/tuning.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)

/* One way to run the kernels. */
typedef struct setting {
    dam__shape shape;
    dam__gemm_provider provider;
    dam__precision precision;
} setting;

/* Whether $DENSEAM_TEST_SETTINGS leaves some of the settings out. */
static inline bool is_limited(void)
{
    const char *limit = getenv("DENSEAM_TEST_SETTINGS");
    return limit != NULL && strcmp(limit, "every") != 0;
}

/* The first usable device. A test without one fails: it is never skipped. */
static inline dam_device_info test_device(void)
{
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    OK(dam_device_list(&infos, &count));
    OK(dam_device_select(infos, count, "0", &index));
    dam_device_info info = infos[index];
    free(infos);
    return info;
}

/* A GPU driver emulated on a CPU: thousands of times slower with the kernels made for CPUs. */
static inline bool is_slow(const dam_device_info *info)
{
    return getenv("DENSEAM_TEST_TINY") != NULL || dam__contains_nocase(info->name, "llvmpipe");
}

/* The devices that are open, one for each shape and precision. */
static dam__device *shared_devices[3][2];

static inline void close_shared_devices(void)
{
    for (size_t s = 0; s < 3; s++)
        for (size_t p = 0; p < 2; p++)
            dam__device_close(shared_devices[s][p]);
}

/* Sums of GPUs in two parts, so that each has several rows of a small batch: of the built-in 32
 * each would have one, and no loop over rows would come round. Where settings are limited,
 * CLBlast's kernel for small products with a small tile: with its own PoCL takes ten times as long
 * for it, in eight forms, as for any of our kernels. */
static inline const dam__tuning *test_tuning(void)
{
    static const char small[] = "KWID=2 MDIMAD=4 MDIMCD=4 NDIMBD=4 NDIMCD=4 PADA=0 PADB=0 VWMD=1 "
                                "VWND=1 WGD=8";
    static dam__tuning tuning;
    for (int precision = 0; precision < 2; precision++) {
        dam__set *sets =
            dam__tuning_part_of(&tuning, DAM__SHAPE_GPU, (dam__precision)precision)->sets;
        sets[DAM__SPACE_KERNELS].given = true;
        sets[DAM__SPACE_KERNELS].values[DAM__KERNEL_PARTS] = 2;
        if (is_limited())
            OK(dam__set_parse(DAM__SPACE_XGEMM_DIRECT, small, &sets[DAM__SPACE_XGEMM_DIRECT]));
    }
    return &tuning;
}

/* A device that stays open until the program ends, so that what was compiled for one case serves
 * the others. Not to be closed. */
static inline dam__device *shared_device(const dam_device_info *info, const setting *how)
{
    static bool registered;
    if (!registered)
        assert_int_equal(atexit(close_shared_devices), 0);
    registered = true;
    dam__device **device = &shared_devices[how->shape][how->precision];
    if (*device == NULL)
        OK(dam__device_open(info,
                            &(dam__device_options){.shape = how->shape,
                                                   .precision = how->precision,
                                                   .tuning = test_tuning()},
                            device));
    return *device;
}

static inline const char *setting_name(const setting *how)
{
    static char name[64];
    (void)snprintf(name, sizeof name, "%s kernels, %s, %s",
                   how->shape == DAM__SHAPE_CPU ? "cpu" : "gpu",
                   dam__gemm_provider_name(how->provider),
                   how->precision == DAM__PRECISION_DOUBLE ? "double" : "single");
    return name;
}

/* How many settings a test meets: one; each shape, provider and precision once; every combination.
 */
typedef enum breadth { BREADTH_ONE, BREADTH_EACH, BREADTH_EVERY } breadth;

/* At most what $DENSEAM_TEST_SETTINGS asks for, "one" or "each": a driver compiles anew for each.
 * An emulated GPU, which takes longest and is a GPU or nothing, is then met in one. */
static inline breadth at_most(const dam_device_info *info, breadth wanted)
{
    if (!is_limited())
        return wanted;
    if (strcmp(getenv("DENSEAM_TEST_SETTINGS"), "one") == 0 || is_slow(info))
        return BREADTH_ONE;
    return wanted == BREADTH_EVERY ? BREADTH_EACH : wanted;
}

static inline bool is_met(const dam_device_info *info, const setting *how, breadth wanted)
{
    bool cpu = how->shape == DAM__SHAPE_CPU, panel = how->provider == DAM__GEMM_PANEL;
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    switch (wanted) {
    case BREADTH_ONE: /* as the device would be used */
        return !wide && panel == cpu && cpu != is_slow(info);
    case BREADTH_EACH:
        return panel == cpu && wide == (!cpu && info->fp64);
    case BREADTH_EVERY:
        break;
    }
    return !is_slow(info) || panel == cpu;
}

/* In double, for finite differences: as the device would be used, or where settings are limited by
 * the kernels that the other cases have compiled. */
static inline setting setting_in_double(const dam_device_info *info)
{
    bool limited = at_most(info, BREADTH_EVERY) != BREADTH_EVERY;
    return (setting){.shape = limited ? DAM__SHAPE_GPU : DAM__SHAPE_AUTO,
                     .provider = DAM__GEMM_PANEL,
                     .precision = DAM__PRECISION_DOUBLE};
}

static inline void for_settings(breadth wanted,
                                void (*what)(const dam_device_info *, const setting *))
{
    const dam_device_info info = test_device();
    for (int p = 0; p < (info.fp64 ? 2 : 1); p++)
        for (int s = 0; s < 2; s++)
            for (int g = 0; g < 2; g++) {
                const setting how = {.shape = s == 0 ? DAM__SHAPE_CPU : DAM__SHAPE_GPU,
                                     .provider = g == 0 ? DAM__GEMM_PANEL : dam__gemm_for_gpus(),
                                     .precision =
                                         p == 0 ? DAM__PRECISION_SINGLE : DAM__PRECISION_DOUBLE};
                if (is_met(&info, &how, at_most(&info, wanted)))
                    what(&info, &how);
            }
}

/*
 * Calls what(info, setting) for every shape, provider and precision of the device; on a slow one
 * for each shape and each provider once.
 */
static inline void for_every_setting(void (*what)(const dam_device_info *, const setting *))
{
    for_settings(BREADTH_EVERY, what);
}

/* Calls what(info, setting) so that every shape, provider and precision is met once: for what is
 * built of kernels that other tests run in every setting. */
static inline void for_each_once(void (*what)(const dam_device_info *, const setting *))
{
    for_settings(BREADTH_EACH, what);
}

/* Largest difference over the largest entry of `wanted`. NaN differs from everything. */
static inline double relative_error(const double *got, const double *wanted, size_t count)
{
    double worst = 0, largest = 0;
    for (size_t i = 0; i < count; i++) {
        double difference = fabs(got[i] - wanted[i]);
        worst = difference <= worst ? worst : difference;
        largest = fmax(largest, fabs(wanted[i]));
    }
    return largest > 0 ? worst / largest : worst;
}

#define assert_close(got, wanted, count, tolerance, what, how)                                     \
    do {                                                                                           \
        double error_ = relative_error(got, wanted, count);                                        \
        if (!(error_ <= (tolerance)))                                                              \
            fail_msg("line %d: %s, %s: relative error %.3g, tolerance %.3g", __LINE__,             \
                     setting_name(how), what, error_, (double)(tolerance));                        \
    } while (0)

/* Numbers for tests, in [-1, 1): a small congruential generator, so that no test needs Philox. */
static inline double test_number(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (double)(*state >> 11) * 0x1p-52 - 1;
}

#endif
