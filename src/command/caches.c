#include "command/caches.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/private_folder.h"
#include "base/temporary.h"
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

/* --- folders of this process's own --------------------------------------------------------------- */

#define OWN "denseam-cache-"
enum { PARENTS = 2 };

/* Where they are made. */
static const char *parent(int i)
{
    const char *given = getenv("TMPDIR");
    if (i > 0)
        return given != NULL && strcmp(given, "/tmp") == 0 ? NULL : "/tmp";
    return given != NULL && given[0] == '/' ? given : NULL;
}

/* A descriptor that has the folder locked; -1: it lives, is gone or not this user's. */
static int lock_own(const char *folder)
{
    struct stat info;
    int lock = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (lock >= 0 && fstat(lock, &info) == 0 && info.st_uid == geteuid() &&
        flock(lock, LOCK_EX | LOCK_NB) == 0 && fstat(lock, &info) == 0 && info.st_nlink > 0)
        return lock;
    if (lock >= 0)
        (void)close(lock);
    return -1;
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info;
    (void)type;
    (void)at;
    (void)remove(path);
    return 0;
}

static void remove_own(const char *folder, int lock)
{
    enum { OPEN_FOLDERS = 16 };
    (void)nftw(folder, remove_entry, OPEN_FOLDERS, FTW_DEPTH | FTW_PHYS);
    (void)close(lock);
}

/* A folder that can be trusted and is locked, or NULL. One that a sweep was quicker to lock is left
 * to it. */
static char *make_own(int *lock)
{
    enum { ATTEMPTS = 8 };
    bool foreign = false;
    for (int i = 0; i < PARENTS * ATTEMPTS; i++) {
        const char *in = parent(i / ATTEMPTS);
        char *folder = NULL;
        if (in == NULL || dam__path_join(&folder, in, OWN "XXXXXX") != DAM_OK)
            continue;
        *lock = mkdtemp(folder) != NULL ? lock_own(folder) : -1;
        if (*lock >= 0 && dam__private_make(folder, &foreign) == DAM_OK)
            return folder;
        if (*lock >= 0)
            remove_own(folder, *lock);
        free(folder);
    }
    return NULL;
}

/* Those of killed processes, whose locks ended with them. */
static void sweep_own(void)
{
    for (int i = 0; i < PARENTS; i++) {
        const char *in = parent(i);
        DIR *entries = in == NULL ? NULL : opendir(in);
        for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
            char *folder = NULL;
            if (strncmp(entry->d_name, OWN, sizeof OWN - 1) != 0 ||
                strlen(entry->d_name) != sizeof OWN - 1 + strlen("XXXXXX") ||
                dam__path_join(&folder, in, entry->d_name) != DAM_OK)
                continue;
            int lock = dam__private_check(folder) == DAM_OK ? lock_own(folder) : -1;
            if (lock >= 0)
                remove_own(folder, lock);
            free(folder);
        }
        if (entries != NULL)
            (void)closedir(entries);
    }
}

/* What killed processes left half written in this user's cache: one folder a kind. */
static void sweep_cache(void)
{
    char *cache = NULL;
    DIR *kinds = dam__cache_folder(&cache) == DAM_OK ? opendir(cache) : NULL;
    for (struct dirent *kind; kinds != NULL && (kind = readdir(kinds)) != NULL;) {
        char *folder = NULL;
        if (kind->d_name[0] != '.' && dam__path_join(&folder, cache, kind->d_name) == DAM_OK)
            dam__temporary_sweep(folder, NULL);
        free(folder);
    }
    if (kinds != NULL)
        (void)closedir(kinds);
    free(cache);
}

/* --- caches ------------------------------------------------------------------------------------------ */

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
    sweep_own();
    for (size_t i = 0; i < sizeof each / sizeof *each; i++) {
        bool foreign = false;
        char *reason = refusal(&each[i], &foreign);
        if (reason != NULL && out->folder == NULL)
            out->folder = make_own(&out->lock);
        if (reason != NULL && out->folder != NULL) {
            /* Where a home is missing one line says it. */
            if (!told || foreign)
                tell(log, &each[i], foreign, reason);
            move(&each[i], out);
            told = true;
        }
        free(reason);
    }
    sweep_cache();
}

void caches_remove(caches *c)
{
    if (c->folder != NULL)
        remove_own(c->folder, c->lock);
    free(c->folder);
    *c = (caches){0};
}
