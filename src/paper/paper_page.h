/* The page of a paper: what was run of each figure, with its picture and setting. */
#ifndef PAPER_PAPER_PAGE_H
#define PAPER_PAPER_PAGE_H

#include "paper/paper_result.h"

/* Writes the page, in Markdown, of all figures of a paper. DAM_INPUT. */
dam_status dam__paper_page_write(const dam__paper *paper, const dam__paper_result *results,
                                 const char *path);

#endif
