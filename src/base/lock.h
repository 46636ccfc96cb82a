/* Keeps other processes out of a folder, wherever it lies. */
#ifndef DAM__BASE_LOCK_H
#define DAM__BASE_LOCK_H

#include "base/lock_file.h"
#include "denseam/log.h"

/* Of a folder; start as DAM__UNLOCKED. */
typedef struct dam__lock {
    int folder;           /* descriptor that holds the system's lock; -1: not locked */
    dam__lock_file *file; /* where that is not enough; NULL where it is */
} dam__lock;

#define DAM__UNLOCKED ((dam__lock){.folder = -1})

/*
 * Locks a folder until dam__unlock or the end of the process, whatever ends it: by the system where
 * its locks hold (flock on a disk of this machine), else by a file (base/lock_file.h), which a line
 * to the log tells of. DAM_USAGE where another process has it; DAM_INPUT where it cannot be locked.
 */
dam_status dam__lock_folder(const char *folder, const dam_log *log, dam__lock *out);

/* Before anything is written: DAM_INPUT where the lock was lost, as after a sleep of minutes. */
dam_status dam__lock_check(const dam__lock *lock);

void dam__unlock(dam__lock *lock);

#endif
