/* Choosing a device from made-up lists, the diagnosis where there is none, and the real drivers. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/text.h"
#include "compute/device_facts.h"
#include "compute/diagnose.h"
#include "compute/errors.h"
#include "compute/ids.h"
#include "compute/select.h"

enum { GIB = 1 << 30 };

/* A machine with one of everything. */
static const dam_device_info machine[] = {
    {.index = 0,
     .platform_index = 0,
     .platform_device = 0,
     .name = "Radeon RX 7600",
     .type = DAM_DEVICE_GPU,
     .compute_units = 32,
     .clock = 2600,
     .global_memory = 8ull * GIB,
     .usable = true},
    {.index = 1,
     .platform_index = 0,
     .platform_device = 1,
     .name = "Radeon RX 7600 XT",
     .type = DAM_DEVICE_GPU,
     .compute_units = 32,
     .clock = 2600,
     .global_memory = 16ull * GIB,
     .usable = true},
    {.index = 2,
     .platform_index = 1,
     .platform_device = 0,
     .name = "narrow CPU",
     .type = DAM_DEVICE_CPU,
     .compute_units = 64,
     .clock = 4000,
     .native_float_width = 8,
     .usable = true},
    {.index = 3,
     .platform_index = 3,
     .platform_device = 0,
     .name = "wide CPU",
     .type = DAM_DEVICE_CPU,
     .compute_units = 2,
     .clock = 2000,
     .native_float_width = 16,
     .usable = true},
    {.index = 4,
     .platform_index = 4,
     .platform_device = 0,
     .name = "llvmpipe (LLVM 15.0.6, 256 bits)",
     .type = DAM_DEVICE_CPU,
     .compute_units = 8,
     .clock = 300,
     .native_float_width = 32,
     .usable = true},
    {.index = 5,
     .platform_index = 5,
     .platform_device = 0,
     .name = "Broken GPU",
     .type = DAM_DEVICE_GPU,
     .compute_units = 999,
     .clock = 9999,
     .usable = false,
     .reason = "its driver has no compiler"},
    {.index = 6,
     .platform_index = 6,
     .platform_device = 0,
     .name = "FPGA board",
     .type = DAM_DEVICE_ACCELERATOR,
     .compute_units = 1,
     .clock = 200,
     .usable = true},
};
enum { MACHINE_COUNT = sizeof machine / sizeof *machine };

static void check_select(const char *selector, size_t expected)
{
    size_t index = 99;
    assert_int_equal(dam_device_select(machine, MACHINE_COUNT, selector, &index), DAM_OK);
    assert_int_equal(index, expected);
}

static void check_refused(const char *selector, dam_status code, const char *message)
{
    size_t index = 99;
    assert_int_equal(dam_device_select(machine, MACHINE_COUNT, selector, &index), code);
    assert_int_equal(index, 99);
    if (strstr(dam_error(), message) == NULL)
        fail_msg("'%s' is not in '%s'", message, dam_error());
}

static void selectors_name_a_device(void **state)
{
    (void)state;
    check_select("0", 0);
    check_select("4", 4);
    check_select("0:1", 1);
    check_select("3:0", 3);
    check_select("wide", 3);
    check_select("LLVMpipe", 4);
    check_select("7600 XT", 1);
    check_select("radeon rx 7600", 0); /* the whole name, though it is a part of another */
    check_select("fpga", 6);
}

static void selectors_that_name_none_or_many_are_refused(void **state)
{
    (void)state;
    check_refused("7", DAM_NO_DEVICE, "device '7' matches no device; there are: 0 (0:0) Radeon");
    check_refused("99999999999999999999999", DAM_NO_DEVICE, "matches no device");
    check_refused("-1", DAM_NO_DEVICE, "device '-1' matches no device");
    check_refused("2:0", DAM_NO_DEVICE, "device '2:0' matches no device");
    check_refused("0:", DAM_NO_DEVICE, "device '0:' matches no device");
    check_refused("0:1x", DAM_NO_DEVICE, "device '0:1x' matches no device");
    check_refused("geforce", DAM_NO_DEVICE, "5 (5:0) Broken GPU, not usable: its driver has no");
    check_refused("", DAM_USAGE, "device '': give an index");
    check_refused("radeon", DAM_USAGE,
                  "device 'radeon' matches 2 devices, choose one by its index: "
                  "0 (0:0) Radeon RX 7600; 1 (0:1) Radeon RX 7600 XT");
    check_refused("broken", DAM_NO_DEVICE,
                  "device 5 (Broken GPU) is not usable: its driver has no compiler");
    check_refused("5", DAM_NO_DEVICE, "device 5 (Broken GPU) is not usable");
}

