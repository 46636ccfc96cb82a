/* SHA-256 (libcrypto): cache keys and the seal of run files. */
#ifndef DAM__BASE_DIGEST_H
#define DAM__BASE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

#include "base/text.h"

enum { DAM__DIGEST_BYTES = 32, DAM__DIGEST_HEX = 65 };

/* digest = SHA-256 of the bytes; DAM_INTERNAL if libcrypto fails. */
dam_status dam__digest(const void *data, size_t length, unsigned char digest[DAM__DIGEST_BYTES]);

/* The same as 64 lower-case hexadecimal digits and a NUL; of a text, or its failure. */
dam_status dam__digest_hex(const void *data, size_t length, char hex[DAM__DIGEST_HEX]);
dam_status dam__digest_text(const dam__text *text, char hex[DAM__DIGEST_HEX]);

/*
 * digest = SHA-256 of the first length bytes of an open file, read in pieces; the descriptor's
 * offset is neither used nor changed. DAM_INPUT if it cannot be read or is shorter.
 */
dam_status dam__digest_file(int descriptor, uint64_t length,
                            unsigned char digest[DAM__DIGEST_BYTES]);

#endif
