/*
 * A trained model on a device, ready to score a dataset.
 */
#ifndef DAM__TRAIN_SCORER_H
#define DAM__TRAIN_SCORER_H

#include "train/checkpoint.h"
#include "train/evaluator.h"

typedef struct dam__scorer dam__scorer;

/*
 * Plans, allocates, loads the set and restores the run's parameters. `classes` is that of the
 * training; `batch` samples are scored at a time (fewer where that does not fit). DAM_INPUT where
 * the set has other features, or, unless config's loss is unsupervised, no labels or labels beyond
 * the classes.
 */
dam_status dam__scorer_create(dam__device *device, dam__gemm_provider gemm,
                              const dam__model_config *config, int dim, int classes,
                              const dam__container *run, const dam__dataset *set, int batch,
                              dam__scorer **out);
void dam__scorer_destroy(dam__scorer *scorer);

/* The set's first `count` samples hold other numbers now: they are scored from now on
 * (dam__feed_reload). */
dam_status dam__scorer_reload(dam__scorer *scorer, size_t count);

/* See dam__evaluator_run and dam__evaluator_predictions. */
dam_status dam__scorer_run(dam__scorer *scorer, dam__score *score, int32_t **predicted,
                           int32_t **nearest);

#endif
