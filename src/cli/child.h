/* Work in a process of its own, so that a driver that crashes costs that work alone. */
#ifndef CLI_CHILD_H
#define CLI_CHILD_H

#include <stdbool.h>

#include "base/status.h"

/* How a child ended. */
typedef struct child_end {
    int code;   /* its exit code, or -1 */
    int signal; /* that ended it, or 0 */
    bool late;  /* it was ended because it took too long */
} child_end;

/* What differs from this process. */
typedef struct child_options {
    char *const *environment; /* "NAME=VALUE" to set, NULL-terminated; or NULL */
    bool silent;              /* its stdout goes nowhere */
    double patience;          /* seconds it may take; 0 = any */
} child_options;

/*
 * Runs this program with these arguments (argv[0] included, NULL-terminated) and waits. A signal
 * that asks this process to stop (cli/signals.h) is passed on. DAM_INTERNAL where it cannot be
 * started, DAM_NO_MEMORY.
 */
dam_status child_run(char *const *argv, const child_options *options, child_end *end);

#endif
