/* A device's ceilings: every kind can be measured in every shape, and the numbers can be true. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/ceiling.h"
#include "kernel/device.h"
static void measure_all(const dam_device_info *info, const setting *how)
{
    dam__device *device = open_device(info, how);
    dam__ceiling *ceiling = NULL;
    OK(dam__ceiling_create(device, &ceiling));
    for (int kind = 0; kind < DAM__CEILING_KINDS; kind++) {
        dam__summary s;
        OK(dam__ceiling_measure(ceiling, (dam__ceiling_kind)kind, &s));
        printf("%s %d %g %g\n", setting_name(how), kind, s.median, s.spread);
    }
    dam__ceiling_destroy(ceiling);
    dam__device_close(device);
}
static void t(void **state) { (void)state; for_every_setting(measure_all); }
int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(t)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
