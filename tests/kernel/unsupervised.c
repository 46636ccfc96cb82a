/*
 * The unsupervised vmf model on a device against golden cases (golden/make_unsupervised.py): loss,
 * gradients, training steps and validation, without labels; and its gradients against finite
 * differences of its own loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/vmf.h"

static void in_chunks(const dam_device_info *info, const setting *how)
{
    check_case(info, how, "many", false, 5);
    if (is_slow(info))
        return;
    check_case(info, how, "ten", false, 1000);
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(in_chunks);
}

static void test_finite_differences(void **state)
{
    (void)state;
    check_differences("many", false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
