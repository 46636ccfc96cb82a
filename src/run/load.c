#include "run/load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/memory.h"

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

/* is: "is neither a file nor", which precedes "one of denseam's presets". */
static dam_status no_such_preset(const char *preset, const char *is)
{
    char shown[DAM__EXCERPT_BYTES];
    dam__excerpt(preset, strlen(preset), shown);
    const char *closest = closest_preset(preset);
    if (closest != NULL)
        return dam__fail(DAM_USAGE, "'%s' %s one of denseam's presets; did you mean '%s'?", shown,
                         is, closest);
    return dam__advise(DAM__ADVICE_PRESETS,
                       dam__fail(DAM_USAGE, "'%s' %s one of denseam's presets", shown, is));
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

/* A folder may have the name of a preset; a pipe may be given as a file. */
static bool is_file(const char *path)
{
    return access(path, F_OK) == 0 && !dam__folder_exists(path);
}

/* *text of a file or of a preset that is built in; free(). */
static dam_status read_text(const char *place, bool file, const char *is, char **text)
{
    size_t length = 0;
    if (file) {
        DAM_TRY(dam__file_read(place, DAM__PRESET_LIMIT, text, &length));
        return check_nul(place, *text, length);
    }
    const dam__embedded *found = dam__embedded_find(dam__preset_texts, place);
    return found == NULL ? no_such_preset(place, is)
                         : dam__format(text, "%s", (const char *)found->bytes);
}

/* Adds a text to the preset, which takes it over and sets *text = NULL. */
static dam_status add_part(dam__preset *preset, const char *name, char **text, bool file)
{
    DAM_TRY(dam__grow(&preset->parts, preset->count + 1, sizeof *preset->parts));
    dam__preset_part *part = &preset->parts[preset->count];
    DAM_TRY(dam__format(&part->name, "%s", name));
    part->file = file;
    part->text = *text;
    *text = NULL;
    preset->count++;
    return dam__preset_parse(part->name, part->text, &part->keys);
}

/* DAM_USAGE where the preset has this text already, or as many bases as it may. */
static dam_status check_chain(const dam__preset *preset, const char *place, bool file)
{
    dam_status status = DAM_OK;
    dam__text circle = {0};
    const dam__preset_part *part = preset->parts, *end = part + preset->count;
    if (preset->count > DAM__MOST_BASES)
        DAM_FAIL(DAM_USAGE, "'%s' would be base %zu of '%s'; at most %d stand behind one another",
                 place, preset->count, part->name, DAM__MOST_BASES);
    while (part < end && (part->file != file || (file ? !dam__same_file(part->name, place)
                                                      : strcmp(part->name, place) != 0)))
        part++;
    if (part == end)
        return DAM_OK;
    for (; part < end; part++)
        dam__text_append(&circle, " %s:%zu", part->name, part->keys.base.line);
    DAM_TRY_CLEANUP(dam__text_status(&circle));
    DAM_FAIL(DAM_USAGE, "'%s' closes a circle of bases:%s; take one of them out", place,
             circle.data);
cleanup:
    dam__text_free(&circle);
    return status;
}

/* Adds the base that the last part names: beside it where both are files, else built in. */
static dam_status add_base(dam__preset *preset)
{
    dam_status status = DAM_OK;
    const dam__preset_part *from = &preset->parts[preset->count - 1];
    char base[DAM__LONGEST_VALUE + 1], *beside = NULL, *text = NULL;
    const char *slash = strrchr(from->name, '/');
    dam__token_value(&from->keys.base, base);
    int folder = slash == NULL || base[0] == '/' ? 0 : (int)(slash + 1 - from->name);
    DAM_TRY_CLEANUP(dam__format(&beside, "%.*s%s", folder, from->name, base));
    bool file = from->file && is_file(beside);
    const char *place = file ? beside : base;
    status = check_chain(preset, place, file);
    if (status == DAM_OK)
        status = read_text(place, file,
                           from->file ? "is neither a file beside this one nor" : "is not", &text);
    if (status == DAM_OK)
        status = add_part(preset, place, &text, file);
    else
        status = dam__fail_within(status, "%s:%zu: base", from->name, from->keys.base.line);
cleanup:
    free(text);
    free(beside);
    return status;
}

/* A preset of its first text, taken over also where it fails, and of its bases. */
static dam_status complete(const char *name, char *text, bool file, dam__preset *out)
{
    dam__preset preset = {0};
    dam_status status = add_part(&preset, name, &text, file);
    while (status == DAM_OK && preset.parts[preset.count - 1].keys.base.kind != DAM__TOKEN_END)
        status = add_base(&preset);
    free(text);
    if (status == DAM_OK)
        *out = preset;
    else
        dam__preset_free(&preset);
    return status;
}

dam_status dam__preset_open(const char *place, dam__preset *out)
{
    char *text = NULL;
    bool file = is_file(place);
    dam_status status = read_text(place, file, "is neither a file nor", &text);
    if (status == DAM_OK)
        return complete(place, text, file, out);
    free(text);
    return status;
}

dam_status dam__preset_of_text(const char *name, const char *text, dam__preset *out)
{
    char *copy = NULL;
    if (strlen(text) > DAM__PRESET_LIMIT)
        return dam__fail(DAM_USAGE, "%s: a preset has at most %d bytes", name, DAM__PRESET_LIMIT);
    DAM_TRY(dam__format(&copy, "%s", text));
    return complete(name, copy, false, out);
}

void dam__preset_free(dam__preset *preset)
{
    for (size_t i = 0; i < preset->count; i++) {
        free(preset->parts[i].name);
        free(preset->parts[i].text);
    }
    free(preset->parts);
    *preset = (dam__preset){0};
}
