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
 * The quantile of the sorted values, interpolated; values may be infinite. NaN where count is 0.
 */
double dam__quantile(const double *sorted, size_t count, double share);

#endif
