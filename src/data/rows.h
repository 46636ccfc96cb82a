/* One sample in double, as its file has it: before it is narrowed to float32 or cut to signs. */
#ifndef DAM__DATA_ROWS_H
#define DAM__DATA_ROWS_H

#include "store/array.h"

/* out[i] = item first + i. */
void dam__row_read(const dam__array *array, size_t first, size_t count, double *out);

/*
 * left[i] = item first + i less the mean of the row, which is returned. Integers are subtracted
 * before they become doubles, so that an offset takes nothing from what differs.
 */
double dam__row_centre(const dam__array *array, size_t first, size_t count, double *left);

/* Root of the sum of squares. */
double dam__row_norm(const double *row, size_t count);

/* Item i less what float32 makes of it, exactly for integers, too, which doubles may not hold. */
double dam__float_error(const dam__array *array, size_t i);

/* How far numbers of that type may be from a mean by the rounding of doubles alone; integers are
 * exact. */
double dam__row_rounding(dam__element element, double mean);

#endif
