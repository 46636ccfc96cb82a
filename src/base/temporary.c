#include "base/temporary.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/local_disk.h"
#include "base/text.h"

/* NAME.tmp.denseam-0123456789abcdef: the beginning of the file's name, and random digits. */
#define MARK ".tmp.denseam-"
enum { MOST_OF_NAME = 200, DIGITS = 16, ATTEMPTS = 8 };

/* The umask takes from the first what the user does not want others to have. */
enum { OPEN_MODE = 0666, PRIVATE_MODE = 0600 };

static bool is_ours(const char *name)
{
    const size_t tail = strlen(MARK) + DIGITS;
    size_t length = strlen(name);
    if (length <= tail || strncmp(name + length - tail, MARK, strlen(MARK)) != 0)
        return false;
    return strspn(name + length - DIGITS, "0123456789abcdef") == DIGITS;
}

/* The path up to its last slash, which stays; "./" where there is none. */
static dam_status folder_of(const char *path, char **out)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? dam__format(out, "./")
                         : dam__format(out, "%.*s", (int)(slash - path + 1), path);
}

/*
 * What a symbolic link leads to. It is opened as for writing, because the system knows links that
 * must not be followed: in /tmp those of other users (protected_symlinks of Linux).
 */
static dam_status follow(const char *link, char **out)
{
    dam_status status = DAM_OK;
    struct stat opened, found;
    int file = open(link, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    char *place = file < 0 ? NULL : realpath(link, NULL);
    if (place == NULL || fstat(file, &opened) != 0 || lstat(place, &found) != 0)
        DAM_FAIL(DAM_INPUT,
                 "cannot write '%s': it is a symbolic link, and what it leads to cannot be "
                 "written: %s; remove the link or name another file",
                 link, strerror(errno));
    if (found.st_dev != opened.st_dev || found.st_ino != opened.st_ino)
        DAM_FAIL(DAM_INPUT, "cannot write '%s': where this link leads changed meanwhile; try again",
                 link);
    *out = place;
    place = NULL;
cleanup:
    if (file >= 0)
        (void)close(file);
    free(place);
    return status;
}

static dam_status find_place(const char *path, char **out)
{
    struct stat info;
    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode))
        return dam__fail(DAM_INPUT,
                         "cannot write '%s': it is a device or a pipe, which a file would "
                         "replace; name a file",
                         path);
    if (lstat(path, &info) == 0 && S_ISLNK(info.st_mode))
        return follow(path, out);
    return dam__format(out, "%s", path);
}

/*
 * Makes a new file and locks it, which tells a sweep that its writer lives. A sweep between the two
 * has the file, or had it: then its name is gone. -1 with errno, which is EEXIST where another name
 * may do.
 */
