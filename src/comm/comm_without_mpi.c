/* A build without MPI: every process is alone, and one that was to be one of several says so. */
#include <stdlib.h>

#include "comm/comm.h"

/* Of the environment; 1 where it has no such number. */
static long ranks_in(const char *name)
{
    const char *value = getenv(name);
    return value != NULL ? strtol(value, NULL, 10) : 1;
}

dam_status dam__comm_open(dam__comm **out)
{
    (void)out;
    if (ranks_in("OMPI_COMM_WORLD_SIZE") > 1 || ranks_in("PMI_SIZE") > 1)
        return dam__fail(DAM_USAGE,
                         "this is one of several ranks, but a denseam without MPI; start "
                         "one that was built with -DDENSEAM_MPI=ON, or a single one");
    return DAM_OK;
}
