#include "command/session.h"

#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "base/notice.h"

const char *const gemm_choices[] = {[DAM__GEMM_AUTO] = "auto",
                                    [DAM__GEMM_PANEL] = "panel",
                                    [DAM__GEMM_TILED] = "tiled",
                                    [DAM__GEMM_CLBLAST] = DENSEAM_HAS_CLBLAST ? "clblast" : NULL,
                                    NULL};
const char *const kernels_choices[] = {
    [DAM__SHAPE_AUTO] = "auto", [DAM__SHAPE_CPU] = "cpu", [DAM__SHAPE_GPU] = "gpu", NULL};

dam_status open_device(const arguments *args, dam__precision precision, const dam_log *log,
                       dam__device **out)
{
    const dam__device_options options = {.log = *log,
                                         .precision = precision,
                                         .shape = (dam__shape)args->kernels,
                                         .profile = args->profile || args->trace != NULL};
    DAM_TRY(dam__device_open_selected(args->device, &options, out));
    if (args->trace != NULL)
        DAM_TRY(dam__profile_trace(*out));
    const dam_device_info *info = dam__device_facts(*out);
    dam__info(log, "device %d: %s (%s%s%s)", info->index, info->name, info->platform,
              info->is_default ? "; the default: " : "", info->is_default ? info->reason : "");
    return DAM_OK;
}

dam_status give_profile(const arguments *args, dam__device *device, const dam_log *log)
{
    size_t dropped = 0;
    if (args->profile)
        DAM_TRY(dam__profile_print(device, stderr));
    if (args->trace == NULL)
        return DAM_OK;
    DAM_TRY(dam__profile_write_trace(device, args->trace, &dropped));
    dam__info(log, "'%s' is written: open it in https://ui.perfetto.dev or chrome://tracing",
              args->trace);
    if (dropped > 0)
        dam__warn(log, "'%s' has the first %d events; %zu that came later are left out",
                  args->trace, DAM__TRACE_EVENTS, dropped);
    return DAM_OK;
}

dam_status check_device(const arguments *args, dam__device *device,
                        const dam__selftest_subject *subject)
{
    return dam__selftest_device(device, gemm_choice(args), subject);
}

dam_status check_recall_device(const arguments *args, dam__device *device)
{
    return dam__selftest_recall(device, gemm_choice(args));
}

dam__gemm_provider gemm_choice(const arguments *args)
{
    return (dam__gemm_provider)args->gemm;
}

dam_status presets_to_measure(const arguments *args, const char ***out)
{
    static const char folder[] = "bench/";
    const words *operands = &args->operands;
    size_t count = 0, most = operands->count;
    const char **list = NULL;
    for (const dam__embedded *preset = dam__preset_texts; preset->name != NULL; preset++)
        most++;
    DAM_TRY(dam__alloc(most + 1, sizeof *list, &list));
    for (size_t i = 0; i < operands->count; i++)
        list[count++] = operands->items[i];
    for (const dam__embedded *p = dam__preset_texts; operands->count == 0 && p->name != NULL; p++)
        if (strncmp(p->name, folder, sizeof folder - 1) == 0)
            list[count++] = p->name;
    *out = list;
    return DAM_OK;
}
