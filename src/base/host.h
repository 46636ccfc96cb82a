/* What this machine is, for whoever reads what was measured on it. */
#ifndef DAM__BASE_HOST_H
#define DAM__BASE_HOST_H

#include <stdint.h>

enum { DAM__HOST_TEXT = 128 };

/* What the system does not tell is "" or 0. No names of hosts or users. */
typedef struct dam__host {
    char system[DAM__HOST_TEXT], machine[DAM__HOST_TEXT]; /* "Linux", "x86_64" */
    char kernel[DAM__HOST_TEXT];                          /* its release */
    char cpu[DAM__HOST_TEXT];                             /* its model */
    char governor[DAM__HOST_TEXT];                        /* of the first core's clock */
    int64_t cores, memory;                                /* that are online; bytes */
} dam__host;

void dam__host_describe(dam__host *out);

#endif
