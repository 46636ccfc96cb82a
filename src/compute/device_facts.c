#include "compute/device_facts.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compute/errors.h"
#include "compute/info.h"

static void clean_name(char *to, size_t size, const char *from)
{
    size_t length = 0;
    while (*from == ' ')
        from++;
    for (; *from != '\0' && length + 1 < size; from++)
        to[length++] = *from >= ' ' && *from <= '~' ? *from : '?';
    while (length > 0 && to[length - 1] == ' ')
        length--;
    to[length] = '\0';
}

dam_status dam__platform_name(cl_platform_id platform, char *name, size_t size)
{
    char *text = NULL;
    cl_int error = CL_SUCCESS;
    DAM_TRY(dam__info_text(&(dam__asked){.platform = platform}, CL_PLATFORM_NAME, &text, &error));
    clean_name(name, size, text != NULL ? text : dam__cl_error_name(error));
    free(text);
    return DAM_OK;
}

/* A row of queries against one device; after the first failure the others do nothing. */
typedef struct queries {
    cl_device_id device;
    dam_status status; /* DAM_NO_MEMORY is the only failure that is ours */
    cl_int error;
    const char *failed; /* the parameter of that error */
} queries;

static void ask_value(queries *q, cl_device_info what, const char *name, size_t size, void *value)
{
    if (q->status != DAM_OK || q->error != CL_SUCCESS)
        return;
    q->error = clGetDeviceInfo(q->device, what, size, value, NULL);
    if (q->error != CL_SUCCESS)
        q->failed = name;
}

static void ask_text(queries *q, cl_device_info what, const char *name, size_t size, char *text)
{
    if (q->status != DAM_OK || q->error != CL_SUCCESS)
        return;
    char *whole = NULL;
    q->status = dam__info_text(&(dam__asked){.device = q->device}, what, &whole, &q->error);
    if (whole != NULL)
        clean_name(text, size, whole);
    else
        q->failed = name;
    free(whole);
}

#define ASK_VALUE(q, what, value) ask_value((q), (what), #what, sizeof *(value), (value))
#define ASK_TEXT(q, what, text) ask_text((q), (what), #what, sizeof(text), (text))

/* Some simulators claim several types at once. */
static dam_device_type type_of(cl_device_type type)
{
    if (type & CL_DEVICE_TYPE_GPU)
        return DAM_DEVICE_GPU;
    if (type & CL_DEVICE_TYPE_ACCELERATOR)
        return DAM_DEVICE_ACCELERATOR;
    return type & CL_DEVICE_TYPE_CPU ? DAM_DEVICE_CPU : DAM_DEVICE_OTHER;
}

/* Whether a number that drives sizes and loops can be true; else the reason. Zeros and all ones are
 * what a driver answers that fails and does not say so. */
static bool is_possible(dam_device_info *info)
{
    const uint64_t units = 1 << 20, items = 1 << 24, clock = 1 << 20, width = 1 << 10;
    const uint64_t bytes = (uint64_t)1 << 50;
    const struct {
        const char *what;
        uint64_t value, least, most;
    } facts[] = {{"compute units", info->compute_units, 1, units},
                 {"work-items in a work-group", info->largest_work_group, 1, items},
                 {"bytes of memory", info->global_memory, 1, bytes},
                 {"bytes in its largest buffer", info->largest_allocation, 1, bytes},
                 {"bytes of local memory", info->local_memory, 1, bytes},
                 {"MHz", info->clock, 0, clock},
                 {"floats in a vector", info->native_float_width, 0, width}};
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++) {
        if (facts[i].value >= facts[i].least && facts[i].value <= facts[i].most)
            continue;
        (void)snprintf(info->reason, sizeof info->reason,
                       "its driver says that it has %ju %s, which cannot be",
                       (uintmax_t)facts[i].value, facts[i].what);
        return false;
    }
    return true;
}

