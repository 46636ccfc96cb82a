/* What the files of `denseam recall` share. */
#ifndef RECALL_RECALL_COMMAND_H
#define RECALL_RECALL_COMMAND_H

#include "command/command.h"
#include "run/run_folder.h"

typedef struct recall_arguments {
    arguments shared;
    /* values of recall.* keys, NULL where not given */
    const char *probes, *flips, *mask, *clamp, *noise, *count, *dynamics;
    int format; /* index into formats */
} recall_arguments;

/* Relaxes corrupted samples of a run; a second operand is the run of a smaller model. */
dam_status recall_denoised(const recall_arguments *own, const words *overrides,
                           const dam__run *run);

#endif
