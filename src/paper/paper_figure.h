/* A figure of a paper as one picture: those that its command drew, beside one another. */
#ifndef PAPER_PAPER_FIGURE_H
#define PAPER_PAPER_FIGURE_H

#include "paper/paper_result.h"

#define DAM__PAPER_PICTURE "figure.png"

/*
 * Draws them into path; *drawn is false where the result has none. DAM_INPUT, DAM_NO_MEMORY.
 */
dam_status dam__paper_figure_draw(const dam__paper_result *result, const char *path, bool *drawn);

#endif
