/* What the self-test before a training leaves out is what the training does not launch. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "denseam/status.h"
#include "model/model_type.h"
#include "programs/rehearsal.h"
#include "selftest/selftest.h"

/* A status, or its message. */
static void succeed(dam_status status)
{
    if (status != DAM_OK)
        fail_msg("%s", dam_error());
}

/* Of a training itself, not of its samples, of recall or of trainings side by side. */
static bool is_of_training(const char *phase)
{
    static const char *const phases[] = {"before the first step", "first step", "step",
                                         "end of an epoch",       "evaluation", "split",
                                         "step after a split"};
    for (size_t i = 0; i < sizeof phases / sizeof *phases; i++)
        if (strcmp(phase, phases[i]) == 0)
            return true;
    return false;
}

/* The kernels of a preset's training, looked up in the cases that its job has run (src/run/job.c).
 */
static void check_preset(const char *name, dam__gemm_provider gemm)
{
    dam__recording recording = {0};
    dam__experiment experiment;
    rehearsal r = {
        .recording = &recording, .shape = DAM__SHAPE_CPU, .vector_width = 16, .gemm = gemm};
    static const char *const few[] = {"data.samples=3000"};
    succeed(dam__experiment_load(name, few, 1, &experiment));
    succeed(rehearse_preset(&r, name, few, 1, DAM__PRECISION_SINGLE));
    const dam__selftest_subject subject = {.model = &experiment.model,
                                           .set = &r.set,
                                           .memories = experiment.model.memories,
                                           .dim = (int)r.set.features,
                                           .batch = experiment.train.batch,
                                           .classes = dam__model_classes(&experiment.model, &r.set),
                                           .grows = experiment.grow.to > 0,
                                           .shards = experiment.train.shards};
    const dam__selftest_options options = {.kind = experiment.model.kind,
                                           .use = dam__selftest_use_of(&subject)};
    size_t looked_up = 0;
    for (size_t i = 0; i < recording.launch_count; i++) {
        const dam__recorded_launch *launch = &recording.launches[i];
        if (!is_of_training(launch->phase) || launch->program == DAM__NO_PROGRAM)
            continue;
        looked_up++;
        if (!dam__selftest_reaches(&options, launch->kernel))
            fail_msg("'%s' launches '%s' in its %s, which the self-test before it leaves out", name,
                     launch->kernel, launch->phase);
    }
    assert_true(looked_up > 10);
    rehearsal_free(&r);
    dam__recording_free(&recording);
}

static void test_trainings_are_checked(void **state)
{
    (void)state;
    static const char *const presets[] = {"demo",
                                          "grow-mnist",
                                          "teacher-student",
                                          "unsupervised-patches",
                                          "mnist-energy",
                                          "store-and-recall",
                                          "bench/energy-small",
                                          "bench/denoise-small",
                                          "denoise-mnist",
                                          "transfer-quick",
                                          "paper/2605.10164-softmax-adam",
                                          "paper/2605.10164-relu2-sgd"};
    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++)
        check_preset(presets[i], DAM__GEMM_PANEL);
    check_preset("demo", DAM__GEMM_CLBLAST);
}

static void test_others_are_left_out(void **state)
{
    (void)state;
    const dam__dataset set = {.samples.element = DAM__U8};
    const dam__model_config model = {.kind = DAM__KIND_VMF, .memories = 5};
    const dam__selftest_subject subject = {.model = &model, .set = &set, .classes = 10};
    const dam__selftest_options options = {.use = dam__selftest_use_of(&subject)};
    assert_true(dam__selftest_reaches(&options, "vmf_forward"));
    assert_true(dam__selftest_reaches(&options, "data_sphere"));
    static const char *const others[] = {"grow_weigh",   "optimizer_adam",   "optimizer_max_norm",
                                         "data_patches", "gaussian_samples", "data_states"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        assert_false(dam__selftest_reaches(&options, others[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_trainings_are_checked),
        cmocka_unit_test(test_others_are_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
