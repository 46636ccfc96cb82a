/* Median and spread of repeated measurements. */
#ifndef DAM__BASE_SUMMARY_H
#define DAM__BASE_SUMMARY_H

#include <stddef.h>

/* spread is the interquartile range over the median. */
typedef struct dam__summary {
    double median, spread;
} dam__summary;

/* Sorts values. NaN and NaN where count is 0; a spread of 0 where it is 1. */
dam__summary dam__summarise(double *values, size_t count);

/*
 * Half the width of the interval that holds the median of what the values were drawn from 19 times
 * of 20, over their median: between the two values of the order whose ranks a binomial distribution
 * gives, whatever the distribution is. Of sorted values; of fewer than 6 it is their range, which
 * holds it less often, of fewer than 3 NaN.
 */
double dam__median_error(const double *sorted, size_t count);

/*
 * The quantile of the sorted values, interpolated; values may be infinite. NaN where count is 0.
 */
double dam__quantile(const double *sorted, size_t count, double share);

#endif
