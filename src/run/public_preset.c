/* The public interface of presets: include/denseam/preset.h. */
#include "denseam/preset.h"

#include <stdlib.h>
#include <string.h>

#include "base/embedded.h"
#include "base/memory.h"
#include "run/key_value.h"
#include "run/public_handles.h"

void dam_preset_free(dam_preset *preset)
{
    if (preset == NULL)
        return;
    for (size_t i = 0; i < preset->change_count; i++)
        free(preset->changes[i]);
    free(preset->changes);
    dam__preset_free(&preset->texts);
    free(preset);
}

/* Of a text, or where that is NULL of the preset called `name`. */
static dam_status create(const char *name, const char *text, dam_preset **out)
{
    dam_status status = DAM_OK;
    dam_preset *preset = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *preset, &preset));
    DAM_TRY_CLEANUP(text == NULL ? dam__preset_open(name, &preset->texts)
                                 : dam__preset_of_text(name, text, &preset->texts));
    DAM_TRY_CLEANUP(dam__experiment_read(&preset->texts, NULL, 0, &preset->experiment));
    *out = preset;
    preset = NULL;
cleanup:
    dam_preset_free(preset);
    return status;
}

dam_status dam_preset_load(const char *place, dam_preset **out)
{
    return place == NULL ? dam__fail(DAM_USAGE, "no preset is given") : create(place, NULL, out);
}

dam_status dam_preset_parse(const char *text, dam_preset **out)
{
    return text == NULL ? dam__fail(DAM_USAGE, "no text of a preset is given")
                        : create("preset", text, out);
}

dam_status dam_preset_of_run(const char *folder, dam_preset **out)
{
    dam_status status = DAM_OK;
    dam__run run = {0};
    dam__text text = {0};
    if (folder == NULL)
        DAM_FAIL(DAM_USAGE, "no run is given");
    DAM_TRY_CLEANUP(dam__run_open(folder, NULL, 0, &run));
    dam__experiment_print(&run.experiment, &text);
    DAM_TRY_CLEANUP(dam__text_status(&text));
    status = create(run.file, text.data, out);
cleanup:
    dam__text_free(&text);
    dam__run_free(&run);
    return status;
}

dam_status dam_preset_set(dam_preset *preset, const char *key, const char *value)
{
    dam__experiment changed;
    if (preset == NULL || key == NULL || value == NULL)
        return dam__fail(DAM_USAGE, "a key is set by preset, key and value; one of them is NULL");
    DAM_TRY(dam__grow(&preset->changes, preset->change_count + 1, sizeof *preset->changes));
    char **change = &preset->changes[preset->change_count];
    DAM_TRY(dam__format(change, "%s=%s", key, value));
    dam_status status = dam__experiment_read(&preset->texts, (const char *const *)preset->changes,
                                             preset->change_count + 1, &changed);
    if (status != DAM_OK) {
        free(*change);
        return status;
    }
    preset->change_count++;
    preset->experiment = changed;
    return DAM_OK;
}

dam_status dam_preset_get(const dam_preset *preset, const char *key, char **value)
{
    const dam__option *option = NULL;
    dam__text text = {0};
    if (preset == NULL || key == NULL)
        return dam__fail(DAM_USAGE, "a value is asked for by preset and key; one of them is NULL");
    DAM_TRY(dam__option_target(key, strlen(key), &option));
    if (option->type == DAM__OPTION_TEXT)
        return dam__format(value, "%s", (const char *)&preset->experiment + option->offset);
    if (option->type == DAM__OPTION_CHOICE) {
        int choice = 0;
        memcpy(&choice, (const char *)&preset->experiment + option->offset, sizeof choice);
        return dam__format(value, "%s", option->choices[choice]);
    }
    dam__option_print(option, &preset->experiment, &text);
    return dam__text_take(&text, value);
}

dam_status dam_preset_text(const dam_preset *preset, char **text)
{
    dam__text printed = {0};
    if (preset == NULL)
        return dam__fail(DAM_USAGE, "no preset is given");
    dam__experiment_print(&preset->experiment, &printed);
    return dam__text_take(&printed, text);
}

const char *dam_preset_name(size_t index)
{
    for (const dam__embedded *e = dam__preset_texts; e->name != NULL; e++)
        if (index-- == 0)
            return e->name;
    return NULL;
}
