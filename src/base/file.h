/* Files: whole reads with a limit, whole writes, folders, paths. */
#ifndef DAM__BASE_FILE_H
#define DAM__BASE_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/try.h"

/* *out = folder/name; free with free(). */
dam_status dam__path_join(char **out, const char *folder, const char *name);

bool dam__file_exists(const char *path);
bool dam__folder_exists(const char *path);

/* Whether both names refer to the same existing file. */
bool dam__same_file(const char *a, const char *b);

/* Creates folder and its parents; DAM_INPUT with the reason. */
dam_status dam__make_folders(const char *folder);

/* The same, and DAM_INPUT where it cannot be written into: for before long work. */
dam_status dam__make_writable(const char *folder);

/*
 * Reads a whole file of at most limit bytes; *data is NUL-terminated beyond *length and freed with
 * free(). DAM_INPUT if absent, unreadable or larger.
 */
dam_status dam__file_read(const char *path, size_t limit, char **data, size_t *length);

/* The same of an open file, which it closes; path is for messages. */
dam_status dam__file_read_open(int descriptor, const char *path, size_t limit, char **data,
                               size_t *length);

/* Replaces path by these bytes, in the way of base/temporary.h. DAM_INPUT. */
dam_status dam__file_write(const char *path, const void *data, size_t length);

#endif
