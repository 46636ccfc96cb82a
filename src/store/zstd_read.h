/* A file packed by zstd, as a stream of bytes. */
#ifndef DAM__STORE_ZSTD_READ_H
#define DAM__STORE_ZSTD_READ_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

typedef struct dam__zstd dam__zstd;

enum { DAM__ZSTD_RATIO = 1 << 15 }; /* a block of 128 KiB takes four bytes at least */

/* Whether a file is packed so, by its first bytes. */
bool dam__zstd_is(const char *path);

/* path is borrowed, for messages. DAM_INPUT, DAM_NO_MEMORY; destroy in any case. */
dam_status dam__zstd_open(const char *path, dam__zstd **out);
void dam__zstd_destroy(dam__zstd *zstd);

/* Takes up to count bytes; *got is less only at the end. DAM_INPUT: cut short or damaged. */
dam_status dam__zstd_take(dam__zstd *zstd, void *buffer, size_t count, size_t *got);

/* Back to the first byte. */
dam_status dam__zstd_rewind(dam__zstd *zstd);

#endif
