#include "base/summary.h"

#include <math.h>
#include <stdlib.h>

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

double dam__quantile(const double *sorted, size_t count, double share)
{
    if (count == 0)
        return NAN;
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    size_t above = below + 1 < count ? below + 1 : below;
    /* Infinite values have no difference. */
    if (sorted[above] == sorted[below] || place == (double)below)
        return sorted[below];
    return sorted[below] + (place - (double)below) * (sorted[above] - sorted[below]);
}

dam__summary dam__summarise(double *values, size_t count)
{
    if (count == 0)
        return (dam__summary){.median = NAN, .spread = NAN};
    qsort(values, count, sizeof *values, ascending);
    double median = dam__quantile(values, count, 0.5);
    double range = dam__quantile(values, count, 0.75) - dam__quantile(values, count, 0.25);
    return (dam__summary){.median = median, .spread = range > 0 ? range / fabs(median) : 0};
}

/*
 * The first rank, from 0, of the interval: below it lie so few of `count` values that fewer of them
 * than that are below the median with a probability of at most 1/40.
 */
static size_t low_rank(size_t count)
{
    static const double TAIL = 0.025, LOG_HALF = -0.69314718055994531;
    double n = (double)count, sum = 0;
    size_t below = 0;
    for (; below < count; below++) {
        double k = (double)below;
        sum += exp(lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1) + n * LOG_HALF);
        if (sum > TAIL)
            break;
    }
    return below > 0 ? below - 1 : 0;
}

double dam__median_error(const double *sorted, size_t count)
{
    if (count < 3)
        return NAN;
    size_t low = low_rank(count);
    double width = sorted[count - 1 - low] - sorted[low];
    return width / 2 / fabs(dam__quantile(sorted, count, 0.5));
}
