/* A split: how long the search for all eigenpairs takes, and to how many epochs that comes. */
#include <math.h>

#include "base/clock.h"
#include "bench/benchmark_rounds.h"

enum { ROUNDS = 5, STEPS_BETWEEN = 10 };

static dam_status time_steps(dam__bench *bench, dam__trainer *trainer, double *seconds)
{
    /* The search left the samples in an order of its own. */
    dam__trainer_position(trainer)->step = 0;
    DAM_TRY(dam__device_finish(bench->device));
    double begin = dam__seconds();
    for (int i = 0; i < STEPS_BETWEEN; i++)
        DAM_TRY(dam__trainer_step(trainer));
    DAM_TRY(dam__device_finish(bench->device));
    *seconds = (dam__seconds() - begin) / STEPS_BETWEEN;
    return DAM_OK;
}

static dam_status time_search(dam__bench *bench, dam__trainer *trainer, double *seconds)
{
    DAM_TRY(dam__device_finish(bench->device));
    double begin = dam__seconds();
    DAM_TRY(dam__growth_search(dam__trainer_growth(trainer), 0));
    *seconds = dam__seconds() - begin;
    return DAM_OK;
}

dam_status dam__bench_split(dam__bench *bench, dam__trainer *trainer)
{
    double searches[ROUNDS], epochs[ROUNDS], before = 0, after = 0;
    DAM_TRY(time_search(bench, trainer, &before)); /* it may still compile something */
    DAM_TRY(time_steps(bench, trainer, &before));
    for (int i = 0; i < ROUNDS; i++) {
        DAM_TRY(dam__bench_check_stop(bench));
        DAM_TRY(time_search(bench, trainer, &searches[i]));
        DAM_TRY(time_steps(bench, trainer, &after));
        epochs[i] = searches[i] / (0.5 * (before + after) * dam__trainer_steps(trainer));
        before = after;
    }
    for (int i = 0; i < ROUNDS; i++)
        searches[i] *= 1e3;
    DAM_TRY(dam__bench_rows_measured(bench->rows, "split_time", searches, ROUNDS, "ms", NULL));
    return dam__bench_rows_measured(bench->rows, "split_epochs", epochs, ROUNDS, "epochs", NULL);
}
