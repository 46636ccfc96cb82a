/*
 * Files that nobody else can have written. What lies in a cache is believed, and what a driver
 * finds there is executed; so it is read only where every folder from the root on, each symbolic
 * link on the way and the file itself belong to this user or to the system, and where no other user
 * may write. A folder that all may write is passed through where it is sticky (/tmp): there nobody
 * can rename or remove what belongs to another. Everything is opened first and then looked at, one
 * name after the other, so that nothing can be exchanged in between.
 *
 * The user's own group may write: the one of the user's number, as pam_umask(8) knows it. The
 * system is root and whoever has "/": inside a user namespace root is not number 0.
 */
#ifndef DAM__BASE_PRIVATE_FOLDER_H
#define DAM__BASE_PRIVATE_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/*
 * Makes the folder, for this user alone, with those above it that are missing. DAM_INPUT where it
 * cannot be made, written into or trusted; then *foreign says whether trust was the reason.
 */
dam_status dam__private_make(const char *folder, bool *foreign);

/* Whether folder, or the part of it that there is, can be trusted: else DAM_INPUT. */
dam_status dam__private_check(const char *folder);

/*
 * dam__file_read of such a file; *data = NULL where there is none. DAM_INPUT where it cannot be
 * trusted or read.
 */
dam_status dam__private_read(const char *path, size_t limit, char **data, size_t *length);

/* Replaces path, for this user alone, whole or not at all; makes its folder. DAM_INPUT. */
dam_status dam__private_write(const char *path, const void *data, size_t length);
dam_status dam__private_write_text(const char *path, const dam__text *text);

#endif
