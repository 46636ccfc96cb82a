/* A run as one page for any browser. */
#ifndef SHOW_REPORT_PAGE_H
#define SHOW_REPORT_PAGE_H

#include "base/text.h"
#include "predict/evaluation.h"
#include "run/run_folder.h"

/* All pointers are borrowed. */
typedef struct report {
    const dam__run *run;
    const dam__history *history;
    bool finished;
    const evaluation *scored; /* NULL where that failed */
    const char *why;          /* it did */
    const char *commit;       /* of this program, or NULL */
} report;

/* Appends the page. DAM_INPUT, DAM_NO_MEMORY. */
dam_status report_page(const report *r, dam__text *page);

/* The part with the test set. */
void report_test(const report *r, dam__text *page);

/* Appends "<dt>name</dt><dd>value</dd>" in a box. */
void report_fact(dam__text *page, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
