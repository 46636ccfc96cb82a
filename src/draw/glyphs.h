/* The 5 x 7 glyphs of labels. */
#ifndef DAM__DRAW_GLYPHS_H
#define DAM__DRAW_GLYPHS_H

/* Seven rows of five dots, '#' or '.', for a character; small letters have those of capitals. */
const char *dam__glyph(char character);

#endif
