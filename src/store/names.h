/* Lists of words: names of columns, of classes, of arrays in a file. */
#ifndef DAM__STORE_NAMES_H
#define DAM__STORE_NAMES_H

#include <stdint.h>

#include "base/text.h"

/* Zero-initialise; free with dam__names_free. */
typedef struct dam__names {
    char **items;
    size_t count, capacity;
} dam__names;

void dam__names_free(dam__names *words);

/* Adds a copy of so many bytes. DAM_NO_MEMORY. */
dam_status dam__names_add(dam__names *words, const char *text, size_t length);

/* Adds copies of others; out must be empty. DAM_NO_MEMORY. */
dam_status dam__names_copy(const dam__names *words, dam__names *out);

/* The place of a word, or words->count. */
size_t dam__names_find(const dam__names *words, const char *word);

/*
 * Of many words those that differ, in the order of their bytes (*kinds), and for each of the many
 * its place among those. DAM_NO_MEMORY. numbers: words->count, free().
 */
dam_status dam__names_sort(const dam__names *words, dam__names *kinds, int32_t **numbers);

/* How many bytes of a word from a file stand in a message: not many, and none of another line. */
size_t dam__shown_bytes(const char *text, size_t length);

/* Appends the first of them with commas, and "..." where there are more; for messages. */
void dam__names_list(const dam__names *words, dam__text *out);

#endif
