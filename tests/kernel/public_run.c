/* The public library: what a program sees that links libdenseam and knows nothing else of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "denseam/denseam.h"
#include "run/run_folder.h"
#include "train/scorer.h"

/* Trains a tiny model on made-up images into folder, by the library's inner interface. */
static void train(const char *folder, const dam__experiment *experiment, const dam__dataset *set)
{
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    dam__device *device = NULL;
    dam__trainer *trainer = NULL;
    const dam__device_options options = {0};
    assert_int_equal(dam_device_list(&infos, &count), DAM_OK);
    assert_int_equal(dam_device_select(infos, count, NULL, &index), DAM_OK);
    assert_int_equal(dam__device_open(&infos[index], &options, &device), DAM_OK);
    const dam__training training = {.seed = 1,
                                    .set = set,
                                    .validation = 0.1,
                                    .model = experiment->model,
                                    .train = experiment->train};
    assert_int_equal(dam__trainer_create(device, &training, &trainer), DAM_OK);
    assert_int_equal(dam__trainer_prepare(trainer), DAM_OK);
    const dam__hooks hooks = {0};
    assert_int_equal(dam__trainer_run(trainer, &hooks), DAM_OK);
    const dam__run_facts facts = {
        .experiment = experiment, .set = set, .device = device, .gemm = dam__trainer_gemm(trainer)};
    assert_int_equal(dam__run_save(folder, &facts, trainer), DAM_OK);
    dam__trainer_destroy(trainer);
    dam__device_close(device);
    free(infos);
}

static void a_run_classifies_what_it_learned(void **state)
{
    (void)state;
    enum { SAMPLES = 300, FEATURES = 784 };
    static const char *const overrides[] = {"data.name=random",  "data.samples=300",
                                            "model.memories=12", "train.batch=90",
                                            "train.epochs=40",   "train.patience=0"};
    char folder[] = "/tmp/denseam-public-XXXXXX";
    char file[64];
    dam__experiment experiment;
    dam__dataset set = {0};
    assert_non_null(mkdtemp(folder));
    assert_int_equal(dam__experiment_parse("test", "data { name = mnist }", overrides,
                                           sizeof overrides / sizeof *overrides, &experiment),
                     DAM_OK);
    assert_int_equal(dam__dataset_load(&experiment.data, DAM__SPLIT_TRAIN, &set), DAM_OK);
    train(folder, &experiment, &set);

    dam_run *run = NULL;
    assert_int_equal(dam_run_open(folder, NULL, NULL, &run), DAM_OK);
    assert_int_equal(dam_run_features(run), FEATURES);
    assert_int_equal(dam_run_classes(run), 10);
    assert_int_equal(dam_run_memories(run), 12);
    float *samples = calloc(SAMPLES * FEATURES, sizeof *samples);
    int32_t classes[SAMPLES], nearest[SAMPLES];
    for (size_t i = 0; i < SAMPLES * FEATURES; i++)
        samples[i] = (float)dam__array_at(&set.samples, i);
    assert_int_equal(dam_run_classify(run, samples, SAMPLES, classes, nearest), DAM_OK);
    int right = 0;
    for (int i = 0; i < SAMPLES; i++) {
        assert_in_range(classes[i], 0, 10);
        assert_in_range(nearest[i], 0, 10);
        right += classes[i] == set.labels[i];
    }
    /* One in ten by chance; the made-up classes are told apart easily. */
    assert_true(right > SAMPLES / 2);

    /* One at a time gives the same, and a number that is none is refused. */
    int32_t alone = -1;
    assert_int_equal(dam_run_classify(run, samples, 1, &alone, NULL), DAM_OK);
    assert_int_equal(alone, classes[0]);
    memset(samples + 5, 0xff, sizeof *samples);
    assert_int_equal(dam_run_classify(run, samples, 1, &alone, NULL), DAM_INPUT);
    assert_string_equal(dam_error(), "sample 0, number 5 is not finite");
    dam_run_close(run);
    free(samples);
    dam__dataset_free(&set);
    (void)snprintf(file, sizeof file, "%s/run.h5", folder);
    (void)remove(file);
    (void)remove(folder);
}

static void what_is_no_run_is_refused(void **state)
{
    (void)state;
    dam_run *run = NULL;
    assert_int_equal(dam_run_open("/tmp/no-such-run", NULL, NULL, &run), DAM_INPUT);
    assert_null(run);
    assert_true(strlen(dam_error()) > 0);
    dam_run_close(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_classifies_what_it_learned),
        cmocka_unit_test(what_is_no_run_is_refused),
    };
    return cmocka_run_group_tests_name("public_run", tests, NULL, NULL);
}
