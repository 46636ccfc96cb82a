/* How the tool tells a failure. */
#ifndef COMMAND_FAILURE_H
#define COMMAND_FAILURE_H

#include "base/try.h"

/* The message recorded last, with the tool's own advice, as one line on stderr; nothing where
 * another rank tells it. */
void report_failure(dam_status status);

#endif
