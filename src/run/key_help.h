/* The preset keys in readable form, from the option table. */
#ifndef DAM__RUN_KEY_HELP_H
#define DAM__RUN_KEY_HELP_H

#include "base/text.h"

/*
 * Appends how a preset is written and every key with its default, type, range or choices, unit and
 * help: as lines of at most 80 columns, and as roff (man macros) for a section of the man page,
 * after its .SH line.
 */
void dam__presets_describe(dam__text *out);
void dam__presets_describe_roff(dam__text *out);

#endif
