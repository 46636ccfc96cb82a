/*
 * Trainings of one shape side by side: the same model and the same number of patterns, but
 * patterns, seed, temperature, leak and learning rate of its own for each. On the device they are
 * one model with `count` problems, which keeps it busy where one small network could not. There is
 * no run folder; results are read at the end.
 */
#ifndef DAM__TRAIN_BATCHED_H
#define DAM__TRAIN_BATCHED_H

#include <stdbool.h>

#include "model/model.h"
#include "train/config.h"

/* What to train. All pointers are borrowed; they are not needed after creation. */
typedef struct dam__batched_training {
    dam__model_config model; /* an energy model that stores; temperature, its end and the leak are
                              * those of the problems */
    dam__train_config train; /* patience and checkpoint are not used; learning_rate neither */
    int count;               /* problems */
    int samples, dim;        /* patterns of each */
    const float *patterns;   /* count x samples x dim, each +1 or -1 */
    const dam__problem *problems; /* count */
    const double *learning_rates; /* count */
    dam__gemm_provider gemm;
} dam__batched_training;

/* What became of one problem. */
typedef struct dam__batched_result {
    double loss;     /* mean of the last epoch's; not finite where it diverged */
    bool diverged;   /* it does not touch the others */
    int first_epoch; /* whose loss was not finite, from 0; where diverged */
} dam__batched_result;

/*
 * How many such problems keep a device busiest as one model. A GPU wants many. A CPU wants few
 * enough for what a step touches to stay in its caches: at N = K = 100 a problem's epoch took 0.11
 * ms of CPU with 5 problems in a model, 0.13 with 25 and 0.18 with 150 (docs/performance.md).
 */
int dam__batched_best_count(const dam__device *device, int memories, int samples, int dim);

typedef struct dam__batched dam__batched;

/*
 * Plans; nothing is allocated on the device. DAM_USAGE where model or train do not suit: another
 * kind or task of model, or batches smaller than all patterns. DAM_INPUT where a pattern is not +1
 * or -1. Destroy with dam__batched_destroy.
 */
dam_status dam__batched_create(dam__device *device, const dam__batched_training *training,
                               dam__batched **out);
void dam__batched_destroy(dam__batched *batched);

/* To check before running: DAM_NO_MEMORY says that fewer problems would fit (dam__plan_check). */
const dam__plan *dam__batched_plan(const dam__batched *batched);

/*
 * Allocates, compiles and trains all epochs, reading nothing back. `stop` (or NULL) is asked after
 * every epoch: DAM_INTERRUPTED, and nothing is kept. `tell` (or NULL) hears of each epoch done.
 * DAM_OK also where problems diverged.
 */
dam_status dam__batched_run(dam__batched *batched, bool (*stop)(void *user),
                            void (*tell)(void *user, int epoch), void *user);

/* After a run: one result a problem. */
dam_status dam__batched_results(dam__batched *batched, dam__batched_result *results);

/* After a run: count x memories x dim, the memories of every problem. */
dam_status dam__batched_memories(dam__batched *batched, double *memories);

/* The model, whose parameter "memories" stays on the device until the end. */
dam__model *dam__batched_model(dam__batched *batched);

#endif
