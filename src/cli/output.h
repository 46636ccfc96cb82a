/*
 * Where the tool prints: results on stdout, whose failed writes are found at the end; notices and
 * progress on stderr.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"
#include "denseam/log.h"

/*
 * Once, before anything is opened: a file opened by the program must not take the place of a closed
 * stdin, stdout or stderr; and a closed pipe is to be a failed write, not a silent death.
 */
void output_begin(void);

/* Once, at the end: DAM_INPUT if anything printed to stdout was lost (full disk, closed pipe). */
dam_status output_finish(void);

void print_text(const dam__text *text);

/* Prints value, indented, and releases it. NULL, which jansson gives out of memory: DAM_NO_MEMORY.
 */
dam_status print_json(json_t *value);

/* stderr, shared by notices and the progress line so that neither overwrites the other. */
typedef struct console {
    FILE *stream;
    bool quiet;     /* no notices, no progress; warnings stay */
    bool terminal;  /* a line can be rewritten */
    bool line_open; /* a progress line stands there without its newline */
} console;

console console_open(bool quiet);

/* The library's log on that console, which must outlive it. */
dam_log console_log(console *c);

#endif
