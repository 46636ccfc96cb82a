/* Runs a program under a watchdog, and can read its output. */
#ifndef DAM__BASE_PROCESS_H
#define DAM__BASE_PROCESS_H

#include <stdbool.h>

#include "base/text.h"

typedef enum dam__ending {
    DAM__ENDED,  /* by itself; code is its exit code */
    DAM__KILLED, /* by a signal that this process did not send; code is its number */
    DAM__HUNG,   /* killed because it was silent for too long, or took too long */
    DAM__STOPPED /* ended because the caller wanted to stop */
} dam__ending;

/* Where its output goes. */
typedef enum dam__process_output {
    DAM__OUTPUT_READ,   /* stdout and stderr to the caller */
    DAM__OUTPUT_SHOWN,  /* to this process's own stdout and stderr */
    DAM__OUTPUT_NOTICES /* stderr likewise; stdout is discarded */
} dam__process_output;

enum { DAM__PROCESS_FILE = 3 };

typedef struct dam__process {
    char *const *arguments;         /* [0] is the program's path or name; ended by NULL */
    const char *const *environment; /* "NAME=VALUE" beside this process's own; ended by NULL, or
                                     * NULL itself */
    const char *folder;             /* that it runs in; NULL for this process's own */
    dam__process_output output;
    int file;        /* of this process's, which it gets as descriptor DAM__PROCESS_FILE; 0: none */
    double patience; /* seconds that it may be silent where its output is read; 0 = no limit */
    double limit;    /* seconds it may run; 0 = no limit */
    double grace;    /* seconds from SIGTERM to SIGKILL when it is stopped; 0 = SIGKILL at once */
    bool (*stop)(void *user); /* asked a few times a second; may be NULL */
    void *user;
} dam__process;

/*
 * Runs it to its end. *output gets what it prints to stdout and stderr, which share one pipe, where
 * that is read (of more than a MiB the last lines), and may be NULL otherwise. It has no stdin,
 * runs in its own process group, which is killed as a whole, and does not outlive this process
 * where the system can ensure that. DAM_INTERNAL where it cannot be started.
 */
dam_status dam__process_run(const dam__process *process, dam__text *output, dam__ending *ending,
                            int *code);

/*
 * *path = the executable of this program, or the one that the environment variable names: tests put
 * another in its place. free(). DAM_INTERNAL where it is unknown.
 */
dam_status dam__process_self(const char *variable, char **path);

/* A command line or an environment that grows: owns its words, and ends in NULL once it has one. */
typedef struct dam__words {
    char **items;
    size_t count;
} dam__words;

dam_status dam__words_add(dam__words *words, const char *word);
dam_status dam__words_add_pair(dam__words *words, const char *name, const char *value);
void dam__words_free(dam__words *words);

#endif