static void type_words_leave_out_what_cannot_compete(void **state)
{
    (void)state;
    /* Two usable GPUs, the broken one not among them; two CPU drivers, llvmpipe not among them. */
    check_refused("gpu", DAM_USAGE, "matches 2 devices");
    check_refused(
        "CPU", DAM_USAGE,
        "matches 2 devices, choose one by its index: 2 (1:0) narrow CPU; 3 (3:0) wide CPU");
    size_t index = 99;
    assert_int_equal(dam_device_select(&machine[3], 4, "cpu", &index), DAM_OK);
    assert_int_equal(index, 0);
    assert_int_equal(dam_device_select(&machine[4], 3, "cpu", &index), DAM_OK);
    assert_int_equal(index, 0); /* llvmpipe where there is nothing else */
    assert_int_equal(dam_device_select(&machine[5], 1, "gpu", &index), DAM_NO_DEVICE);
    assert_non_null(strstr(dam_error(), "not usable"));
}

/* The default of the devices from first on, and the reason given. */
static void check_default(size_t first, size_t expected, const char *reason)
{
    dam_device_info infos[MACHINE_COUNT];
    memcpy(infos, machine, sizeof machine);
    dam__mark_default(infos + first, MACHINE_COUNT - first);
    for (size_t i = first; i < MACHINE_COUNT; i++)
        assert_int_equal(infos[i].is_default, i == expected);
    assert_string_equal(infos[expected].reason, reason);
    size_t index = 99;
    assert_int_equal(dam_device_select(infos + first, MACHINE_COUNT - first, NULL, &index), DAM_OK);
    assert_int_equal(index + first, expected);
}

static void default_is_the_best(void **state)
{
    (void)state;
    check_default(0, 1, "the GPU with the most compute units x clock");
    check_default(1, 1, "the only GPU");
    check_default(2, 6, "no GPU; the only accelerator");

    dam_device_info infos[MACHINE_COUNT];
    memcpy(infos, machine, sizeof machine);
    dam__mark_default(infos + 2, 4);
    assert_true(infos[3].is_default);
    assert_string_equal(infos[3].reason, "no GPU; the widest CPU driver");
    dam__mark_default(infos + 3, 3);
    assert_string_equal(infos[3].reason, "no GPU; the only CPU driver");
    dam__mark_default(infos + 4, 2);
    assert_true(infos[4].is_default);
    assert_non_null(strstr(infos[4].reason, "emulated and slow"));
    assert_string_equal(infos[5].reason, "its driver has no compiler");

    /* A rasterizer that calls itself a GPU still ranks below a CPU driver. */
    infos[4].type = DAM_DEVICE_GPU;
    dam__mark_default(infos + 3, 3);
    assert_true(infos[3].is_default);
    assert_false(infos[4].is_default);

    /* More compute power goes before more memory; an unknown clock is not no clock. */
    infos[0].clock = 0;
    infos[0].compute_units = 128;
    dam__mark_default(infos, 2);
    assert_true(infos[0].is_default);
}

static void environment_chooses_where_nothing_is_asked_for(void **state)
{
    (void)state;
    dam_device_info infos[MACHINE_COUNT];
    memcpy(infos, machine, sizeof machine);
    setenv("DENSEAM_DEVICE", "wide", 1);
    check_select(NULL, 3);
    check_select("0", 0);
    check_default(0, 3, "DENSEAM_DEVICE=wide");
    setenv("DENSEAM_DEVICE", "geforce", 1);
    check_refused(NULL, DAM_NO_DEVICE, "DENSEAM_DEVICE 'geforce' matches no device");
    dam__mark_default(infos, MACHINE_COUNT);
    for (size_t i = 0; i < MACHINE_COUNT; i++)
        assert_false(infos[i].is_default);
    setenv("DENSEAM_DEVICE", "", 1);
    check_select(NULL, 1);
    unsetenv("DENSEAM_DEVICE");
}

