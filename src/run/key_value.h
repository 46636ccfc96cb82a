/* One preset key at a time: finding it in the table, reading, checking and printing its value. */
#ifndef DAM__RUN_KEY_VALUE_H
#define DAM__RUN_KEY_VALUE_H

#include "run/experiment.h"

enum {
    DAM__MAX_OPTIONS = 128, /* entries of dam__options, its end included */
    DAM__EXCERPT_BYTES = 72,
    DAM__PRESET_LIMIT = 1 << 20 /* bytes of a preset */
};

/* The entry of a key, or NULL; section is "" for the top level. */
const dam__option *dam__option_find(const char *section, const char *key);

/* The first entry of a section, or NULL; sections stand together in the table. */
const dam__option *dam__option_section(const char *section);

/* The default of a key for a kind of model, as it would stand in a preset. */
const char *dam__option_default(const dam__option *option, int kind);

/* Whether models of that kind use the key. */
bool dam__option_applies(const dam__option *option, int kind);

/* DAM_USAGE: says which kind of model has the key. */
dam_status dam__option_foreign(const dam__option *option, int kind);

/* "model.memories", or "seed" at the top level; a part of it where it does not fit. */
void dam__option_name(const char *section, const char *key, char out[DAM__EXCERPT_BYTES]);

/* DAM_USAGE: says that there is no such key (or section) and suggests the closest one. */
dam_status dam__option_unknown(const char *section, const char *key);
dam_status dam__option_unknown_section(const char *section);

/*
 * The option that the left side of "section.key = ..." names, blanks round it dropped. DAM_USAGE
 * with the closest name.
 */
dam_status dam__option_target(const char *start, size_t length, const dam__option **out);

/*
 * Reads one value and stores it in its field. DAM_USAGE names key, value and what is allowed: wrong
 * type, out of range, no such choice, a text that does not fit, or holds a control character, or is
 * not UTF-8.
 */
dam_status dam__option_read(const dam__option *option, const char *value, dam__experiment *out);

/* Appends the value as it stands in a preset (texts quoted). */
void dam__option_print(const dam__option *option, const dam__experiment *experiment,
                       dam__text *out);

/* Whether two experiments differ in a key; values: as both stand in a preset, to be freed. */
dam_status dam__option_differs(const dam__option *option, const dam__experiment *a,
                               const dam__experiment *b, dam__text values[2], bool *differs);

/* Appends what is allowed: "at least 1, at most 10", "one of a, b", "at most 255 bytes". */
void dam__option_allowed(const dam__option *option, dam__text *out);

/* The first bytes of foreign text, on one line, with '?' for control characters. */
void dam__excerpt(const char *text, size_t length, char out[DAM__EXCERPT_BYTES]);

#endif
