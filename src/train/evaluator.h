/*
 * Scores a model on the samples of a feed: on the device, one small read at the end.
 */
#ifndef DAM__TRAIN_EVALUATOR_H
#define DAM__TRAIN_EVALUATOR_H

#include "model/model.h"

typedef struct dam__evaluator dam__evaluator;

/* What a set of samples scored. */
typedef struct dam__score {
    double loss;     /* mean over the samples, with the training's softened labels */
    double accuracy; /* share of right predictions; NaN where the loss is unsupervised */
    int samples;
} dam__score;

/*
 * For a planned model and a feed of its problems, both of which must outlive it. Of a feed that is
 * shuffled the whole range is scored, in the order of its first epoch.
 */
dam_status dam__evaluator_create(dam__model *model, dam__feed *feed, dam__plan *plan,
                                 dam__evaluator **out);
void dam__evaluator_destroy(dam__evaluator *evaluator);

/* Runs the whole feed: a score a problem. */
dam_status dam__evaluator_run(dam__evaluator *evaluator, dam__score *out);

/*
 * After a run: the predicted class column and the class of the nearest memory of every sample, in
 * the feed's order; of one problem. *predicted and *nearest are freed with free().
 */
dam_status dam__evaluator_predictions(dam__evaluator *evaluator, int32_t **predicted,
                                      int32_t **nearest);

#endif
