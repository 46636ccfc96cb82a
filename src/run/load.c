#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "run/key_value.h"

enum { MOST_SUGGESTED = 256 };

/* Also finds what "presets/mnist.conf" means where there is no such file. */
static const char *closest_preset(const char *preset)
{
    const char *names[MOST_SUGGESTED + 1];
    size_t count = 0;
    for (const dam__embedded *e = dam__preset_texts; e->name != NULL && count < MOST_SUGGESTED; e++)
        names[count++] = e->name;
    names[count] = NULL;
    const char *closest = dam__closest(preset, names);
    if (closest != NULL)
        return closest;
    char word[DAM__EXCERPT_BYTES];
    const char *slash = strrchr(preset, '/'), *base = slash == NULL ? preset : slash + 1;
    dam__excerpt(base, strlen(base), word);
    char *ending = strrchr(word, '.');
    if (ending != NULL)
        *ending = '\0';
    return dam__closest(word, names);
}

static dam_status no_such_preset(const char *preset)
{
    char shown[DAM__EXCERPT_BYTES];
    dam__excerpt(preset, strlen(preset), shown);
    const char *closest = closest_preset(preset);
    if (closest != NULL)
        return dam__fail(DAM_USAGE,
                         "'%s' is neither a file nor one of denseam's presets; did you mean '%s'?",
                         shown, closest);
    return dam__advise(
        DAM__ADVICE_PRESETS,
        dam__fail(DAM_USAGE, "'%s' is neither a file nor one of denseam's presets", shown));
}

/* Text with a NUL inside would be read only up to it. */
static dam_status check_nul(const char *name, const char *text, size_t length)
{
    const char *nul = memchr(text, '\0', length);
    if (nul == NULL)
        return DAM_OK;
    size_t line = 1;
    for (const char *at = text; at < nul; at++)
        line += *at == '\n';
    return dam__fail(DAM_USAGE,
                     "%s:%zu: a NUL byte; this is no text file, or not UTF-8: save it as UTF-8",
                     name, line);
}

dam_status dam__preset_find(const char *preset, char **text)
{
    dam_status status = DAM_OK;
    char *data = NULL;
    size_t length = 0;
    /* A folder may have the name of a preset; a pipe may be given as a file. */
    bool file = access(preset, F_OK) == 0 && !dam__folder_exists(preset);
    const dam__embedded *embedded = file ? NULL : dam__embedded_find(dam__preset_texts, preset);
    if (!file && embedded == NULL)
        DAM_TRY_CLEANUP(no_such_preset(preset));
    if (embedded != NULL)
        return dam__format(text, "%.*s", (int)embedded->length, (const char *)embedded->bytes);
    DAM_TRY_CLEANUP(dam__file_read(preset, DAM__PRESET_LIMIT, &data, &length));
    DAM_TRY_CLEANUP(check_nul(preset, data, length));
    *text = data;
    data = NULL;
cleanup:
    free(data);
    return status;
}

dam_status dam__experiment_load(const char *preset, const char *const *overrides,
                                size_t override_count, dam__experiment *out)
{
    char *text = NULL;
    dam_status status = dam__preset_find(preset, &text);
    if (status == DAM_OK)
        status = dam__experiment_parse(preset, text, overrides, override_count, out);
    free(text);
    return status;
}
