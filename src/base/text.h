/* Growing text, and copies of text. */
#ifndef DAM__BASE_TEXT_H
#define DAM__BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/try.h"

/*
 * Zero-initialise; data is NUL-terminated once anything was appended. Free with dam__text_free.
 *
 * Appends return nothing: the text remembers its first failure. From then on it is empty, data is
 * NULL and further appends do nothing. Check dam__text_status before using data; to pass the text
 * on use _part, _take or _write, which check it.
 */
typedef struct dam__text {
    char *data;
    size_t length, capacity;
    dam_status status; /* of the first append that failed; ask dam__text_status */
} dam__text;

/* Frees the text and forgets its failure: it can be used again. */
void dam__text_free(dam__text *text);

void dam__text_append(dam__text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void dam__text_append_bytes(dam__text *text, const void *bytes, size_t length);

/* Appends a character as UTF-8; U+FFFD for what is none. */
void dam__text_append_character(dam__text *text, uint32_t character);

/*
 * Appends at most this many bytes of whole UTF-8 characters; invalid bytes become U+FFFD.
 */
void dam__text_append_utf8(dam__text *text, const char *from, size_t most);

/*
 * For terminals, which obey what they are shown: the letter that `at` begins with, before end, as
 * it may be shown. Letters of UTF-8 stay, line ends and tabs too; other control characters and
 * those that turn the direction of writing become escapes such as \x1b and \u202e, bytes that are
 * no UTF-8 such as \xff. Returns how many bytes it has.
 */
enum { DAM__SHOWN_BYTES = 8 };
size_t dam__text_shown(const char *at, const char *end, char shown[DAM__SHOWN_BYTES]);

/* DAM_OK, or the first failure of an append, with its message: DAM_NO_MEMORY. */
dam_status dam__text_status(const dam__text *text);

/*
 * The string of a text that becomes a part of another: for an append to `whole`, which takes over a
 * failure of the part. Never NULL; "" where nothing was appended.
 */
const char *dam__text_part(dam__text *whole, const dam__text *part);

/* *out = the string, never NULL, to be freed with free(); the text is empty again. Or its failure.
 */
dam_status dam__text_take(dam__text *text, char **out);

/* dam__file_write of the text; or its failure, and the file stays as it was. */
dam_status dam__text_write(const dam__text *text, const char *path);

/* *out = the formatted text; free with free(); DAM_NO_MEMORY. */
dam_status dam__format(char **out, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Whether haystack contains needle, ignoring case (ASCII). */
bool dam__contains_nocase(const char *haystack, const char *needle);

/* The closest name within an edit distance of a few characters, for "did you mean", or NULL. names
 * is NULL-terminated. */
const char *dam__closest(const char *word, const char *const *names);

#endif
