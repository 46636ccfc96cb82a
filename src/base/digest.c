#include "base/digest.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

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
    for (size_t i = 0; i < DAM__DIGEST_BYTES && status == DAM_OK; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", digest[i]);
    return status;
}

dam_status dam__digest_text(const dam__text *text, char hex[DAM__DIGEST_HEX])
{
    dam_status status = dam__text_status(text);
    return status == DAM_OK ? dam__digest_hex(text->data, text->length, hex) : status;
}

enum { PIECE_BYTES = 1 << 18 };

dam_status dam__digest_file(int descriptor, uint64_t length,
                            unsigned char digest[DAM__DIGEST_BYTES])
{
    dam_status status = DAM_OK;
    unsigned char *piece = NULL;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    unsigned int written = 0;
    DAM_TRY_CLEANUP(dam__alloc(PIECE_BYTES, 1, &piece));
    if (context == NULL || EVP_DigestInit_ex(context, EVP_sha256(), NULL) != 1)
        DAM_FAIL(DAM_INTERNAL, "libcrypto could not compute a SHA-256 digest");
    for (uint64_t at = 0; at < length;) {
        size_t wanted = length - at < PIECE_BYTES ? (size_t)(length - at) : PIECE_BYTES;
        ssize_t got = pread(descriptor, piece, wanted, (off_t)at);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            DAM_FAIL(DAM_INPUT, "cannot read on at byte %ju: %s", (uintmax_t)at,
                     got < 0 ? strerror(errno) : "the file ends there");
        if (EVP_DigestUpdate(context, piece, (size_t)got) != 1)
            DAM_FAIL(DAM_INTERNAL, "libcrypto could not compute a SHA-256 digest");
        at += (uint64_t)got;
    }
    if (EVP_DigestFinal_ex(context, digest, &written) != 1 || written != DAM__DIGEST_BYTES)
        DAM_FAIL(DAM_INTERNAL, "libcrypto could not compute a SHA-256 digest");
cleanup:
    EVP_MD_CTX_free(context);
    free(piece);
    return status;
}
