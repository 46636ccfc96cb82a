/*
 * Evaluates a model on the samples of a loader: on the device, with one small read at the end.
 */
#ifndef DAM__TRAIN_EVALUATOR_H
#define DAM__TRAIN_EVALUATOR_H

#include "comm/comm.h"
#include "model/model.h"

typedef struct dam__evaluator dam__evaluator;

/* The metrics of a model on a set of samples. */
typedef struct dam__metrics {
    double loss;     /* mean over the samples, with the training's softened labels */
    double accuracy; /* share of right predictions; NaN where the loss is unsupervised */
    int samples;
} dam__metrics;

/*
 * For a planned model and a loader of its replicas, both of which must outlive it. A shuffled
 * loader is evaluated over its whole range, in the order of its first epoch.
 */
dam_status dam__evaluator_create(dam__model *model, dam__loader *loader, dam__plan *plan,
                                 dam__evaluator **out);
void dam__evaluator_destroy(dam__evaluator *evaluator);

/* Before a run, of one replica: each rank of comm (borrowed) evaluates a share of the batches. Runs
 * are then collective, with the bits of one rank at all of them. */
void dam__evaluator_share(dam__evaluator *evaluator, dam__comm *comm);

/* Evaluates all samples of the loader: metrics for each replica. */
dam_status dam__evaluator_run(dam__evaluator *evaluator, dam__metrics *out);

/*
 * After a run: the predicted class column and the class of the nearest memory of every sample, in
 * the loader's order; of one replica. *predicted and *nearest are freed with free().
 */
dam_status dam__evaluator_predictions(dam__evaluator *evaluator, int32_t **predicted,
                                      int32_t **nearest);

#endif
