/* A plan that is made smaller until it fits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/matrix.h"
#include "kernel/device.h"

enum { MOST = 8 };

/* Plans of one buffer, `bytes` a sample, and what was asked for. */
struct maker {
    dam__device *device;
    size_t bytes;
    dam__plan *plan;
    dam__buffer *slot;
    int count, sizes[MOST];
    bool streams[MOST];
};

static dam_status make(void *user, int size, bool streams, const dam__plan **plan)
{
    struct maker *maker = user;
    assert_true(maker->count < MOST);
    maker->sizes[maker->count] = size;
    maker->streams[maker->count++] = streams;
    dam__plan_destroy(maker->plan);
    maker->plan = NULL;
    OK(dam__plan_create(maker->device, &maker->plan));
    OK(dam__plan_buffer(maker->plan, "samples", (size_t)size * maker->bytes, &maker->slot));
    *plan = maker->plan;
    return DAM_OK;
}

/* Memory for `fitting` samples, where `size` are asked for. */
static struct maker fit(size_t fitting, int size, bool streams, dam_status wanted)
{
    const dam_device_info info = test_device();
    struct maker maker = {.device = shared_device(&info, &(setting){.shape = DAM__SHAPE_GPU})};
    uint64_t most =
        info.largest_allocation < info.global_memory ? info.largest_allocation : info.global_memory;
    maker.bytes = fitting > 0 ? (size_t)most / fitting : (size_t)most + 1;
    assert_int_equal(dam__plan_fit(make, &maker, size, streams), wanted);
    dam__plan_destroy(maker.plan);
    return maker;
}

static void what_fits_is_planned_once(void **state)
{
    (void)state;
    struct maker maker = fit(13, 13, false, DAM_OK);
    assert_int_equal(maker.count, 1);
    assert_int_equal(maker.sizes[0], 13);
    assert_false(maker.streams[0]);
}

static void it_streams_then_halves(void **state)
{
    (void)state;
    static const int sizes[] = {13, 13, 6, 3};
    struct maker maker = fit(4, 13, false, DAM_OK);
    assert_int_equal(maker.count, 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(maker.sizes[i], sizes[i]);
        assert_int_equal(maker.streams[i], i > 0);
    }
    maker = fit(4, 13, true, DAM_OK);
    assert_int_equal(maker.count, 3);
    assert_int_equal(maker.sizes[1], 6);
}

static void not_even_one_may_fit(void **state)
{
    (void)state;
    struct maker maker = fit(0, 5, false, DAM_NO_MEMORY);
    assert_int_equal(maker.count, 4); /* 5, 5, 2, 1 */
    assert_int_equal(maker.sizes[3], 1);
    assert_int_equal(fit(0, 1, true, DAM_NO_MEMORY).count, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_fits_is_planned_once),
        cmocka_unit_test(it_streams_then_halves),
        cmocka_unit_test(not_even_one_may_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
