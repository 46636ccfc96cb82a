/*
 * The OpenCL devices of this machine: what they are, and which one to use.
 */
#ifndef DENSEAM_DEVICE_H
#define DENSEAM_DEVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "denseam/api.h"
#include "denseam/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum dam_device_type {
    DAM_DEVICE_CPU,
    DAM_DEVICE_GPU,
    DAM_DEVICE_ACCELERATOR,
    DAM_DEVICE_OTHER
} dam_device_type;

/* What a device reports about itself. Sizes are in bytes, the clock in MHz (0 where unknown). */
typedef struct dam_device_info {
    int index;           /* 0 ... count - 1 over all platforms */
    int platform_index;  /* P of the selector P:D */
    int platform_device; /* D of the selector P:D */
    char platform[128], name[128], vendor[128], driver[128], version[128];
    dam_device_type type;
    uint64_t global_memory, largest_allocation, local_memory;
    uint32_t compute_units, clock;
    size_t largest_work_group;
    uint32_t native_float_width; /* CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT */
    bool fp64;
    bool usable;      /* available, with a compiler */
    bool is_default;  /* what a NULL selector takes */
    char reason[192]; /* why it is the default, or why it is not usable; else empty */
} dam_device_info;

/*
 * Lists all devices. *infos is freed with free(). Without a platform or device: DAM_NO_DEVICE, and
 * the message says what was checked (.icd files, /dev/dri) and what to install.
 */
DAM_API dam_status dam_device_list(dam_device_info **infos, size_t *count);

/*
 * *index of the device that selector names: an index ("1"), platform and device ("0:1"), part of a
 * name ("radeon", ignoring case), "gpu" or "cpu". NULL takes $DENSEAM_DEVICE, and where that is
 * unset or empty the default: the GPU with most compute power, else a CPU driver. DAM_NO_DEVICE
 * where nothing matches or the device is not usable; DAM_USAGE where several match (the message
 * lists them).
 */
DAM_API dam_status dam_device_select(const dam_device_info *infos, size_t count,
                                     const char *selector, size_t *index);

/* "CPU", "GPU", "accelerator" or "other". */
DAM_API const char *dam_device_type_name(dam_device_type type);

#ifdef __cplusplus
}
#endif

#endif
