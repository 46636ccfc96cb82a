/* The curves of a run's losses as text, for terminals. */
#ifndef DAM__DRAW_TEXT_CURVES_H
#define DAM__DRAW_TEXT_CURVES_H

#include "base/text.h"
#include "run/history_table.h"

/*
 * Appends `height` lines of at most `width` letters and one for the epochs: the first panel of
 * curves.h with the losses of training and validation. Over more than a factor 30 the axis is
 * logarithmic. ascii: without letters that a terminal in another encoding would spoil. false and
 * nothing where there is no finite loss, or no room (24 letters and 4 lines).
 */
bool dam__text_curves(const dam__table *history, size_t width, size_t height, bool ascii,
                      dam__text *text);

/* What stands for them: "*" or a dot. role as in curve_panel.h: 0 training, 1 validation. */
const char *dam__text_curve_mark(size_t role, bool ascii);

#endif
