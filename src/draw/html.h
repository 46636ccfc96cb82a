/* Pages of HTML for any browser: one file, no requests, light and dark; pieces that hold texts from
 * elsewhere. */
#ifndef DAM__DRAW_HTML_H
#define DAM__DRAW_HTML_H

#include <stdbool.h>

#include "base/text.h"
#include "draw/image.h"

/*
 * Begins a page of that title with the style of all pages (src/draw/page/style.css), up to its
 * heading. Its policy forbids all requests, and scripts unless it has one of its own.
 */
void dam__html_begin(dam__text *page, const char *title, bool scripted);

/* Ends it; script is the name of an embedded one, or NULL. */
void dam__html_end(dam__text *page, const char *script);

/* Appends an image whose bytes are in the page; text describes it. DAM_NO_MEMORY. */
dam_status dam__html_picture(dam__text *page, const dam__image *image, const char *text);

/* Appends text so that it is text, also inside quotes; control characters become blanks. */
void dam__html_text(dam__text *page, const char *text);

/* The same of several lines, each ended by '\n': for what keeps them, as <pre> does. */
void dam__html_lines(dam__text *page, const char *text);

/* Appends "<NAME CLASS>text</NAME>"; attributes is what stands behind the name, "" for nothing. */
void dam__html_element(dam__text *page, const char *name, const char *attributes, const char *text);

#endif
