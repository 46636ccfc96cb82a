/* Whether a file lies on a disk of this machine, where its locks keep out whoever could write. */
#ifndef DAM__BASE_LOCAL_DISK_H
#define DAM__BASE_LOCAL_DISK_H

#include <stdbool.h>

bool dam__is_local(int file);

#endif
