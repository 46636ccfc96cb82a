/*
 * A trained model on a device, ready to be evaluated on a dataset.
 */
#ifndef DAM__TRAIN_RUN_EVALUATOR_H
#define DAM__TRAIN_RUN_EVALUATOR_H

#include "train/checkpoint.h"
#include "train/evaluator.h"

typedef struct dam__run_evaluator dam__run_evaluator;

/*
 * Plans, allocates, loads the set and restores the run's parameters. `classes` is that of the
 * training; `batch` samples are evaluated at a time (fewer where memory is short, or the set has
 * not so many). DAM_INPUT where the set has other features, or, unless config's loss is
 * unsupervised, no labels or labels beyond the classes.
 */
dam_status dam__run_evaluator_create(dam__device *device, dam__gemm_provider gemm,
                                     const dam__model_config *config, int dim, int classes,
                                     const dam__container *run, const dam__dataset *set, int batch,
                                     dam__run_evaluator **out);
void dam__run_evaluator_destroy(dam__run_evaluator *evaluator);

/* Evaluates the set's first `count` samples from now on, whose numbers have changed
 * (dam__loader_reload). */
dam_status dam__run_evaluator_reload(dam__run_evaluator *evaluator, size_t count);

/* See dam__evaluator_run and dam__evaluator_predictions. */
dam_status dam__run_evaluator_run(dam__run_evaluator *evaluator, dam__metrics *metrics,
                                  int32_t **predicted, int32_t **nearest);

/* What the model says of every sample besides its class; see dam__model_ops.answer, which it must
 * have. */
dam_status dam__run_evaluator_answer(dam__run_evaluator *evaluator, const dam__answers *out);

#endif
