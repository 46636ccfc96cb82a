/* SHA-256 (libcrypto): cache keys and the seal of run files. */
#ifndef DAM__BASE_DIGEST_H
#define DAM__BASE_DIGEST_H

#include <stddef.h>

#include "base/status.h"

enum { DAM__DIGEST_BYTES = 32, DAM__DIGEST_HEX = 65 };

/* digest = SHA-256 of the bytes; DAM_INTERNAL if libcrypto fails. */
dam_status dam__digest(const void *data, size_t length, unsigned char digest[DAM__DIGEST_BYTES]);

/* The same as 64 lower-case hexadecimal digits and a NUL. */
dam_status dam__digest_hex(const void *data, size_t length, char hex[DAM__DIGEST_HEX]);

#endif
