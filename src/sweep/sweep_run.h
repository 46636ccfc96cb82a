/*
 * Trains the replicas of a sweep on a device, in one process: data is loaded once for all replicas
 * that share it, and no run folders are left. Replicas of a group that can be trained side by side
 * (train/batched.h: denoisers, and energy models that store all patterns in a batch) are one
 * batched model.
 */
#ifndef DAM__SWEEP_SWEEP_RUN_H
#define DAM__SWEEP_SWEEP_RUN_H

#include "comm/comm.h"
#include "compute/gemm.h"
#include "sweep/sweep_plan.h"
#include "train/trainer.h"

/* How far a sweep is, for progress lines. */
typedef struct dam__sweep_progress {
    size_t first, count; /* the replicas that are trained now */
    double done;         /* replicas, counting those that run now in part; fractional */
} dam__sweep_progress;

typedef struct dam__sweep_callbacks {
    void *user;
    dam__comm *comm;          /* the ranks that run it together; NULL: this process alone */
    bool (*stop)(void *user); /* whether to stop after this step */
    void (*on_step)(void *user, const dam__sweep_progress *progress);
    dam_status (*on_results)(void *user); /* the sweep has new results */
    /* A replica could not be run: dam_error() says why, and the sweep goes on. */
    void (*on_failure)(void *user, size_t replica, dam_status status);
} dam__sweep_callbacks;

/*
 * Trains what is pending. Of several ranks the first has every result and calls on_results and
 * on_failure; the others do not (sweep/sweep_ranks.h). Only what says something about the sweep as
 * a whole ends it: DAM_INTERRUPTED (every result so far is in the plan), or what on_results
 * returns.
 */
dam_status dam__sweep_plan_run(dam__sweep_plan *plan, dam__device *device, dam__gemm_provider gemm,
                               const dam__sweep_callbacks *callbacks);

/* What a sweep takes, without running it. */
typedef struct dam__sweep_estimate {
    size_t bytes;             /* device memory of its largest run */
    size_t together;          /* the most trainings that are one batched model */
    int memories, dim, batch; /* the largest of any run, for the device's self-test */
} dam__sweep_estimate;

/* Plans one run of every group; nothing is allocated on the device. Fails as the run would. */
dam_status dam__sweep_plan_estimate(const dam__sweep_plan *plan, dam__device *device,
                                    dam__gemm_provider gemm, dam__sweep_estimate *out);

#endif
