/* The tokens of a preset's text, with their lines. */
#ifndef DAM__RUN_SCAN_H
#define DAM__RUN_SCAN_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

typedef enum dam__token_kind {
    DAM__TOKEN_END,
    DAM__TOKEN_WORD,   /* bare: a key, a section or a value */
    DAM__TOKEN_STRING, /* with its quotes */
    DAM__TOKEN_MARK    /* one of { } = */
} dam__token_kind;

typedef struct dam__token {
    dam__token_kind kind;
    const char *start; /* in the text */
    size_t length, line;
} dam__token;

typedef struct dam__scanner {
    const char *name, *at; /* of the text, for messages; the next byte */
    size_t line;
} dam__scanner;

/* Begins at the first byte, or after a byte-order mark. DAM_USAGE: a line that ends in CR alone. */
dam_status dam__scan_begin(const char *name, const char *text, dam__scanner *out);

/*
 * The next token. DAM_USAGE with name and line: a comment or text that is not closed, a stray
 * character, an escape other than \" \\ \' \$, or ${...}, in double quotes.
 */
dam_status dam__scan_next(dam__scanner *s, dam__token *out);

/* Puts name and line before the message just recorded. */
dam_status dam__scan_at(const dam__scanner *s, size_t line, dam_status status);

/*
 * What a word or string stands for, in at most its length and a NUL. Double quotes know the escapes
 * above; single quotes know \\ and \', and leave every other backslash as it is.
 */
void dam__token_value(const dam__token *t, char *out);

bool dam__token_is(const dam__token *t, char mark);

#endif
