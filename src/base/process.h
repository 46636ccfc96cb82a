/* Runs a program with a watchdog, and may read what it prints. */
#ifndef DAM__BASE_PROCESS_H
#define DAM__BASE_PROCESS_H

#include <stdbool.h>

#include "base/text.h"

typedef enum dam__ending {
    DAM__ENDED,  /* by itself; code is its exit code */
    DAM__KILLED, /* by a signal that nobody here sent; code is its number */
    DAM__HUNG,   /* killed because it was silent for too long, or took too long */
    DAM__STOPPED /* ended because the caller wanted to stop */
} dam__ending;

/* Where what it prints goes. */
typedef enum dam__process_output {
    DAM__OUTPUT_READ,   /* stdout and stderr to the caller */
    DAM__OUTPUT_SHOWN,  /* to where this process's own goes */
    DAM__OUTPUT_NOTICES /* the same of stderr alone; stdout to nowhere */
} dam__process_output;

typedef struct dam__process {
    char *const *arguments;         /* [0] is the program's path or name; ended by NULL */
    const char *const *environment; /* "NAME=VALUE" beside this process's own; ended by NULL, or
                                     * NULL itself */
    const char *folder;             /* that it runs in; NULL for this process's own */
    dam__process_output output;
    double patience;          /* seconds that it may be silent, where its output is read; 0 = any */
    double limit;             /* seconds that it may take; 0 = any */
    double grace;             /* to stop it, it gets SIGTERM and this many seconds; 0 = is killed */
    bool (*stop)(void *user); /* asked a few times a second; may be NULL */
    void *user;
} dam__process;

/*
 * Runs it to its end. *output gets what it prints to stdout and stderr, which are one pipe, where
 * that is read (of more than a MiB the last lines), and may else be NULL. It has no stdin, is in a
 * process group of its own, which is killed as a whole, and does not outlive this process where the
 * system can see to that. DAM_INTERNAL where it cannot be started.
 */
dam_status dam__process_run(const dam__process *process, dam__text *output, dam__ending *ending,
                            int *code);

/* *path = what runs this program once more; free(). DAM_INTERNAL where the system has none. */
dam_status dam__process_self(char **path);

#endif
