/* The task of a model: what it learns from a dataset. */
#ifndef DAM__MODEL_TASK_H
#define DAM__MODEL_TASK_H

#include "model/model.h"

/*
 * The task of a model of this config that learns the first `trained` samples of a set, which must
 * outlive it. The class shares are those of its labels, or, unsupervised, those of config.
 * DAM_USAGE where config's class counts are wrong. Free with dam__task_free.
 */
dam_status dam__task_create(const dam__model_config *config, const dam__dataset *set,
                            size_t trained, dam__task *out);
void dam__task_free(dam__task *task);

/* DAM_INPUT where models of this config cannot take the samples: states to be stored must be +-1.
 */
dam_status dam__task_check(const dam__model_config *config, const dam__dataset *set);

/*
 * The shares that model.class_counts gives to model.classes: positive whole numbers, separated by
 * commas; "" stands for slightly different shares where there are ten classes. `shares` has space
 * for config->classes. DAM_USAGE says what is wrong.
 */
dam_status dam__class_shares(const dam__model_config *config, double *shares);

/*
 * `count` random training samples, prepared, without repetition and not blank, as rows of out.
 * DAM_INPUT where there are too few.
 */
dam_status dam__task_samples(const dam__task *task, uint64_t seed, size_t count, double *out);

/*
 * `count` unit vectors near the mean direction of the prepared training samples, as rows of out:
 * each is that of the mean plus `spread` times a random unit vector. DAM_INPUT where the samples'
 * mean is 0.
 */
dam_status dam__task_near_mean(const dam__task *task, uint64_t seed, double spread, size_t count,
                               double *out);

#endif
