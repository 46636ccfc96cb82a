/* Files compiled into the library: OpenCL sources (cl/), presets (presets/), tuning files
 * (tuning/), the style and script of HTML pages (src/draw/page/, src/compare/page/), gnuplot's
 * templates (src/draw/plots/) and the papers' figures (src/paper/tables/). */
#ifndef DAM__BASE_EMBEDDED_H
#define DAM__BASE_EMBEDDED_H

#include <stddef.h>

#include "base/digest.h"

typedef struct dam__embedded {
    const char *name;           /* path below the embedded folder, without its ending */
    const unsigned char *bytes; /* NUL-terminated beyond length */
    size_t length;
} dam__embedded;

/* All end in an entry whose name is NULL. */
extern const dam__embedded dam__kernel_sources[];
extern const dam__embedded dam__preset_texts[];
extern const dam__embedded dam__page_files[];
extern const dam__embedded dam__plot_templates[];
extern const dam__embedded dam__tuning_texts[];
extern const dam__embedded dam__paper_tables[];

/* SHA-256 over the names and bytes of all files of a table, as 64 hexadecimal digits. */
dam_status dam__embedded_digest(const dam__embedded *table, char hex[DAM__DIGEST_HEX]);

/* The entry of that name in such a table, or NULL. */
const dam__embedded *dam__embedded_find(const dam__embedded *table, const char *name);

#endif
