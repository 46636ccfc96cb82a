/*
 * The vmf model on a device against golden cases (golden/make_vmf.py): loss, gradients, training
 * steps and evaluation; and its gradients against finite differences of its own loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/vmf.h"

static void in_one_chunk(const dam_device_info *info, const setting *how)
{
    check_case(info, how, "small", true, 1000);
    if (is_slow(info))
        return;
    check_case(info, how, "fast", true, 1000);
    check_case(info, how, "frozen", true, 1000);
    check_case(info, how, "classes", true, 1000);
}

static void in_chunks(const dam_device_info *info, const setting *how)
{
    check_case(info, how, "fast", true, 7);
    if (is_slow(info))
        return;
    check_case(info, how, "small", true, 1);
    check_case(info, how, "classes", true, 13);
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(in_one_chunk);
}

static void test_chunks(void **state)
{
    (void)state;
    for_every_setting(in_chunks);
}

static void test_finite_differences(void **state)
{
    (void)state;
    check_differences("small", true);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
