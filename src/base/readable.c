#include "base/readable.h"

#include <math.h>
#include <stdio.h>

const char *dam__number_text(double value, char text[DAM__NUMBER_BYTES])
{
    double magnitude = fabs(value);
    if (magnitude >= 1e9 || (magnitude > 0 && magnitude < 1e-3))
        (void)snprintf(text, DAM__NUMBER_BYTES, "%.3e", value);
    else
        (void)snprintf(text, DAM__NUMBER_BYTES, "%.*f",
                       magnitude >= 1000  ? 0
                       : magnitude >= 100 ? 1
                       : magnitude >= 10  ? 2
                                          : 3,
                       value);
    return text;
}

const char *dam__ratio_text(double ratio, char text[DAM__NUMBER_BYTES])
{
    if (!isfinite(ratio) || ratio >= 1e9)
        text[0] = '\0';
    else
        (void)snprintf(text, DAM__NUMBER_BYTES, "%.*f",
                       ratio >= 100   ? 0
                       : ratio >= 10  ? 1
                       : ratio >= 0.1 ? 2
                                      : 4,
                       ratio);
    return text;
}
