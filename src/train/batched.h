/*
 * Trainings of one shape side by side: the same model and the same number of samples, but samples,
 * seed, learning rate, temperature and leak of its own for each. On the device they are one model
 * with `count` problems, which keeps it busy where one small network could not. There is no run
 * folder; results are read at the end.
 */
#ifndef DAM__TRAIN_BATCHED_H
#define DAM__TRAIN_BATCHED_H

#include <stdbool.h>

#include "model/model_type.h"
#include "train/evaluator.h"
#include "train/train_config.h"

/* What to train. All pointers are borrowed; only the sets are needed after creation. */
typedef struct dam__batched_training {
    dam__model_config model; /* what a dam__problem has is that of the problems */
    dam__train_config train; /* patience and checkpoint are not used; learning_rate neither */
    int count;               /* problems */
    const dam__dataset *const *sets; /* count, of one shape; several may be the same */
    const dam__problem *problems;    /* count */
    dam__gemm_provider gemm;
} dam__batched_training;

/* What became of one problem. */
typedef struct dam__batched_result {
    double loss;     /* mean of the last epoch's; not finite where it diverged */
    bool diverged;   /* it does not touch the others */
    int first_epoch; /* whose loss was not finite, or beyond what its model allows; from 0 */
} dam__batched_result;

/*
 * How many such problems keep a device busiest as one model, `batch` being the samples of a step. A
 * GPU wants many. A CPU wants few enough for what a step touches to stay in its caches: at N = K =
 * 100 a problem's epoch took 0.11 ms of CPU with 5 problems in a model, 0.13 with 25 and 0.18 with
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

/* To check before running: DAM_NO_MEMORY says that fewer problems would fit (dam__plan_check). */
const dam__plan *dam__batched_plan(const dam__batched *batched);

/*
 * Allocates, compiles and trains all epochs, reading nothing back. `stop` (or NULL) is asked after
 * every epoch: DAM_INTERRUPTED, and nothing is kept. `tell` (or NULL) hears of each epoch done.
 * DAM_OK also where problems diverged.
 */
dam_status dam__batched_run(dam__batched *batched, bool (*stop)(void *user),
                            void (*tell)(void *user, int epoch), void *user);

/* After a run: one result a problem, and where curves is not NULL the mean losses of all epochs,
 * count x epochs. */
dam_status dam__batched_results(dam__batched *batched, dam__batched_result *results,
                                double *curves);

/* After a run, of models that do not store: one score a problem, of all samples it is trained on.
 */
dam_status dam__batched_scores(dam__batched *batched, dam__score *scores);

/* After a run: count x memories x dim, the memories of every problem. */
dam_status dam__batched_memories(dam__batched *batched, double *memories);

/* The model, whose parameter "memories" stays on the device until the end. */
dam__model *dam__batched_model(dam__batched *batched);

#endif
