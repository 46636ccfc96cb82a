/*
 * Graceful stop: the first SIGINT, SIGTERM or SIGHUP (a closed terminal) asks the command to save
 * and stop, a later one kills. Processes are often signalled twice within milliseconds, once alone
 * and once with their group (timeout, a closing terminal): within half a second that counts as one
 * request.
 */
#ifndef COMMAND_SIGNALS_H
#define COMMAND_SIGNALS_H

#include <stdbool.h>

/*
 * Once, before any driver is loaded: records which signals the caller ignores (nohup), because
 * LLVM, a part of several OpenCL drivers, installs its own handlers.
 */
void signals_begin(void);

/* From now on; ignored signals are ignored again. */
void signals_catch(void);

/* Whether a signal came: the stop callback of long library calls. unused is not read. */
bool signals_stop(void *unused);

#endif
