#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/temporary.h"
#include "base/text.h"

dam_status dam__path_join(char **out, const char *folder, const char *name)
{
    size_t length = strlen(folder);
    bool slash = length > 0 && folder[length - 1] == '/';
    return dam__format(out, "%s%s%s", folder, slash || length == 0 ? "" : "/", name);
}

bool dam__file_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISREG(info.st_mode);
}

bool dam__folder_exists(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

bool dam__same_file(const char *a, const char *b)
{
    struct stat first, second;
    return stat(a, &first) == 0 && stat(b, &second) == 0 && first.st_dev == second.st_dev &&
           first.st_ino == second.st_ino;
}

/* Makes one folder, whose name a power cut does not undo later, when files in it are safe. errno.
 */
static int make_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *above = slash == NULL ? strdup(".") : strndup(path, (size_t)(slash - path + 1));
    int reason = mkdir(path, 0777) == 0 ? 0 : errno;
    if (reason == 0 && above != NULL)
        reason = dam__folder_sync(AT_FDCWD, above);
    free(above);
    return reason;
}

dam_status dam__make_folders(const char *folder)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    DAM_TRY_CLEANUP(dam__format(&path, "%s", folder));
    if (path[0] == '\0')
        DAM_TRY_CLEANUP(dam__advise(
            DAM__ADVICE_FOLDER,
            dam__fail(DAM_INPUT, "cannot create a folder without a name; give it one")));
    for (char *at = path + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        int reason = make_folder(path);
        if (reason == EIO || reason == ENOSPC || (reason != 0 && !dam__folder_exists(path)))
            DAM_TRY_CLEANUP(dam__advise(
                DAM__ADVICE_FOLDER,
                dam__fail(DAM_INPUT, "cannot create folder '%s': %s; choose another", path,
                          reason == EEXIST ? "a file is in its place" : strerror(reason))));
        *at = kept;
        if (kept == '\0')
            break;
    }
cleanup:
    free(path);
    return status;
}

dam_status dam__make_writable(const char *folder)
{
    int error = 0;
    DAM_TRY(dam__make_folders(folder));
    /* access() says yes to root, whatever the file system then says. */
    dam_status status = dam__temporary_probe(folder, &error);
    if (error == 0)
        return status;
    return dam__advise(DAM__ADVICE_FOLDER,
                       dam__fail(DAM_INPUT, "cannot write into '%s': %s; choose another folder",
                                 folder, strerror(error)));
}

dam_status dam__file_read(const char *path, size_t limit, char **data, size_t *length)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return dam__fail(DAM_INPUT, "cannot open '%s': %s", path, strerror(errno));
    return dam__file_read_open(file, path, limit, data, length);
}

dam_status dam__file_read_open(int descriptor, const char *path, size_t limit, char **data,
                               size_t *length)
{
    dam_status status = DAM_OK;
    char *bytes = NULL;
    size_t size = 0;
    FILE *file = fdopen(descriptor, "rb");
    if (file == NULL) {
        (void)close(descriptor);
        DAM_FAIL(DAM_INPUT, "cannot open '%s': %s", path, strerror(errno));
    }
    struct stat info;
    if (fstat(fileno(file), &info) != 0 || S_ISDIR(info.st_mode))
        DAM_FAIL(DAM_INPUT, "cannot read '%s': it is not a file", path);
    if (S_ISREG(info.st_mode) && (uintmax_t)info.st_size > limit)
        DAM_FAIL(DAM_INPUT, "'%s' has %jd bytes, more than the %zu allowed here", path,
                 (intmax_t)info.st_size, limit);
    /* Pipes and the kernel's files (/proc) give no size: read until the end, not to st_size. */
    size_t capacity = info.st_size > 0 ? (size_t)info.st_size : 4096;
    for (;;) {
        DAM_TRY_CLEANUP(dam__grow(&bytes, capacity + 1, 1));
        size += fread(bytes + size, 1, capacity - size + 1, file);
        if (ferror(file))
            DAM_FAIL(DAM_INPUT, "cannot read '%s': %s", path, strerror(errno));
        if (size > limit)
            DAM_FAIL(DAM_INPUT, "'%s' has more than the %zu bytes allowed here", path, limit);
        if (feof(file))
            break;
        capacity = capacity * 2;
    }
    bytes[size] = '\0';
    *data = bytes;
    *length = size;
    bytes = NULL;
cleanup:
    if (file != NULL)
        (void)fclose(file);
    free(bytes);
    return status;
}

dam_status dam__file_write(const char *path, const void *data, size_t length)
{
    dam_status status = DAM_OK;
    dam__temporary temporary = {0};
    DAM_TRY_CLEANUP(dam__temporary_open(path, &temporary));
    DAM_TRY_CLEANUP(dam__temporary_write(&temporary, data, length));
    DAM_TRY_CLEANUP(dam__temporary_commit(&temporary));
cleanup:
    dam__temporary_discard(&temporary);
    return status;
}
