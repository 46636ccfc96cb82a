/* Metrics of classification: how well predicted classes match the true ones. */
#ifndef DAM__TRAIN_CLASSIFICATION_H
#define DAM__TRAIN_CLASSIFICATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/try.h"

typedef struct dam__classification {
    double accuracy;  /* share of right predictions */
    double macro_f1;  /* mean over the scored classes of 2 TP / (predicted + true) */
    size_t scored;    /* classes that a sample has, or that is predicted for one */
    double one_nn;    /* share of samples whose nearest memory has the right class */
    double agreement; /* share of samples whose nearest memory agrees with the prediction */
    double agreement_right,
        agreement_wrong; /* among right and wrong predictions; NaN without any */
    int32_t classes;
    size_t *confusion; /* (classes + 1) squared: true class, predicted column; owned */
    size_t unclassed;  /* samples of the last row: only a teacher makes some */
} dam__classification;

void dam__classification_free(dam__classification *result);

/*
 * Of count samples. Labels, predictions and nearest classes are 0 ... classes: the last is the
 * softening class, which is right only for samples that a teacher gave no class. DAM_NO_MEMORY;
 * DAM_INTERNAL on other values.
 */
dam_status dam__classify(const int32_t *labels, const int32_t *predicted, const int32_t *nearest,
                         size_t count, int32_t classes, dam__classification *out);

#endif
