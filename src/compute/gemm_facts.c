/* What a device multiplies with, for those who only want to know. */
#include "compute/compute_internal.h"
#include "compute/gemm.h"

static dam_status look(const dam_device_info *info, dam__precision precision, dam__gemm_facts *out)
{
    dam_status status = DAM_OK;
    dam__device *device = NULL;
    dam__gemm *gemm = NULL;
    DAM_TRY_CLEANUP(
        dam__device_open(info, &(dam__device_options){.precision = precision}, &device));
    /* First, as it is found only once: the parameters are the process's. */
    DAM_TRY_CLEANUP(dam__clblast_make_safe(device, &out->replaced[precision]));
    DAM_TRY_CLEANUP(dam__gemm_create(device, DAM__GEMM_AUTO, &gemm));
    out->usual = dam__gemm_usual(gemm);
cleanup:
    dam__gemm_destroy(gemm);
    dam__device_close(device);
    return status;
}

dam_status dam__gemm_facts_of(const dam_device_info *info, dam__gemm_facts *out)
{
    dam__gemm_facts facts = {0};
    if (info->fp64)
        DAM_TRY(look(info, DAM__PRECISION_DOUBLE, &facts));
    DAM_TRY(look(info, DAM__PRECISION_SINGLE, &facts));
    *out = facts;
    return DAM_OK;
}
