/* Pieces of gnuplot scripts that several pictures share. */
#ifndef DAM__DRAW_SCRIPT_H
#define DAM__DRAW_SCRIPT_H

#include "base/text.h"

/*
 * Appends text as a gnuplot string: in single quotes only the quote itself is special, and its
 * doubling fails at the beginning of a string, so a typographic one takes its place.
 */
void dam__script_quoted(dam__text *script, const char *text);

/*
 * Appends the beginning of a script: what it is (a comment), the file it draws where its variable
 * `picture` is not set, the size in pixels, and colours of borders, tics and key.
 */
void dam__script_begin(dam__text *script, const char *what, const char *picture, int width,
                       int height);

#endif
