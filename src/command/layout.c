#include "command/layout.h"

#include <string.h>

void append_wrapped(dam__text *text, size_t column, size_t indent, const char *words)
{
    if (column < indent) {
        dam__text_append(text, "%*s", (int)(indent - column), "");
        column = indent;
    }
    bool begun = false;
    while (*(words += strspn(words, " ")) != '\0') {
        size_t length = strcspn(words, " ");
        if (begun && column + 1 + length > LINE_WIDTH) {
            dam__text_append(text, "\n%*s", (int)indent, "");
            column = indent;
        } else if (begun) {
            dam__text_append(text, " ");
            column++;
        }
        dam__text_append_bytes(text, words, length);
        column += length;
        words += length;
        begun = true;
    }
    dam__text_append(text, "\n");
}
