#include "store/names.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

enum { LISTED = 8, SHOWN = 48 }; /* of a list; bytes of a word */

void dam__names_free(dam__names *words)
{
    for (size_t i = 0; i < words->count; i++)
        free(words->items[i]);
    free(words->items);
    *words = (dam__names){0};
}

dam_status dam__names_add(dam__names *words, const char *text, size_t length)
{
    if (words->count == words->capacity) {
        size_t more = words->capacity > 0 ? 2 * words->capacity : 16;
        DAM_TRY(dam__grow(&words->items, more, sizeof *words->items));
        words->capacity = more;
    }
    char *copy = NULL;
    DAM_TRY(dam__alloc(length + 1, 1, &copy));
    memcpy(copy, text, length);
    words->items[words->count++] = copy;
    return DAM_OK;
}

dam_status dam__names_copy(const dam__names *words, dam__names *out)
{
    for (size_t i = 0; i < words->count; i++)
        DAM_TRY(dam__names_add(out, words->items[i], strlen(words->items[i])));
    return DAM_OK;
}

size_t dam__names_find(const dam__names *words, const char *word)
{
    size_t i = 0;
    while (i < words->count && strcmp(words->items[i], word) != 0)
        i++;
    return i;
}

static int compare(const void *a, const void *b)
{
    const char *const *const *first = a, *const *const *second = b;
    return strcmp(**first, **second);
}

dam_status dam__names_sort(const dam__names *words, dam__names *kinds, int32_t **numbers)
{
    dam_status status = DAM_OK;
    char ***order = NULL;
    *numbers = NULL;
    if (words->count > INT32_MAX)
        return dam__fail(DAM_NO_MEMORY, "%zu words are too many", words->count);
    DAM_TRY_CLEANUP(dam__alloc(words->count, sizeof *order, &order));
    DAM_TRY_CLEANUP(dam__alloc(words->count, sizeof **numbers, numbers));
    for (size_t i = 0; i < words->count; i++)
        order[i] = &words->items[i];
    qsort(order, words->count, sizeof *order, compare);
    for (size_t i = 0; i < words->count; i++) {
        const char *word = *order[i];
        if (i == 0 || strcmp(word, kinds->items[kinds->count - 1]) != 0)
            DAM_TRY_CLEANUP(dam__names_add(kinds, word, strlen(word)));
        (*numbers)[order[i] - words->items] = (int32_t)(kinds->count - 1);
    }
cleanup:
    free(order);
    if (status != DAM_OK) {
        free(*numbers);
        *numbers = NULL;
    }
    return status;
}

size_t dam__shown_bytes(const char *text, size_t length)
{
    size_t count = 0;
    while (count < length && count < SHOWN && (unsigned char)text[count] >= ' ')
        count++;
    return count;
}

void dam__names_list(const dam__names *words, dam__text *out)
{
    for (size_t i = 0; i < words->count && i < LISTED; i++)
        dam__text_append(out, "%s%.*s", i > 0 ? ", " : "",
                         (int)dam__shown_bytes(words->items[i], strlen(words->items[i])),
                         words->items[i]);
    if (words->count > LISTED)
        dam__text_append(out, ", ...");
}
