#include "command/out_folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"

void out_folder_release(out_folder *folder)
{
    free(folder->path);
    dam__unlock(&folder->lock);
    *folder = OUT_FOLDER_NONE;
}

/* How the tool names each kind. */
static const struct {
    const char *noun, *command, *suffix;
} kinds[] = {
    [DAM__RUN_FOLDER] = {"run", "train", ""},
    [DAM__SWEEP_FOLDER] = {"sweep", "sweep", "-sweep"},
};

dam_status out_folder_check(const arguments *args, dam__folder_kind kind)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    dam__folder_kind found = kind;
    const char *preset = args->operands.items[0];
    if (args->out == NULL)
        goto cleanup;
    if (args->resume)
        DAM_FAIL(DAM_USAGE, "--resume goes on in the %s's own folder; leave out --out",
                 kinds[kind].noun);
    if (args->out[0] == '\0')
        DAM_FAIL(DAM_USAGE, "--out wants the name of a folder, not ''");
    status = dam__folder_check_unused(args->out, &found);
    if (status == DAM_USAGE)
        DAM_FAIL(DAM_USAGE,
                 "'%s' holds a %s already; go on with it by 'denseam %s %s --resume', or choose "
                 "another --out",
                 args->out, kinds[found].noun, kinds[found].command, args->out);
    DAM_TRY_CLEANUP(status);
    DAM_TRY_CLEANUP(dam__path_join(&file, args->out, "preset.conf"));
    if (dam__same_file(file, preset))
        DAM_FAIL(DAM_USAGE,
                 "the %s would write its resolved preset over '%s'; choose another --out",
                 kinds[kind].noun, preset);
cleanup:
    free(file);
    return status;
}

/* Takes over path. */
static dam_status claim(char *path, bool resume, const dam_log *log, out_folder *out)
{
    out_folder_release(out);
    out->path = path;
    return dam__folder_claim(path, resume, log, &out->lock);
}

/* "mnist" of "presets/mnist.conf" or "mnist". */
static dam_status base_name(const char *preset, char **out)
{
    const char *slash = strrchr(preset, '/');
    const char *name = slash != NULL ? slash + 1 : preset;
    const char *dot = strrchr(name, '.');
    size_t length = dot != NULL && dot > name ? (size_t)(dot - name) : strlen(name);
    return dam__format(out, "%.*s", (int)length, name);
}

static dam_status claim_free(const char *preset, dam__folder_kind kind, const dam_log *log,
                             out_folder *out)
{
    dam_status status = DAM_OK;
    char *name = NULL, *path = NULL;
    DAM_TRY_CLEANUP(base_name(preset, &name));
    status = DAM_USAGE;
    for (int i = 1; status == DAM_USAGE; i++) {
        const char *suffix = kinds[kind].suffix;
        DAM_TRY_CLEANUP(i == 1 ? dam__format(&path, "runs/%s%s", name, suffix)
                               : dam__format(&path, "runs/%s%s-%d", name, suffix, i));
        status = claim(path, false, log, out);
    }
cleanup:
    free(name);
    return status;
}

dam_status out_folder_claim(const arguments *args, dam__folder_kind kind, const char *resumed,
                            const dam_log *log, out_folder *out)
{
    char *path = NULL;
    if (!args->resume && args->out == NULL)
        return claim_free(args->operands.items[0], kind, log, out);
    DAM_TRY(dam__format(&path, "%s", args->resume ? resumed : args->out));
    return claim(path, args->resume, log, out);
}
