/*
 * Denoisers side by side as one model: each ends as it does when it is trained by itself, bit for
 * bit where the products of a batched model are summed in the same order (panel), else to rounding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/device.h"

#include "data/teacher.h"
#include "train/batched.h"
#include "train/trainer.h"

/* 4 full batches and a rest of 5 samples. */
enum { DIM = 21, MEMORIES = 24, SAMPLES = 45, BATCH = 10, EPOCHS = 3, REPLICAS = 5 };

static const uint64_t seeds[REPLICAS] = {7, 7, 8, 9, 8};
static const double rates[REPLICAS] = {0.01, 0.03, 0.0123, 0.02, 0.05};

/* One kind of denoiser; all replicas have one set where it is shared. */
typedef struct kind {
    dam__denoise_config config;
    double momentum, slower; /* factor of the rates */
    bool shared;
    int diverges; /* a replica whose rate is far too high; -1: none */
    int shards;   /* of a batch */
} kind;

static const kind kinds[] = {
    {{.activation = DAM__ACTIVATION_RELU,
      .power = 1,
      .centring = DAM__CENTRING_BATCH,
      .algorithm = DAM__ALGORITHM_ADAM},
     0,
     1,
     false,
     -1,
     1},
    {{.activation = DAM__ACTIVATION_RELU,
      .power = 2,
      .centring = DAM__CENTRING_BATCH,
      .pairing = DAM__PAIRING_FRESH},
     0.5,
     0.05,
     true,
     2,
     4},
    {{.activation = DAM__ACTIVATION_SOFTMAX, .power = 1, .centring = DAM__CENTRING_BATCH},
     0,
     0.05,
     false,
     0,
     1},
    {{.activation = DAM__ACTIVATION_LINEAR, .power = 1, .algorithm = DAM__ALGORITHM_ADAM},
     0,
     1,
     true,
     -1,
     2},
};

static double rate_of(const kind *what, int p)
{
    return p == what->diverges ? 1e5 : what->slower * rates[p];
}

static dam__model_config model_of(const kind *what)
{
    dam__model_config model = {
        .kind = DAM__KIND_DENOISE, .memories = MEMORIES, .denoise = what->config};
    model.denoise.gain = 1;
    model.denoise.noise = 0.5;
    model.denoise.eta0 = 1; /* batched models have that of the replicas */
    return model;
}

static const dam__train_config how_long = {
    .batch = BATCH, .epochs = EPOCHS, .learning_rate = 1, .decay = 0.9, .checkpoint = EPOCHS};

/* What a training leaves. */
typedef struct result {
    double memories[MEMORIES * DIM], losses[EPOCHS], mse;
    bool diverged;
    int epochs;
} result;

static dam_status keep(void *user)
{
    (void)user;
    return DAM_OK;
}

static void train_alone(dam__device *device, const setting *how, const kind *what, int p,
                        const dam__dataset *set, result *out)
{
    dam__trainer *trainer = NULL;
    dam__metrics metrics;
    const dam__callbacks callbacks = {.on_checkpoint = keep};
    dam__training training = {.seed = seeds[p],
                              .set = set,
                              .model = model_of(what),
                              .train = how_long,
                              .gemm = how->provider,
                              .evaluates = true};
    training.train.momentum = what->momentum;
    training.train.shards = what->shards;
    training.model.denoise.eta0 = rate_of(what, p);
    OK(dam__trainer_create(device, &training, &trainer));
    OK(dam__trainer_prepare(trainer));
    dam_status status = dam__trainer_run(trainer, &callbacks);
    out->diverged = status == DAM_DIVERGED;
    out->epochs = dam__trainer_position(trainer)->epoch;
    if (status != DAM_DIVERGED) {
        OK(status);
        OK(dam__trainer_evaluate(trainer, &metrics));
        out->mse = metrics.loss;
        for (size_t i = 0; i < EPOCHS; i++)
            out->losses[i] = dam__history_value(dam__trainer_history(trainer), i, "loss");
        OK(dam__matrix_read_doubles(
            &dam__model_parameter(dam__trainer_model(trainer), "memories")->value, out->memories,
            "memories"));
    }
    dam__trainer_destroy(trainer);
}

static void train_together(dam__device *device, const setting *how, const kind *what,
                           const dam__dataset *const *sets, result *out)
{
    dam__batched *batched = NULL;
    dam__replica replicas[REPLICAS];
    dam__batched_result ends[REPLICAS];
    dam__metrics metrics[REPLICAS];
    double curves[REPLICAS * EPOCHS], memories[REPLICAS * MEMORIES * DIM];
    dam__batched_training training = {.model = model_of(what),
                                      .train = how_long,
                                      .count = REPLICAS,
                                      .sets = sets,
                                      .replicas = replicas,
                                      .gemm = how->provider};
    training.train.momentum = what->momentum;
    training.train.shards = what->shards;
    for (int p = 0; p < REPLICAS; p++)
        replicas[p] = (dam__replica){.seed = seeds[p], .rate = rate_of(what, p)};
    OK(dam__batched_create(device, &training, &batched));
    OK(dam__batched_run(batched, NULL, NULL, NULL));
    OK(dam__batched_results(batched, ends, curves));
    OK(dam__batched_evaluate(batched, metrics));
    OK(dam__batched_memories(batched, memories));
    for (size_t p = 0; p < REPLICAS; p++) {
        out[p].diverged = ends[p].diverged;
        out[p].epochs = ends[p].diverged ? ends[p].first_epoch : EPOCHS;
        out[p].mse = metrics[p].loss;
        assert_true(ends[p].diverged || ends[p].loss == curves[p * EPOCHS + EPOCHS - 1]);
        memcpy(out[p].losses, curves + p * EPOCHS, sizeof out[p].losses);
        memcpy(out[p].memories, memories + p * MEMORIES * DIM, sizeof out[p].memories);
    }
    dam__batched_destroy(batched);
}