static void nothing_usable_is_no_device(void **state)
{
    (void)state;
    size_t index = 99;
    assert_int_equal(dam_device_select(&machine[5], 1, NULL, &index), DAM_NO_DEVICE);
    assert_non_null(strstr(dam_error(), "no usable OpenCL device among 1: 5 (5:0) Broken GPU, not "
                                        "usable: its driver has no compiler"));
    assert_int_equal(dam_device_select(machine, 0, NULL, &index), DAM_NO_DEVICE);
    assert_int_equal(dam_device_select(machine, 0, "0", &index), DAM_NO_DEVICE);
}

static void check_device(const char *version, bool available, bool compiler, const char *profile,
                         const char *reason)
{
    dam_device_info info = {.compute_units = 2,
                            .largest_work_group = 256,
                            .global_memory = 1 << 30,
                            .largest_allocation = 1 << 28,
                            .local_memory = 1 << 15};
    (void)snprintf(info.version, sizeof info.version, "%s", version);
    dam__check_usable(&info, available, compiler, profile);
    assert_int_equal(info.usable, reason == NULL);
    if (reason == NULL)
        assert_string_equal(info.reason, "");
    else if (strstr(info.reason, reason) == NULL)
        fail_msg("'%s' is not in '%s'", reason, info.reason);
}

static void only_complete_drivers_are_usable(void **state)
{
    (void)state;
    check_device("OpenCL 1.2 pocl", true, true, "FULL_PROFILE", NULL);
    check_device("OpenCL 3.0 ", true, true, "FULL_PROFILE", NULL);
    check_device("OpenCL 3.0 ", false, true, "FULL_PROFILE", "not available");
    check_device("OpenCL 3.0 ", true, false, "FULL_PROFILE", "no compiler");
    check_device("OpenCL 3.0 ", true, true, "EMBEDDED_PROFILE", "embedded profile");
    check_device("OpenCL 3.0 ", true, true, "", "unknown profile");
    check_device("OpenCL 1.1 Mesa", true, true, "FULL_PROFILE", "need OpenCL 1.2");
    check_device("", true, true, "FULL_PROFILE", "need OpenCL 1.2");
}

static void impossible_numbers_are_named(void **state)
{
    (void)state;
    const dam_device_info right = {.version = "OpenCL 3.0",
                                   .compute_units = 2,
                                   .largest_work_group = 256,
                                   .global_memory = 1 << 30,
                                   .largest_allocation = 1 << 28,
                                   .local_memory = 1 << 15};
    dam_device_info wrong[] = {right, right, right, right, right, right, right, right};
    wrong[0].compute_units = 0;
    wrong[1].compute_units = UINT32_MAX;
    wrong[2].largest_work_group = 0;
    wrong[3].global_memory = 0;
    wrong[4].global_memory = UINT64_MAX;
    wrong[5].largest_allocation = UINT64_MAX;
    wrong[6].local_memory = 0;
    wrong[7].native_float_width = UINT32_MAX;
    static const char *const said[] = {"0 compute units",
                                       "4294967295 compute units",
                                       "0 work-items in a work-group",
                                       "0 bytes of memory",
                                       "18446744073709551615 bytes of memory",
                                       "18446744073709551615 bytes in its largest buffer",
                                       "0 bytes of local memory",
                                       "4294967295 floats in a vector"};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        dam__check_usable(&wrong[i], true, true, "FULL_PROFILE");
        assert_false(wrong[i].usable);
        if (strstr(wrong[i].reason, said[i]) == NULL)
            fail_msg("'%s' is not in '%s'", said[i], wrong[i].reason);
    }
}

static void errors_have_names(void **state)
{
    (void)state;
    assert_string_equal(dam__cl_error_name(CL_SUCCESS), "CL_SUCCESS");
    assert_string_equal(dam__cl_error_name(CL_OUT_OF_RESOURCES), "CL_OUT_OF_RESOURCES");
    assert_string_equal(dam__cl_error_name(CL_INVALID_VALUE), "CL_INVALID_VALUE");
    assert_string_equal(dam__cl_error_name(CL_INVALID_BUFFER_SIZE), "CL_INVALID_BUFFER_SIZE");
    assert_string_equal(dam__cl_error_name(CL_INVALID_DEVICE_PARTITION_COUNT),
                        "CL_INVALID_DEVICE_PARTITION_COUNT");
    assert_string_equal(dam__cl_error_name(-9999), "unknown OpenCL error");
}