void dam__check_usable(dam_device_info *info, bool available, bool compiler, const char *profile)
{
    unsigned major = 0, minor = 0;
    info->usable = false;
    if (!available)
        (void)snprintf(info->reason, sizeof info->reason, "its driver says it is not available");
    else if (!compiler)
        (void)snprintf(info->reason, sizeof info->reason, "its driver has no compiler");
    else if (strcmp(profile, "FULL_PROFILE") != 0)
        (void)snprintf(info->reason, sizeof info->reason, "it has the %s, not the full one",
                       strcmp(profile, "EMBEDDED_PROFILE") == 0 ? "embedded profile"
                                                                : "unknown profile");
    /* Numbers beyond an unsigned would be a driver from elsewhere. NOLINTNEXTLINE(cert-err34-c) */
    else if (sscanf(info->version, "OpenCL %u.%u", &major, &minor) != 2 ||
             (major == 1 && minor < 2) || major < 1)
        (void)snprintf(info->reason, sizeof info->reason,
                       "its driver speaks '%.60s', the kernels need OpenCL 1.2", info->version);
    else
        info->usable = is_possible(info);
}

dam_status dam__describe_device(cl_device_id device, dam_device_info *info)
{
    queries q = {.device = device, .status = DAM_OK, .error = CL_SUCCESS};
    char profile[64] = "";
    cl_bool available = CL_FALSE, compiler = CL_FALSE;
    cl_device_type type = 0;
    cl_ulong global = 0, largest = 0, local = 0;
    cl_device_fp_config doubles = 0;
    ASK_TEXT(&q, CL_DEVICE_NAME, info->name);
    ASK_TEXT(&q, CL_DEVICE_VENDOR, info->vendor);
    ASK_TEXT(&q, CL_DRIVER_VERSION, info->driver);
    ASK_TEXT(&q, CL_DEVICE_VERSION, info->version);
    ASK_TEXT(&q, CL_DEVICE_PROFILE, profile);
    ASK_VALUE(&q, CL_DEVICE_TYPE, &type);
    ASK_VALUE(&q, CL_DEVICE_AVAILABLE, &available);
    ASK_VALUE(&q, CL_DEVICE_COMPILER_AVAILABLE, &compiler);
    ASK_VALUE(&q, CL_DEVICE_GLOBAL_MEM_SIZE, &global);
    ASK_VALUE(&q, CL_DEVICE_MAX_MEM_ALLOC_SIZE, &largest);
    ASK_VALUE(&q, CL_DEVICE_LOCAL_MEM_SIZE, &local);
    ASK_VALUE(&q, CL_DEVICE_MAX_COMPUTE_UNITS, &info->compute_units);
    ASK_VALUE(&q, CL_DEVICE_MAX_CLOCK_FREQUENCY, &info->clock);
    ASK_VALUE(&q, CL_DEVICE_MAX_WORK_GROUP_SIZE, &info->largest_work_group);
    ASK_VALUE(&q, CL_DEVICE_NATIVE_VECTOR_WIDTH_FLOAT, &info->native_float_width);
    if (q.status != DAM_OK)
        return q.status;
    info->type = type_of(type);
    info->global_memory = global;
    info->largest_allocation = largest;
    info->local_memory = local;
    dam__check_usable(info, available == CL_TRUE, compiler == CL_TRUE, profile);
    if (q.error != CL_SUCCESS) {
        info->usable = false;
        (void)snprintf(info->reason, sizeof info->reason, "clGetDeviceInfo of %s failed: %s (%d)",
                       q.failed, dam__cl_error_name(q.error), (int)q.error);
        return DAM_OK;
    }
    /* Asked last and allowed to fail: a driver older than OpenCL 1.2 need not know it. */
    ASK_VALUE(&q, CL_DEVICE_DOUBLE_FP_CONFIG, &doubles);
    info->fp64 = q.error == CL_SUCCESS && doubles != 0;
    return DAM_OK;
}
