/*
 * Presets: all settings of a training, as text. `denseam help presets` lists the keys, as the man
 * page does.
 */
#ifndef DENSEAM_PRESET_H
#define DENSEAM_PRESET_H

#include <stddef.h>

#include "denseam/api.h"
#include "denseam/status.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dam_preset dam_preset;

/*
 * Loads a preset: a file if one of that path exists, else one that comes with the library
 * (dam_preset_name). DAM_USAGE names line, key and what is allowed; DAM_INPUT: a file that cannot
 * be read. Release with dam_preset_free.
 */
DAM_API dam_status dam_preset_load(const char *place, dam_preset **out);

/*
 * A preset from its text, such as "model { kind = energy  memories = 20 }". Its base, if it names
 * one, comes with the library; that of dam_preset_load's file may be a file.
 */
DAM_API dam_status dam_preset_parse(const char *text, dam_preset **out);

/* The preset of a run, with the values it was trained with. folder: as dam_run_open. */
DAM_API dam_status dam_preset_of_run(const char *folder, dam_preset **out);

DAM_API void dam_preset_free(dam_preset *preset);

/*
 * Sets a key: "model.memories" to "50", "seed" to "7". DAM_USAGE, and nothing is changed: no such
 * key (with the closest name), a value that it does not take, or a key that this kind of model does
 * not use, so set model.kind first. Blanks round a value, then a pair of quotes, are not part of
 * it. Combinations of values are checked when the preset is used.
 */
DAM_API dam_status dam_preset_set(dam_preset *preset, const char *key, const char *value);

/* *value of a key as it stands in a preset, texts without quotes; free(). DAM_USAGE: no such key.
 */
DAM_API dam_status dam_preset_get(const dam_preset *preset, const char *key, char **value);

/* *text: the resolved preset, every key that its kind of model uses; free(). It parses back. */
DAM_API dam_status dam_preset_text(const dam_preset *preset, char **text);

/* The name of preset `index` of those that come with the library, a static string; NULL beyond. */
DAM_API const char *dam_preset_name(size_t index);

#ifdef __cplusplus
}
#endif

#endif
