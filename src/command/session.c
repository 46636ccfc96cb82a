#include "command/session.h"

#include <stdlib.h>

#include "base/notice.h"
#include "compute/tuning.h"

const char *const gemm_choices[] = {"auto", "clblast", "panel", NULL};
const char *const kernels_choices[] = {"auto", "cpu", "gpu", NULL};

dam_status open_device(const arguments *args, dam__precision precision, const dam_log *log,
                       dam__device **out)
{
    dam_status status = DAM_OK;
    dam_device_info *infos = NULL;
    size_t count = 0, index = 0;
    dam__tuning *tuning = NULL;
    static const dam__shape shapes[] = {DAM__SHAPE_AUTO, DAM__SHAPE_CPU, DAM__SHAPE_GPU};
    dam__device_options options = {.log = *log,
                                   .precision = precision,
                                   .shape = shapes[args->kernels],
                                   .profile = args->profile || args->trace != NULL};
    DAM_TRY(dam_device_list(&infos, &count));
    DAM_TRY(dam_device_select(infos, count, args->device, &index));
    DAM_TRY(dam__tuning_find(&infos[index], log, &tuning));
    options.tuning = tuning;
    DAM_TRY(dam__device_open(&infos[index], &options, out));
    if (args->trace != NULL)
        DAM_TRY(dam__profile_trace(*out));
    dam__info(log, "device %d: %s (%s%s%s)", infos[index].index, infos[index].name,
              infos[index].platform, infos[index].is_default ? "; the default: " : "",
              infos[index].is_default ? infos[index].reason : "");
cleanup:
    free(tuning);
    free(infos);
    return status;
}

dam_status give_profile(const arguments *args, dam__device *device, const dam_log *log)
{
    dam_status status = DAM_OK;
    size_t dropped = 0;
    if (args->profile)
        DAM_TRY(dam__profile_print(device, stderr));
    if (args->trace == NULL)
        goto cleanup;
    DAM_TRY(dam__profile_write_trace(device, args->trace, &dropped));
    dam__info(log, "'%s' is written: open it in https://ui.perfetto.dev or chrome://tracing",
              args->trace);
    if (dropped > 0)
        dam__warn(log, "'%s' has the first %d events; %zu that came later are left out",
                  args->trace, DAM__TRACE_EVENTS, dropped);
cleanup:
    return status;
}

/*
 * A size that a self-test can afford on the host, with the same remainder by every tile: products
 * larger than a few tiles have nothing new at their edges.
 */
static int affordable(int size)
{
    enum { LARGE = 4096, TILES = 1024 };
    return size <= LARGE ? size : LARGE - TILES + size % TILES;
}

static dam_status check(const arguments *args, const dam__device *device, int kind,
                        dam__selftest_sizes sizes, bool recall)
{
    bool wide = dam__device_precision(device) == DAM__PRECISION_DOUBLE;
    const dam__selftest_options options = {.shape = dam__device_shape(device),
                                           .provider = gemm_choice(args),
                                           .sizes = sizes,
                                           .kind = kind,
                                           .single_only = !wide,
                                           .double_only = wide,
                                           .recall = recall,
                                           .tuning = dam__device_tuning(device),
                                           .log = *dam__device_log(device)};
    return dam__selftest_ensure(dam__device_facts(device), &options);
}

dam_status check_device(const arguments *args, const dam__device *device, int kind,
                        dam__selftest_sizes sizes)
{
    sizes = (dam__selftest_sizes){.memories = affordable(sizes.memories),
                                  .dim = affordable(sizes.dim),
                                  .batch = affordable(sizes.batch)};
    return check(args, device, kind, sizes, false);
}

dam_status check_recall_device(const arguments *args, const dam__device *device)
{
    return check(args, device, 0, (dam__selftest_sizes){0}, true);
}

dam__gemm_provider gemm_choice(const arguments *args)
{
    static const dam__gemm_provider providers[] = {DAM__GEMM_AUTO, DAM__GEMM_CLBLAST,
                                                   DAM__GEMM_PANEL};
    return providers[args->gemm];
}
