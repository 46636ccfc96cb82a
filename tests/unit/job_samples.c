/* A program's own samples: made what the preset asks for, in a copy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/job_samples.h"

enum { COUNT = 100, FEATURES = 5 };

static uint8_t bytes[COUNT * FEATURES];
static int32_t labels[COUNT];

/* Grey bytes, sorted by their classes; borrowed. */
static dam__dataset make(void)
{
    for (int i = 0; i < COUNT; i++) {
        labels[i] = i / 25;
        for (int j = 0; j < FEATURES; j++)
            bytes[i * FEATURES + j] = (uint8_t)(50 + i + (i * 7 + j * 11) % 13);
    }
    return (dam__dataset){.samples = {DAM__U8, 2, {COUNT, FEATURES}, bytes},
                          .labels = labels,
                          .count = COUNT,
                          .features = FEATURES,
                          .classes = 4};
}

static void take(const char *preset, const dam__dataset *set, dam__job *job)
{
    *job = (dam__job){.set = set};
    if (dam__experiment_parse("x", preset, NULL, 0, &job->experiment) != DAM_OK ||
        dam__job_take_samples(job) != DAM_OK)
        fail_msg("%s", dam_error());
}

static void bytes_are_cut_in_a_copy(void **state)
{
    (void)state;
    dam__dataset set = make();
    dam__job job;
    uint8_t before[sizeof bytes];
    memcpy(before, bytes, sizeof bytes);
    take("data { images = x } model { kind = energy task = classify }", &set, &job);
    assert_ptr_equal(job.set, &job.loaded);
    assert_string_equal(job.experiment.data.threshold, "mean");
    for (int i = 0; i < COUNT; i++) {
        int sum = 0;
        for (int j = 0; j < FEATURES; j++)
            sum += before[i * FEATURES + j];
        for (int j = 0; j < FEATURES; j++)
            assert_int_equal(((uint8_t *)job.set->samples.data)[i * FEATURES + j],
                             before[i * FEATURES + j] * FEATURES > sum);
    }
    assert_memory_equal(bytes, before, sizeof bytes);
    assert_memory_equal(job.set->labels, labels, sizeof labels);
    dam__job_free(&job);
    take("data { images = x threshold = none } model { kind = energy task = classify }", &set,
         &job);
    assert_ptr_equal(job.set, &set);
    dam__job_free(&job);
}

static void the_validation_share_is_drawn_in_a_copy(void **state)
{
    (void)state;
    static const char *const presets[] = {
        "data { images = x validation = 0.2 }",
        "data { images = x validation = 0.2 } model { kind = energy task = classify }"};
    dam__dataset set = make();
    for (int p = 0; p < 2; p++) {
        dam__job job;
        int32_t counts[4] = {0};
        take(presets[p], &set, &job);
        assert_int_equal(job.experiment.data.split, DAM__HOLDOUT_STRATIFIED);
        for (int i = 80; i < COUNT; i++)
            counts[job.set->labels[i]]++;
        for (int c = 0; c < 4; c++)
            assert_int_equal(counts[c], 5);
        for (int i = 0; i < COUNT; i++)
            assert_int_equal(labels[i], i / 25);
        dam__job_free(&job);
    }
    dam__job job;
    take("data { images = x validation = 0.2 split = end }", &set, &job);
    assert_ptr_equal(job.set, &set);
    dam__job_free(&job);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_are_cut_in_a_copy),
        cmocka_unit_test(the_validation_share_is_drawn_in_a_copy),
    };
    return cmocka_run_group_tests_name("job_samples", tests, NULL, NULL);
}
