/* What the numbers of a set are like: to choose a threshold by, and to compare other sets with. */
#ifndef DAM__DATA_SURVEY_H
#define DAM__DATA_SURVEY_H

#include <stdbool.h>

#include "store/array.h"

/* Of all samples, or of some that are spread evenly over a large set. */
typedef struct dam__survey {
    double least, most, mean;
    double zeros, tops; /* shares of the numbers that are 0, and that are the largest */
    bool is_two;        /* only least and most occur, and they differ */
} dam__survey;

/* samples: count x features. */
dam__survey dam__survey_of(const dam__array *samples);

/* Whether anything was surveyed: made-up samples are not. */
bool dam__survey_is(const dam__survey *survey);

/*
 * Whether samples look as if they were not of the kind of others: their mean lies elsewhere in
 * their range, or, where levels matter, they have another range.
 */
bool dam__survey_differs(const dam__survey *a, const dam__survey *b, bool levels);

/* The same once every number x is about - x. */
dam__survey dam__survey_turned(const dam__survey *survey, double about);

#endif
