/* Recall of a denoiser, for `denseam recall`. */
#ifndef RECALL_DENOISE_COMMAND_H
#define RECALL_DENOISE_COMMAND_H

#include "command/command.h"
#include "run/run_folder.h"

/* Relaxes corrupted samples of a run; a second operand is the run of a smaller model. */
dam_status recall_denoised(const arguments *args, const words *overrides, const dam__run *run);

#endif
