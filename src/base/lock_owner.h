/* Who has a lock file, and whether that process lives. */
#ifndef DAM__BASE_LOCK_OWNER_H
#define DAM__BASE_LOCK_OWNER_H

#include <stdbool.h>
#include <time.h>

#include "base/text.h"

enum { DAM__OWNER_TEXT = 96, DAM__OWNER_NUMBER = 17 };

typedef struct dam__lock_owner {
    char host[DAM__OWNER_TEXT];
    char place[DAM__OWNER_TEXT]; /* boot and space of process numbers; "?" where unknown */
    long process;
    unsigned long long start;       /* of the process, in ticks since the boot; 0 where unknown */
    char number[DAM__OWNER_NUMBER]; /* that nobody else has, in hexadecimal */
    struct timespec touched;
} dam__lock_owner;

/* This process, with a new number. DAM_INTERNAL where the system gives none. */
dam_status dam__lock_owner_self(dam__lock_owner *out);

/* The line of a lock file. */
void dam__lock_owner_print(const dam__lock_owner *owner, dam__text *out);

/*
 * *found = whether that name of the folder is there. What is no lock file's line is read as an
 * owner of unknown place, whose number is the file's.
 */
dam_status dam__lock_owner_read(int folder, const char *name, dam__lock_owner *out, bool *found);

/* Whether it lives, as far as `self` can tell, at a time of the file system's clock. */
bool dam__lock_owner_lives(const dam__lock_owner *owner, const dam__lock_owner *self,
                           const struct timespec *now);

#endif
