/* A sweep's trainings side by side as one model, against the same trainings one by one: a heat map
 * of temperatures and rates where patterns are stored, or else learning rates and seeds. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/notice.h"
#include "bench/benchmark_rounds.h"
#include "data/patterns.h"
#include "model/model_type.h"
#include "train/batched.h"

enum {
    TEMPERATURES = 6,
    RATES = 5,
    SEEDS = 5,
    MOST = TEMPERATURES * RATES * SEEDS,
    MORE_RATES = 8, /* where nothing else is varied */
    FEWER_SEEDS = 4,
    ROUNDS = 3,
    /* Numbers of all samples; larger models keep a device busy alone. */
    SMALL = 4096,
    SMALL_SHARED = 32768 /* where all replicas have the same samples */
};

/* Of all rounds. On a slow device trainings are cut shorter, to an epoch at least; what is made
 * before the first then weighs more. */
static const double MOST_SECONDS = 180;

typedef struct sweep {
    dam__bench *bench;
    int samples, dim, batch;
    int epochs;              /* of each training */
    int count;               /* replicas */
    float *patterns;         /* count x samples x dim; NULL where all have the preset's samples */
    dam__dataset sets[MOST]; /* of them */
    const dam__dataset *pointers[MOST];
    dam__replica replicas[MOST];
} sweep;

bool dam__bench_can_sweep(const dam__training *training)
{
    const dam__dataset *set = training->set;
    bool stores = dam__model_stores(&training->model);
    return set->count * set->features <= (stores ? SMALL : SMALL_SHARED) &&
           dam__model_side_by_side(&training->model, training->train.batch, set, stores);
}

static dam__replica replica_of(const dam__training *training, int dim, uint64_t seed, double share)
{
    return dam__model_type_of(&training->model)
        ->replica(&training->model, dim, seed, training->train.learning_rate * share);
}

/* Rates from an eighth of the preset's on, each with its seeds. */
static void choose_rates(sweep *s)
{
    const dam__training *training = &s->bench->what->training;
    s->count = MORE_RATES * FEWER_SEEDS;
    for (int p = 0; p < s->count; p++) {
        int rate = p / FEWER_SEEDS;
        double share = (1.0 + rate) / MORE_RATES;
        s->replicas[p] =
            replica_of(training, s->dim, training->seed + (uint64_t)(p % FEWER_SEEDS), share);
        s->pointers[p] = training->set;
    }
}

/* Temperatures to half of the preset's and rates to a fifth, each with its seeds and patterns. */
static dam_status choose_patterns(sweep *s)
{
    const dam__training *training = &s->bench->what->training;
    size_t items = (size_t)s->samples * (size_t)s->dim;
    s->count = MOST;
    DAM_TRY(dam__alloc(items * MOST, sizeof *s->patterns, &s->patterns));
    for (int p = 0; p < s->count; p++) {
        uint64_t seed = training->seed + (uint64_t)(p % SEEDS);
        int cell = p / SEEDS, column = cell % TEMPERATURES, row = cell / TEMPERATURES;
        double cooler = (double)column / (2 * TEMPERATURES), slower = (double)row / RATES;
        s->replicas[p] = replica_of(training, s->dim, seed, 1 - slower);
        s->replicas[p].temperature *= 1 - cooler;
        s->sets[p] = *training->set;
        s->sets[p].samples.data = s->patterns + (size_t)p * items;
        s->pointers[p] = &s->sets[p];
        for (int i = 0; i < s->samples; i++)
            dam__pattern(seed, (size_t)i, (size_t)s->dim,
                         s->patterns + (size_t)p * items + (size_t)i * (size_t)s->dim);
    }
    return DAM_OK;
}

/* Some of them as one model: planning, finding what was compiled, its epochs, its losses. */
static dam_status train_block(const sweep *s, int first, int count)
{
    dam_status status = DAM_OK;
    dam__batched *batched = NULL;
    dam__batched_result results[MOST];
    dam__metrics metrics[MOST];
    const dam__benchmark *what = s->bench->what;
    const dam__training *training = &what->training;
    dam__batched_training block = {.model = training->model,
                                   .train = training->train,
                                   .count = count,
                                   .sets = s->pointers + first,
                                   .replicas = s->replicas + first,
                                   .gemm = training->gemm};
    block.train.epochs = s->epochs;
    DAM_TRY_CLEANUP(dam__batched_create(s->bench->device, &block, &batched));
    DAM_TRY_CLEANUP(dam__batched_run(batched, what->stop, NULL, what->user));
    DAM_TRY_CLEANUP(dam__batched_results(batched, results, NULL));
    if (!dam__model_stores(&training->model))
        DAM_TRY_CLEANUP(dam__batched_evaluate(batched, metrics));
cleanup:
    dam__device_drain(s->bench->device);
    dam__batched_destroy(batched);
    return status;
}

/* All of them, in models as large as suits the device. */
static dam_status train_together(const sweep *s)
{
    int most = dam__batched_best_count(s->bench->device, s->bench->what->training.model.memories,
                                       s->batch, s->dim);
    for (int first = 0; first < s->count; first += most)
        DAM_TRY(train_block(s, first, s->count - first < most ? s->count - first : most));
    return DAM_OK;
}

