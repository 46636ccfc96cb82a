#include "base/user_cache.h"

#include <stdlib.h>
#include <string.h>

#include "base/digest.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/private_folder.h"

dam_status dam__cache_folder(char **out)
{
    const char *cache = getenv("XDG_CACHE_HOME");
    if (cache != NULL && cache[0] == '/')
        return dam__path_join(out, cache, "denseam");
    const char *home = getenv("HOME");
    if (home == NULL || home[0] == '\0')
        return dam__fail(DAM_INPUT, "neither XDG_CACHE_HOME nor HOME is set");
    return dam__path_join(out, home, ".cache/denseam");
}

dam_status dam__cache_path(const char *kind, const char *name, char **out)
{
    char *cache = NULL;
    DAM_TRY(dam__cache_folder(&cache));
    dam_status status = dam__format(out, "%s/%s/%s", cache, kind, name);
    free(cache);
    return status;
}

bool dam__cache_trusted(const dam_log *log)
{
    char *cache = NULL;
    bool trusted = dam__cache_folder(&cache) != DAM_OK || dam__private_check(cache) == DAM_OK;
    if (!trusted)
        dam__warn(log, "the cache '%s' is not used: %s; XDG_CACHE_HOME names another place", cache,
                  dam_error());
    free(cache);
    return trusted;
}

/* The digest of a key's digest and the bytes. */
static dam_status seal(const char *key, const void *data, size_t length,
                       unsigned char digest[DAM__DIGEST_BYTES])
{
    dam__text whole = {0};
    dam__text_append(&whole, "%s\n", key);
    dam__text_append_bytes(&whole, data, length);
    dam_status status = dam__text_status(&whole);
    if (status == DAM_OK)
        status = dam__digest(whole.data, whole.length, digest);
    dam__text_free(&whole);
    return status;
}

bool dam__cache_find(const char *kind, const dam__text *key, size_t limit, char **data,
                     size_t *length)
{
    char hex[DAM__DIGEST_HEX], *path = NULL, *file = NULL;
    unsigned char digest[DAM__DIGEST_BYTES];
    size_t whole = 0;
    bool found = dam__digest_text(key, hex) == DAM_OK &&
                 dam__cache_path(kind, hex, &path) == DAM_OK &&
                 dam__private_read(path, limit + sizeof digest, &file, &whole) == DAM_OK &&
                 file != NULL && whole >= sizeof digest &&
                 seal(hex, file + sizeof digest, whole - sizeof digest, digest) == DAM_OK &&
                 memcmp(file, digest, sizeof digest) == 0;
    *data = NULL;
    *length = 0;
    if (found) {
        *length = whole - sizeof digest;
        memmove(file, file + sizeof digest, *length + 1);
        *data = file;
        file = NULL;
    }
    free(path);
    free(file);
    return found;
}

bool dam__cache_keep(const char *kind, const dam__text *key, const void *data, size_t length)
{
    char hex[DAM__DIGEST_HEX], *path = NULL;
    unsigned char *file = NULL;
    bool kept = dam__digest_text(key, hex) == DAM_OK &&
                dam__cache_path(kind, hex, &path) == DAM_OK &&
                dam__alloc(DAM__DIGEST_BYTES + length, 1, &file) == DAM_OK &&
                seal(hex, data, length, file) == DAM_OK;
    if (kept) {
        memcpy(file + DAM__DIGEST_BYTES, data, length);
        kept = dam__private_write(path, file, DAM__DIGEST_BYTES + length) == DAM_OK;
    }
    free(path);
    free(file);
    return kept;
}
