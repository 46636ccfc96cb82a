#include "base/digest.h"

#include <openssl/evp.h>
#include <stdio.h>

dam_status dam__digest(const void *data, size_t length, unsigned char digest[DAM__DIGEST_BYTES])
{
    unsigned int written = 0;
    if (EVP_Digest(data, length, digest, &written, EVP_sha256(), NULL) != 1 ||
        written != DAM__DIGEST_BYTES)
        return dam__fail(DAM_INTERNAL, "libcrypto could not compute a SHA-256 digest");
    return DAM_OK;
}

dam_status dam__digest_hex(const void *data, size_t length, char hex[DAM__DIGEST_HEX])
{
    unsigned char digest[DAM__DIGEST_BYTES];
    dam_status status = dam__digest(data, length, digest);
    for (int i = 0; i < DAM__DIGEST_BYTES && status == DAM_OK; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return status;
}
