/* Finding a preset and its bases: a file or one compiled into the library. */
#ifndef DAM__RUN_LOAD_H
#define DAM__RUN_LOAD_H

#include "run/parse.h"

enum { DAM__MOST_BASES = 8 };

/* One text: the preset's own or a base's. */
typedef struct dam__preset_part {
    char *name, *text; /* a path or a built-in name, as messages have it */
    bool file;         /* so that its base may be a file beside it */
    dam__assignments keys;
} dam__preset_part;

/* A preset whose texts are parsed. Zero-initialise. */
typedef struct dam__preset {
    dam__preset_part *parts; /* each followed by its base */
    size_t count;
} dam__preset;

/*
 * A file if one of that path exists, else a preset compiled into the library ("mnist",
 * "bench/vmf-step"). DAM_USAGE where there is neither (with the closest name), for a chain of bases
 * that is too long or a circle, and for what dam__preset_parse refuses.
 */
dam_status dam__preset_open(const char *place, dam__preset *out);

/* The same of a text, whose bases are all compiled in. */
dam_status dam__preset_of_text(const char *name, const char *text, dam__preset *out);

void dam__preset_free(dam__preset *preset);

/*
 * Reads the values of the last base first, each text over those before, then the overrides.
 * DAM_USAGE as for dam__experiment_parse, but values may contradict each other.
 */
dam_status dam__experiment_read(const dam__preset *preset, const char *const *overrides,
                                size_t override_count, dam__experiment *out);

#endif
