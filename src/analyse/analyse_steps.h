/* `denseam analyse` on denoisers: what their training steps changed, and whether it collapses. */
#ifndef ANALYSE_ANALYSE_STEPS_H
#define ANALYSE_ANALYSE_STEPS_H

#include "command/command.h"

/* The runs are the command's operands. */
dam_status analyse_steps(const arguments *args);

#endif
