#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/local_disk.h"
#include "base/notice.h"

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
    if (error == 0 && dam__is_local(out->folder)) {
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
