#include "base/text.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void dam__text_free(dam__text *text)
{
    free(text->data);
    *text = (dam__text){0};
}

static dam_status reserve(dam__text *text, size_t extra)
{
    size_t wanted = text->length + extra + 1;
    if (wanted <= text->capacity)
        return DAM_OK;
    size_t capacity = text->capacity * 2 > wanted ? text->capacity * 2 : wanted;
    dam_status status = dam__grow(&text->data, capacity, 1);
    if (status == DAM_OK)
        text->capacity = capacity;
    return status;
}

dam_status dam__text_append_bytes(dam__text *text, const void *bytes, size_t length)
{
    dam_status status = reserve(text, length);
    if (status != DAM_OK)
        return status;
    if (length > 0)
        memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
    return DAM_OK;
}

static dam_status append_va(dam__text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    int length = vsnprintf(NULL, 0, format, args);
    dam_status status = length < 0 ? dam__fail(DAM_INTERNAL, "cannot format '%s'", format)
                                   : reserve(text, (size_t)length);
    if (status == DAM_OK) {
        (void)vsnprintf(text->data + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    return status;
}

dam_status dam__text_append(dam__text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dam_status status = append_va(text, format, args);
    va_end(args);
    return status;
}

/* Bytes of the UTF-8 letter that text begins with; 0 where it is none (Unicode, table 3-7). */
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

dam_status dam__text_append_utf8(dam__text *text, const char *from, size_t most)
{
    static const char unknown[] = "\xEF\xBF\xBD";
    dam_status status = dam__text_append_bytes(text, "", 0);
    while (*from != '\0' && status == DAM_OK) {
        size_t letter = letter_bytes(from);
        size_t bytes = letter > 0 ? letter : sizeof unknown - 1;
        if (bytes > most)
            break;
        status = dam__text_append_bytes(text, letter > 0 ? from : unknown, bytes);
        most -= bytes;
        from += letter > 0 ? letter : 1;
    }
    return status;
}

dam_status dam__format(char **out, const char *format, ...)
{
    dam__text text = {0};
    va_list args;
    va_start(args, format);
    dam_status status = append_va(&text, format, args);
    va_end(args);
    *out = text.data;
    return status;
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
