#include <stdlib.h>
#include <string.h>

#include "base/handlers.h"
#include "base/memory.h"
#include "base/text.h"
#include "compute/device_facts.h"
#include "compute/diagnose.h"
#include "compute/errors.h"
#include "compute/ids.h"
#include "compute/select.h"

/* More than any machine has is no list to make room for. */
static void check_count(cl_uint found, cl_int *error)
{
    enum { MOST = 4096 };
    if (*error == CL_SUCCESS && found > MOST)
        *error = DAM__CL_ENDLESS;
}

/* *platforms is freed with free(); *error is the driver's, with *count 0. DAM_NO_MEMORY. */
static dam_status list_platforms(cl_platform_id **platforms, cl_uint *count, cl_int *error)
{
    *platforms = NULL;
    *count = 0;
    cl_uint found = 0;
    /* Here the drivers are loaded. */
    dam__handlers_begin();
    *error = clGetPlatformIDs(0, NULL, &found);
    dam__handlers_end();
    check_count(found, error);
    if (*error != CL_SUCCESS || found == 0)
        return DAM_OK;
    dam_status status = dam__alloc(found, sizeof **platforms, platforms);
    if (status == DAM_OK)
        *error = clGetPlatformIDs(found, *platforms, NULL);
    if (status == DAM_OK && *error == CL_SUCCESS)
        *count = found;
    return status;
}

/* The same for the devices of a platform. */
static dam_status list_devices(cl_platform_id platform, cl_device_id **devices, cl_uint *count,
                               cl_int *error)
{
    *devices = NULL;
    *count = 0;
    cl_uint found = 0;
    /* And here they make themselves ready. */
    dam__handlers_begin();
    *error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, 0, NULL, &found);
    dam__handlers_end();
    check_count(found, error);
    if (*error != CL_SUCCESS || found == 0)
        return DAM_OK;
    dam_status status = dam__alloc(found, sizeof **devices, devices);
    if (status == DAM_OK)
        *error = clGetDeviceIDs(platform, CL_DEVICE_TYPE_ALL, found, *devices, NULL);
    if (status == DAM_OK && *error == CL_SUCCESS)
        *count = found;
    return status;
}

typedef struct listing {
    dam_device_info *infos;
    size_t count;
    dam__text notes; /* what platforms without devices said, for the diagnosis */
} listing;

static void note_platform(listing *all, const char *name, cl_int error)
{
    const char *separator = all->notes.length > 0 ? ", " : "";
    if (error != CL_SUCCESS && error != CL_DEVICE_NOT_FOUND) {
        dam__text_append(&all->notes, "%splatform '%s' fails with %s (%d)", separator, name,
                         dam__cl_error_name(error), (int)error);
        return;
    }
    /* Mesa ships rusticl switched off. */
    bool rusticl = strcmp(name, "rusticl") == 0 && getenv("RUSTICL_ENABLE") == NULL;
    dam__text_append(&all->notes, "%splatform '%s' has no device%s", separator, name,
                     rusticl ? " (RUSTICL_ENABLE is not set)" : "");
}

static dam_status add_platform(listing *all, cl_platform_id platform, int platform_index)
{
    dam_status status = DAM_OK;
    char name[sizeof all->infos->platform];
    cl_device_id *devices = NULL;
    cl_uint count = 0;
    cl_int error = CL_SUCCESS;
    DAM_TRY_CLEANUP(dam__platform_name(platform, name, sizeof name));
    DAM_TRY_CLEANUP(list_devices(platform, &devices, &count, &error));
    if (count == 0) {
        note_platform(all, name, error);
        goto cleanup;
    }
    DAM_TRY_CLEANUP(dam__grow(&all->infos, all->count + count, sizeof *all->infos));
    for (cl_uint d = 0; d < count; d++) {
        dam_device_info *info = &all->infos[all->count];
        *info = (dam_device_info){
            .index = (int)all->count, .platform_index = platform_index, .platform_device = (int)d};
        memcpy(info->platform, name, sizeof name);
        DAM_TRY_CLEANUP(dam__describe_device(devices[d], info));
        all->count++;
    }
cleanup:
    free(devices);
    return status;
}

dam_status dam_device_list(dam_device_info **infos, size_t *count)
{
    dam_status status = DAM_OK;
    listing all = {0};
    cl_platform_id *platforms = NULL;
    cl_uint platform_count = 0;
    cl_int error = CL_SUCCESS;
    *infos = NULL;
    *count = 0;
    DAM_TRY_CLEANUP(list_platforms(&platforms, &platform_count, &error));
    enum { NO_PLATFORM = -1001 }; /* CL_PLATFORM_NOT_FOUND_KHR: the loader's word for zero */
    if (error != CL_SUCCESS && error != NO_PLATFORM)
        dam__text_append(&all.notes, "clGetPlatformIDs failed: %s (%d)", dam__cl_error_name(error),
                         (int)error);
    for (cl_uint p = 0; p < platform_count; p++)
        DAM_TRY_CLEANUP(add_platform(&all, platforms[p], (int)p));
    DAM_TRY_CLEANUP(dam__text_status(&all.notes));
    if (all.count == 0) {
        status = dam__fail_no_device(&all.notes);
        goto cleanup;
    }
    dam__mark_default(all.infos, all.count);
    *infos = all.infos;
    *count = all.count;
    all.infos = NULL;
cleanup:
    free(platforms);
    free(all.infos);
    dam__text_free(&all.notes);
    return status;
}

dam_status dam__device_ids(const dam_device_info *info, cl_platform_id *platform,
                           cl_device_id *device)
{
    dam_status status = DAM_OK;
    cl_platform_id *platforms = NULL;
    cl_device_id *devices = NULL;
    cl_uint platform_count = 0, device_count = 0;
    cl_int error = CL_SUCCESS;
    dam_device_info now = {0};
    cl_uint p = (cl_uint)info->platform_index, d = (cl_uint)info->platform_device;
    DAM_TRY_CLEANUP(list_platforms(&platforms, &platform_count, &error));
    if (p < platform_count)
        DAM_TRY_CLEANUP(list_devices(platforms[p], &devices, &device_count, &error));
    if (d < device_count)
        DAM_TRY_CLEANUP(dam__describe_device(devices[d], &now));
    if (d >= device_count || strcmp(now.name, info->name) != 0)
        DAM_FAIL(DAM_NO_DEVICE, "device %d:%d (%s) is no longer there (%s); list the devices anew",
                 info->platform_index, info->platform_device, info->name,
                 error == CL_SUCCESS ? "the list of devices has changed"
                                     : dam__cl_error_name(error));
    *platform = platforms[p];
    *device = devices[d];
cleanup:
    free(platforms);
    free(devices);
    return status;
}
