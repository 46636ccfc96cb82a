#include "command/layout.h"

#include <string.h>

dam_status append_wrapped(dam__text *text, size_t column, size_t indent, const char *words)
{
    dam_status status = DAM_OK;
    if (column < indent) {
        DAM_TRY(dam__text_append(text, "%*s", (int)(indent - column), ""));
        column = indent;
    }
    bool begun = false;
    while (*(words += strspn(words, " ")) != '\0') {
        size_t length = strcspn(words, " ");
        if (begun && column + 1 + length > LINE_WIDTH) {
            DAM_TRY(dam__text_append(text, "\n%*s", (int)indent, ""));
            column = indent;
        } else if (begun) {
            DAM_TRY(dam__text_append(text, " "));
            column++;
        }
        DAM_TRY(dam__text_append_bytes(text, words, length));
        column += length;
        words += length;
        begun = true;
    }
    DAM_TRY(dam__text_append(text, "\n"));
cleanup:
    return status;
}
