/*
 * Checks the form of a preset and rewrites it for libconfuse.
 *
 * libconfuse lets an unclosed section or string and a repeated key pass, counts lines wrongly after
 * comments, expands environment variables, skips characters it does not know and keeps the state of
 * its (global) lexer after some errors. The rewritten text avoids all of that.
 */
#ifndef DAM__RUN_SCAN_H
#define DAM__RUN_SCAN_H

#include "base/text.h"

/*
 * Appends to clean the same assignments without comments, every value quoted, each on its old line.
 * DAM_USAGE with name and line: unknown section or key, given twice, not closed, no value, a stray
 * character, an escape other than \" \\ \' \$, ${...} in double quotes.
 */
dam_status dam__preset_scan(const char *name, const char *text, dam__text *clean);

#endif
