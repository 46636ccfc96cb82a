/*
 * Batches in shards: gradients and losses are those of whole batches to rounding, whatever the
 * model, also where shards are uneven and where some have no samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/device.h"

#include "run/experiment.h"
#include "run/run_folder.h"
#include "train/trainer.h"

/* Batches of 20, 20 and 5 samples. */
enum { STEPS = 3, MOST = 25 * 800, SHARDS = 8, KEYS = 6 };

/* A preset, and what else it takes. */
typedef struct model {
    const char *preset, *keys[KEYS];
} model;

static const model models[] = {
    {"bench/vmf-small", {"data.validation=0"}},
    {"bench/vmf-small", {"data.validation=0", "model.loss=unsupervised"}},
    {"bench/energy-classes", {NULL}},
    {"bench/energy-classes", {"model.interaction=exp", "model.targets=visible"}},
    {"bench/energy-store", {NULL}},
    {"bench/denoise-small", {"model.centring=none"}},
    {"bench/denoise-small", {"model.centring=batch"}},
    {"bench/denoise-small", {"model.centring=batch", "model.activation=softmax"}},
};

/* What a step leaves, in the gradients' true scale; all parameters behind one another. */
typedef struct step {
    double gradient[MOST], loss;
    size_t count;
} step;

static void take_gradient(const dam__parameter *parameter, step *out)
{
    const dam__matrix *gradient = &parameter->gradient;
    double *own = out->gradient + out->count, *scales = NULL;
    size_t items = dam__matrix_items(gradient);
    assert_true(out->count + items <= MOST);
    OK(dam__matrix_read_doubles(gradient, own, "test"));
    if (parameter->rule == DAM__RULE_MAX_NORM) {
        scales = calloc(dam__matrix_items(parameter->scales), sizeof *scales);
        OK(dam__matrix_read_doubles(parameter->scales, scales, "test"));
        for (size_t i = 0; i < items; i++)
            own[i] *= exp(scales[i / (size_t)gradient->cols]);
        free(scales);
    }
    out->count += items;
}

static void read_step(dam__trainer *trainer, step *out)
{
    dam__model *made = dam__trainer_model(trainer);
    out->count = 0;
    for (int i = 0; i < made->parameter_count; i++)
        if (made->parameters[i].trained)
            take_gradient(&made->parameters[i], out);
    OK(dam__trainer_last_loss(trainer, &out->loss));
}

/* The first epoch's steps. */
static void train(dam__device *device, const setting *how, const model *what, int shards,
                  step out[STEPS])
{
    const char *keys[KEYS + 4] = {"data.samples=45", "train.batch=20", "model.memories=24"};
    char count[32];
    size_t key_count = 4;
    dam__experiment experiment;
    dam__dataset set = {0};
    dam__trainer *trainer = NULL;
    (void)snprintf(count, sizeof count, "train.shards=%d", shards);
    keys[3] = count;
    for (int i = 0; i < KEYS && what->keys[i] != NULL; i++)
        keys[key_count++] = what->keys[i];
    OK(dam__experiment_load(what->preset, keys, key_count, &experiment));
    OK(dam__dataset_load(&experiment.data, DAM__SPLIT_TRAIN, &set));
    const dam__training training = dam__experiment_training(&experiment, &set, how->provider);
    OK(dam__trainer_create(device, &training, &trainer));
    assert_int_equal(dam__trainer_chunk(trainer), (20 + shards - 1) / shards);
    OK(dam__trainer_prepare(trainer));
    int steps = dam__trainer_steps(trainer);
    assert_true(steps == STEPS || steps == STEPS - 1); /* denoisers take full batches */
    for (int i = 0; i < STEPS; i++) {
        OK(dam__trainer_step(trainer));
        read_step(trainer, &out[i]);
    }
    dam__trainer_destroy(trainer);
    dam__dataset_free(&set);
}

static void check_model(dam__device *device, const setting *how, const model *what)
{
    step *whole = calloc(STEPS, sizeof *whole), *shards = calloc(STEPS, sizeof *shards);
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    train(device, how, what, 1, whole);
    for (int count = 2; count <= SHARDS; count *= 2) {
        train(device, how, what, count, shards);
        for (int i = 0; i < STEPS; i++) {
            /* Tenth powers of overlaps lose three digits. What rounding has changed in one step is
             * carried on by the next: Adam and a step of a largest change divide by small numbers.
             */
            double tolerance = (wide ? 1e-12 : 2e-4) * (i == 0 ? 1 : 100);
            char name[96];
            (void)snprintf(name, sizeof name, "%s, %d shards, step %d", what->preset, count, i);
            assert_int_equal(shards[i].count, whole[i].count);
            assert_close(shards[i].gradient, whole[i].gradient, whole[i].count, tolerance, name,
                         how);
            assert_close(&shards[i].loss, &whole[i].loss, 1, tolerance, name, how);
        }
    }
    free(whole);
    free(shards);
}

static void check_setting(const dam_device_info *info, const setting *how)
{
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        check_model(shared_device(info, how), how, &models[i]);
}

static void test_shards_are_whole_batches(void **state)
{
    (void)state;
    for_each_once(check_setting);
}

/* The same number of shards gives the same bits. */
static void test_again(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_AUTO};
    step *one = calloc(STEPS, sizeof *one), *other = calloc(STEPS, sizeof *other);
    train(shared_device(&info, &how), &how, &models[6], 4, one);
    train(shared_device(&info, &how), &how, &models[6], 4, other);
    assert_memory_equal(one, other, STEPS * sizeof *one);
    free(one);
    free(other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_shards_are_whole_batches),
                                       cmocka_unit_test(test_again)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
