/* A polite end: the first SIGINT or SIGTERM asks the command to save and stop, the second kills. */
#ifndef CLI_SIGNALS_H
#define CLI_SIGNALS_H

#include <stdbool.h>

/* From now on. A signal that the caller's shell ignores (nohup) stays ignored. */
void signals_catch(void);

/* Whether a signal came: the stop callback of long library calls. unused is not read. */
bool signals_stop(void *unused);

#endif
