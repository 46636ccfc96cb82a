/* The queue: a finish waits for all that was queued, also for what the driver was told to begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <CL/cl.h>

#include "compute/matrix.h"
#include "kernel/device.h"

enum { BYTES = 1 << 26, COPIES = 40 };

/* Mesa 22.3's clFinish returns at once where nothing was queued since the last flush. */
static void a_finish_waits_for_what_was_flushed(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    dam__device *device = shared_device(&info, &(setting){.shape = DAM__SHAPE_GPU});
    dam__plan *plan = NULL;
    dam__buffer *from = NULL, *to = NULL;
    dam__fence fence = {0};
    cl_int progress = CL_QUEUED;
    OK(dam__plan_create(device, &plan));
    OK(dam__plan_buffer(plan, "from", BYTES, &from));
    OK(dam__plan_buffer(plan, "to", BYTES, &to));
    OK(dam__plan_allocate(plan));
    OK(dam__buffer_clear(from));
    for (int i = 0; i < COPIES; i++)
        OK(dam__buffer_copy(from, 0, to, 0, BYTES));
    OK(dam__fence_set(device, &fence));
    OK(dam__device_finish(device));
    assert_int_equal(clGetEventInfo(fence.event, CL_EVENT_COMMAND_EXECUTION_STATUS, sizeof progress,
                                    &progress, NULL),
                     CL_SUCCESS);
    assert_int_equal(progress, CL_COMPLETE);
    dam__fence_clear(&fence);
    dam__buffer_destroy(from);
    dam__buffer_destroy(to);
    dam__plan_destroy(plan);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finish_waits_for_what_was_flushed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
