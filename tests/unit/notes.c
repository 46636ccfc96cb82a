/* What is said of samples and of what was learned, and when nothing is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "run/data_notes.h"
#include "run/learned_notes.h"

/* All that was written, a line each. */
static char said[4096];

static void hear(void *user, dam_log_level level, const char *line)
{
    (void)user;
    size_t length = strlen(said);
    (void)snprintf(said + length, sizeof said - length, "%s%s\n",
                   level == DAM_LOG_WARNING ? "warning: " : "", line);
}

static const dam_log ear = {.write = hear};

static void assert_said(const char *part)
{
    if (strstr(said, part) == NULL)
        fail_msg("no '%s' in: %s", part, said);
}

static dam__experiment experiment_of(const char *text)
{
    dam__experiment experiment;
    if (dam__experiment_parse("x", text, NULL, 0, &experiment) != DAM_OK)
        fail_msg("%s", dam_error());
    return experiment;
}

static const char vmf[] = "data { images = \"x\" labels = \"y\" validation = 0.25 }\n";
static const char classify[] = "data { images = \"x\" labels = \"y\" }\n"
                               "model { kind = energy task = classify }\n";

enum { COUNT = 40, FEATURES = 4 };

/* Bytes that differ from sample to sample; labels i / 10. */
static dam__dataset make(void)
{
    dam__dataset set = {
        .count = COUNT, .features = FEATURES, .classes = 4, .occurring = 4, .name = "set"};
    const size_t shape[] = {COUNT, FEATURES};
    assert_int_equal(dam__array_create(DAM__U8, 2, shape, &set.samples), DAM_OK);
    set.labels = calloc(COUNT, sizeof *set.labels);
    uint8_t *bytes = set.samples.data;
    for (int i = 0; i < COUNT; i++) {
        set.labels[i] = i % 4;
        for (int j = 0; j < FEATURES; j++)
            bytes[i * FEATURES + j] = (uint8_t)((i + 1) >> j & 1);
    }
    return set;
}

static dam_status note(const char *text, const dam__dataset *set)
{
    const dam__experiment experiment = experiment_of(text);
    said[0] = '\0';
    return dam__note_samples(&ear, &experiment, set);
}

static void good_samples_are_not_talked_about(void **state)
{
    (void)state;
    dam__dataset set = make();
    assert_int_equal(note(vmf, &set), DAM_OK);
    /* Of four bits some are all alike: they are blank. */
    assert_said("4 of the 40 samples of 'set' are blank");
    ((uint8_t *)set.samples.data)[0] = 7;
    for (int i = 0; i < COUNT; i++)
        ((uint8_t *)set.samples.data)[i * FEATURES] = (uint8_t)(3 + i);
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_string_equal(said, "");
    dam__dataset_free(&set);
}

static void blank_samples_are_counted_or_refused(void **state)
{
    (void)state;
    dam__dataset set = make();
    memset(set.samples.data, 200, COUNT * FEATURES);
    assert_int_equal(note(vmf, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "all samples of 'set' are blank"));
    assert_int_equal(note(classify, &set), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "all 40 samples of 'set' are the same"));
    assert_non_null(strstr(dam_error(), "data.threshold"));
    ((uint8_t *)set.samples.data)[9] = 0;
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_said("39 of the 40 samples of 'set' are blank");
    assert_int_equal(note(classify, &set), DAM_OK);
    assert_said("39 of the 40 samples of 'set' are the same as another one");
    assert_said("39 of the 40 samples of 'set' are +1 or -1 throughout");
    dam__dataset_free(&set);
}

static void numbers_beyond_states_are_told(void **state)
{
    (void)state;
    dam__dataset set = make();
    float *values = malloc(COUNT * FEATURES * sizeof *values);
    for (int i = 0; i < COUNT * FEATURES; i++)
        values[i] = (float)(i * i % 97) - 40;
    free(set.samples.data);
    set.samples.data = values;
    set.samples.element = DAM__F32;
    set.survey = dam__survey_of(&set.samples);
    assert_int_equal(note(classify, &set), DAM_OK);
    assert_said("warning: the numbers of 'set' go from -40 to 56");
    assert_said("data.threshold");
    dam__dataset_free(&set);
}

