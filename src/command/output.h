/*
 * Where the tool prints: results on stdout, whose failed writes are found at the end; notices and
 * progress on stderr.
 */
#ifndef COMMAND_OUTPUT_H
#define COMMAND_OUTPUT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/text.h"
#include "denseam/log.h"
#include "store/names.h"

/*
 * Once, before anything is opened: a file opened by the program must not take the place of a closed
 * stdin, stdout or stderr, and a closed pipe or a limit on file sizes must be a failed write, not a
 * silent end.
 */
void output_begin(void);

/* Once, at the end: DAM_INPUT if anything printed to stdout was lost (full disk, closed pipe). */
dam_status output_finish(void);

/*
 * Whatever names of files and texts of runs contain, a terminal sees no control characters of
 * theirs: all that is printed passes dam__text_shown, but bytes, which are JSON or our own.
 */

/* To stdout; DAM_INPUT where a write fails at once, when its reason is still known. */
dam_status print_bytes(const void *bytes, size_t length);

/* Prints the text, or returns its failure, and releases it. */
dam_status print_text(dam__text *text);

/* Prints a line at once, because what follows may take long or end the process. */
dam_status print_line_now(const char *line);

/* A string for JSON of any bytes, such as a path: those that are not UTF-8 become U+FFFD; null for
 * NULL. */
json_t *json_text(const char *text);

/* A number for JSON, which has none that are not finite: null for these. */
json_t *json_number(double value);

/* A list of strings; null for NULL. */
json_t *json_names(const dam__names *names);

/* Prints value, indented, and releases it. DAM_NO_MEMORY where jansson got none, for anything that
 * was made so far: what it could not make is missing in value. */
dam_status print_json(json_t *value);

/* Text of a value, which it releases; free(). DAM_NO_MEMORY likewise. */
dam_status json_to_text(json_t *value, size_t flags, char **text);

/* Whether jansson ever got no memory: what it could not read or make then says nothing. */
bool json_lacks_memory(void);

/* A text to stderr. */
void print_aside(const char *text);

/* Prints prefix and text as one line. */
void print_notice(FILE *stream, const char *prefix, const char *text);

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
