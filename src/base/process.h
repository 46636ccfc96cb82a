/* Runs a program and reads what it prints, with a watchdog. */
#ifndef DAM__BASE_PROCESS_H
#define DAM__BASE_PROCESS_H

#include <stdbool.h>

#include "base/text.h"

typedef enum dam__ending {
    DAM__ENDED,  /* by itself; code is its exit code */
    DAM__KILLED, /* by a signal that nobody here sent; code is its number */
    DAM__HUNG,   /* killed because it was silent for too long */
    DAM__STOPPED /* killed because the caller wanted to stop */
} dam__ending;

typedef struct dam__process {
    char *const *arguments;         /* [0] is the program's path; ended by NULL */
    const char *const *environment; /* "NAME=VALUE" beside this process's own; ended by NULL */
    double patience;                /* seconds that it may be silent */
    bool (*stop)(void *user);       /* asked a few times a second; may be NULL */
    void *user;
} dam__process;

/*
 * Runs it to its end. *output gets what it prints to stdout and stderr, which are one pipe: of more
 * than a MiB the last lines. It has no stdin, is in a process group of its own, which is killed as
 * a whole, and does not outlive this process where the system can see to that. DAM_INTERNAL where
 * it cannot be started.
 */
dam_status dam__process_run(const dam__process *process, dam__text *output, dam__ending *ending,
                            int *code);

/* *path = what runs this program once more; free(). DAM_INTERNAL where the system has none. */
dam_status dam__process_self(char **path);

#endif
