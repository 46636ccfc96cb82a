/*
 * The user's cache: what took time to make, kept under the digest of everything that decided it. An
 * entry is a file of its own, $XDG_CACHE_HOME/denseam/KIND/KEY, for this user alone, which starts
 * with a digest of key and bytes: a damaged entry is none, and no entry can stand in another's
 * place. Never fatal: where there is no cache, there are no entries.
 */
#ifndef DAM__BASE_USER_CACHE_H
#define DAM__BASE_USER_CACHE_H

#include <stdbool.h>

#include "base/text.h"
#include "denseam/log.h"

/* *out = $XDG_CACHE_HOME/denseam or $HOME/.cache/denseam, not created; free(). DAM_INPUT if unset.
 */
dam_status dam__cache_folder(char **out);

/* *out = the path of a file in it, KIND/NAME; free(). */
dam_status dam__cache_path(const char *kind, const char *name, char **out);

/* Whether nobody else can have written into the cache (base/private_folder.h), or there is none;
 * else it is not used, and a warning says why. */
bool dam__cache_trusted(const dam_log *log);

/* Whether there is the entry of this key, not longer than limit; *data is to be freed with free().
 */
bool dam__cache_find(const char *kind, const dam__text *key, size_t limit, char **data,
                     size_t *length);

/* Whether the entry could be kept. */
bool dam__cache_keep(const char *kind, const dam__text *key, const void *data, size_t length);

#endif
