/* Launches: what is given must be what the kernel takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "compute/program.h"
#include "kernel/device.h"

enum { ROUNDS = 1 };

/* ceiling_fma takes two buffers, an integer and two reals. */
struct rig {
    dam__device *device;
    dam__program *program;
    dam__kernel *kernel;
    dam__matrix start, results;
};

static void open_rig(struct rig *rig)
{
    const dam_device_info info = test_device();
    const setting how = {.shape = is_slow(&info) ? DAM__SHAPE_GPU : DAM__SHAPE_CPU};
    dam__plan *plan = NULL;
    *rig = (struct rig){.device = shared_device(&info, &how)};
    OK(dam__program_create(rig->device, "ceiling", "", &rig->program));
    OK(dam__program_kernel(rig->program, "ceiling_fma", &rig->kernel));
    OK(dam__plan_create(rig->device, &plan));
    OK(dam__plan_matrix(plan, "start", 1, 1024, 1, &rig->start));
    OK(dam__plan_matrix(plan, "results", 1, 1024, 1, &rig->results));
    OK(dam__plan_allocate(plan));
    dam__plan_destroy(plan);
}

static void close_rig(struct rig *rig)
{
    dam__buffer_destroy(rig->start.buffer);
    dam__buffer_destroy(rig->results.buffer);
    dam__program_destroy(rig->program);
}

static dam_status launch(struct rig *rig, const dam__argument *arguments)
{
    return dam__launch(rig->kernel, dam__range_groups(rig->device, 1, 1), (dam__work){0},
                       arguments);
}

static void assert_refused(struct rig *rig, const dam__argument *arguments, const char *message)
{
    assert_int_equal(launch(rig, arguments), DAM_INTERNAL);
    if (strstr(dam_error(), message) == NULL)
        fail_msg("not '%s', but: %s", message, dam_error());
}

/* Also after a launch that gave all: a driver keeps its arguments. */
static void another_count_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig);
    OK(launch(&rig, DAM_ARGUMENTS(&rig.start, rig.results.buffer, ROUNDS, 1.0, 1.0)));
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, ROUNDS, 1.0),
                   "kernel 'ceiling_fma' takes 5 arguments, but is given 4");
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, ROUNDS, 1.0, 1.0, 1.0),
                   "kernel 'ceiling_fma' takes 5 arguments, but is given 6");
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, dam__arg_seed(1), 1.0, 1.0),
                   "kernel 'ceiling_fma' takes 5 arguments, but is given 6");
    assert_refused(&rig, DAM_NO_ARGUMENTS,
                   "kernel 'ceiling_fma' takes 5 arguments, but is given 0");
    OK(launch(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, ROUNDS, 1.0, 1.0)));
    OK(dam__device_finish(rig.device));
    close_rig(&rig);
}

/* Every driver minds a pointer's size. */
static void an_integer_for_a_buffer_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig);
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, 1, ROUNDS, 1.0, 1.0),
                   "argument 1 of kernel 'ceiling_fma'");
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, &rig.start, 1.0, 1.0),
                   "argument 2 of kernel 'ceiling_fma'");
    close_rig(&rig);
}

/* An int is as large as a float. Rusticl tells a kernel's types; PoCL and NVIDIA's driver would, if
 * programs were built for it. */
static void an_integer_for_a_real_is_refused(void **state)
{
    (void)state;
    struct rig rig;
    open_rig(&rig);
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, ROUNDS, 1.0, 1),
                   "argument 4 of kernel 'ceiling_fma' is a real, but is given an integer");
    assert_refused(&rig, DAM_ARGUMENTS(&rig.start, &rig.results, 1.0, 1.0, 1.0),
                   "argument 2 of kernel 'ceiling_fma' is an integer, but is given a real");
    close_rig(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_count_is_refused),
        cmocka_unit_test(an_integer_for_a_buffer_is_refused),
    };
    /* PoCL does not tell the types of scalars. */
    const struct CMUnitTest of_types[] = {cmocka_unit_test(an_integer_for_a_real_is_refused)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (dam__contains_nocase(test_device().platform, "rusticl"))
        failed += cmocka_run_group_tests(of_types, NULL, NULL);
    return failed;
}
