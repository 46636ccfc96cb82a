/* A run scored on the test set of its preset. */
#ifndef PREDICT_EVALUATION_H
#define PREDICT_EVALUATION_H

#include "command/command.h"
#include "data/dataset.h"
#include "denseam/log.h"
#include "run/run_folder.h"
#include "train/classification.h"
#include "train/evaluator.h"

/* Zero-initialise; free with evaluation_free. */
typedef struct evaluation {
    dam__dataset set;
    dam__metrics metrics;
    bool compares;              /* whether the model's classes are those of the labels */
    dam__classification result; /* where it does */
} evaluation;

/*
 * On the device of the command line, whose profile is given at the end. Notes tell what is likely
 * wrong where predictions are no better than guesses. As opening a device, loading and evaluating.
 */
dam_status evaluation_make(const arguments *args, const dam__run *run, const dam_log *log,
                           evaluation *out);
void evaluation_free(evaluation *done);

/* Samples of no class are made up: their row of the confusion is left out where there are none. */
size_t evaluation_rows(const dam__classification *result);

/* Whether a class, or none of them, is a row or a column of the confusion. */
bool evaluation_occurs(const dam__classification *result, size_t class);

#endif
