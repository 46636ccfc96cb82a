/* Whether somebody has a folder's lock, looked at from outside: nothing is locked or written. */
#ifndef DAM__BASE_LOCK_SEEN_H
#define DAM__BASE_LOCK_SEEN_H

#include <stdbool.h>

/*
 * True where a process has the lock that dam__lock_folder takes: of the system, as far as
 * /proc/locks shows it, or by a file. A process of another machine or of another container may have
 * the system's without being seen.
 */
bool dam__lock_is_seen(const char *folder);

#endif
