#include "compute/diagnose.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

static int is_driver_file(const struct dirent *entry)
{
    return ends_with(entry->d_name, ".icd");
}

static int is_render_node(const struct dirent *entry)
{
    return strncmp(entry->d_name, "render", strlen("render")) == 0;
}

static void free_entries(struct dirent **entries, int count)
{
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
}

/* "libX.so.1 loads", or why it does not. */
static void describe_library(dam__text *text, const char *library)
{
    /* Kept open, as the OpenCL loader keeps it: some drivers crash when they are unloaded. */
    void *opened = dlopen(library, RTLD_LAZY | RTLD_LOCAL);
    if (opened != NULL) {
        bool driver = dlsym(opened, "clGetExtensionFunctionAddress") != NULL;
        dam__text_append(text, "%.200s loads%s", library,
                         driver ? ""
                                : ", but is no OpenCL driver (no clGetExtensionFunctionAddress)");
        return;
    }
    const char *reason = dlerror();
    /* The reason begins with the library's name, which would otherwise stand here twice. */
    dam__text_append(text, "%.300s", reason != NULL ? reason : library);
}

/* One .icd file: its first line names the driver's library. */
static void describe_driver_file(dam__text *text, const char *path)
{
    enum { LONGEST = 4096 };
    char *line = NULL;
    size_t length = 0;
    if (dam__file_read(path, LONGEST, &line, &length) != DAM_OK) {
        dam__text_append(text, "%s", dam_error());
        return;
    }
    line[strcspn(line, "\n")] = '\0';
    size_t end = strlen(line), name_end = strcspn(line, " \t\r");
    bool carriage = end > 0 && line[end - 1] == '\r';
    line[name_end] = '\0';
    const char *name = strrchr(path, '/');
    dam__text_append(text, "%s: ", name != NULL ? name + 1 : path);
    if (line[0] == '\0')
        dam__text_append(text, "its first line names no library");
    else if (name_end < end)
        /* The loader ends the name at the line's end alone. */
        dam__text_append(text,
                         "%.200s is not found by the OpenCL loader, for which the %s behind the "
                         "name is a part of it; remove it%s",
                         line, carriage ? "carriage return" : "blank",
                         carriage ? " (dos2unix)" : "");
    else
        describe_library(text, line);
    free(line);
}

static dam_status describe_driver_folder(dam__text *text, const char *folder)
{
    dam_status status = DAM_OK;
    struct dirent **entries = NULL;
    char *path = NULL;
    int count = scandir(folder, &entries, is_driver_file, alphasort);
    if (count < 0) {
        dam__text_append(text, "no driver is registered: %s: %s", folder, strerror(errno));
        return DAM_OK;
    }
    if (count == 0)
        dam__text_append(text, "no driver is registered: %s has no .icd file", folder);
    else
        dam__text_append(text, "drivers of %s: ", folder);
    for (int i = 0; i < count; i++) {
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, entries[i]->d_name));
        dam__text_append(text, "%s", i > 0 ? ", " : "");
        describe_driver_file(text, path);
        free(path);
        path = NULL;
    }
cleanup:
    free(path);
    free_entries(entries, count);
    return status;
}

/* The order of ocl-icd: see ENVIRONMENT in libOpenCL(7). */
dam_status dam__describe_drivers(dam__text *text)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    const char *chosen = getenv("OCL_ICD_VENDORS");
    const char *folder = getenv("OPENCL_VENDOR_PATH");
    if (folder == NULL || folder[0] == '\0')
        folder = "/etc/OpenCL/vendors";
    if (chosen == NULL || chosen[0] == '\0')
        return describe_driver_folder(text, folder);

    dam__text_append(text, "OCL_ICD_VENDORS=%.200s decides which drivers load: ", chosen);
    if (dam__folder_exists(chosen)) {
        DAM_TRY_CLEANUP(describe_driver_folder(text, chosen));
    } else if (ends_with(chosen, ".icd")) {
        if (strchr(chosen, '/') == NULL)
            DAM_TRY_CLEANUP(dam__path_join(&path, folder, chosen));
        bool registered = path != NULL && dam__file_exists(path);
        describe_driver_file(text, registered ? path : chosen);
    } else {
        describe_library(text, chosen);
    }
cleanup:
    free(path);
    return status;
}

dam_status dam__describe_render_nodes(dam__text *text, const char *folder)
{
    dam_status status = DAM_OK;
    struct dirent **entries = NULL;
    char *path = NULL;
    int count = scandir(folder, &entries, is_render_node, alphasort);
    if (count <= 0)
        dam__text_append(text,
                         "no GPU is visible (%s/render* does not exist: no GPU, no kernel "
                         "driver, or a container without it)",
                         folder);
    for (int i = 0; i < count; i++) {
        DAM_TRY_CLEANUP(dam__path_join(&path, folder, entries[i]->d_name));
        bool allowed = faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
        dam__text_append(text, "%s%s is %s", i > 0 ? ", " : "", path,
                         allowed ? "accessible"
                                 : "not accessible (join its group, often 'render')");
        free(path);
        path = NULL;
    }
cleanup:
    free(path);
    free_entries(entries, count);
    return status;
}

dam_status dam__fail_no_device(const dam__text *notes)
{
    static const char packages[] =
        "Debian packages: pocl-opencl-icd for any CPU, intel-opencl-icd for Intel, "
        "nvidia-opencl-icd for NVIDIA, mesa-opencl-icd (with RUSTICL_ENABLE=radeonsi) or ROCm's "
        "OpenCL driver for AMD";
    dam_status status = DAM_OK;
    dam__text drivers = {0}, nodes = {0};
    DAM_TRY_CLEANUP(dam__describe_drivers(&drivers));
    DAM_TRY_CLEANUP(dam__describe_render_nodes(&nodes, "/dev/dri"));
    const dam__text *const texts[] = {notes, &drivers, &nodes};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        DAM_TRY_CLEANUP(dam__text_status(texts[i]));
    /* The bounds leave space for the packages, which help most. */
    status = dam__fail(DAM_NO_DEVICE, "no OpenCL device: %.400s%s%.900s; %.300s; %s",
                       notes->length > 0 ? notes->data : "", notes->length > 0 ? "; " : "",
                       drivers.data, nodes.data, packages);
cleanup:
    dam__text_free(&drivers);
    dam__text_free(&nodes);
    return status;
}
