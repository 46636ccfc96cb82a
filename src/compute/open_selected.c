#include <stdlib.h>

#include "compute/tuning.h"

dam_status dam__device_find(const char *selector, dam_device_info *out)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    DAM_TRY_CLEANUP(dam_device_list(&infos, &count));
    DAM_TRY_CLEANUP(dam_device_select(infos, count, selector, &index));
    *out = infos[index];
cleanup:
    free(infos);
    return status;
}

dam_status dam__device_open_selected(const char *selector, const dam__device_options *options,
                                     dam__device **out)
{
    dam_device_info info;
    dam__tuning *tuning = NULL;
    dam__device_options tuned = *options;
    DAM_TRY(dam__device_find(selector, &info));
    DAM_TRY(dam__tuning_find(&info, &options->log, &tuning));
    tuned.tuning = tuning;
    dam_status status = dam__device_open(&info, &tuned, out);
    free(tuning);
    return status;
}
