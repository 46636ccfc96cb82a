#include "paper/paper_cost.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sweep/sweep_run.h"

/* What is measured lasts so long, or is a whole training. */
static const double ENOUGH = 0.5;

/* What was measured: seconds of one run of count trainings. */
typedef struct probe {
    bool (*stop)(void *user);
    const dam__sweep_plan *plan;
    bool on_cpu;        /* its device is the host's */
    dam_status failure; /* of the first that could not be run */
    size_t count;
    double began, cpu_began, seconds;
} probe;

static bool stop(void *user)
{
    const probe *p = user;
    return p->stop(NULL);
}

static void on_failure(void *user, size_t replica, dam_status status)
{
    probe *p = user;
    (void)replica;
    p->failure = status;
}

/* After the first run: there is no second. */
static dam_status on_results(void *user)
{
    probe *p = user;
    const dam__sweep *sweep = &p->plan->sweep;
    p->seconds = dam__seconds() - p->began;
    if (p->on_cpu) /* what others make it wait for is not its own */
        p->seconds = fmin(p->seconds, dam__cpu_seconds() - p->cpu_began);
    for (size_t i = 0; i < sweep->cells * sweep->seeds; i++)
        p->count += sweep->results[i].seconds > 0;
    return DAM_INTERRUPTED;
}

/* The grid of a training alone. */
static const char *const ALONE = "seed=1";

static dam_status make_plan(const dam__paper_result *result, int epochs, dam__sweep_plan *out)
{
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__words set = {0};
    bool alone = strcmp(result->row->command, "sweep") != 0;
    DAM_TRY_CLEANUP(dam__paper_settings(result, &set));
    const char *const *items = (const char *const *)set.items;
    DAM_TRY_CLEANUP(dam__experiment_load(result->row->preset, items, set.count, &experiment));
    experiment.train.epochs = epochs;
    experiment.grow.to = 0;
    experiment.sweep.extend = 0;
    DAM_TRY_CLEANUP(
        dam__sweep_plan_create(&experiment, alone ? &ALONE : NULL, alone, items, set.count, out));
cleanup:
    dam__words_free(&set);
    return status;
}

/* Products of an epoch of a replica, but for a factor that all of a figure share. */
static dam_status work_of(const dam__sweep_plan *plan, size_t replica, dam__experiment *scratch,
                          double *out)
{
    DAM_TRY(dam__sweep_plan_experiment(plan, replica, scratch));
    double dim = scratch->data.dim > 0 ? scratch->data.dim : 1;
    double plaquette = scratch->data.plaquette > 0 ? scratch->data.plaquette : 1;
    double samples = scratch->data.samples > 0 ? scratch->data.samples : 1;
    *out = samples * scratch->model.memories * dim / (plaquette * plaquette);
    return DAM_OK;
}

/* The work of all replicas over that of one of the largest, *largest. */
static dam_status weigh(const dam__sweep_plan *plan, size_t *largest, double *whole)
{
    dam_status status = DAM_OK;
    dam__experiment *scratch = NULL;
    double most = 0, sum = 0;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *scratch, &scratch));
    for (size_t p = 0; p < plan->sweep.cells * plan->sweep.seeds; p++) {
        double work = 0;
        DAM_TRY_CLEANUP(work_of(plan, p, scratch, &work));
        sum += work;
        if (work > most) {
            most = work;
            *largest = p;
        }
    }
    *whole = sum / most;
cleanup:
    free(scratch);
    return status;
}

/* One run of the group of the largest replica, of so many epochs. */
static dam_status measure(const dam__paper_result *result, int epochs, dam__device *device,
                          dam__gemm_provider gemm, probe *p, double *whole)
{
    dam_status status = DAM_OK;
    dam__sweep_plan plan = {0};
    size_t largest = 0;
    const dam__sweep_callbacks callbacks = {
        .user = p, .stop = stop, .on_results = on_results, .on_failure = on_failure};
    DAM_TRY_CLEANUP(make_plan(result, epochs, &plan));
    DAM_TRY_CLEANUP(weigh(&plan, &largest, whole));
    for (size_t i = 0; i < plan.sweep.cells * plan.sweep.seeds; i++)
        if (plan.group[i] != plan.group[largest])
            plan.sweep.results[i].status = DAM__REPLICA_DONE;
    *p = (probe){.stop = p->stop,
                 .plan = &plan,
                 .on_cpu = dam__device_facts(device)->type == DAM_DEVICE_CPU,
                 .began = dam__seconds(),
                 .cpu_began = dam__cpu_seconds()};
    status = dam__sweep_plan_run(&plan, device, gemm, &callbacks);
    if (status == DAM_INTERRUPTED && p->count > 0)
        status = p->failure; /* ended by on_results */
cleanup:
    dam__sweep_plan_free(&plan);
    return status;
}

dam_status dam__paper_cost(const dam__paper_result *result, dam__device *device,
                           dam__gemm_provider gemm, bool (*stopped)(void *user), double *seconds)
{
    enum { STEP = 8 };
    probe one = {.stop = stopped}, several = {.stop = stopped};
    double whole = 1;
    int epochs = 1;
    *seconds = NAN;
    if (result->trainings == 0)
        return DAM_OK;
    DAM_TRY(measure(result, 1, device, gemm, &one, &whole)); /* compiles, and is not counted */
    DAM_TRY(measure(result, 1, device, gemm, &one, &whole));
    several = one;
    while (epochs < result->epochs && several.seconds < ENOUGH) {
        epochs = epochs < result->epochs / STEP ? epochs * STEP : result->epochs;
        DAM_TRY(measure(result, epochs, device, gemm, &several, &whole));
    }
    double epoch = epochs > 1 ? fmax(several.seconds - one.seconds, 0) / (epochs - 1) : one.seconds;
    double all = several.seconds + epoch * (result->epochs - epochs);
    *seconds = whole / (double)several.count * all;
    return DAM_OK;
}

dam_status dam__paper_precision(const dam__paper_result *result, dam__precision *out)
{
    dam_status status = DAM_OK;
    dam__experiment experiment;
    dam__words set = {0};
    DAM_TRY_CLEANUP(dam__paper_settings(result, &set));
    DAM_TRY_CLEANUP(dam__experiment_load(result->row->preset, (const char *const *)set.items,
                                         set.count, &experiment));
    *out = (dam__precision)experiment.train.precision;
cleanup:
    dam__words_free(&set);
    return status;
}
