/*
 * The grid of a sweep as text: "section.key=VALUES".
 *
 * VALUES are items with commas between; an item is a value, or, of a key that is a number, a range:
 *     1,2,5            these
 *     0.1:0.5:5        5 values from 0.1 to 0.5 in equal steps
 *     0.001:1:4:log    4 values from 0.001 to 1 in equal factors
 *     0.5:1.2:8:inverse  1/0.5, ..., 1/1.2: 8 values whose reciprocals have equal steps
 *     0,0.001:1:4:log  a value, then a range
 * Values of a range have 12 significant digits, those of a whole number are rounded to one. A text
 * that holds a comma stands in one pair of quotes.
 */
#ifndef DAM__PRESET_GRID_H
#define DAM__PRESET_GRID_H

#include "preset/option.h"
#include "train/sweep.h"

/*
 * Reads one key and its values, each checked like a value of --set. *option is the key's entry.
 * Free with dam__axis_free. DAM_USAGE names the text and the reason: unknown key, one that cannot
 * be swept, no value, a value twice, a wrong one, a range that is none.
 */
dam_status dam__grid_parse(const char *text, dam__axis *out, const dam__option **option);

#endif
