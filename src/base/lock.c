#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/file.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/notice.h"

/*
 * Whether the folder lies on a disk of this machine, where flock() keeps out whoever could write
 * there. What is not known here may be a network's, some of which lock for one machine alone
 * (Lustre with localflock). The numbers are those of <linux/magic.h> and statfs(2).
 */
static bool is_local(int folder)
{
    static const unsigned long known[] = {
        0xEF53,     /* ext2, ext3, ext4 */
        0x58465342, /* XFS */
        0x9123683E, /* Btrfs */
        0x01021994, /* tmpfs */
        0x858458F6, /* ramfs */
        0x794C7630, /* overlayfs */
        0xF2F52010, /* F2FS */
        0x2FC12FC1, /* ZFS */
        0xCA451A4E, /* bcachefs */
        0x3153464A, /* JFS */
        0x4D44,     /* FAT */
        0x2011BAB0, /* exFAT */
        0x7366746E, /* NTFS */
    };
    struct statfs info;
    if (fstatfs(folder, &info) != 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (((unsigned long)info.f_type & 0xFFFFFFFFUL) == known[i])
            return true;
    return false;
}

/* flock's errno: EWOULDBLOCK where another process has the folder. */
static int lock_by_system(int folder)
{
    int error;
    do
        error = flock(folder, LOCK_EX | LOCK_NB) == 0 ? 0 : errno;
    while (error == EINTR);
    return error;
}

dam_status dam__lock_folder(const char *folder, const dam_log *log, dam__lock *out)
{
    dam_status status = DAM_OK;
    *out = DAM__UNLOCKED;
    out->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (out->folder < 0)
        return dam__fail(DAM_INPUT, "cannot open folder '%s': %s", folder, strerror(errno));
    int error = lock_by_system(out->folder);
    if (error == EWOULDBLOCK)
        DAM_FAIL(DAM_USAGE,
                 "another denseam is training into '%s' right now; wait for it or choose "
                 "another folder",
                 folder);
    if (error == 0 && is_local(out->folder)) {
        /* Somebody may have it for whom flock() fails. */
        status = dam__lock_file_clear(out->folder, folder);
        goto cleanup;
    }
    DAM_TRY_CLEANUP(dam__lock_file_make(out->folder, folder, &out->file));
    dam__info(log, "'%s' is locked by the file " DAM__LOCK_FILE " in it: %s", folder,
              error == 0 ? "its file system may be a network's" : strerror(error));
cleanup:
    if (status != DAM_OK)
        dam__unlock(out);
    return status;
}

dam_status dam__lock_check(const dam__lock *lock)
{
    return dam__lock_file_check(lock->file);
}

void dam__unlock(dam__lock *lock)
{
    dam__lock_file_remove(lock->file);
    if (lock->folder >= 0)
        (void)close(lock->folder);
    *lock = DAM__UNLOCKED;
}
