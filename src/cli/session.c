#include "cli/session.h"

#include <stdlib.h>

#include "base/log.h"

dam_status open_device(const arguments *args, dam__precision precision, const dam_log *log,
                       dam__device **out)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    static const dam__shape shapes[] = {DAM__SHAPE_AUTO, DAM__SHAPE_CPU, DAM__SHAPE_GPU};
    const dam__device_options options = {.log = *log,
                                         .precision = precision,
                                         .shape = shapes[args->kernels],
                                         .profile = args->profile};
    DAM_TRY(dam_device_list(&infos, &count));
    DAM_TRY(dam_device_select(infos, count, args->device, &index));
    DAM_TRY(dam__device_open(&infos[index], &options, out));
    dam__info(log, "device %d: %s (%s%s%s)", index < count ? infos[index].index : 0,
              infos[index].name, infos[index].platform,
              infos[index].is_default ? "; the default: " : "",
              infos[index].is_default ? infos[index].reason : "");
cleanup:
    free(infos);
    return status;
}

dam__gemm_provider gemm_choice(const arguments *args)
{
    static const dam__gemm_provider providers[] = {DAM__GEMM_AUTO, DAM__GEMM_CLBLAST,
                                                   DAM__GEMM_PANEL};
    return providers[args->gemm];
}
