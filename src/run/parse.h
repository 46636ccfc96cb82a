/* The form of a preset: its text as a base and a list of keys, no value of them looked at yet. */
#ifndef DAM__RUN_PARSE_H
#define DAM__RUN_PARSE_H

#include "run/key_value.h"
#include "run/scan.h"

enum { DAM__LONGEST_VALUE = 4096 }; /* longer than any field's text with every byte escaped */

typedef struct dam__assignment {
    const dam__option *option;
    dam__token value; /* in the preset's text; at most DAM__LONGEST_VALUE bytes */
} dam__assignment;

typedef struct dam__assignments {
    dam__token base; /* the value of `base`; DAM__TOKEN_END where the text has none */
    size_t count;
    dam__assignment items[DAM__MAX_OPTIONS]; /* in the text's order, no key twice */
} dam__assignments;

/*
 * The assignments of a text, which they point into. DAM_USAGE with name and line: unknown section
 * or key, given twice, not closed, no value; and what the scanner refuses.
 */
dam_status dam__preset_parse(const char *name, const char *text, dam__assignments *out);

#endif
