/* The OpenCL handles of a listed device. */
#ifndef DAM__COMPUTE_IDS_H
#define DAM__COMPUTE_IDS_H

#include <CL/cl.h>

#include "base/try.h"
#include "denseam/device.h"

/*
 * The handles of a device that dam_device_list gave. Nothing is to be released. DAM_NO_DEVICE if
 * the device at that place is gone or has changed.
 */
dam_status dam__device_ids(const dam_device_info *info, cl_platform_id *platform,
                           cl_device_id *device);

#endif
