/* What a run says of samples: a table with a row for each. */
#ifndef DAM__PREDICT_PREDICTIONS_H
#define DAM__PREDICT_PREDICTIONS_H

#include "data/dataset.h"
#include "run/run_folder.h"
#include "store/container.h"

/* DAM_USAGE, with what to do instead, where the run's model has no classes to predict. */
dam_status dam__predictions_check(const dam__run *run);

/*
 * Of every sample of the set, as arrays of a row each:
 *
 *     class        the predicted class; -1: none, the softening class
 *     SCORE        what speaks for each class, and for none where the model has such a column;
 *                  named by the model: probability, confidence
 *     memory       the nearest memory
 *     similarity   to it
 *     label        the true class, where the set has labels; -1: none
 *
 * and the run's class_names where it has some. Classes are those that an evaluation finds. A set
 * without labels gets some, all 0. DAM_INPUT: other features than the run's.
 */
dam_status dam__predictions_make(const dam__run *run, dam__device *device, dam__gemm_provider gemm,
                                 dam__dataset *set, dam__container *out);

#endif
