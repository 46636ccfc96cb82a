/* Diagnoses why there is no device, and what to install. */
#ifndef DAM__COMPUTE_DIAGNOSE_H
#define DAM__COMPUTE_DIAGNOSE_H

#include "base/text.h"

/* Appends which drivers the OpenCL loader looks for, and which of them fail to load and why. */
dam_status dam__describe_drivers(dam__text *text);

/* Appends which render nodes folder (/dev/dri) has, and whether this user may open them. */
dam_status dam__describe_render_nodes(dam__text *text, const char *folder);

/* Records the whole diagnosis; notes is what the platforms said, or empty. DAM_NO_DEVICE. */
dam_status dam__fail_no_device(const dam__text *notes);

#endif
