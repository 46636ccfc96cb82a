/* Joules of training steps, by the counters of the machine. */
#include <math.h>

#include "base/clock.h"
#include "base/joules.h"
#include "bench/benchmark_rounds.h"

enum { ROUNDS = 3 };

static const double LEAST_SECONDS = 0.3; /* of a round: counters move about once a millisecond */

dam_status dam__bench_energy(dam__bench *bench, const dam__workload *step)
{
    double joules[ROUNDS], watts[ROUNDS], seconds = 0;
    int calls = 1;
    const char *folder = bench->what->counters;
    if (dam__joules_read(folder).count == 0)
        return DAM_OK;
    DAM_TRY(dam__bench_time(bench, step, 1, &seconds));
    if (seconds < LEAST_SECONDS)
        calls = (int)ceil(LEAST_SECONDS / (seconds > 1e-6 ? seconds : 1e-6));
    for (int round = 0; round < ROUNDS; round++) {
        DAM_TRY(dam__bench_check_stop(bench));
        dam__joules before = dam__joules_read(folder);
        double begin = dam__seconds();
        DAM_TRY(dam__bench_time(bench, step, calls, &seconds));
        double passed = dam__seconds() - begin;
        dam__joules after = dam__joules_read(folder);
        double used = dam__joules_between(&before, &after);
        if (!isfinite(used))
            return DAM_OK;
        joules[round] = used / calls;
        watts[round] = used / passed;
    }
    DAM_TRY(dam__bench_rows_measured(bench->rows, "step_energy", joules, ROUNDS, "J", NULL));
    return dam__bench_rows_measured(bench->rows, "step_power", watts, ROUNDS, "W", NULL);
}
