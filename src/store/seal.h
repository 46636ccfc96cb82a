/*
 * The seal of a run file: behind the HDF5 bytes stand 8 bytes of magic and the SHA-256 of all bytes
 * before it, the magic included.
 */
#ifndef DAM__STORE_SEAL_H
#define DAM__STORE_SEAL_H

#include <stdint.h>

#include "base/try.h"

/* Appends the seal to a file of length bytes, open for reading and writing. DAM_INPUT. */
dam_status dam__seal_write(int descriptor, uint64_t length);

/*
 * Checks size, magic and digest; *length is that of the HDF5 bytes. DAM_INPUT, the message naming
 * path: truncated, altered or damaged, or not a denseam run file.
 */
dam_status dam__seal_check(int descriptor, const char *path, uint64_t *length);

#endif
