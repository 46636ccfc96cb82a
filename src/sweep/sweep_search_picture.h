/* The two pictures of a search: the score over the first key, and losses over the epochs. */
#ifndef DAM__SWEEP_SWEEP_SEARCH_PICTURE_H
#define DAM__SWEEP_SWEEP_SEARCH_PICTURE_H

#include "draw/plot.h"
#include "sweep/sweep_search.h"

/*
 * One curve a line of the grid: its best value ringed, where it is an edge as a square, and a
 * dashed way up to the first value that diverges. The data, and the variables of the template
 * search but `title`.
 */
void dam__search_curves(const dam__sweep *sweep, dam__plot *plot);

/* The loss of every epoch at the value of the first key that is best on the first line, one curve a
 * line: the same. *drawn is false where no line has one. */
void dam__search_epochs(const dam__sweep *sweep, dam__plot *plot, bool *drawn);

#endif
