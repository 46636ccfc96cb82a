/*
 * The grid of a sweep as text: "section.key=VALUES".
 *
 * VALUES are items with commas between; an item is a value, or, of a key that is a number, a range:
 *     1,2,5            these
 *     0.1:0.5:5        5 values from 0.1 to 0.5 in equal steps
 *     0.001:1:4:log    4 values from 0.001 to 1 in equal factors
 *     0.5:1.2:8:inverse  1/0.5, ..., 1/1.2: 8 values whose reciprocals have equal steps
 *     0,0.001:1:4:log  a value, then a range
 *     2^-8:2^-2:7:log  2^-8, 2^-7, ..., 2^-2: powers of two wherever a number is wanted
 * Keys that move together have colons between, and so have their values, which are no ranges then:
 *     data.dim:model.memories=64:128,128:256,256:512
 * Values of a range have 12 significant digits, those of a whole number are rounded to one. A text
 * that holds a comma stands in one pair of quotes.
 */
#ifndef DAM__SWEEP_SWEEP_GRID_H
#define DAM__SWEEP_SWEEP_GRID_H

#include "run/key_value.h"
#include "sweep/sweep.h"

/*
 * Reads a key, or several that move together, and its values, each checked like a value of --set.
 * options: the entries of the keys, space for DAM__AXIS_KEYS where there may be several. Free with
 * dam__axis_free. DAM_USAGE names the text and the reason: unknown key, one that cannot be swept,
 * no value, a value of the first key twice, a wrong one, an invalid range, or another number of
 * values than of keys.
 */
dam_status dam__grid_parse(const char *text, dam__axis *out, const dam__option **options);

/*
 * The value that is `steps` equal factors behind values first ... last of an axis, which have such
 * factors between; in front of them where steps is negative. The text is to be freed with free().
 */
dam_status dam__grid_beyond(const dam__axis *axis, size_t first, size_t last, int steps,
                            char **text, double *value);

#endif
