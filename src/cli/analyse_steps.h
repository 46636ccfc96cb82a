/* `denseam analyse` on denoisers: what their training steps changed, and whether it collapses. */
#ifndef CLI_ANALYSE_STEPS_H
#define CLI_ANALYSE_STEPS_H

#include "cli/command.h"

/* The runs are the command's operands. */
dam_status analyse_steps(const arguments *args);

#endif
