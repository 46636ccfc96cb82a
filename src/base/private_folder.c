#include "base/private_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"

enum { MOST_LINKS = 40, FOLDER_MODE = 0700 };

/* A walk from the root to a folder. */
typedef struct walk {
    int at;       /* the folder reached so far; -1: the next name is not there */
    bool shared;  /* others may make names in it */
    bool make;    /* what is missing is made */
    bool foreign; /* it failed because somebody else could have */
    int links;
    dam__text reached; /* its path, for messages */
    char *left;        /* the names that are still to come */
} walk;

static bool is_trusted_owner(uid_t owner)
{
    struct stat root;
    return owner == geteuid() || owner == 0 || (stat("/", &root) == 0 && owner == root.st_uid);
}

static bool others_may_write(const struct stat *info)
{
    bool by_group = (info->st_mode & S_IWGRP) != 0 && info->st_gid != geteuid();
    return by_group || (info->st_mode & S_IWOTH) != 0;
}

static dam_status check_owner(const struct stat *info, const char *path, bool *foreign)
{
    if (is_trusted_owner(info->st_uid))
        return DAM_OK;
    *foreign = true;
    return dam__fail(DAM_INPUT, "'%s' belongs to another user (number %ju)", path,
                     (uintmax_t)info->st_uid);
}

static dam_status check_writers(const struct stat *info, const char *path, bool *foreign)
{
    if (!others_may_write(info))
        return DAM_OK;
    *foreign = true;
    return dam__fail(DAM_INPUT, "others may write '%s' (mode %04o; chmod go-w ends that)", path,
                     (unsigned)info->st_mode & 07777U);
}

/* The next of the names that are left, or NULL. */
static char *next_name(walk *w)
{
    char *name = w->left + strspn(w->left, "/");
    size_t length = strcspn(name, "/");
    if (length == 0)
        return NULL;
    w->left = name + length + (name[length] == '/');
    name[length] = '\0';
    return name;
}

/* Goes on with what a link says: it is worth as much as whoever made it. */
static dam_status follow(walk *w, int link, char **names)
{
    dam_status status = DAM_OK;
    char target[PATH_MAX], *rest = NULL;
    ssize_t length = readlinkat(link, "", target, sizeof target - 1);
    if (length < 0 || ++w->links > MOST_LINKS)
        DAM_FAIL(DAM_INPUT, "'%s' is a link that leads nowhere", w->reached.data);
    target[length] = '\0';
    DAM_TRY_CLEANUP(dam__format(&rest, "%s/%s", target, w->left));
    free(*names);
    *names = w->left = rest;
    if (target[0] != '/')
        return DAM_OK;
    (void)close(w->at);
    w->at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    w->shared = false;
cleanup:
    return status;
}

