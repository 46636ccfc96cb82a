/* Which metrics a model has, so that a score can be refused before anything is trained. */
#ifndef DAM__SWEEP_SWEEP_SCORE_H
#define DAM__SWEEP_SWEEP_SCORE_H

#include "run/experiment.h"

/* DAM_USAGE where sweep.score is a metric that such a training never has, with those it has. */
dam_status dam__sweep_score_check(const dam__experiment *experiment);

/* Whether it is measured on the test set, which is loaded and evaluated for its sake alone. */
bool dam__metric_is_of_test(dam__metric metric);

/* Macro F1, as `denseam eval` has it, of count samples with labels and predictions of so many
 * classes. DAM_NO_MEMORY; DAM_INTERNAL on other values. */
dam_status dam__sweep_macro_f1(const int32_t *labels, const int32_t *predicted, size_t count,
                               int32_t classes, double *out);

#endif
