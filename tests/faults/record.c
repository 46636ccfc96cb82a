/*
 * A library to preload (LD_PRELOAD=faults-record.so) that records what a power cut could undo: a
 * line in the file DENSEAM_RECORD for each call that changes files below DENSEAM_RECORD_FOLDER, for
 * power.awk to replay. Numbers are inodes, digests of the whole content at that moment.
 *
 *     create INODE PATH           a new, empty file
 *     write INODE                 its content changes
 *     sync INODE DIGEST           its content is on disk
 *     name INODE DIGEST FROM TO   it takes a name, from another (rename, link); FROM stays with
 * link link INODE DIGEST FROM TO remove PATH folder PATH                 a new folder settle PATH
 * a folder's names are on disk
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A line, if it is of the folder that is watched. */
__attribute__((format(printf, 2, 3))) static void record(const char *path, const char *format, ...)
{
    const char *log = getenv("DENSEAM_RECORD"), *folder = getenv("DENSEAM_RECORD_FOLDER");
    char line[3 * PATH_MAX];
    int kept = errno;
    va_list args;
    if (log == NULL || folder == NULL || strncmp(path, folder, strlen(folder)) != 0)
        return;
    va_start(args, format);
    int length = vsnprintf(line, sizeof line, format, args);
    va_end(args);
    int file = (int)syscall(SYS_openat, AT_FDCWD, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (file < 0 || syscall(SYS_write, file, line, (size_t)length) != length)
        abort();
    (void)close(file);
    errno = kept;
}

static void path_of(int file, char path[PATH_MAX])
{
    char link[64];
    (void)snprintf(link, sizeof link, "/proc/self/fd/%d", file);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length > 0 ? length : 0] = '\0';
}

/* Absolute, without links in the folders above. */
static void resolve(int folder, const char *name, char path[PATH_MAX])
{
    char above[PATH_MAX], whole[2 * PATH_MAX];
    if (name[0] == '/')
        above[0] = '\0';
    else if (folder == AT_FDCWD)
        (void)!getcwd(above, sizeof above);
    else
        path_of(folder, above);
    (void)snprintf(whole, sizeof whole, "%s/%s", above, name);
    char *slash = strrchr(whole, '/'), *real;
    *slash = '\0';
    real = realpath(whole[0] != '\0' ? whole : "/", NULL);
    if (real == NULL || snprintf(path, PATH_MAX, "%s/%s", real, slash + 1) >= PATH_MAX)
        path[0] = '\0';
    free(real);
}

static uintmax_t inode_of(int file)
{
    struct stat info;
    return fstat(file, &info) == 0 ? (uintmax_t)info.st_ino : 0;
}

/* FNV-1a, and the length. */
static void digest(const char *path, char text[48])
{
    unsigned char bytes[4096];
    uint64_t hash = 14695981039346656037U, length = 0;
    int file = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_NOFOLLOW, 0);
    for (ssize_t got; file >= 0 && (got = read(file, bytes, sizeof bytes)) > 0;) {
        for (ssize_t i = 0; i < got; i++)
            hash = (hash ^ bytes[i]) * 1099511628211U;
        length += (uint64_t)got;
    }
    if (file >= 0)
        (void)close(file);
    (void)snprintf(text, 48, "%016jx-%ju", (uintmax_t)hash, (uintmax_t)length);
}

static void record_change(int file)
{
    char path[PATH_MAX];
    struct stat info;
    path_of(file, path);
    if (fstat(file, &info) == 0 && S_ISREG(info.st_mode))
        record(path, "write %ju\n", inode_of(file));
}

int openat(int folder, const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list args;
    va_start(args, flags);
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)
        mode = va_arg(args, mode_t);
    va_end(args);
    int file = (int)syscall(SYS_openat, folder, name, flags, mode);
    if (file >= 0 && (flags & (O_CREAT | O_EXCL)) == (O_CREAT | O_EXCL)) {
        char path[PATH_MAX];
        path_of(file, path);
        record(path, "create %ju %s\n", inode_of(file), path);
    } else if (file >= 0 && (flags & (O_CREAT | O_TRUNC)) != 0) {
        record_change(file);
    }
    return file;
}

int open(const char *name, int flags, ...)
{
    mode_t mode = 0;
    va_list args;
    va_start(args, flags);
    if ((flags & (O_CREAT | O_TMPFILE)) != 0)
        mode = va_arg(args, mode_t);
    va_end(args);
    return openat(AT_FDCWD, name, flags, mode);
}

ssize_t write(int file, const void *bytes, size_t length)
{
    record_change(file);
    return syscall(SYS_write, file, bytes, length);
}

ssize_t pwrite(int file, const void *bytes, size_t length, off_t at)
{
    record_change(file);
    return syscall(SYS_pwrite64, file, bytes, length, at);
}

int ftruncate(int file, off_t length)
{
    record_change(file);
    return (int)syscall(SYS_ftruncate, file, length);
}

int fsync(int file)
{
    char path[PATH_MAX], content[48];
    struct stat info;
    int failed = (int)syscall(SYS_fsync, file);
    path_of(file, path);
    if (failed != 0 || fstat(file, &info) != 0 || getenv("DENSEAM_RECORD_NO_SYNC") != NULL)
        return failed;
    if (S_ISDIR(info.st_mode)) {
        record(path, "settle %s\n", path);
    } else {
        digest(path, content);
        record(path, "sync %ju %s\n", inode_of(file), content);
    }
    return failed;
}

static void record_name(const char *how, const char *from, const char *to)
{
    char content[48];
    struct stat info;
    if (lstat(to, &info) != 0)
        return;
    digest(to, content);
    record(to, "%s %ju %s %s %s\n", how, (uintmax_t)info.st_ino, content, from, to);
}

int renameat2(int from, const char *old, int to, const char *new, unsigned flags)
{
    char before[PATH_MAX], after[PATH_MAX];
    resolve(from, old, before);
    if (syscall(SYS_renameat2, from, old, to, new, flags) != 0)
        return -1;
    resolve(to, new, after);
    record_name("name", before, after);
    return 0;
}

int renameat(int from, const char *old, int to, const char *new)
{
    return renameat2(from, old, to, new, 0);
}

int rename(const char *old, const char *new)
{
    return renameat2(AT_FDCWD, old, AT_FDCWD, new, 0);
}

int linkat(int from, const char *old, int to, const char *new, int flags)
{
    char before[PATH_MAX], after[PATH_MAX];
    resolve(from, old, before);
    if (syscall(SYS_linkat, from, old, to, new, flags) != 0)
        return -1;
    resolve(to, new, after);
    record_name("link", before, after);
    return 0;
}

int unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_MAX];
    resolve(folder, name, path);
    if (syscall(SYS_unlinkat, folder, name, flags) != 0)
        return -1;
    record(path, "remove %s\n", path);
    return 0;
}

int unlink(const char *name)
{
    return unlinkat(AT_FDCWD, name, 0);
}

int mkdir(const char *name, mode_t mode)
{
    char path[PATH_MAX];
    if (syscall(SYS_mkdirat, AT_FDCWD, name, mode) != 0)
        return -1;
    resolve(AT_FDCWD, name, path);
    record(path, "folder %s\n", path);
    return 0;
}
