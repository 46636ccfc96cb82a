/*
 * Where this process and its drivers keep what they compiled. Before the first OpenCL call, because
 * PoCL looks at its folder once: it loads and runs what lies there, and loses its device where it
 * cannot write.
 */
#ifndef COMMAND_CACHES_H
#define COMMAND_CACHES_H

#include <stdbool.h>

#include "denseam/log.h"

/* Zero-initialise; remove with caches_remove. */
typedef struct caches {
    char *folder;    /* made for this process, or NULL: it goes with it */
    int lock;        /* descriptor of that folder: who has it locked lives */
    bool cache_goes; /* whether ours is in it */
} caches;

/*
 * Puts each cache whose place cannot be trusted (base/private_folder.h), made or written into a
 * folder of this process's own, by the environment, which children inherit; a line to the log tells
 * of it. Such folders of processes that were killed are removed, with what they left half written
 * in the cache. Never fails: without any place things are left as they are.
 */
void caches_settle(const dam_log *log, caches *out);

void caches_remove(caches *c);

#endif
