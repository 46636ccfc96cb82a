/* Files compiled into the library: OpenCL sources (cl/), presets (presets/), tuning files
 * (tuning/). */
#ifndef DAM__BASE_EMBEDDED_H
#define DAM__BASE_EMBEDDED_H

#include <stddef.h>

typedef struct dam__embedded {
    const char *name;           /* path below the embedded folder, without its ending */
    const unsigned char *bytes; /* NUL-terminated beyond length */
    size_t length;
} dam__embedded;

/* All end in an entry whose name is NULL. */
extern const dam__embedded dam__kernel_sources[];
extern const dam__embedded dam__preset_texts[];
extern const dam__embedded dam__tuning_texts[];

/* The entry of that name in such a table, or NULL. */
const dam__embedded *dam__embedded_find(const dam__embedded *table, const char *name);

#endif