/* Opens, and makes where it may, the name in the folder reached; -1 with errno. */
static int open_name(const walk *w, const char *name)
{
    int next = openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (next >= 0 || errno != ENOENT || !w->make)
        return next;
    if (mkdirat(w->at, name, FOLDER_MODE) != 0 && errno != EEXIST)
        return -1;
    return openat(w->at, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

static dam_status step(walk *w, const char *name, char **names)
{
    dam_status status = DAM_OK;
    struct stat info;
    dam__text_append(&w->reached, "/%s", name);
    DAM_TRY(dam__text_status(&w->reached));
    int next = open_name(w, name);
    if (next < 0 && errno == ENOENT && !w->make) {
        (void)close(w->at);
        w->at = -1;
        return DAM_OK;
    }
    if (next < 0 || fstat(next, &info) != 0)
        DAM_FAIL(DAM_INPUT, "cannot %s '%s': %s", w->make ? "make or open" : "open",
                 w->reached.data, strerror(errno));
    DAM_TRY_CLEANUP(check_owner(&info, w->reached.data, &w->foreign));
    if (S_ISLNK(info.st_mode)) {
        status = follow(w, next, names);
        goto cleanup;
    }
    if (!S_ISDIR(info.st_mode))
        DAM_FAIL(DAM_INPUT, "'%s' is not a folder", w->reached.data);
    w->shared = others_may_write(&info);
    if (w->shared && (info.st_mode & S_ISVTX) == 0)
        DAM_TRY_CLEANUP(check_writers(&info, w->reached.data, &w->foreign));
    (void)close(w->at);
    w->at = next;
    next = -1;
cleanup:
    if (next >= 0)
        (void)close(next);
    return status;
}

/* *names = the absolute path. */
static dam_status absolute(const char *path, char **names)
{
    char here[PATH_MAX];
    if (path[0] == '/')
        return dam__format(names, "%s", path);
    if (getcwd(here, sizeof here) == NULL)
        return dam__fail(DAM_INPUT, "the current folder is not known: %s", strerror(errno));
    return dam__format(names, "%s/%s", here, path);
}

/*
 * *folder = a descriptor of the folder, for the at-functions; -1 where it is not there. A folder
 * that others may write is no end of a way, sticky or not.
 */
static dam_status open_folder(const char *path, bool make, bool *foreign, int *folder)
{
    dam_status status = DAM_OK;
    walk w = {.at = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC), .make = make};
    char *names = NULL;
    struct stat info;
    *folder = -1;
    DAM_TRY_CLEANUP(absolute(path, &names));
    w.left = names;
    for (char *name; w.at >= 0 && (name = next_name(&w)) != NULL;)
        DAM_TRY_CLEANUP(step(&w, name, &names));
    if (w.at >= 0 && w.shared && fstat(w.at, &info) == 0)
        DAM_TRY_CLEANUP(check_writers(&info, path, &w.foreign));
    *folder = w.at;
    w.at = -1;
cleanup:
    *foreign = w.foreign;
    if (w.at >= 0)
        (void)close(w.at);
    dam__text_free(&w.reached);
    free(names);
    return status;
}

dam_status dam__private_make(const char *folder, bool *foreign)
{
    int descriptor = -1, error = 0;
    DAM_TRY(open_folder(folder, true, foreign, &descriptor));
    (void)close(descriptor);
    /* access() says yes to root, whatever the file system then says. */
    dam_status status = dam__temporary_probe(folder, &error);
    if (error == 0)
        return status;
    return dam__fail(DAM_INPUT, "cannot write into '%s': %s", folder, strerror(error));
}

dam_status dam__private_check(const char *folder)
{
    int descriptor = -1;
    bool foreign = false;
    dam_status status = open_folder(folder, false, &foreign, &descriptor);
    if (descriptor >= 0)
        (void)close(descriptor);
    return status;
}

/* *folder = what stands before the last slash; *name = what stands behind it. */
static dam_status split(const char *path, char **folder, const char **name)
{
    const char *slash = strrchr(path, '/');
    *name = slash != NULL ? slash + 1 : path;
    return slash != NULL ? dam__format(folder, "%.*s", (int)(slash - path) + 1, path)
                         : dam__format(folder, ".");
}

dam_status dam__private_read(const char *path, size_t limit, char **data, size_t *length)
{
    dam_status status = DAM_OK;
    char *folder_path = NULL;
    const char *name = NULL;
    int folder = -1, file = -1;
    bool foreign = false;
    struct stat info;
    *data = NULL;
    *length = 0;
    DAM_TRY_CLEANUP(split(path, &folder_path, &name));
    DAM_TRY_CLEANUP(open_folder(folder_path, false, &foreign, &folder));
    if (folder < 0)
        goto cleanup;
    file = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (file < 0 && errno == ENOENT)
        goto cleanup;
    if (file < 0 || fstat(file, &info) != 0)
        DAM_FAIL(DAM_INPUT, "cannot open '%s': %s", path, strerror(errno));
    DAM_TRY_CLEANUP(check_owner(&info, path, &foreign));
    DAM_TRY_CLEANUP(check_writers(&info, path, &foreign));
    status = dam__file_read_open(file, path, limit, data, length);
    file = -1;
cleanup:
    if (file >= 0)
        (void)close(file);
    if (folder >= 0)
        (void)close(folder);
    free(folder_path);
    return status;
}

dam_status dam__private_write(const char *path, const void *data, size_t length)
{
    dam_status status = DAM_OK;
    char *folder_path = NULL;
    const char *name = NULL;
    int folder = -1;
    bool foreign = false;
    dam__temporary temporary = {0};
    DAM_TRY_CLEANUP(split(path, &folder_path, &name));
    DAM_TRY_CLEANUP(open_folder(folder_path, true, &foreign, &folder));
    DAM_TRY_CLEANUP(dam__temporary_open_private(folder, name, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_write(&temporary, data, length));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    if (folder >= 0)
        (void)close(folder);
    free(folder_path);
    return status;
}

dam_status dam__private_write_text(const char *path, const dam__text *text)
{
    DAM_TRY(dam__text_status(text));
    return dam__private_write(path, text->data != NULL ? text->data : "", text->length);
}
