#include "base/lock_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/lock_owner.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"

enum {
    BEAT = 10,      /* seconds between touches; far less than lock_owner.c's STALE */
    ATTEMPTS = 400, /* while others are in the middle of something: 4 seconds */
    NAP = 10000,    /* microseconds between them */
    REMOVERS = 100, /* of one lock file, each of which died at it */
    NAME_BYTES = 64,
};

struct dam__lock_file {
    int folder;
    char *path;  /* of the folder */
    char *file;  /* of the lock file */
    int beating; /* the lock file, open to be touched; -1 before */
    dam__lock_owner self;
    bool started; /* the thread */
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    bool over;
};

/* --- names that one process alone gets --------------------------------------------------------- */

/* Whether the lock file is this process's: a network may lose the answer to a link that was made.
 */
static bool is_mine(const dam__lock_file *lock, const char *name)
{
    dam__lock_owner owner;
    bool found = false;
    return dam__lock_owner_read(lock->folder, name, &owner, &found) == DAM_OK && found &&
           strcmp(owner.number, lock->self.number) == 0 && owner.process == lock->self.process;
}

/*
 * Gives a file with this process's line the name, whole, if nothing has it: *got. Not every file
 * system has hard links; the rename comes second because it is the network's that lack it.
 */
static dam_status put(dam__lock_file *lock, const char *name, bool *got)
{
    dam_status status = DAM_OK;
    dam__temporary file = {0};
    dam__text line = {0};
    struct stat info;
    *got = false;
    dam__lock_owner_print(&lock->self, &line);
    DAM_TRY_CLEANUP(dam__text_status(&line));
    DAM_TRY_CLEANUP(dam__temporary_open(lock->file, &file));
    DAM_TRY_CLEANUP(dam__temporary_write(&file, line.data, line.length));
    if (fsync(file.descriptor) != 0 || fstat(file.descriptor, &info) != 0)
        DAM_FAIL(DAM_INPUT, "cannot lock '%s': %s", lock->path, strerror(errno));
    lock->self.touched = info.st_mtim; /* what the file system's clock says */
    int error = linkat(AT_FDCWD, file.path, lock->folder, name, 0) == 0 ? 0 : errno;
    if (error != 0 && error != EEXIST)
        error =
            renameat2(AT_FDCWD, file.path, lock->folder, name, RENAME_NOREPLACE) == 0 ? 0 : errno;
    *got = error == 0 || is_mine(lock, name);
    if (!*got && error != EEXIST)
        DAM_FAIL(DAM_INPUT,
                 "cannot lock '%s': its file system has neither locks nor hard links: %s; choose "
                 "a folder of another",
                 lock->path, strerror(error));
cleanup:
    dam__temporary_discard(&file);
    dam__text_free(&line);
    return status;
}

/* --- removing one -------------------------------------------------------------------------------- */

static void name_of_remover(const char *number, int count, char name[NAME_BYTES])
{
    (void)snprintf(name, NAME_BYTES, DAM__LOCK_FILE ".%s-%d", number, count);
}

/*
 * Removes the lock file of that number as the one process that may. What another has put there
 * since is of another number, and stays. *got: this process was the one.
 */
static dam_status remove_as(dam__lock_file *lock, const char *number, int count, bool *got)
{
    char name[NAME_BYTES];
    dam__lock_owner there;
    bool found = false;
    name_of_remover(number, count, name);
    DAM_TRY(put(lock, name, got));
    if (!*got)
        return DAM_OK;
    dam_status status = dam__lock_owner_read(lock->folder, DAM__LOCK_FILE, &there, &found);
    if (status == DAM_OK && found && strcmp(there.number, number) == 0 &&
        unlinkat(lock->folder, DAM__LOCK_FILE, 0) != 0 && errno != ENOENT)
        status =
            dam__fail(DAM_INPUT, "cannot remove the stale '%s': %s", lock->file, strerror(errno));
    (void)unlinkat(lock->folder, name, 0);
    return status;
}

