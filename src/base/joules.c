#include "base/joules.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"

static const char POWERCAP[] = "/sys/class/powercap";

/* The whole number in such a small file; false where there is none. */
static bool read_number(const char *folder, int package, const char *name, uint64_t *out)
{
    enum { LARGEST = 64 };
    char *path = NULL, *text = NULL, *end = NULL;
    size_t length = 0;
    bool found = false;
    if (dam__format(&path, "%s/intel-rapl:%d/%s", folder, package, name) == DAM_OK &&
        dam__file_read(path, LARGEST, &text, &length) == DAM_OK && text[0] >= '0' &&
        text[0] <= '9') {
        errno = 0;
        *out = strtoumax(text, &end, 10);
        found = errno == 0 && (*end == '\n' || *end == '\0');
    }
    free(path);
    free(text);
    return found;
}

dam__joules dam__joules_read(const char *folder)
{
    dam__joules look = {0};
    folder = folder != NULL ? folder : POWERCAP;
    while (look.count < DAM__JOULES_DOMAINS &&
           read_number(folder, look.count, "energy_uj", &look.microjoules[look.count])) {
        if (!read_number(folder, look.count, "max_energy_range_uj", &look.wraps[look.count]))
            look.wraps[look.count] = 0;
        look.count++;
    }
    return look;
}

double dam__joules_between(const dam__joules *before, const dam__joules *after)
{
    double sum = 0;
    if (before->count == 0 || before->count != after->count)
        return NAN;
    for (int i = 0; i < before->count; i++) {
        uint64_t from = before->microjoules[i], to = after->microjoules[i];
        if (to < from && after->wraps[i] < from)
            return NAN;
        sum += 1e-6 * (double)(to >= from ? to - from : after->wraps[i] - from + to);
    }
    return sum;
}
