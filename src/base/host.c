#include "base/host.h"

#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

/* Without what would end or move a line, and without blanks at its ends. */
static void keep_line(const char *from, char out[DAM__HOST_TEXT])
{
    size_t length = 0;
    while (*from == ' ' || *from == '\t')
        from++;
    for (; *from != '\0' && *from != '\n' && length < DAM__HOST_TEXT - 1; from++)
        out[length++] = *from >= ' ' && *from <= '~' ? *from : '?';
    while (length > 0 && out[length - 1] == ' ')
        length--;
    out[length] = '\0';
}

/* What stands behind the colon of the first line of that name. */
static void read_named(const char *path, const char *name, char out[DAM__HOST_TEXT])
{
    char line[512];
    FILE *file = fopen(path, "re");
    while (file != NULL && out[0] == '\0' && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (colon != NULL && strncmp(line, name, strlen(name)) == 0)
            keep_line(colon + 1, out);
    }
    if (file != NULL)
        (void)fclose(file);
}

static void read_first(const char *path, char out[DAM__HOST_TEXT])
{
    char line[DAM__HOST_TEXT];
    FILE *file = fopen(path, "re");
    if (file != NULL && fgets(line, sizeof line, file) != NULL)
        keep_line(line, out);
    if (file != NULL)
        (void)fclose(file);
}

void dam__host_describe(dam__host *out)
{
    struct utsname system;
    *out = (dam__host){0};
    if (uname(&system) == 0) {
        keep_line(system.sysname, out->system);
        keep_line(system.machine, out->machine);
        keep_line(system.release, out->kernel);
    }
    read_named("/proc/cpuinfo", "model name", out->cpu);
    if (out->cpu[0] == '\0') /* some ARM boards say what they are here alone */
        read_first("/proc/device-tree/model", out->cpu);
    read_first("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor", out->governor);
    long cores = sysconf(_SC_NPROCESSORS_ONLN), pages = sysconf(_SC_PHYS_PAGES);
    long page = sysconf(_SC_PAGE_SIZE);
    out->cores = cores > 0 ? cores : 0;
    out->memory = pages > 0 && page > 0 ? (int64_t)pages * page : 0;
}
