/*
 * A job is one training, from a preset to a run: its samples, its trainer, the check of the
 * device's kernels, the checkpoints in its folder, and notes on what is unusual. Both the tool and
 * the public dam_train use it.
 *
 * Fill in the first part of a dam__job, then call plan, prepare and run in turn; free in any case.
 */
#ifndef DAM__RUN_JOB_H
#define DAM__RUN_JOB_H

#include "base/lock.h"
#include "run/run_folder.h"

typedef struct dam__job {
    dam__experiment experiment;
    dam__device *device; /* of the experiment's precision; borrowed */
    dam__gemm_provider gemm;
    const dam__dataset *set; /* borrowed; NULL: plan loads what the experiment names */
    const dam__run *resumed; /* the run to go on with; borrowed. NULL: a new one */
    bool changed;            /* the experiment is not quite that of `resumed` */
    dam__comm *comm;         /* the ranks that train together; borrowed. NULL: one alone */
    const char *folder;      /* claimed (run/claim.h) before prepare; NULL: nothing is written */
    const dam__lock *lock;   /* of the folder; borrowed */

    /* The job's own: */
    dam__dataset loaded;
    dam__trainer *trainer; /* from plan on */
    double metrics_at;     /* clock when metrics.jsonl was last written; 0 before */
} dam__job;

/* The caller's callbacks; each may be NULL. */
typedef struct dam__job_callbacks {
    void *user;
    bool (*stop)(void *user); /* whether to stop after this step */
    void (*on_step)(void *user, const dam__training_progress *progress);
    void (*on_epoch)(void *user, const dam__job *job); /* the history has a new row */
} dam__job_callbacks;

/*
 * Loads the samples and plans the training; nothing is allocated on the device yet. Logs what
 * follows from the sizes, and keys without effect. DAM_USAGE, DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status dam__job_plan(dam__job *job);

/*
 * Collective, after plan: DAM_USAGE at all ranks where one has other samples, another device or
 * other chunks, whose sums would have other bits.
 */
dam_status dam__job_compare_ranks(const dam__job *job);

/* The same of ranks that train apart, of their devices alone. gemm as it was asked for. */
dam_status dam__ranks_compare_devices(dam__comm *comm, const dam__device *device, const char *gemm);

/*
 * Checks the device's kernels (dam__selftest_device), allocates, and puts a resumed run where it
 * stood. The resolved preset is written into the folder. DAM_SELFTEST, DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status dam__job_prepare(dam__job *job);

/*
 * Trains to the end, with checkpoints and metrics.jsonl in the folder. DAM_INTERRUPTED:
 * callbacks->stop asked for it; what was learned so far is saved. DAM_DIVERGED says what is left.
 */
dam_status dam__job_run(dam__job *job, const dam__job_callbacks *callbacks);

/* Adds all that a run file holds to a container: the training as it stands after dam__job_run. */
dam_status dam__job_collect(dam__job *job, dam__container *out);

void dam__job_free(dam__job *job);

#endif
