#include "data/rows.h"

#include <float.h>
#include <math.h>

__extension__ typedef __int128 wide_integer;

static int64_t integer_at(const dam__array *array, size_t i)
{
    return array->element == DAM__I64 ? ((const int64_t *)array->data)[i]
                                      : (int64_t)dam__array_at(array, i);
}

/* Of integers the mean is first taken as an integer, about which the rest is exact. */
static double about_integer(const dam__array *array, size_t first, size_t count, double *left)
{
    wide_integer sum = 0;
    for (size_t i = first; i < first + count; i++)
        sum += integer_at(array, i);
    wide_integer about = sum / (wide_integer)count;
    for (size_t i = 0; i < count; i++)
        left[i] = (double)(integer_at(array, first + i) - about);
    return (double)about;
}

/* Differences of neighbouring doubles are exact, too. */
static double about_real(const dam__array *array, size_t first, size_t count, double *left)
{
    double about = 0;
    dam__row_read(array, first, count, left);
    for (size_t i = 0; i < count; i++)
        about += left[i] / (double)count;
    for (size_t i = 0; i < count; i++)
        left[i] -= about;
    return about;
}

void dam__row_read(const dam__array *array, size_t first, size_t count, double *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = dam__array_at(array, first + i);
}

double dam__row_centre(const dam__array *array, size_t first, size_t count, double *left)
{
    double about = dam__element_is_real(array->element) ? about_real(array, first, count, left)
                                                        : about_integer(array, first, count, left);
    double rest = 0;
    for (size_t i = 0; i < count; i++)
        rest += left[i];
    rest /= (double)count;
    for (size_t i = 0; i < count; i++)
        left[i] -= rest;
    return about + rest;
}

double dam__row_norm(const double *row, size_t count)
{
    double largest = 0, squares = 0;
    for (size_t i = 0; i < count; i++)
        largest = fmax(largest, fabs(row[i]));
    if (!(largest > 0))
        return 0;
    /* Scaled by a power of two, so that the squares of very small numbers are not lost. */
    int exponent = ilogb(largest);
    double scale = scalbn(1, exponent < -1000 ? 1000 : -exponent);
    for (size_t i = 0; i < count; i++)
        squares += row[i] * scale * (row[i] * scale);
    return sqrt(squares) / scale;
}

double dam__float_error(const dam__array *array, size_t i)
{
    double value = dam__array_at(array, i), narrow = (double)(float)value;
    if (array->element != DAM__I64)
        return value - narrow;
    return (double)(((const int64_t *)array->data)[i] - (wide_integer)narrow);
}

double dam__row_rounding(dam__element element, double mean)
{
    return dam__element_is_real(element) ? 2 * DBL_EPSILON * fabs(mean) : 0;
}