static void labels_are_looked_at(void **state)
{
    (void)state;
    dam__dataset set = make();
    uint8_t *bytes = set.samples.data;
    for (int i = 0; i < COUNT; i++)
        bytes[i * FEATURES] = (uint8_t)(3 + i);
    for (int i = 0; i < COUNT; i++)
        set.labels[i] = 1 + i % 4;
    set.classes = 5;
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_said("warning: the labels of 'set' begin at 1: class 0 has no sample");
    for (int i = 0; i < COUNT; i++)
        set.labels[i] = 5 * (i % 4);
    set.classes = 16;
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_said("are 4 different numbers from 0 to 15: 12 classes have no sample");
    set.occurring = 6;
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_said("data.samples = 0 leaves 2 of the 6 classes");
    /* The last quarter is class 3 alone; it is nowhere else. */
    set.classes = set.occurring = 4;
    for (int i = 0; i < COUNT; i++)
        set.labels[i] = i / 10;
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_said("warning: 1 of the classes of 'set' are among the validation samples only");
    assert_said("data.split = \"stratified\"");
    for (int i = 0; i < COUNT; i++)
        set.labels[i] = i < 5 ? 2 : i % 2;
    assert_int_equal(note(vmf, &set), DAM_OK);
    assert_said("1 of the classes of 'set' have no validation sample (class 2 is the first)");
    dam__dataset_free(&set);
}

/* --- what was learned ------------------------------------------------------------------------- */

static int32_t labels[100], predicted[100];

static void judge(const dam__learned *learned)
{
    const dam__experiment experiment = experiment_of(vmf);
    said[0] = '\0';
    dam__note_learned(&ear, &experiment, learned);
}

static void nothing_learned_is_told_once_with_a_cause(void **state)
{
    (void)state;
    dam__learned learned = {.which = "validation",
                            .labels = labels,
                            .predicted = predicted,
                            .count = 100,
                            .classes = 10,
                            .memories = 40};
    for (int i = 0; i < 100; i++) {
        labels[i] = i % 10;
        predicted[i] = 7;
    }
    judge(&learned);
    assert_said("warning: nothing was learned: every validation sample is predicted to be class 7");
    assert_said("likely cause: ");
    assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1);
    learned.epochs = 3;
    judge(&learned);
    assert_said("training stopped after 3 of 300 epochs");
    assert_said("train.patience = 0");
    learned.memories = 5;
    judge(&learned);
    assert_said("5 memories cannot stand for 10 classes: raise model.memories");
    learned.is_unlike = true;
    judge(&learned);
    assert_said("data.invert");
    for (int i = 0; i < 100; i++)
        predicted[i] = 10; /* of none */
    judge(&learned);
    assert_said("no validation sample is predicted to be of any class");
    for (int i = 0; i < 100; i++)
        predicted[i] = i / 10; /* right for a tenth */
    judge(&learned);
    assert_said("nothing was learned: the accuracy on validation samples is 0.100");
}

static void what_was_learned_is_not_talked_about(void **state)
{
    (void)state;
    dam__learned learned = {.which = "test",
                            .labels = labels,
                            .predicted = predicted,
                            .count = 100,
                            .classes = 10,
                            .memories = 40};
    for (int i = 0; i < 100; i++) {
        labels[i] = i % 10;
        predicted[i] = i % 5 < 3 ? labels[i] : 1; /* 0.62 right */
    }
    judge(&learned);
    assert_string_equal(said, "");
    learned.epochs = 2; /* it did well all the same */
    judge(&learned);
    assert_string_equal(said, "");
    learned.memories = 5;
    judge(&learned);
    assert_said("not all classes were learned: the accuracy on test samples is 0.6");
    for (int i = 0; i < 100; i++)
        predicted[i] = i % 10 < 3 ? labels[i] : (i + 1) % 10; /* 0.3 right: little, with a cause */
    judge(&learned);
    assert_said("warning: little was learned: the accuracy on test samples is 0.300");
    learned.memories = 40;
    learned.epochs = 0;
    judge(&learned); /* little, but no cause is known: it may be hard */
    assert_string_equal(said, "");
    for (int i = 0; i < 100; i++)
        labels[i] = predicted[i] = 3; /* there is one class only */
    judge(&learned);
    assert_string_equal(said, "");
    labels[0] = 1;
    learned.count = 10;
    judge(&learned); /* too few to tell */
    assert_string_equal(said, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_samples_are_not_talked_about),
        cmocka_unit_test(blank_samples_are_counted_or_refused),
        cmocka_unit_test(numbers_beyond_states_are_told),
        cmocka_unit_test(labels_are_looked_at),
        cmocka_unit_test(nothing_learned_is_told_once_with_a_cause),
        cmocka_unit_test(what_was_learned_is_not_talked_about),
    };
    return cmocka_run_group_tests_name("notes", tests, NULL, NULL);
}
