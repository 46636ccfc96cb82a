/*
 * Ranks that train together (docs/cluster.md), here as threads, each with a device of its own: what
 * they learn is, to the last bit, what one process learns of as many shards.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/device.h"
#include "thread_comm.h"

#include "run/experiment.h"
#include "run/run_folder.h"
#include "train/shards.h"
#include "train/trainer.h"

enum { RANKS = 4, MOST = 24 * 800, KEYS = 6, EPOCHS = 2 };

/* A preset, and what else it takes. Batches of 20, 20 and 5 samples: the last has empty shards. */
typedef struct model {
    const char *preset, *keys[KEYS];
} model;

static const model models[] = {
    /* Three batches are evaluated, the last of seven samples: one rank of four has none. */
    {"bench/vmf-small", {"data.validation=0.6", "train.patience=0", "train.batch=10"}},
    {"bench/energy-classes", {"train.shards=4"}},
    {"bench/energy-store", {NULL}},
    {"bench/denoise-small", {"model.centring=batch"}},
    {"bench/denoise-small", {"model.centring=none", "train.shards=16"}},
};

/* One rank: a thread. */
struct rank {
    const dam_device_info *info;
    const model *what;
    struct thread_comm comm;
    bool alone;
    char failure[256];              /* of what cmocka may only be told by its own thread */
    double values[MOST], losses[3]; /* loss, validation loss and accuracy after the last epoch */
    int32_t predicted[45];
    size_t count, predicted_count;
};

static dam_status keep(void *user)
{
    (void)user;
    return DAM_OK;
}

/* What every rank knows of all samples that were kept for validation. */
static dam_status read_validation(dam__trainer *trainer, struct rank *rank)
{
    static const char *const names[] = {"loss", "validation_loss", "validation_accuracy"};
    const dam__history *history = dam__trainer_history(trainer);
    int32_t *predicted = NULL;
    for (int i = 0; i < 3; i++)
        rank->losses[i] = dam__history_value(history, history->row_count - 1, names[i]);
    DAM_TRY(dam__trainer_predictions(trainer, &predicted, &rank->predicted_count));
    if (rank->predicted_count > 0)
        memcpy(rank->predicted, predicted, rank->predicted_count * sizeof *predicted);
    free(predicted);
    return DAM_OK;
}

static dam_status read_parameters(dam__trainer *trainer, struct rank *rank)
{
    dam__model *made = dam__trainer_model(trainer);
    for (int i = 0; i < made->parameter_count; i++) {
        const dam__matrix *value = &made->parameters[i].value;
        if (rank->count + dam__matrix_items(value) > MOST)
            return dam__fail(DAM_INTERNAL, "there are too many parameters");
        DAM_TRY(dam__matrix_read_doubles(value, rank->values + rank->count, "test"));
        rank->count += dam__matrix_items(value);
    }
    return read_validation(trainer, rank);
}

static dam_status train(struct rank *rank)
{
    const char *keys[KEYS + 4] = {"data.samples=45", "train.batch=20", "model.memories=20",
                                  "train.shards=8"};
    const dam__callbacks callbacks = {.on_checkpoint = keep};
    size_t key_count = 4;
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__dataset set = {0};
    dam__device *device = NULL;
    dam__trainer *trainer = NULL;
    for (int i = 0; i < KEYS && rank->what->keys[i] != NULL; i++)
        keys[key_count++] = rank->what->keys[i];
    DAM_TRY_CLEANUP(dam__experiment_load(rank->what->preset, keys, key_count, &experiment));
    experiment.train.epochs = EPOCHS;
    DAM_TRY_CLEANUP(dam__dataset_load(&experiment.data, DAM__SPLIT_TRAIN, &set));
    DAM_TRY_CLEANUP(dam__device_open(rank->info, &(dam__device_options){0}, &device));
    dam__training training = dam__experiment_training(&experiment, &set, DAM__GEMM_AUTO);
    training.comm = rank->alone ? NULL : &rank->comm.base;
    DAM_TRY_CLEANUP(dam__trainer_create(device, &training, &trainer));
    DAM_TRY_CLEANUP(dam__trainer_prepare(trainer));
    DAM_TRY_CLEANUP(dam__trainer_run(trainer, &callbacks));
    DAM_TRY_CLEANUP(read_parameters(trainer, rank));
cleanup:
    dam__trainer_destroy(trainer);
    dam__device_close(device);
    dam__dataset_free(&set);
    return status;
}

/* One that fails leaves the others waiting; the test's time limit ends them. */
static void *run_rank(void *user)
{
    struct rank *rank = user;
    if (train(rank) != DAM_OK)
        (void)snprintf(rank->failure, sizeof rank->failure, "%s", dam_error());
    return NULL;
}

static void run_ranks(struct rank *ranks, int count, const dam_device_info *info, const model *what)
{
    struct meeting meeting;
    pthread_t threads[MOST_RANKS];
    meeting_begin(&meeting, count);
    for (int i = 0; i < count; i++) {
        ranks[i] = (struct rank){.info = info, .what = what, .alone = count == 1};
        ranks[i].comm = thread_comm_of(&meeting, i);
        assert_int_equal(pthread_create(&threads[i], NULL, run_rank, &ranks[i]), 0);
    }
    for (int i = 0; i < count; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    meeting_end(&meeting);
    for (int i = 0; i < count; i++)
        if (ranks[i].failure[0] != '\0')
            fail_msg("%s, rank %d of %d: %s", what->preset, i, count, ranks[i].failure);
}

static void test_ranks_have_the_bits_of_one(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    struct rank *alone = calloc(1, sizeof *alone), *ranks = calloc(RANKS, sizeof *ranks);
    for (size_t m = 0; m < sizeof models / sizeof *models; m++) {
        run_ranks(alone, 1, &info, &models[m]);
        assert_true(alone->count > 0);
        for (int count = 2; count <= RANKS; count *= 2) {
            run_ranks(ranks, count, &info, &models[m]);
            for (int i = 0; i < count; i++) {
                assert_int_equal(ranks[i].count, alone->count);
                assert_memory_equal(ranks[i].values, alone->values, alone->count * sizeof(double));
                assert_memory_equal(ranks[i].losses, alone->losses, sizeof alone->losses);
                assert_int_equal(ranks[i].predicted_count, alone->predicted_count);
                assert_memory_equal(ranks[i].predicted, alone->predicted, sizeof alone->predicted);
            }
        }
    }
    free(alone);
    free(ranks);
}

static void test_refusals(void **state)
{
    (void)state;
    struct meeting meeting = {.size = 3};
    struct thread_comm comm = thread_comm_of(&meeting, 0);
    int own = 0;
    const dam__sharing by_three = {.count = 4, .comm = &comm.base}, whole = {.comm = &comm.base};
    assert_int_equal(dam__sharing_own(&by_three, &own), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "train.shards = 4 cannot be shared by 3 ranks"));
    assert_int_equal(dam__sharing_own(&whole, &own), DAM_USAGE);
    assert_int_equal(dam__comm_exchange(&comm.base, 3, NULL, NULL, 0), DAM_INTERNAL);
    assert_int_equal(dam__comm_exchange(NULL, 0, NULL, NULL, 0), DAM_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ranks_have_the_bits_of_one),
                                       cmocka_unit_test(test_refusals)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
