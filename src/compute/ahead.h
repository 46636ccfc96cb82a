/*
 * Programs compiled ahead, on a thread of their own, while earlier ones run: where a driver keeps
 * what it compiled for all contexts, it then finds them compiled.
 */
#ifndef DAM__COMPUTE_AHEAD_H
#define DAM__COMPUTE_AHEAD_H

#include "compute/recording.h"

typedef struct dam__ahead dam__ahead;

/* Whether it pays off on this device. */
bool dam__ahead_helps(const dam__device *device);

/*
 * Begins to compile the programs of a recording, all but the first, which the caller begins with.
 * Takes the recording over, and leaves it empty. Whatever fails is left to the caller: *out is NULL
 * where nothing is compiled ahead.
 */
void dam__ahead_start(const dam__device *device, dam__recording *recording, dam__ahead **out);

/* Waits for the program that is being compiled, and leaves out the others. */
void dam__ahead_stop(dam__ahead *ahead);

#endif
