#include "base/lock_seen.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

#include "base/lock_file.h"
#include "base/lock_owner.h"

/*
 * A line of /proc/locks: "1: FLOCK  ADVISORY  WRITE 4711 fe:01:1234 0 EOF", with "->" behind the
 * number where a process waits. Some file systems (btrfs, overlays) show another device to stat():
 * those have the major number 0, and there the inode alone must do.
 */
static bool is_lock_of(const char *line, const struct stat *folder)
{
    char kind[16], mode[16], access[16];
    unsigned major_number = 0, minor_number = 0;
    unsigned long long inode = 0;
    /* NOLINTNEXTLINE(cert-err34-c): a number out of range is one that is not the folder's */
    if (sscanf(line, "%*d: %15s %15s %15s %*d %x:%x:%llu", kind, mode, access, &major_number,
               &minor_number, &inode) != 6 ||
        strcmp(kind, "FLOCK") != 0 || strcmp(access, "WRITE") != 0 ||
        inode != (unsigned long long)folder->st_ino)
        return false;
    return major(folder->st_dev) == 0 ||
           (major(folder->st_dev) == major_number && minor(folder->st_dev) == minor_number);
}

static bool system_shows(const struct stat *folder)
{
    char line[256];
    bool found = false;
    FILE *locks = fopen("/proc/locks", "re");
    while (locks != NULL && !found && fgets(line, sizeof line, locks) != NULL)
        found = is_lock_of(line, folder);
    if (locks != NULL)
        (void)fclose(locks);
    return found;
}

static bool file_shows(int folder)
{
    dam__lock_owner owner, self;
    struct timespec now = {0};
    bool found = false;
    if (dam__lock_owner_read(folder, DAM__LOCK_FILE, &owner, &found) != DAM_OK || !found)
        return found; /* what cannot be read is somebody's */
    return clock_gettime(CLOCK_REALTIME, &now) != 0 || dam__lock_owner_self(&self) != DAM_OK ||
           dam__lock_owner_lives(&owner, &self, &now);
}

bool dam__lock_is_seen(const char *folder)
{
    struct stat info;
    int opened = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (opened < 0)
        return false;
    bool seen = fstat(opened, &info) == 0 && (system_shows(&info) || file_shows(opened));
    (void)close(opened);
    return seen;
}