static int make_locked(int folder, const char *path, mode_t mode)
{
    struct stat info;
    int file = openat(folder, path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
    if (file < 0)
        return -1;
    bool swept = flock(file, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    if (!swept && fstat(file, &info) == 0 && info.st_nlink > 0)
        return file;
    (void)close(file);
    errno = EEXIST;
    return -1;
}

/* Makes the file in a folder whose path ends in a slash, or in out->folder with "" for the path;
 * DAM_INPUT with out->error. */
static dam_status make(const char *folder, const char *name, mode_t mode, dam__temporary *out)
{
    dam_status status = DAM_OK;
    char *candidate = NULL;
    uint64_t random = 0;
    for (int attempt = 0; out->path == NULL; attempt++) {
        if (getentropy(&random, sizeof random) != 0)
            DAM_FAIL(DAM_INTERNAL, "the system gives no random numbers: %s", strerror(errno));
        free(candidate);
        candidate = NULL;
        DAM_TRY_CLEANUP(dam__format(&candidate, "%s%.*s" MARK "%0*jx", folder, (int)MOST_OF_NAME,
                                    name, (int)DIGITS, (uintmax_t)random));
        out->descriptor = make_locked(out->folder, candidate, mode);
        if (out->descriptor >= 0) {
            out->path = candidate;
            candidate = NULL;
        } else if (errno != EEXIST || attempt == ATTEMPTS) {
            out->error = errno;
            DAM_FAIL(DAM_INPUT, "cannot write '%s': %s", out->name, strerror(errno));
        }
    }
cleanup:
    free(candidate);
    return status;
}

dam_status dam__temporary_open(const char *path, dam__temporary *out)
{
    dam_status status = DAM_OK;
    char *folder = NULL;
    *out = (dam__temporary){.folder = AT_FDCWD};
    DAM_TRY_CLEANUP(dam__format(&out->name, "%s", path));
    DAM_TRY_CLEANUP(find_place(path, &out->place));
    DAM_TRY_CLEANUP(folder_of(out->place, &folder));
    dam__temporary_sweep(folder, NULL);
    const char *slash = strrchr(out->place, '/');
    DAM_TRY_CLEANUP(make(folder, slash == NULL ? out->place : slash + 1, OPEN_MODE, out));
cleanup:
    free(folder);
    return status;
}

dam_status dam__temporary_open_private(int folder, const char *name, dam__temporary *out)
{
    *out = (dam__temporary){.folder = folder};
    DAM_TRY(dam__format(&out->name, "%s", name));
    DAM_TRY(dam__format(&out->place, "%s", name));
    return make("", name, PRIVATE_MODE, out);
}

dam_status dam__temporary_probe(const char *folder, int *error)
{
    dam_status status = DAM_OK;
    char *inside = NULL;
    dam__temporary probe = {.folder = AT_FDCWD};
    *error = 0;
    DAM_TRY_CLEANUP(dam__format(&probe.name, "%s", folder));
    DAM_TRY_CLEANUP(dam__format(&inside, "%s/", folder));
    status = make(inside, "probe", OPEN_MODE, &probe);
    *error = probe.error;
cleanup:
    dam__temporary_discard(&probe);
    free(inside);
    return status;
}

dam_status dam__temporary_write(dam__temporary *to, const void *data, size_t length)
{
    const unsigned char *bytes = data;
    while (length > 0) {
        ssize_t put = write(to->descriptor, bytes, length);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return dam__fail(DAM_INPUT, "cannot write '%s': %s; the file there before is unchanged",
                             to->name, strerror(put < 0 ? errno : EIO));
        bytes += put;
        length -= (size_t)put;
    }
    return DAM_OK;
}

int dam__folder_sync(int at, const char *folder)
{
    int descriptor = openat(at, folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int error = descriptor >= 0 && fsync(descriptor) != 0 ? errno : 0;
    if (descriptor >= 0)
        (void)close(descriptor);
    return error == EIO || error == ENOSPC ? error : 0;
}

/* Makes the rename durable. */
static dam_status sync_folder(const dam__temporary *temporary)
{
    char *folder = NULL;
    DAM_TRY(folder_of(temporary->place, &folder));
    int error = dam__folder_sync(temporary->folder, folder);
    free(folder);
    if (error == 0)
        return DAM_OK;
    return dam__fail(DAM_INPUT,
                     "'%s' is written, but may be gone after a power cut: its folder cannot be "
                     "synced: %s; check the disk",
                     temporary->name, strerror(error));
}

dam_status dam__temporary_commit(dam__temporary *temporary)
{
    dam_status status = DAM_OK;
    if (fsync(temporary->descriptor) != 0)
        DAM_FAIL(DAM_INPUT, "cannot write '%s': %s; the file there before is unchanged",
                 temporary->name, strerror(errno));
    if (renameat(temporary->folder, temporary->path, temporary->folder, temporary->place) != 0)
        DAM_FAIL(DAM_INPUT, "cannot replace '%s': %s; the file there before is unchanged",
                 temporary->name, strerror(errno));
    (void)close(temporary->descriptor);
    free(temporary->path);
    temporary->path = NULL;
    DAM_TRY_CLEANUP(sync_folder(temporary));
cleanup:
    dam__temporary_discard(temporary);
    return status;
}

void dam__temporary_discard(dam__temporary *temporary)
{
    if (temporary->path != NULL) {
        (void)unlinkat(temporary->folder, temporary->path, 0);
        (void)close(temporary->descriptor);
    }
    free(temporary->path);
    free(temporary->place);
    free(temporary->name);
    *temporary = (dam__temporary){0};
}

/*
 * Whether nobody writes it. Who lives has its lock; where the system has no locks, or may have them
 * for one machine alone, nobody does whose file has been left alone for a day.
 */
static bool is_left(int file)
{
    static const time_t DAY = 24L * 60 * 60;
    struct stat info;
    if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode))
        return false;
    bool locked = flock(file, LOCK_EX | LOCK_NB) == 0;
    if (locked ? dam__is_local(file) : errno == EWOULDBLOCK)
        return locked;
    return time(NULL) - info.st_mtime > DAY;
}

/* Whether it was to become one of these names. */
static bool is_of(const char *temporary, const char *const *names)
{
    for (; names != NULL && *names != NULL; names++) {
        size_t length = strlen(*names);
        if (strncmp(temporary, *names, length) == 0 &&
            strlen(temporary) == length + strlen(MARK) + DIGITS)
            return true;
    }
    return false;
}

void dam__temporary_sweep(const char *folder, const char *const *own)
{
    DIR *entries = opendir(folder);
    const int place = entries == NULL ? -1 : dirfd(entries);
    for (struct dirent *entry; place >= 0 && (entry = readdir(entries)) != NULL;) {
        if (!is_ours(entry->d_name))
            continue;
        int file =
            openat(place, entry->d_name, O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
        if (file >= 0 && (is_left(file) || is_of(entry->d_name, own)))
            (void)unlinkat(place, entry->d_name, 0);
        if (file >= 0)
            (void)close(file);
    }
    if (entries != NULL)
        (void)closedir(entries);
}
