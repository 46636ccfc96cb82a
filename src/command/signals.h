/*
 * A polite end: the first SIGINT, SIGTERM or SIGHUP (a closed terminal) asks the command to save
 * and stop, one that comes later kills. Those who stop a process often signal twice within
 * milliseconds, once the process and once its group (timeout, a closing terminal): within half a
 * second that is one request.
 */
#ifndef COMMAND_SIGNALS_H
#define COMMAND_SIGNALS_H

#include <stdbool.h>

/*
 * Once, before any driver is loaded: notes which signals the caller has ignored (nohup). LLVM,
 * which is in several OpenCL drivers, puts handlers of its own over them.
 */
void signals_begin(void);

/* From now on; ignored signals are ignored again. */
void signals_catch(void);

/* Whether a signal came: the stop callback of long library calls. unused is not read. */
bool signals_stop(void *unused);

#endif
