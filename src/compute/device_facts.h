/* What an OpenCL device reports about itself. */
#ifndef DAM__COMPUTE_DEVICE_FACTS_H
#define DAM__COMPUTE_DEVICE_FACTS_H

#include <CL/cl.h>

#include "base/try.h"
#include "denseam/device.h"

/*
 * Name of a platform, or of the error where the query fails. Names are printable ASCII throughout
 * (any other byte is a '?'), so that tables align and JSON is valid. DAM_NO_MEMORY.
 */
dam_status dam__platform_name(cl_platform_id platform, char *name, size_t size);

/*
 * Fills all of info but the indices, the platform, is_default and a default's reason. A device that
 * cannot run the kernels, or fails a query, is not usable and reason says why. DAM_NO_MEMORY.
 */
dam_status dam__describe_device(cl_device_id device, dam_device_info *info);

/* Sets usable, and reason where it is not. version is CL_DEVICE_VERSION, profile CL_DEVICE_PROFILE.
 */
void dam__check_usable(dam_device_info *info, bool available, bool compiler, const char *profile);

#endif
