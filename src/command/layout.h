/* Plain text for a terminal of 80 columns. */
#ifndef COMMAND_LAYOUT_H
#define COMMAND_LAYOUT_H

#include "base/text.h"

enum { LINE_WIDTH = 79 };

/*
 * Appends words and a final newline, broken at blanks so that no line exceeds LINE_WIDTH (a longer
 * word stands alone). column is how much of the first line is taken; later lines begin at indent.
 */
void append_wrapped(dam__text *text, size_t column, size_t indent, const char *words);

#endif
