#include "draw/html.h"

#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"

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

/* But for the letter that is kept. */
static void append_escaped(dam__text *page, const char *text, char kept)
{
    const char *from = text;
    for (; *text != '\0'; text++) {
        const char *entity = *text == kept ? NULL : entity_of(*text);
        if (entity == NULL)
            continue;
        dam__text_append_bytes(page, from, (size_t)(text - from));
        dam__text_append(page, "%s", entity);
        from = text + 1;
    }
    dam__text_append_bytes(page, from, (size_t)(text - from));
}

void dam__html_text(dam__text *page, const char *text)
{
    append_escaped(page, text, '\0');
}

void dam__html_lines(dam__text *page, const char *text)
{
    append_escaped(page, text, '\n');
}

void dam__html_element(dam__text *page, const char *name, const char *attributes, const char *text)
{
    dam__text_append(page, "<%s%s%s>", name, attributes[0] != '\0' ? " " : "", attributes);
    dam__html_text(page, text);
    dam__text_append(page, "</%s>", name);
}

/* --- pages -------------------------------------------------------------------------------------- */

static void append_file(dam__text *page, const char *name)
{
    const dam__embedded *file = dam__embedded_find(dam__page_files, name);
    dam__text_append_bytes(page, file->bytes, file->length);
}

void dam__html_begin(dam__text *page, const char *title, bool scripted)
{
    dam__text_append(page,
                     "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                     "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                     "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
                     "style-src 'unsafe-inline'; %simg-src data:\">\n"
                     "<link rel=\"icon\" href=\"data:,\">\n<title>denseam: ",
                     scripted ? "script-src 'unsafe-inline'; " : "");
    dam__html_text(page, title);
    dam__text_append(page, "</title>\n<style>\n");
    append_file(page, "draw/page/style");
    dam__text_append(page, "</style>\n</head>\n<body>\n<h1>");
    dam__html_text(page, title);
    dam__text_append(page, "</h1>\n");
}

void dam__html_end(dam__text *page, const char *script)
{
    if (script != NULL) {
        dam__text_append(page, "<script>\n");
        append_file(page, script);
        dam__text_append(page, "</script>\n");
    }
    dam__text_append(page, "</body>\n</html>\n");
}

static void append_base64(dam__text *page, const unsigned char *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t word = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                        (left > 2 ? bytes[i + 2] : 0);
        const char group[] = {digits[word >> 18], digits[word >> 12 & 63],
                              left > 1 ? digits[word >> 6 & 63] : '=',
                              left > 2 ? digits[word & 63] : '='};
        dam__text_append_bytes(page, group, sizeof group);
    }
}

dam_status dam__html_picture(dam__text *page, const dam__image *image, const char *text)
{
    void *bytes = NULL;
    size_t length = 0;
    DAM_TRY(dam__image_png(image, &bytes, &length));
    dam__text_append(page, "<img class=\"memories\" width=\"%d\" height=\"%d\" alt=\"",
                     image->width, image->height);
    dam__html_text(page, text);
    dam__text_append(page, "\" src=\"data:image/png;base64,");
    append_base64(page, bytes, length);
    dam__text_append(page, "\">\n");
    free(bytes);
    return dam__text_status(page);
}
