/* Growing text, and copies of text. */
#ifndef DAM__BASE_TEXT_H
#define DAM__BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

/* Zero-initialise; data is NUL-terminated once anything was appended. Free with dam__text_free. */
typedef struct dam__text {
    char *data;
    size_t length, capacity;
} dam__text;

void dam__text_free(dam__text *text);

/* Appends; DAM_NO_MEMORY. */
dam_status dam__text_append(dam__text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
dam_status dam__text_append_bytes(dam__text *text, const void *bytes, size_t length);

/*
 * Appends at most so many bytes of whole UTF-8 letters; bytes that are none become U+FFFD.
 */
dam_status dam__text_append_utf8(dam__text *text, const char *from, size_t most);

/* *out = the formatted text; free with free(); DAM_NO_MEMORY. */
dam_status dam__format(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether haystack holds needle, letters of either case alike (ASCII). */
bool dam__contains_nocase(const char *haystack, const char *needle);

/* Edit distance at most a few letters: for "did you mean"; NULL-terminated names; NULL if none. */
const char *dam__closest(const char *word, const char *const *names);

#endif
