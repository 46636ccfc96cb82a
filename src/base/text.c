#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"

void dam__text_free(dam__text *text)
{
    free(text->data);
    *text = (dam__text){0};
}

/* A partial text is useless, so all of it is freed. The capacity is what was asked for. */
static void fail(dam__text *text, dam_status status, size_t capacity)
{
    free(text->data);
    *text = (dam__text){.capacity = capacity, .status = status};
}

/* Whether that many more bytes fit, and the text has not failed before. */
static bool reserve(dam__text *text, size_t extra)
{
    size_t wanted = text->length + extra + 1;
    if (text->status != DAM_OK)
        return false;
    if (wanted <= text->capacity)
        return true;
    size_t capacity = text->capacity * 2 > wanted ? text->capacity * 2 : wanted;
    dam_status status = dam__grow(&text->data, capacity, 1);
    if (status == DAM_OK)
        text->capacity = capacity;
    else
        fail(text, status, capacity);
    return status == DAM_OK;
}

void dam__text_append_bytes(dam__text *text, const void *bytes, size_t length)
{
    if (!reserve(text, length))
        return;
    if (length > 0)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

static void append_va(dam__text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    if (length < 0 && text->status == DAM_OK)
        fail(text, DAM_INTERNAL, 0);
    if (reserve(text, length > 0 ? (size_t)length : 0)) {
        (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
}

void dam__text_append(dam__text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    append_va(text, format, args);
    va_end(args);
}

/* Length in bytes of the UTF-8 character that text begins with; 0 where it is invalid (Unicode,
 * table 3-7). */
static size_t letter_bytes(const char *text)
{
    const unsigned char *at = (const unsigned char *)text;
    size_t bytes = *at < 0x80 ? 1 : *at < 0xc2 ? 0 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : 4;
    unsigned least = *at == 0xe0 ? 0xa0 : *at == 0xf0 ? 0x90 : 0x80;
    unsigned most = *at == 0xed ? 0x9f : *at == 0xf4 ? 0x8f : 0xbf;
    if (*at > 0xf4 || (bytes > 1 && (at[1] < least || at[1] > most)))
        return 0;
    for (size_t i = 2; i < bytes; i++)
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    return bytes;
}

void dam__text_append_character(dam__text *text, uint32_t character)
{
    const uint32_t unknown = 0xfffd, last = 0x10ffff;
    if (character > last || (character >= 0xd800 && character < 0xe000))
        character = unknown;
    int follow = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const unsigned char leads[] = {0, 0xc0, 0xe0, 0xf0};
    unsigned char bytes[4] = {(unsigned char)(leads[follow] | character >> 6 * follow)};
    for (int i = 1; i <= follow; i++)
        bytes[i] = (unsigned char)(0x80 | (character >> 6 * (follow - i) & 0x3f));
    dam__text_append_bytes(text, bytes, (size_t)follow + 1);
}

void dam__text_append_utf8(dam__text *text, const char *from, size_t most)
{
    static const char unknown[] = "\xEF\xBF\xBD";
    dam__text_append_bytes(text, "", 0);
    while (*from != '\0') {
        size_t letter = letter_bytes(from);
        size_t bytes = letter > 0 ? letter : sizeof unknown - 1;
        if (bytes > most)
            break;
        dam__text_append_bytes(text, letter > 0 ? from : unknown, bytes);
        most -= bytes;
        from += letter > 0 ? letter : 1;
    }
}

/* The character of a letter's bytes. */
static unsigned character(const unsigned char *at, size_t bytes)
{
    unsigned value = bytes < 2 ? *at : *at & (0x7fU >> bytes);
    for (size_t i = 1; i < bytes; i++)
        value = value << 6 | (at[i] & 0x3fU);
    return value;
}

/* Controls but line ends and tabs; what separates lines; what turns the direction of writing. */
static bool obeyed(unsigned value)
{
    return (value < 0x20 && value != '\n' && value != '\t') || (value >= 0x7f && value < 0xa0) ||
           (value >= 0x2028 && value <= 0x202e) || (value >= 0x2066 && value <= 0x2069);
}

size_t dam__text_shown(const char *at, const char *end, char shown[DAM__SHOWN_BYTES])
{
    char letter[5] = "";
    size_t left = (size_t)(end - at);
    memcpy(letter, at, left < 4 ? left : 4);
    size_t bytes = letter_bytes(letter);
    if (bytes == 0 || bytes > left) {
        (void)snprintf(shown, DAM__SHOWN_BYTES, "\\x%02x", (unsigned)(unsigned char)letter[0]);
        return 1;
    }
    unsigned value = character((const unsigned char *)letter, bytes);
    if (obeyed(value)) {
        (void)snprintf(shown, DAM__SHOWN_BYTES, bytes == 1 ? "\\x%02x" : "\\u%04x", value);
    } else {
        memcpy(shown, letter, bytes);
        shown[bytes] = '\0';
    }
    return bytes;
}

/* Recorded again, because others may have failed meanwhile: the message is always this text's. */
dam_status dam__text_status(const dam__text *text)
{
    if (text->status == DAM_NO_MEMORY)
        return dam__fail(DAM_NO_MEMORY, "the host has no memory for %zu items of %zu bytes",
                         text->capacity, sizeof(char));
    if (text->status != DAM_OK)
        return dam__fail(text->status, "cannot format a text of 2 GiB or more");
    return DAM_OK;
}

const char *dam__text_part(dam__text *whole, const dam__text *part)
{
    if (part->status != DAM_OK && whole->status == DAM_OK)
        fail(whole, part->status, part->capacity);
    return part->length > 0 ? part->data : "";
}

dam_status dam__text_take(dam__text *text, char **out)
{
    dam__text_append_bytes(text, "", 0);
    dam_status status = dam__text_status(text);
    *out = text->data;
    *text = (dam__text){0};
    return status;
}

dam_status dam__text_write(const dam__text *text, const char *path)
{
    dam_status status = dam__text_status(text);
    const char *data = text->length > 0 ? text->data : "";
    return status == DAM_OK ? dam__file_write(path, data, text->length) : status;
}

dam_status dam__format(char **out, const char *format, ...)
{
    dam__text text = {0};
    va_list args;
    va_start(args, format);
    append_va(&text, format, args);
    va_end(args);
    return dam__text_take(&text, out);
}

bool dam__contains_nocase(const char *haystack, const char *needle)
{
    size_t length = strlen(needle);
    for (const char *at = haystack;; at++) {
        size_t i = 0;
        while (i < length && at[i] != '\0' &&
               tolower((unsigned char)at[i]) == tolower((unsigned char)needle[i]))
            i++;
        if (i == length)
            return true;
        if (*at == '\0')
            return false;
    }
}

enum { LONGEST_WORD = 64 };

/* Levenshtein distance; words longer than LONGEST_WORD count as far apart. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t la = strlen(a), lb = strlen(b);
    if (la > LONGEST_WORD || lb > LONGEST_WORD)
        return SIZE_MAX;
    size_t row[LONGEST_WORD + 1];
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t replace = diagonal + (a[i - 1] != b[j - 1]);
            size_t edit = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            diagonal = row[j];
            row[j] = replace < edit ? replace : edit;
        }
    }
    return row[lb];
}

const char *dam__closest(const char *word, const char *const *names)
{
    const char *best = NULL;
    size_t distance = strlen(word) / 3 + 2;
    for (; *names != NULL; names++) {
        size_t d = edit_distance(word, *names);
        if (d < distance) {
            distance = d;
            best = *names;
        }
    }
    return best;
}
