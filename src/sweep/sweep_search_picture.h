/* The two pictures of a search: the score over the first key, and losses over the epochs. */
#ifndef DAM__SWEEP_SWEEP_SEARCH_PICTURE_H
#define DAM__SWEEP_SWEEP_SEARCH_PICTURE_H

#include "base/text.h"
#include "sweep/sweep_search.h"

/* What is drawn: file is the name of the data, title may have several words but one line. */
typedef struct dam__search_view {
    const dam__sweep *sweep;
    const char *title, *file;
} dam__search_view;

/*
 * One curve a line of the grid: its best value ringed, where it is an edge as a square, and a
 * dashed way up to the first value that diverges. Appends the data and the script's part behind
 * dam__script_begin.
 */
void dam__search_curves(const dam__search_view *view, dam__text *data, dam__text *script);

/* The loss of every epoch at the value of the first key that is best on the first line, one curve a
 * line: the same. *drawn is false, and nothing appended, where no line has one. */
void dam__search_epochs(const dam__search_view *view, dam__text *data, dam__text *script,
                        bool *drawn);

#endif
