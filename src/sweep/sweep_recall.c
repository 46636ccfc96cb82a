#include "sweep/sweep_recall.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/probes.h"
#include "model/model_type.h"
#include "recall/recall_run.h"

bool dam__sweep_recalls(const dam__experiment *experiment)
{
    return dam__model_stores(&experiment->model) &&
           dam__model_type_of(&experiment->model)->recall != NULL;
}

/*
 * Mean distance of count states from the patterns they were made of, and the share of them that
 * came back whole.
 */
static void compare(const float *states, const float *patterns, size_t count, size_t dim,
                    double *distance, double *recovered)
{
    size_t whole = 0;
    *distance = 0;
    for (size_t p = 0; p < count; p++) {
        double squares = 0;
        for (size_t i = 0; i < dim; i++) {
            double difference = (double)states[p * dim + i] - (double)patterns[p * dim + i];
            squares += difference * difference;
        }
        whole += squares == 0;
        *distance += sqrt(squares) / (double)count;
    }
    *recovered = (double)whole / (double)count;
}

/* The mean of the first count probes' energies at the end. */
static double mean_energy(const dam__recalled *recalled, size_t count)
{
    double sum = 0;
    for (size_t p = 0; p < count; p++)
        sum += recalled->energies[p * (recalled->sweeps + 1) + (size_t)recalled->taken[p]];
    return sum / (double)count;
}

dam_status dam__sweep_recall(dam__device *device, dam__gemm_provider gemm,
                             const dam__experiment *experiment, const dam__dataset *patterns,
                             const dam__array *memories, bool (*stop)(void *user), void *user,
                             double metrics[DAM__METRICS])
{
    dam_status status = DAM_OK;
    float *states = NULL, *probes = NULL;
    dam__recalled recalled = {0};
    size_t count = patterns->count, dim = patterns->features, items = 0;
    double recovered = 0;
    dam__recall_config config = dam__recall_config_of(experiment, NULL, dim, true);
    const dam__recall_callbacks callbacks = {.user = user, .stop = stop};
    config.gemm = gemm;
    DAM_TRY_CLEANUP(dam__states_of(patterns, &states));
    DAM_TRY_CLEANUP(dam__states_check(patterns->name, states, count, dim));
    DAM_TRY_CLEANUP(dam__multiply(2 * count, dim, &items));
    DAM_TRY_CLEANUP(dam__alloc(items, sizeof *probes, &probes));
    /* The patterns themselves, then the flipped ones. */
    memcpy(probes, states, count * dim * sizeof *probes);
    memcpy(probes + count * dim, states, count * dim * sizeof *probes);
    for (size_t i = 0; i < count; i++)
        DAM_TRY_CLEANUP(dam__probe_flip((uint64_t)experiment->seed, i, experiment->sweep.flips, dim,
                                        probes + (count + i) * dim));
    const dam__recall_task task = {.memories = memories, .probes = probes, .count = 2 * count};
    DAM_TRY_CLEANUP(dam__recall(device, &config, &task, &callbacks, &recalled));
    compare(recalled.states, states, count, dim, &metrics[DAM__METRIC_DISTANCE], &recovered);
    compare(recalled.states + count * dim, states, count, dim,
            &metrics[DAM__METRIC_DISTANCE_FLIPPED], &metrics[DAM__METRIC_RECOVERED]);
    metrics[DAM__METRIC_ENERGY] = mean_energy(&recalled, count);
cleanup:
    free(states);
    free(probes);
    dam__recalled_free(&recalled);
    return status;
}
