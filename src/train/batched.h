/*
 * Trains replicas of one shape side by side: the same model and number of samples, but each with
 * its own samples, seed, learning rate, temperature and leak. On the device they are one model with
 * `count` replicas, which keeps it busy where one small network could not. There is no run folder;
 * results are read at the end.
 */
#ifndef DAM__TRAIN_BATCHED_H
#define DAM__TRAIN_BATCHED_H

#include <stdbool.h>

#include "model/model_type.h"
#include "train/evaluator.h"
#include "train/train_config.h"

/* What to train. All pointers are borrowed; only the sets are needed after creation. */
typedef struct dam__batched_training {
    dam__model_config model; /* the fields of dam__replica take the place of its own */
    dam__train_config train; /* patience and checkpoint are not used; learning_rate neither */
    int count;               /* replicas */
    const dam__dataset *const *sets; /* count, of one shape; several may be the same */
    const dam__replica *replicas;    /* count */
    dam__gemm_provider gemm;
} dam__batched_training;

/* The result of one replica. */
typedef struct dam__batched_result {
    double loss;     /* mean of the last epoch's; not finite where it diverged */
    bool diverged;   /* it does not touch the others */
    int first_epoch; /* whose loss was not finite, or beyond what its model allows; from 0 */
} dam__batched_result;

/*
 * How many such replicas make the best use of a device as one model; `batch` is the samples of a
 * step. A GPU wants many, a CPU few enough for a step's data to stay in its caches: at N = K = 100
 * an epoch of a replica took 0.11 ms of CPU with 5 replicas in a model, 0.13 with 25 and 0.18 with
 * 150 (docs/performance.md).
 */
int dam__batched_best_count(const dam__device *device, int memories, int batch, int dim);

typedef struct dam__batched dam__batched;

/*
 * Plans; nothing is allocated on the device. DAM_USAGE where model or train do not suit
 * (dam__model_side_by_side). DAM_INPUT where a pattern to store is not +1 or -1. Destroy with
 * dam__batched_destroy.
 */
dam_status dam__batched_create(dam__device *device, const dam__batched_training *training,
                               dam__batched **out);
void dam__batched_destroy(dam__batched *batched);

/* To check before running: where dam__plan_check gives DAM_NO_MEMORY, try fewer replicas. */
const dam__plan *dam__batched_plan(const dam__batched *batched);

/*
 * Allocates, compiles and trains all epochs, reading nothing back. `stop` (or NULL) is asked after
 * every epoch: DAM_INTERRUPTED, and nothing is kept. `tell` (or NULL) is called after each epoch.
 * DAM_OK also where replicas diverged.
 */
dam_status dam__batched_run(dam__batched *batched, bool (*stop)(void *user),
                            void (*tell)(void *user, int epoch), void *user);

/* After a run: one result a replica, and where curves is not NULL the mean losses of all epochs,
 * count x epochs. */
dam_status dam__batched_results(dam__batched *batched, dam__batched_result *results,
                                double *curves);

/* After a run, for models that do not store: metrics of each replica on all its training samples.
 */
dam_status dam__batched_evaluate(dam__batched *batched, dam__metrics *metrics);

/* After a run: count x memories x dim, the memories of every replica. */
dam_status dam__batched_memories(dam__batched *batched, double *memories);

#endif