/* --- the diagnosis ---------------------------------------------------------------------------- */

static void write_in(const char *folder, const char *name, const char *text)
{
    char *path = NULL;
    assert_int_equal(dam__path_join(&path, folder, name), DAM_OK);
    assert_int_equal(dam__file_write(path, text, strlen(text)), DAM_OK);
    free(path);
}

static void remove_in(const char *folder, const char *name)
{
    char *path = NULL;
    assert_int_equal(dam__path_join(&path, folder, name), DAM_OK);
    assert_int_equal(unlink(path), 0);
    free(path);
}

static void check_drivers(const char *expected)
{
    dam__text text = {0};
    assert_int_equal(dam__describe_drivers(&text), DAM_OK);
    if (strstr(text.data, expected) == NULL)
        fail_msg("'%s' is not in '%s'", expected, text.data);
    dam__text_free(&text);
}

static void diagnosis_names_what_fails_to_load(void **state)
{
    (void)state;
    char *kept = getenv("OCL_ICD_VENDORS") != NULL ? strdup(getenv("OCL_ICD_VENDORS")) : NULL;
    char folder[] = "/tmp/denseam-icd-XXXXXX";
    assert_non_null(mkdtemp(folder));
    setenv("OCL_ICD_VENDORS", folder, 1);
    check_drivers("has no .icd file");
    write_in(folder, "bad.icd", "libdenseam-absent.so.7\n");
    write_in(folder, "empty.icd", "\n");
    write_in(folder, "good.icd", "libm.so.6");
    write_in(folder, "crlf.icd", "libm.so.6\r\n");
    write_in(folder, "blank.icd", "libm.so.6 \n");
    write_in(folder, "other.txt", "libdenseam-other.so");
    check_drivers("bad.icd: libdenseam-absent.so.7: cannot open shared object file");
    check_drivers("empty.icd: its first line names no library");
    check_drivers("good.icd: libm.so.6 loads, but is no OpenCL driver");
    check_drivers("crlf.icd: libm.so.6 is not found by the OpenCL loader, for which the carriage "
                  "return behind the name is a part of it; remove it (dos2unix)");
    check_drivers("blank.icd: libm.so.6 is not found by the OpenCL loader, for which the blank");
    dam__text text = {0};
    assert_int_equal(dam__describe_drivers(&text), DAM_OK);
    assert_null(strstr(text.data, "other"));
    dam__text_free(&text);

    setenv("OPENCL_VENDOR_PATH", folder, 1);
    setenv("OCL_ICD_VENDORS", "bad.icd", 1);
    check_drivers("libdenseam-absent.so.7: cannot open");
    setenv("OCL_ICD_VENDORS", "missing.icd", 1);
    check_drivers("cannot open 'missing.icd'");
    setenv("OCL_ICD_VENDORS", "libm.so.6", 1);
    check_drivers("libm.so.6 loads");
    unsetenv("OCL_ICD_VENDORS");
    setenv("OPENCL_VENDOR_PATH", "/proc/absent/vendors", 1);
    check_drivers("no driver is registered: /proc/absent/vendors: No such file or directory");

    dam__text notes = {0};
    dam__text_append(&notes, "platform 'Clover' has no device");
    assert_int_equal(dam__fail_no_device(&notes), DAM_NO_DEVICE);
    dam__text_free(&notes);
    assert_non_null(strstr(dam_error(), "no OpenCL device: platform 'Clover' has no device; no "));
    assert_non_null(strstr(dam_error(), "/dev/dri/render"));
    assert_non_null(strstr(dam_error(), "pocl-opencl-icd for any CPU"));

    unsetenv("OPENCL_VENDOR_PATH");
    if (kept != NULL)
        setenv("OCL_ICD_VENDORS", kept, 1);
    free(kept);
    remove_in(folder, "bad.icd");
    remove_in(folder, "empty.icd");
    remove_in(folder, "good.icd");
    remove_in(folder, "crlf.icd");
    remove_in(folder, "blank.icd");
    remove_in(folder, "other.txt");
    assert_int_equal(rmdir(folder), 0);
}

static void check_nodes(const char *folder, const char *expected)
{
    dam__text text = {0};
    assert_int_equal(dam__describe_render_nodes(&text, folder), DAM_OK);
    if (strstr(text.data, expected) == NULL)
        fail_msg("'%s' is not in '%s'", expected, text.data);
    dam__text_free(&text);
}

