#include "preset/sweep_batch.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "data/probes.h"
#include "data/teacher.h"
#include "preset/sweep_recall.h"
#include "train/batched.h"

/* A batched model and the sets that its problems store. */
typedef struct batch {
    const dam__batch_run *run;
    const size_t *problems;
    size_t count;
    dam__experiment experiment; /* of one problem at a time */
    dam__dataset *sets;         /* of each */
    dam__problem *numbers;
    double *rates;
    float *patterns; /* count x samples x dim */
    dam__batched *model;
} batch;

static void batch_free(batch *b)
{
    dam__batched_destroy(b->model);
    for (size_t i = 0; b->sets != NULL && i < b->count; i++)
        dam__dataset_free(&b->sets[i]);
    free(b->sets);
    free(b->numbers);
    free(b->rates);
    free(b->patterns);
}

/* Takes the numbers and the patterns of problem i; the first has said how many there are. */
static dam_status take_problem(batch *b, size_t i)
{
    dam_status status = DAM_OK;
    float *states = NULL;
    const dam__experiment *experiment = &b->experiment;
    const dam__energy_config *energy = &experiment->model.energy;
    uint64_t seed = 0;
    DAM_TRY(dam__sweep_plan_experiment(b->run->plan, b->problems[i], &b->experiment));
    seed = (uint64_t)experiment->seed;
    DAM_TRY(dam__dataset_load_on(b->run->device, &experiment->data, seed, DAM__SPLIT_TRAIN,
                                 &b->sets[i]));
    size_t items = 0, all = 0;
    DAM_TRY(dam__multiply(b->sets[0].count, b->sets[0].features, &items));
    if (b->sets[i].count != b->sets[0].count || b->sets[i].features != b->sets[0].features)
        DAM_FAIL(DAM_INTERNAL, "problems of one group have patterns of different shapes");
    DAM_TRY(dam__states_of(&b->sets[i], &states));
    if (i == 0) {
        DAM_TRY(dam__multiply(items, b->count, &all));
        DAM_TRY(dam__alloc(all, sizeof *b->patterns, &b->patterns));
    }
    memcpy(b->patterns + i * items, states, items * sizeof *states);
    b->rates[i] = experiment->train.learning_rate;
    b->numbers[i] = (dam__problem){.seed = seed,
                                   .temperature = energy->temperature,
                                   .temperature_to = energy->temperature_to,
                                   .leak = energy->interaction.leak};
cleanup:
    free(states);
    return status;
}

static dam_status create(batch *b)
{
    dam_status status = DAM_OK;
    DAM_TRY(dam__alloc(b->count, sizeof *b->sets, &b->sets));
    DAM_TRY(dam__alloc(b->count, sizeof *b->numbers, &b->numbers));
    DAM_TRY(dam__alloc(b->count, sizeof *b->rates, &b->rates));
    for (size_t i = 0; i < b->count; i++)
        DAM_TRY(take_problem(b, i));
    const dam__batched_training training = {.model = b->experiment.model,
                                            .train = b->experiment.train,
                                            .count = (int)b->count,
                                            .samples = (int)b->sets[0].count,
                                            .dim = (int)b->sets[0].features,
                                            .patterns = b->patterns,
                                            .problems = b->numbers,
                                            .learning_rates = b->rates,
                                            .gemm = b->run->gemm};
    DAM_TRY(dam__batched_create(b->run->device, &training, &b->model));
cleanup:
    return status;
}

/* How each problem ended, and how well it recalls. */
static dam_status collect(batch *b, dam__problem_result *results)
{
    dam_status status = DAM_OK;
    const dam__batch_run *run = b->run;
    dam__batched_result *ends = NULL;
    double *memories = NULL;
    size_t rows = (size_t)b->experiment.model.memories, dim = b->sets[0].features;
    DAM_TRY(dam__alloc(b->count, sizeof *ends, &ends));
    DAM_TRY(dam__alloc(b->count * rows * dim, sizeof *memories, &memories));
    DAM_TRY(dam__batched_results(b->model, ends));
    DAM_TRY(dam__batched_memories(b->model, memories));
    for (size_t i = 0; i < b->count; i++) {
        const dam__array own = {.element = DAM__F64,
                                .rank = 2,
                                .shape = {rows, dim},
                                .data = memories + i * rows * dim};
        for (int m = 0; m < DAM__METRICS; m++)
            results[i].metrics[m] = NAN;
        results[i].status = ends[i].diverged ? DAM__PROBLEM_DIVERGED : DAM__PROBLEM_DONE;
        results[i].epochs = ends[i].diverged ? ends[i].first_epoch : b->experiment.train.epochs;
        if (ends[i].diverged)
            continue;
        results[i].metrics[DAM__METRIC_LOSS] = ends[i].loss;
        DAM_TRY(dam__sweep_plan_experiment(run->plan, b->problems[i], &b->experiment));
        DAM_TRY(dam__sweep_recall(run->device, run->gemm, &b->experiment, &b->sets[i], &own,
                                  run->stop, run->user, results[i].metrics));
    }
cleanup:
    free(ends);
    free(memories);
    return status;
}

dam_status dam__sweep_batch(const dam__batch_run *run, const size_t *problems, size_t count,
                            dam__problem_result *results)
{
    dam_status status = DAM_OK;
    double began = dam__seconds();
    batch *b = NULL;
    DAM_TRY(dam__alloc(1, sizeof *b, &b));
    b->run = run;
    b->problems = problems;
    b->count = count;
    DAM_TRY(create(b));
    DAM_TRY(dam__plan_check(dam__batched_plan(b->model)));
    DAM_TRY(dam__batched_run(b->model, run->stop, run->tell, run->user));
    DAM_TRY(collect(b, results));
    for (size_t i = 0; i < count; i++)
        results[i].seconds = (dam__seconds() - began) / (double)count;
cleanup:
    if (b != NULL)
        batch_free(b);
    free(b);
    return status;
}

dam_status dam__sweep_batch_bytes(const dam__batch_run *run, const size_t *problems, size_t count,
                                  size_t *bytes)
{
    dam_status status = DAM_OK;
    batch *b = NULL;
    DAM_TRY(dam__alloc(1, sizeof *b, &b));
    b->run = run;
    b->problems = problems;
    b->count = count;
    DAM_TRY(create(b));
    *bytes = dam__plan_total(dam__batched_plan(b->model));
cleanup:
    if (b != NULL)
        batch_free(b);
    free(b);
    return status;
}
