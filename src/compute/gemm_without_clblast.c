/* In the place of gemm_clblast.c in a build without CLBlast: see cmake/dependencies.cmake. */
#include <stdio.h>

#include "compute/compute_internal.h"
#include "compute/gemm_provider.h"

void dam__clblast_version(char version[DAM__CLBLAST_VERSION])
{
    (void)snprintf(version, DAM__CLBLAST_VERSION, "none");
}

dam_status dam__clblast_override(const dam__device *device, const dam__tuning_part *part)
{
    (void)device;
    (void)part;
    return DAM_OK;
}

dam_status dam__clblast_make_safe(dam__device *device, bool *replaced)
{
    (void)device;
    *replaced = false;
    return DAM_OK;
}

/* Nothing else is called where this fails. */
static dam_status create(dam__device *device, void **state)
{
    (void)device;
    (void)state;
    return dam__fail(DAM_USAGE,
                     "this denseam was built without CLBlast: products are by \"panel\" with "
                     "kernels for CPUs and by \"tiled\" with those for GPUs");
}

const dam__gemm_ops dam__gemm_clblast = {.create = create};
