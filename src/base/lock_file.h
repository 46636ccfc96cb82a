/*
 * A lock that is a file, for folders where the system's locks do not hold: on many network file
 * systems flock() fails, or keeps out the processes of one machine alone.
 *
 * The file says who made it: host, process, the process's start, and a number that nobody else has.
 * It takes its name whole, and only where the name is free (link, or rename without replacing). Its
 * owner touches it every few seconds. It is stale when its process is dead, which another process
 * of the same boot of the same machine sees, or when it was not touched for two minutes by the
 * clock of the file system. Who wants to remove one, stale or its own, first makes a second file
 * whose name has that number: so one process alone may ever remove it, and never takes away what
 * another has put there meanwhile.
 */
#ifndef DAM__BASE_LOCK_FILE_H
#define DAM__BASE_LOCK_FILE_H

#include "base/try.h"

#define DAM__LOCK_FILE "denseam.lock"

typedef struct dam__lock_file dam__lock_file;

/*
 * Makes the file in the open folder, which must stay open and whose path is for messages. DAM_USAGE
 * where a process that lives has it; DAM_INPUT where none can be made.
 */
dam_status dam__lock_file_make(int folder, const char *path, dam__lock_file **out);

/* DAM_USAGE where a process that lives has one there; removes a stale one. */
dam_status dam__lock_file_clear(int folder, const char *path);

/* DAM_INPUT where another has taken it over, as after this machine slept for minutes. */
dam_status dam__lock_file_check(const dam__lock_file *lock);

/* Removes the file; accepts NULL. */
void dam__lock_file_remove(dam__lock_file *lock);

#endif