static void diagnosis_tells_who_may_open_the_gpu(void **state)
{
    (void)state;
    enum { NOBODY = 65534 };
    char folder[] = "/tmp/denseam-dri-XXXXXX", node[64];
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chmod(folder, 0755), 0);
    check_nodes("/proc/absent", "/proc/absent/render* does not exist");
    check_nodes(folder, "render* does not exist");
    write_in(folder, "card0", "");
    check_nodes(folder, "render* does not exist");
    write_in(folder, "renderD128", "");
    check_nodes(folder, "renderD128 is accessible");
    (void)snprintf(node, sizeof node, "%s/renderD128", folder);
    assert_int_equal(chmod(node, 0), 0);
    /* Permissions mean nothing to root, so look with the rights of somebody else. */
    bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(NOBODY), 0);
    check_nodes(folder, "renderD128 is not accessible (join its group");
    if (root)
        assert_int_equal(seteuid(0), 0);
    remove_in(folder, "card0");
    remove_in(folder, "renderD128");
    assert_int_equal(rmdir(folder), 0);
}

/* --- the real drivers ------------------------------------------------------------------------- */

static void the_machine_lists_its_devices(void **state)
{
    (void)state;
    dam_device_info *infos = NULL;
    size_t count = 0, defaults = 0;
    if (dam_device_list(&infos, &count) != DAM_OK)
        fail_msg("%s", dam_error());
    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        const dam_device_info *info = &infos[i];
        cl_platform_id platform = NULL;
        cl_device_id device = NULL;
        assert_int_equal(info->index, i);
        assert_true(info->name[0] != '\0');
        assert_true(info->usable || info->reason[0] != '\0');
        defaults += info->is_default;
        assert_int_equal(dam__device_ids(info, &platform, &device), DAM_OK);
        cl_uint units = 0;
        assert_int_equal(
            clGetDeviceInfo(device, CL_DEVICE_MAX_COMPUTE_UNITS, sizeof units, &units, NULL),
            CL_SUCCESS);
        assert_int_equal(units, info->compute_units);
        cl_platform_id parent = NULL;
        assert_int_equal(
            clGetDeviceInfo(device, CL_DEVICE_PLATFORM, sizeof(parent), (void *)&parent, NULL),
            CL_SUCCESS);
        assert_ptr_equal(parent, platform);
    }
    assert_int_equal(defaults, 1);

    dam_device_info gone = infos[0];
    cl_platform_id platform = NULL;
    cl_device_id device = NULL;
    gone.platform_device = 1000;
    assert_int_equal(dam__device_ids(&gone, &platform, &device), DAM_NO_DEVICE);
    gone = infos[0];
    gone.platform_index = 1000;
    assert_int_equal(dam__device_ids(&gone, &platform, &device), DAM_NO_DEVICE);
    gone = infos[0];
    gone.name[0] ^= 1;
    assert_int_equal(dam__device_ids(&gone, &platform, &device), DAM_NO_DEVICE);
    assert_non_null(strstr(dam_error(), "the list of devices has changed"));
    assert_null(platform);
    assert_null(device);
    free(infos);
}

int main(void)
{
    unsetenv("DENSEAM_DEVICE");
    /* Mesa's drivers leak on their own under the leak sanitizer; PoCL is clean. */
    setenv("OCL_ICD_VENDORS", "pocl.icd", 0);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selectors_name_a_device),
        cmocka_unit_test(selectors_that_name_none_or_many_are_refused),
        cmocka_unit_test(type_words_leave_out_what_cannot_compete),
        cmocka_unit_test(default_is_the_best),
        cmocka_unit_test(environment_chooses_where_nothing_is_asked_for),
        cmocka_unit_test(nothing_usable_is_no_device),
        cmocka_unit_test(only_complete_drivers_are_usable),
        cmocka_unit_test(impossible_numbers_are_named),
        cmocka_unit_test(errors_have_names),
        cmocka_unit_test(diagnosis_names_what_fails_to_load),
        cmocka_unit_test(diagnosis_tells_who_may_open_the_gpu),
        cmocka_unit_test(the_machine_lists_its_devices),
    };
    return cmocka_run_group_tests_name("devices", tests, NULL, NULL);
}
