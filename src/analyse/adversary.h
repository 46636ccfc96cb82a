/*
 * Adversarial perturbations: how far samples must be moved along the gradient of a classifier's
 * margin before it predicts another class (docs/models/vmf.md), for a model of memories and for a
 * linear classifier.
 */
#ifndef DAM__ANALYSE_ADVERSARY_H
#define DAM__ANALYSE_ADVERSARY_H

#include "analyse/workbench.h"

/* A linear classifier on the host; zero-initialise, free with dam__linear_fit_free. */
typedef struct dam__linear_fit {
    size_t classes, dim;
    double *weights; /* classes x dim */
    double loss;     /* mean over the training samples, of the step before the last */
} dam__linear_fit;

/*
 * Trains softmax regression on the bench's samples (its config is not read): so many steps along
 * the gradient of the mean loss, with momentum. Where samples are streamed each step takes a batch.
 */
dam_status dam__linear_train(const dam__workbench_options *options, int steps,
                             dam__linear_fit *out);
void dam__linear_fit_free(dam__linear_fit *fit);

/* What one classifier does; zero-initialise, free with dam__margins_free. */
typedef struct dam__margins {
    size_t samples, dim;
    int32_t *predicted, *rival; /* class columns of the largest and second largest logit */
    int32_t *landed; /* the prediction after the perturbation; where it never changes: predicted */
    double *angles;  /* in radians; -1 where the prediction never changes */
    size_t kept;
    double *directions; /* of the first `kept` samples, kept x dim: unit and tangent, or zeros */
} dam__margins;
void dam__margins_free(dam__margins *margins);

/*
 * Perturbs the bench's samples, by at most `limit` radians, against the run's model (margins[0])
 * and against the linear fit (margins[1]). A sample x becomes cos(angle) x + sin(angle) u, with u
 * along minus the gradient of the difference between the two largest logits, tangent to the sphere
 * at x, and of mean 0 where the samples are centred. DAM_USAGE where the model has no such
 * gradient.
 */
dam_status dam__adversary_run(const dam__workbench_options *options, const dam__linear_fit *fit,
                              double limit, size_t kept, dam__margins margins[2]);

#endif
