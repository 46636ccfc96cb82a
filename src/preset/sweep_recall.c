#include "preset/sweep_recall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/probes.h"
#include "preset/recall_run.h"

bool dam__sweep_recalls(const dam__experiment *experiment)
{
    return experiment->model.kind == DAM__KIND_ENERGY &&
           experiment->model.energy.task == DAM__TASK_STORE;
}

/* Mean distance from the patterns, and the share of them that came back whole. */
static void compare(const dam__recalled *got, const float *patterns, double *distance,
                    double *recovered)
{
    size_t whole = 0;
    *distance = 0;
    for (size_t p = 0; p < got->count; p++) {
        double squares = 0;
        for (size_t i = 0; i < got->dim; i++) {
            double difference =
                (double)got->states[p * got->dim + i] - (double)patterns[p * got->dim + i];
            squares += difference * difference;
        }
        whole += squares == 0;
        *distance += sqrt(squares) / (double)got->count;
    }
    *recovered = (double)whole / (double)got->count;
}

dam_status dam__sweep_recall(dam__device *device, dam__gemm_provider gemm,
                             const dam__experiment *experiment, const dam__dataset *patterns,
                             const dam__array *memories, bool (*stop)(void *user), void *user,
                             double metrics[DAM__METRICS])
{
    dam_status status = DAM_OK;
    float *states = NULL, *probes = NULL;
    dam__recalled recalled = {0};
    size_t count = patterns->count, dim = patterns->features;
    double recovered = 0;
    const dam__recall_config config = {.interaction = experiment->model.energy.interaction,
                                       .sharpness =
                                           dam__recall_sharpness(&experiment->model.energy, dim),
                                       .dynamics = experiment->recall.dynamics,
                                       .sweeps = experiment->recall.sweeps,
                                       .seed = (uint64_t)experiment->seed,
                                       .gemm = gemm};
    const dam__recall_hooks hooks = {.user = user, .stop = stop};
    DAM_TRY(dam__states_of(patterns, &states));
    DAM_TRY(dam__states_check(patterns->name, states, count, dim));
    DAM_TRY(dam__alloc(count * dim, sizeof *probes, &probes));
    memcpy(probes, states, count * dim * sizeof *probes);
    const dam__recall_task task = {.memories = memories, .probes = probes, .count = count};
    DAM_TRY(dam__recall(device, &config, &task, &hooks, &recalled));
    compare(&recalled, states, &metrics[DAM__METRIC_DISTANCE], &recovered);
    dam__recalled_free(&recalled);
    for (size_t i = 0; i < count; i++)
        DAM_TRY(dam__probe_flip((uint64_t)experiment->seed, i, experiment->sweep.flips, dim,
                                probes + i * dim));
    DAM_TRY(dam__recall(device, &config, &task, &hooks, &recalled));
    compare(&recalled, states, &metrics[DAM__METRIC_DISTANCE_FLIPPED],
            &metrics[DAM__METRIC_RECOVERED]);
cleanup:
    free(states);
    free(probes);
    dam__recalled_free(&recalled);
    return status;
}
