/* How far samples can be perturbed before two classifiers change their predictions: statistics and
 * pictures. */
#ifndef DAM__ANALYSE_PERTURBATION_H
#define DAM__ANALYSE_PERTURBATION_H

#include "analyse/adversary.h"

/* What both did with the same labelled samples. Sizes are |x' - x| of samples x of norm 1. */
typedef struct dam__perturbation {
    const dam__dataset *set;
    size_t first;                /* sample of the set that the margins begin with */
    const dam__margins *margins; /* of the memories, then of the linear classifier */
} dam__perturbation;

/* Of one classifier, over the samples that both predict rightly. */
typedef struct dam__perturbation_summary {
    double accuracy;                        /* over all samples */
    double quarter, median, three_quarters; /* sizes; infinite where predictions never change */
    size_t unchanged;                       /* samples whose prediction never changes */
} dam__perturbation_summary;

typedef struct dam__perturbation_comparison {
    size_t compared; /* samples that both predict rightly */
    dam__perturbation_summary classifiers[2];
    double
        larger;   /* share of them for which the memories need the larger change; NaN without any */
    double ratio; /* median of the memories' size over the linear one's */
} dam__perturbation_comparison;

/* |x' - x| after a rotation by an angle; infinite for one below 0. */
double dam__perturbation_size(double angle);

dam_status dam__perturbation_compare(const dam__perturbation *perturbation,
                                     dam__perturbation_comparison *out);

/* Replaces path by the table: one sample a line. DAM_INPUT. */
dam_status dam__perturbation_write(const dam__perturbation *perturbation, const char *path);

/*
 * Replaces path by a picture of the first `most` samples that both predict rightly, among those
 * whose directions were kept; *drawn = how many there were, none: no picture. DAM_INPUT.
 */
dam_status dam__perturbation_draw(const dam__perturbation *perturbation, size_t most,
                                  const char *path, size_t *drawn);

#endif