/* Who died while it removed the lock file is followed by the next. */
static dam_status remove_stale(dam__lock_file *lock, const char *number)
{
    for (int count = 1; count < REMOVERS; count++) {
        char name[NAME_BYTES];
        dam__lock_owner remover;
        bool got = false, found = false;
        DAM_TRY(remove_as(lock, number, count, &got));
        if (got)
            return DAM_OK;
        name_of_remover(number, count, name);
        DAM_TRY(dam__lock_owner_read(lock->folder, name, &remover, &found));
        if (!found || dam__lock_owner_lives(&remover, &lock->self, &lock->self.touched))
            return DAM_OK; /* it is being done */
    }
    return dam__fail(DAM_INPUT, "'%s' is stale and cannot be removed; remove it", lock->file);
}

/* What removers that died left, of lock files that are gone: those names decide nothing any more.
 */
static void sweep(const dam__lock_file *lock)
{
    static const char begin[] = DAM__LOCK_FILE ".";
    enum { NUMBER = DAM__OWNER_NUMBER - 1 };
    dam__lock_owner now;
    bool there = false;
    if (dam__lock_owner_read(lock->folder, DAM__LOCK_FILE, &now, &there) != DAM_OK)
        return;
    DIR *entries = opendir(lock->path);
    for (struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;) {
        const char *name = entry->d_name;
        dam__lock_owner owner;
        bool found = false;
        if (strncmp(name, begin, sizeof begin - 1) != 0 ||
            strspn(name + sizeof begin - 1, "0123456789abcdef") != NUMBER ||
            name[sizeof begin - 1 + NUMBER] != '-' ||
            (there && strncmp(name + sizeof begin - 1, now.number, NUMBER) == 0))
            continue;
        if (dam__lock_owner_read(lock->folder, name, &owner, &found) == DAM_OK && found &&
            !dam__lock_owner_lives(&owner, &lock->self, &lock->self.touched))
            (void)unlinkat(lock->folder, name, 0);
    }
    if (entries != NULL)
        (void)closedir(entries);
}

/* --- the owner's sign of life ------------------------------------------------------------------ */

/* Removes the lock file in the end, too: what fails at that is a message of this thread alone. */
static void *touch(void *user)
{
    dam__lock_file *lock = user;
    bool got = false;
    (void)pthread_mutex_lock(&lock->mutex);
    while (!lock->over) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += BEAT;
        if (pthread_cond_timedwait(&lock->wake, &lock->mutex, &until) == ETIMEDOUT)
            (void)futimens(lock->beating, NULL);
    }
    (void)pthread_mutex_unlock(&lock->mutex);
    (void)remove_as(lock, lock->self.number, 1, &got);
    return NULL;
}

static dam_status start(dam__lock_file *lock)
{
    pthread_condattr_t monotonic;
    sigset_t all, before;
    lock->beating = openat(lock->folder, DAM__LOCK_FILE, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
    if (lock->beating < 0)
        return dam__fail(DAM_INPUT, "cannot lock '%s': %s", lock->path, strerror(errno));
    (void)pthread_mutex_init(&lock->mutex, NULL);
    (void)pthread_condattr_init(&monotonic);
    (void)pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&lock->wake, &monotonic);
    (void)pthread_condattr_destroy(&monotonic);
    /* Signals are the caller's. */
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&lock->thread, NULL, touch, lock);
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    lock->started = error == 0;
    return error == 0 ? DAM_OK
                      : dam__fail(DAM_NO_MEMORY, "cannot lock '%s': no thread starts: %s",
                                  lock->path, strerror(error));
}

static void stop(dam__lock_file *lock)
{
    if (!lock->started)
        return;
    (void)pthread_mutex_lock(&lock->mutex);
    lock->over = true;
    (void)pthread_cond_signal(&lock->wake);
    (void)pthread_mutex_unlock(&lock->mutex);
    (void)pthread_join(lock->thread, NULL);
    (void)pthread_cond_destroy(&lock->wake);
    (void)pthread_mutex_destroy(&lock->mutex);
}

/* --- the lock -------------------------------------------------------------------------------------- */

