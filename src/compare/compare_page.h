/*
 * A comparison as one self-contained HTML page. Readable without JavaScript; with it the baseline
 * can be switched and models filtered (src/compare/page/script.js).
 */
#ifndef DAM__COMPARE_COMPARE_PAGE_H
#define DAM__COMPARE_COMPARE_PAGE_H

#include "compare/comparison.h"

/* Appends the page. */
void dam__compare_page(const dam__comparison *comparison, dam__text *page);

/* The parts of it that other files write. */
void dam__page_summary(const dam__comparison *comparison, dam__text *page);
void dam__page_preset(const dam__comparison *comparison, size_t preset, dam__text *page);
void dam__page_facts(const dam__comparison *comparison, dam__text *page);

/* ` data-c="2" data-v="12.5" data-s="0.01"` and a class for the verdict: what the script reads of
 * result set i's measure, which may be NULL. */
void dam__page_member(const dam__comparison *comparison, size_t i, const dam__measure *measure,
                      const dam__measure *base, dam__text *page);

/* What stands in its class="ratio": "baseline", "0.52 x" or nothing. */
void dam__page_ratio(const dam__comparison *comparison, size_t i, const dam__measure *measure,
                     const dam__measure *base, dam__text *page);

/* 1, -1 or 0: the script's word for dam__unit_direction. */
int dam__page_direction(const dam__measure *measure);

#endif
