/* Pieces of HTML that hold texts from elsewhere. */
#ifndef DAM__COMPARE_HTML_H
#define DAM__COMPARE_HTML_H

#include "base/text.h"

/* Appends text so that it is text, also inside quotes; control characters become blanks. */
void dam__html_text(dam__text *page, const char *text);

/* Appends "<NAME CLASS>text</NAME>"; attributes is what stands behind the name, "" for nothing. */
void dam__html_element(dam__text *page, const char *name, const char *attributes, const char *text);

#endif