/* The sets of all replicas; equal pointers where they share it or have the same seed. */
static void load_sets(dam__device *device, bool shared, dam__dataset *drawn,
                      const dam__dataset **sets)
{
    const dam__data_config config = {.name = "gaussian", .dim = DIM, .samples = SAMPLES};
    for (int p = 0; p < REPLICAS; p++) {
        drawn[p] = (dam__dataset){0};
        sets[p] = NULL;
        for (int q = 0; q < p && sets[p] == NULL; q++)
            sets[p] = shared || seeds[q] == seeds[p] ? sets[q] : NULL;
        if (sets[p] != NULL)
            continue;
        OK(dam__dataset_load_on(device, &config, seeds[p], DAM__SPLIT_TRAIN, &drawn[p]));
        sets[p] = &drawn[p];
    }
}

static void compare(const kind *what, const setting *how, int p, const result *one,
                    const result *beside)
{
    /* CLBlast's batched kernels are others than those for one product. Rounding is carried through
     * 12 steps, in which a sign-like step of Adam may turn. */
    bool exact = how->provider == DAM__GEMM_PANEL;
    double tolerance = exact ? 0 : how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 2e-3;
    char name[64];
    (void)snprintf(name, sizeof name, "kind %d, replica %d", (int)(what - kinds), p);
    if (one->diverged != (p == what->diverges) || one->diverged != beside->diverged ||
        one->epochs != beside->epochs)
        fail_msg("%s, %s: diverged %d %d, epochs %d %d", setting_name(how), name, one->diverged,
                 beside->diverged, one->epochs, beside->epochs);
    if (one->diverged)
        return;
    assert_true(one->mse > 0 && one->losses[EPOCHS - 1] > 0);
    assert_close(beside->losses, one->losses, EPOCHS, tolerance, name, how);
    assert_close(&beside->mse, &one->mse, 1, tolerance, name, how);
    assert_close(beside->memories, one->memories, MEMORIES * DIM, tolerance, name, how);
}

static void check_kind(const dam_device_info *info, const setting *how, const kind *what)
{
    dam__device *device = shared_device(info, how);
    dam__dataset drawn[REPLICAS];
    const dam__dataset *sets[REPLICAS];
    result *beside = calloc(REPLICAS, sizeof *beside), *one = calloc(1, sizeof *one);
    load_sets(device, what->shared, drawn, sets);
    train_together(device, how, what, sets, beside);
    for (int p = 0; p < REPLICAS; p++) {
        train_alone(device, how, what, p, sets[p], one);
        compare(what, how, p, one, &beside[p]);
    }
    for (int p = 0; p < REPLICAS; p++)
        dam__dataset_free(&drawn[p]);
    free(beside);
    free(one);
}

/* CLBlast compiles for tens of seconds on PoCL: one setting is enough to see that its batches are
 * those of single products. */
static void test_every_setting(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    /* Those of BREADTH_ONE, then of BREADTH_EACH, then the rest. */
    static const size_t counts[] = {1, 3, 5};
    const setting settings[] = {
        {DAM__SHAPE_CPU, DAM__GEMM_PANEL, DAM__PRECISION_SINGLE},
        {DAM__SHAPE_GPU, dam__gemm_for_gpus(), DAM__PRECISION_SINGLE},
        {DAM__SHAPE_GPU, DAM__GEMM_PANEL, DAM__PRECISION_DOUBLE},
        {DAM__SHAPE_GPU, DAM__GEMM_PANEL, DAM__PRECISION_SINGLE},
        {DAM__SHAPE_CPU, DAM__GEMM_PANEL, DAM__PRECISION_DOUBLE},
    };
    bool slow = is_slow(&info);
    for (size_t i = 0; i < counts[slow ? BREADTH_EVERY : at_most(&info, BREADTH_EVERY)]; i++) {
        bool wide = settings[i].precision == DAM__PRECISION_DOUBLE;
        if (slow ? settings[i].shape == DAM__SHAPE_GPU && !wide : info.fp64 || !wide)
            check_kind(&info, &settings[i], &kinds[0]);
    }
}

static void test_every_kind(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = is_slow(&info) ? DAM__SHAPE_GPU : DAM__SHAPE_CPU,
                         .provider = DAM__GEMM_PANEL};
    for (size_t k = 1; k < sizeof kinds / sizeof *kinds; k++)
        check_kind(&info, &how, &kinds[k]);
}

static void test_refusals(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_AUTO};
    dam__device *device = shared_device(&info, &how);
    dam__dataset drawn[REPLICAS];
    const dam__dataset *sets[REPLICAS];
    const dam__replica replicas[2] = {{.seed = 1, .rate = 1}, {.seed = 2, .rate = 1}};
    dam__batched *batched = NULL;
    dam__batched_training training = {.model = model_of(&kinds[0]),
                                      .train = how_long,
                                      .count = 2,
                                      .sets = sets,
                                      .replicas = replicas};
    load_sets(device, true, drawn, sets);
    training.train.batch = SAMPLES + 1;
    assert_int_equal(dam__batched_create(device, &training, &batched), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "is more than the 45 training samples"));
    training.train.batch = BATCH;
    dam__dataset other = drawn[0];
    other.count--;
    sets[1] = &other;
    assert_int_equal(dam__batched_create(device, &training, &batched), DAM_INTERNAL);
    assert_non_null(strstr(dam_error(), "samples of different shapes"));
    assert_null(batched);
    dam__dataset_free(&drawn[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_setting),
                                       cmocka_unit_test(test_every_kind),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
