/* Replicas of one group as one batched model: denoisers, and energy models that store patterns. */
#ifndef DAM__SWEEP_SWEEP_BATCH_H
#define DAM__SWEEP_SWEEP_BATCH_H

#include "compute/gemm.h"
#include "sweep/sweep_plan.h"

/* What batched models are trained on, and what may stop them. */
typedef struct dam__batch_run {
    dam__device *device;
    dam__gemm_provider gemm;
    const dam__sweep_plan *plan;
    const dam__dataset *shared;          /* of all replicas; NULL where each draws its own */
    bool (*stop)(void *user);            /* asked after every epoch; or NULL */
    void (*tell)(void *user, int epoch); /* called after every epoch; or NULL */
    void *user;
} dam__batch_run;

/*
 * Trains replicas of one group side by side and fills their results, each with its share of the
 * seconds. DAM_INTERRUPTED: stopped; any other failure, such as too little memory, is not that of a
 * single replica. The results are then invalid.
 */
dam_status dam__sweep_batch(const dam__batch_run *run, const size_t *replicas, size_t count,
                            dam__replica_result *results);

/* The device memory that they take. */
dam_status dam__sweep_batch_bytes(const dam__batch_run *run, const size_t *replicas, size_t count,
                                  size_t *bytes);

#endif
