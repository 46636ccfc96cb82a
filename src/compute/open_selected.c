#include <stdlib.h>

#include "compute/tuning.h"

dam_status dam__device_open_selected(const char *selector, const dam__device_options *options,
                                     dam__device **out)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    dam__tuning *tuning = NULL;
    dam__device_options tuned = *options;
    DAM_TRY_CLEANUP(dam_device_list(&infos, &count));
    DAM_TRY_CLEANUP(dam_device_select(infos, count, selector, &index));
    DAM_TRY_CLEANUP(dam__tuning_find(&infos[index], &options->log, &tuning));
    tuned.tuning = tuning;
    DAM_TRY_CLEANUP(dam__device_open(&infos[index], &tuned, out));
cleanup:
    free(tuning);
    free(infos);
    return status;
}