/* With this callback the trainer calls ops->finish_epoch at the end, as before saving. */
static dam_status keep_nothing(void *user)
{
    (void)user;
    return DAM_OK;
}

/* The same of one, as `train` trains it but for the run folder. */
static dam_status train_alone(const sweep *s, int p)
{
    dam_status status = DAM_OK;
    dam__trainer *trainer = NULL;
    dam__metrics metrics;
    const dam__benchmark *what = s->bench->what;
    const dam__callbacks callbacks = {
        .user = what->user, .stop = what->stop, .on_checkpoint = keep_nothing};
    dam__training training = what->training;
    training.train.epochs = s->epochs;
    training.set = s->pointers[p];
    training.validation = 0;
    training.seed = s->replicas[p].seed;
    dam__model_type_of(&training.model)
        ->take_replica(&s->replicas[p], &training.model, &training.train.learning_rate);
    training.evaluates = !dam__model_stores(&training.model);
    DAM_TRY_CLEANUP(dam__trainer_create(s->bench->device, &training, &trainer));
    DAM_TRY_CLEANUP(dam__trainer_prepare(trainer));
    DAM_TRY_CLEANUP(dam__trainer_run(trainer, &callbacks));
    if (training.evaluates)
        DAM_TRY_CLEANUP(dam__trainer_evaluate(trainer, &metrics));
cleanup:
    dam__device_drain(s->bench->device);
    dam__trainer_destroy(trainer);
    return status;
}

static dam_status time_together(const sweep *s, double *seconds)
{
    double begin = dam__seconds();
    dam_status status = dam__bench_check_stop(s->bench);
    status = status == DAM_OK ? train_together(s) : status;
    *seconds = dam__seconds() - begin;
    return status;
}

static dam_status time_alone(const sweep *s, double *seconds)
{
    double begin = dam__seconds();
    for (int p = 0; p < s->count; p++) {
        DAM_TRY(dam__bench_check_stop(s->bench));
        DAM_TRY(train_alone(s, p));
    }
    *seconds = dam__seconds() - begin;
    return DAM_OK;
}

/* As many epochs as the preset has, or as end in time. Compiles what there is to compile. */
static dam_status choose_epochs(sweep *s)
{
    int wanted = s->bench->what->training.train.epochs;
    double together = 0, alone = 0;
    s->epochs = 1;
    DAM_TRY(time_together(s, &together));
    DAM_TRY(train_alone(s, 0));
    for (;;) {
        DAM_TRY(time_together(s, &together));
        double begin = dam__seconds();
        DAM_TRY(train_alone(s, 0));
        alone = dam__seconds() - begin;
        double all = (ROUNDS + 1) * (together + s->count * alone);
        int next = s->epochs < wanted / 2 ? 2 * s->epochs : wanted;
        if (s->epochs == wanted || all * next / s->epochs > MOST_SECONDS)
            break;
        s->epochs = next;
    }
    if (s->epochs < wanted)
        dam__warn(dam__device_log(s->bench->device),
                  "'%s': the trainings of a sweep are cut from %d epochs to %d, for time",
                  s->bench->what->preset, wanted, s->epochs);
    return DAM_OK;
}

dam_status dam__bench_sweep(dam__bench *bench)
{
    dam_status status = DAM_OK;
    const dam__dataset *set = bench->what->training.set;
    double alone[ROUNDS], together[ROUNDS], gains[ROUNDS], before = 0, after = 0;
    int batch = bench->what->training.train.batch;
    sweep s = {.bench = bench, .samples = (int)set->count, .dim = (int)set->features};
    s.batch = batch < s.samples ? batch : s.samples;
    if (dam__model_stores(&bench->what->training.model))
        DAM_TRY_CLEANUP(choose_patterns(&s));
    else
        choose_rates(&s);
    DAM_TRY_CLEANUP(choose_epochs(&s));
    DAM_TRY_CLEANUP(time_together(&s, &before));
    for (int i = 0; i < ROUNDS; i++) {
        DAM_TRY_CLEANUP(time_alone(&s, &alone[i]));
        DAM_TRY_CLEANUP(time_together(&s, &after));
        together[i] = (before + after) / 2;
        gains[i] = alone[i] / together[i];
        before = after;
    }
    DAM_TRY_CLEANUP(dam__bench_add(bench, "sweep_epochs", s.epochs, "epochs", NAN, NULL));
    DAM_TRY_CLEANUP(dam__bench_rows_measured(bench->rows, "sweep_alone", alone, ROUNDS, "s", NULL));
    DAM_TRY_CLEANUP(
        dam__bench_rows_measured(bench->rows, "sweep_batched", together, ROUNDS, "s", NULL));
    DAM_TRY_CLEANUP(
        dam__bench_rows_measured(bench->rows, "sweep_gain", gains, ROUNDS, "ratio", NULL));
cleanup:
    free(s.patterns);
    /* A training that was stopped speaks of what it keeps. */
    if (status == DAM_INTERRUPTED)
        (void)dam__bench_check_stop(bench);
    return status;
}
