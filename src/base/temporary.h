/*
 * A file that is written beside its place and takes it once it is whole and on disk. What was there
 * before stays until then. All files are written so.
 */
#ifndef DAM__BASE_TEMPORARY_H
#define DAM__BASE_TEMPORARY_H

#include <stddef.h>

#include "base/try.h"

/* Zero-initialise; discard in either case. */
typedef struct dam__temporary {
    int descriptor; /* open for reading and writing, while there is a file */
    int folder;     /* that its paths start from; AT_FDCWD: the current one */
    int error;      /* errno where it could not be opened for a reason of the system's */
    char *path;     /* its own; NULL while there is none */
    char *place;    /* what it replaces: path, or what a symbolic link there leads to */
    char *name;     /* the path it was asked for, for messages */
} dam__temporary;

/*
 * Makes an empty file beside path, of a name that nobody can know before and that was not there. A
 * symbolic link at path stays, and what it leads to is replaced: so do programs that write to the
 * path. What killed processes left in the folder is swept away. DAM_INPUT: the folder cannot be
 * written, the link leads to nothing or to what may not be written, or path is a device or a pipe.
 */
dam_status dam__temporary_open(const char *path, dam__temporary *out);

/*
 * The same for a name in an open folder, which must stay open, and for the eyes of this user alone.
 * A symbolic link at that name is replaced. For what trusts the folder (base/private_folder.h).
 */
dam_status dam__temporary_open_private(int folder, const char *name, dam__temporary *out);

/* Makes such a file in the folder and removes it: whether it can be written into, whatever stands
 * in it. DAM_INPUT; *error = errno, 0 where the system was not the reason. */
dam_status dam__temporary_probe(const char *folder, int *error);

/* Appends bytes; DAM_INPUT. */
dam_status dam__temporary_write(dam__temporary *to, const void *data, size_t length);

/* Syncs it, puts it into its place and syncs the folder; DAM_INPUT. */
dam_status dam__temporary_commit(dam__temporary *temporary);

/*
 * Puts the names in a folder on disk, which a path from `at` leads to: errno where the disk failed.
 * Some file systems cannot, and some folders cannot be opened, which is no failure.
 */
int dam__folder_sync(int at, const char *folder);

/* Removes it if it was not committed; frees. */
void dam__temporary_discard(dam__temporary *temporary);

/*
 * Removes from a folder what processes that were killed left, and nothing that is being
 * written. Names of `own` (NULL-terminated, or NULL) are written by nobody but the caller, so
 * what is left of them goes even where locks do not tell. What 0.1.0 left (run.h5.tmp.4711) stays:
 * it may as well be somebody's copy.
 */
void dam__temporary_sweep(const char *folder, const char *const *own);

#endif
