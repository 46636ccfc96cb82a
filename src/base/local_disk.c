#include "base/local_disk.h"

#include <stddef.h>
#include <sys/vfs.h>

/*
 * What is not known here may be a network's, some of which lock for one machine alone (Lustre with
 * localflock). The numbers are those of <linux/magic.h> and statfs(2).
 */
bool dam__is_local(int file)
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
    if (fstatfs(file, &info) != 0)
        return false;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (((unsigned long)info.f_type & 0xFFFFFFFFUL) == known[i])
            return true;
    return false;
}
