/* The roofline plot of one result set as SVG: its ceilings and the kernels of its steps. */
#ifndef DAM__COMPARE_ROOFLINE_H
#define DAM__COMPARE_ROOFLINE_H

#include "compare/comparison.h"

/*
 * Appends an <svg class="roof"> of flops a second over flops a byte, both logarithmic: the peak,
 * the slope of copies through memory, that of copies in a cache, and a dot for each kernel that
 * takes at least a twentieth of a step. Whether there was anything to draw.
 */
bool dam__roofline(const dam__comparison *comparison, size_t index, dam__text *page);

#endif
