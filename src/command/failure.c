#include "command/failure.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "command/output.h"

/* How the tool words advice on a failure. */
static const char *const advice[DAM__ADVICES] = {
    [DAM__ADVICE_NONE] = "",
    [DAM__ADVICE_FOLDER] = " (--out)",
    [DAM__ADVICE_DEVICE] = " (--device)",
    [DAM__ADVICE_KERNELS] = " (--kernels, --gemm; 'denseam selftest' tells more)",
    [DAM__ADVICE_CHANGES] = " (--set)",
    [DAM__ADVICE_RESUME] = " (--resume)",
    [DAM__ADVICE_PRESETS] = "; 'denseam presets' lists them",
    [DAM__ADVICE_TOLD] = "",
};

void report_failure(dam_status status)
{
    char *line = NULL;
    const char *message = dam_error()[0] != '\0' ? dam_error() : dam_status_sentence(status);
    const char *mending = advice[dam__advice_of_error()];
    if (dam__advice_of_error() == DAM__ADVICE_TOLD)
        return;
    print_notice(stderr, "denseam: ",
                 dam__format(&line, "%s%s", message, mending) == DAM_OK ? line : message);
    free(line);
}
