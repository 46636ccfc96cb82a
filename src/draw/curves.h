/* Curves of a run's history: a data file, a gnuplot script, and the picture if gnuplot is there. */
#ifndef DAM__DRAW_CURVES_H
#define DAM__DRAW_CURVES_H

#include "base/try.h"
#include "denseam/log.h"
#include "run/history_table.h"

/*
 * Writes curves.dat (every column) and curves.gp into folder, each atomically, and lets gnuplot
 * draw curves.png. Columns named loss or *_loss share a panel, logarithmic where they span more
 * than a factor 30; accuracy and *_accuracy, shares in [0, 1], have their own in percent. The
 * x-axis is the column epoch, or the row's number. Of a run that grew (a column stage), every
 * second stage is shaded, with its number of memories (column memories) at its foot, which is also
 * drawn against a second axis; and where there are normalised losses (*normalised_loss), which do
 * not jump at a split, they take the place of the others. Without a finite value to draw only
 * curves.dat is written, with a notice. title may be NULL. DAM_INPUT, DAM_NO_MEMORY; see gnuplot.h
 * for what does not count as a failure.
 */
dam_status dam__curves(const char *folder, const char *title, const dam__table *history,
                       const dam_log *log);

#endif