static dam_status refuse(const dam__lock_file *lock, const dam__lock_owner *owner)
{
    const bool near = strcmp(owner->place, lock->self.place) == 0;
    if (owner->process == 0)
        return dam__fail(DAM_USAGE,
                         "'%s' is in the way of a lock, and was written a moment ago; choose "
                         "another folder, or remove it",
                         lock->file);
    return dam__fail(DAM_USAGE,
                     "another denseam is training into '%s' right now (process %ld on '%s'); wait "
                     "for it or choose another folder%s",
                     lock->path, owner->process, owner->host,
                     near ? "" : "; if it is dead, its lock ends two minutes after it");
}

/* *there = whether somebody has the lock file, whom *owner tells; one that is stale is removed. */
static dam_status look(dam__lock_file *lock, dam__lock_owner *owner, bool *there)
{
    bool found = false;
    *there = false;
    DAM_TRY(dam__lock_owner_read(lock->folder, DAM__LOCK_FILE, owner, &found));
    if (!found)
        return DAM_OK;
    *there = dam__lock_owner_lives(owner, &lock->self, &lock->self.touched);
    return *there ? DAM_OK : remove_stale(lock, owner->number);
}

static dam_status take(dam__lock_file *lock)
{
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        dam__lock_owner owner;
        bool got = false, there = false;
        DAM_TRY(put(lock, DAM__LOCK_FILE, &got));
        if (got)
            return DAM_OK;
        DAM_TRY(look(lock, &owner, &there));
        if (there)
            return refuse(lock, &owner);
        if (attempt > 0)
            (void)usleep(NAP);
    }
    return dam__fail(DAM_USAGE, "'%s' is being locked by others; try again", lock->path);
}

static void free_lock(dam__lock_file *lock)
{
    if (lock == NULL)
        return;
    if (lock->beating >= 0)
        (void)close(lock->beating);
    free(lock->path);
    free(lock->file);
    free(lock);
}

static dam_status create(int folder, const char *path, dam__lock_file **out)
{
    dam_status status = DAM_OK;
    dam__lock_file *lock = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *lock, &lock));
    lock->folder = folder;
    lock->beating = -1;
    DAM_TRY_CLEANUP(dam__format(&lock->path, "%s", path));
    DAM_TRY_CLEANUP(dam__path_join(&lock->file, path, DAM__LOCK_FILE));
    DAM_TRY_CLEANUP(dam__lock_owner_self(&lock->self));
    *out = lock;
    lock = NULL;
cleanup:
    free_lock(lock);
    return status;
}

dam_status dam__lock_file_make(int folder, const char *path, dam__lock_file **out)
{
    dam_status status = DAM_OK;
    dam__lock_file *lock = NULL;
    bool got = false;
    *out = NULL;
    DAM_TRY_CLEANUP(create(folder, path, &lock));
    DAM_TRY_CLEANUP(take(lock));
    status = start(lock);
    if (status != DAM_OK) {
        (void)remove_as(lock, lock->self.number, 1, &got);
        goto cleanup;
    }
    sweep(lock);
    *out = lock;
    lock = NULL;
cleanup:
    free_lock(lock);
    return status;
}

dam_status dam__lock_file_clear(int folder, const char *path)
{
    dam_status status = DAM_OK;
    dam__lock_file *lock = NULL;
    dam__lock_owner owner;
    bool there = false;
    if (faccessat(folder, DAM__LOCK_FILE, F_OK, AT_SYMLINK_NOFOLLOW) != 0)
        return DAM_OK;
    DAM_TRY_CLEANUP(create(folder, path, &lock));
    (void)clock_gettime(CLOCK_REALTIME, &lock->self.touched);
    DAM_TRY_CLEANUP(look(lock, &owner, &there));
    if (there)
        status = refuse(lock, &owner);
    else
        sweep(lock);
cleanup:
    free_lock(lock);
    return status;
}

dam_status dam__lock_file_check(const dam__lock_file *lock)
{
    if (lock == NULL || is_mine(lock, DAM__LOCK_FILE))
        return DAM_OK;
    return dam__fail(DAM_INPUT,
                     "'%s' is no longer this process's, which gave no sign of life for minutes: "
                     "another may write into the folder, so nothing more is written",
                     lock->file);
}

void dam__lock_file_remove(dam__lock_file *lock)
{
    if (lock != NULL)
        stop(lock);
    free_lock(lock);
}
