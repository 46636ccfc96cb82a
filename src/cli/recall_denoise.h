/* Recall of a denoiser, for `denseam recall`. */
#ifndef CLI_RECALL_DENOISE_H
#define CLI_RECALL_DENOISE_H

#include "cli/command.h"
#include "preset/run.h"

/* Relaxes corrupted samples of a run; a second operand is the run of a smaller model. */
dam_status recall_denoised(const arguments *args, const words *overrides, const dam__run *run);

#endif
