/* The curves of a run's history for a page. */
#ifndef DAM__DRAW_SVG_CURVES_H
#define DAM__DRAW_SVG_CURVES_H

#include "base/text.h"
#include "run/history_table.h"

/*
 * Appends a drawing for each of the panels that dam__curves has, losses and accuracies, with its
 * legend; false and nothing where there is no finite value. The page's style gives the colours.
 */
bool dam__svg_curves(const dam__table *history, dam__text *page);

#endif
