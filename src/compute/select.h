/* Which device is the default, and why. */
#ifndef DAM__COMPUTE_SELECT_H
#define DAM__COMPUTE_SELECT_H

#include "denseam/device.h"

/*
 * Sets is_default of what a NULL selector takes and its reason, and clears it elsewhere. Marks none
 * where no device is usable or $DENSEAM_DEVICE names none.
 */
void dam__mark_default(dam_device_info *infos, size_t count);

#endif
