#include <string.h>

#include "run/option.h"

dam_status dam__experiment_print(const dam__experiment *experiment, dam__text *out)
{
    dam_status status = DAM_OK;
    const char *section = "";
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        if (!dam__option_applies(o, experiment->model.kind))
            continue;
        if (strcmp(o->section, section) != 0) {
            DAM_TRY(
                dam__text_append(out, "%s\n%s {\n", section[0] == '\0' ? "" : "}\n", o->section));
            section = o->section;
        }
        DAM_TRY(dam__text_append(out, "%s%s = ", section[0] == '\0' ? "" : "    ", o->key));
        DAM_TRY(dam__option_print(o, experiment, out));
        DAM_TRY(dam__text_append(out, "\n"));
    }
    if (section[0] != '\0')
        DAM_TRY(dam__text_append(out, "}\n"));
cleanup:
    return status;
}
