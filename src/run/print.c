#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "run/key_value.h"

void dam__experiment_print(const dam__experiment *experiment, dam__text *out)
{
    const char *section = "";
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (!dam__option_applies(o, experiment->model.kind))
            continue;
        if (strcmp(o->section, section) != 0) {
            dam__text_append(out, "%s\n%s {\n", section[0] == '\0' ? "" : "}\n", o->section);
            section = o->section;
        }
        dam__text_append(out, "%s%s = ", section[0] == '\0' ? "" : "    ", o->key);
        dam__option_print(o, experiment, out);
        dam__text_append(out, "\n");
    }
    if (section[0] != '\0')
        dam__text_append(out, "}\n");
}

dam_status dam__experiment_write(const dam__experiment *experiment, const char *folder)
{
    dam_status status = DAM_OK;
    dam__text preset = {0};
    char *path = NULL;
    DAM_TRY_CLEANUP(dam__path_join(&path, folder, "preset.conf"));
    dam__experiment_print(experiment, &preset);
    DAM_TRY_CLEANUP(dam__text_write(&preset, path));
cleanup:
    dam__text_free(&preset);
    free(path);
    return status;
}
