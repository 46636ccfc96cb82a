#include "compare/html.h"

#include <string.h>

static const char *entity_of(char letter)
{
    switch (letter) {
    case '&':
        return "&amp;";
    case '<':
        return "&lt;";
    case '>':
        return "&gt;";
    case '"':
        return "&quot;";
    case '\'':
        return "&#39;";
    default:
        return (unsigned char)letter < ' ' || letter == 0x7f ? " " : NULL;
    }
}

void dam__html_text(dam__text *page, const char *text)
{
    const char *from = text;
    for (; *text != '\0'; text++) {
        const char *entity = entity_of(*text);
        if (entity == NULL)
            continue;
        dam__text_append_bytes(page, from, (size_t)(text - from));
        dam__text_append(page, "%s", entity);
        from = text + 1;
    }
    dam__text_append_bytes(page, from, (size_t)(text - from));
}

void dam__html_element(dam__text *page, const char *name, const char *attributes, const char *text)
{
    dam__text_append(page, "<%s%s%s>", name, attributes[0] != '\0' ? " " : "", attributes);
    dam__html_text(page, text);
    dam__text_append(page, "</%s>", name);
}
