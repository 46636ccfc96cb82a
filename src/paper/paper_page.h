/* The page of a paper: of each figure what was run, with its picture, setting and what came out. */
#ifndef PAPER_PAPER_PAGE_H
#define PAPER_PAPER_PAGE_H

#include "paper/paper_result.h"

enum { DAM__DURATION_BYTES = 40 };

/* An estimated time in words: "about 40 s", "about 3 h". */
void dam__paper_duration(double seconds, char out[DAM__DURATION_BYTES]);

/*
 * Writes the page, in Markdown, of all figures of a paper, and the pictures of what is done into a
 * folder of the paper's name beside it. whole: estimates at the paper's scale, which each figure
 * then tells; or NULL. DAM_INPUT.
 */
dam_status dam__paper_page_write(const dam__paper *paper, const dam__paper_result *results,
                                 const dam__paper_result *whole, const char *path);

#endif
