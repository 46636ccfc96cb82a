/* What a file is by its first bytes, where it is none of those that are read: for messages. */
#ifndef DAM__STORE_SNIFF_H
#define DAM__STORE_SNIFF_H

#include <stdbool.h>
#include <stddef.h>

enum { DAM__SNIFFED_BYTES = 512 };

typedef struct dam__sniffed {
    const char *what;   /* "a PNG picture" */
    const char *advice; /* what to do: "save its pixels with np.save" */
    bool is_plain;      /* a text of which no more is known */
} dam__sniffed;

/* bytes are the first of the file, count of them, up to DAM__SNIFFED_BYTES. */
dam__sniffed dam__sniff(const unsigned char *bytes, size_t count);

#endif
