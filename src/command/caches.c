#include "command/caches.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/private_folder.h"
#include "base/user_cache.h"

/* Where PoCL 3.1 keeps its own, in its order; DAM_INPUT where it would be a place of everybody's.
 */
static dam_status pocl_folder(char **out)
{
    const char *own = getenv("POCL_CACHE_DIR");
    if (own != NULL && own[0] != '\0')
        return dam__format(out, "%s", own);
    if (own != NULL)
        return dam__fail(DAM_INPUT, "POCL_CACHE_DIR is empty");
    const char *cache = getenv("XDG_CACHE_HOME");
    if (cache != NULL && cache[0] != '\0')
        return dam__path_join(out, cache, "pocl/kcache");
    const char *home = getenv("HOME");
    if (home == NULL || home[0] == '\0')
        return dam__fail(DAM_INPUT, "neither XDG_CACHE_HOME nor HOME is set");
    return dam__path_join(out, home, ".cache/pocl/kcache");
}

/* A folder in TMPDIR or /tmp that can be trusted, or NULL. */
static char *make_own(void)
{
    const char *const parents[] = {getenv("TMPDIR"), "/tmp"};
    bool foreign = false;
    for (size_t i = 0; i < sizeof parents / sizeof *parents; i++) {
        char *folder = NULL;
        if (parents[i] == NULL || parents[i][0] != '/' ||
            dam__path_join(&folder, parents[i], "denseam-cache-XXXXXX") != DAM_OK)
            continue;
        if (mkdtemp(folder) != NULL) {
            if (dam__private_make(folder, &foreign) == DAM_OK)
                return folder;
            (void)remove(folder);
        }
        free(folder);
    }
    return NULL;
}

/* A cache: where it is, and which variable names its place. */
typedef struct cache {
    const char *variable;
    dam_status (*find)(char **folder);
    bool is_ours;
} cache;

/* Why its place will not do, to be freed; NULL where it does. *foreign: it cannot be trusted. */
static char *refusal(const cache *c, bool *foreign)
{
    char *folder = NULL, *reason = NULL;
    *foreign = false;
    if (c->find(&folder) != DAM_OK || dam__private_make(folder, foreign) != DAM_OK)
        reason = strdup(dam_error());
    free(folder);
    return reason;
}

static void tell(const dam_log *log, const cache *c, bool foreign, const char *reason)
{
    const char *whose = c->is_ours ? "" : " for PoCL";
    static const char line[] = "a temporary cache is used%s, so kernels are compiled anew: %s; set "
                               "%s to a folder of your own";
    if (foreign)
        dam__warn(log, line, whose, reason, c->variable);
    else
        dam__info(log, line, whose, reason, c->variable);
}

/* Moves it; the other keeps the place that it had, whatever named it. */
static void move(const cache *c, caches *all)
{
    char *pocl = NULL;
    if (!c->is_ours) {
        if (dam__path_join(&pocl, all->folder, "pocl") == DAM_OK)
            (void)setenv(c->variable, pocl, 1);
    } else {
        if (pocl_folder(&pocl) == DAM_OK)
            (void)setenv("POCL_CACHE_DIR", pocl, 1);
        (void)setenv(c->variable, all->folder, 1);
        all->cache_goes = true;
    }
    free(pocl);
}

void caches_settle(const dam_log *log, caches *out)
{
    static const cache each[] = {{"XDG_CACHE_HOME", dam__cache_folder, true},
                                 {"POCL_CACHE_DIR", pocl_folder, false}};
    bool told = false;
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        bool foreign = false;
        char *reason = refusal(&each[i], &foreign);
        if (reason != NULL && out->folder == NULL)
            out->folder = make_own();
        if (reason != NULL && out->folder != NULL) {
            /* Where a home is missing one line says it. */
            if (!told || foreign)
                tell(log, &each[i], foreign, reason);
            move(&each[i], out);
            told = true;
        }
        free(reason);
    }
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    (void)remove(path);
    return 0;
}

void caches_remove(caches *c)
{
    enum { OPEN_FOLDERS = 16 };
    if (c->folder != NULL)
        (void)nftw(c->folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    free(c->folder);
    *c = (caches){0};
}
