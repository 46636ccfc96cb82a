#include "command/out_folder.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

void run_folder_release(run_folder *folder)
{
    free(folder->path);
    if (folder->lock >= 0)
        (void)close(folder->lock);
    *folder = (run_folder){.lock = -1};
}

/* What one kind of folder is told apart by and holds. */
static const struct {
    const char *file, *noun, *command, *suffix;
    const char *written[4]; /* what a process that was killed while it wrote may leave a part of */
} kinds[] = {
    [RUN_FOLDER] = {"run.h5", "run", "train", "", {"run.h5", "metrics.jsonl", "preset.conf", NULL}},
    [SWEEP_FOLDER] =
        {"sweep.h5", "sweep", "sweep", "-sweep", {"sweep.h5", "sweep.csv", "preset.conf", NULL}},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

static dam_status check_empty(const char *folder)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    for (size_t i = 0; i < KINDS; i++) {
        DAM_TRY(dam__path_join(&file, folder, kinds[i].file));
        if (dam__file_exists(file))
            DAM_FAIL(DAM_USAGE,
                     "'%s' holds a %s already; go on with it by 'denseam %s %s --resume', or "
                     "choose another --out",
                     folder, kinds[i].noun, kinds[i].command, folder);
        free(file);
        file = NULL;
    }
cleanup:
    free(file);
    return status;
}

dam_status run_folder_check(const arguments *args, folder_kind kind)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    const char *preset = args->operands.items[0];
    if (args->out == NULL)
        goto cleanup;
    if (args->resume)
        DAM_FAIL(DAM_USAGE, "--resume goes on in the %s's own folder; leave out --out",
                 kinds[kind].noun);
    if (args->out[0] == '\0')
        DAM_FAIL(DAM_USAGE, "--out wants the name of a folder, not ''");
    DAM_TRY(check_empty(args->out));
    DAM_TRY(dam__path_join(&file, args->out, "preset.conf"));
    if (dam__same_file(file, preset))
        DAM_FAIL(DAM_USAGE,
                 "the %s would write its resolved preset over '%s'; choose another --out",
                 kinds[kind].noun, preset);
cleanup:
    free(file);
    return status;
}

/* What a process that was killed while it wrote has left. */
static dam_status tidy(const char *folder, folder_kind kind)
{
    for (size_t i = 0; kinds[kind].written[i] != NULL; i++) {
        char *file = NULL;
        dam_status status = dam__path_join(&file, folder, kinds[kind].written[i]);
        if (status != DAM_OK)
            return status;
        dam__temporary_sweep(file);
        free(file);
    }
    return DAM_OK;
}

/* Takes over path. */
static dam_status claim(char *path, folder_kind kind, bool resume, run_folder *out)
{
    dam_status status = DAM_OK;
    run_folder_release(out);
    out->path = path;
    DAM_TRY(dam__make_folders(path));
    DAM_TRY(dam__folder_lock(path, &out->lock));
    DAM_TRY(tidy(path, kind));
    /* Only now no one else can put one there. */
    if (!resume)
        DAM_TRY(check_empty(path));
cleanup:
    return status;
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

static dam_status claim_free(const char *preset, folder_kind kind, run_folder *out)
{
    dam_status status = DAM_OK;
    char *name = NULL, *path = NULL;
    DAM_TRY(base_name(preset, &name));
    status = DAM_USAGE;
    for (int i = 1; status == DAM_USAGE; i++) {
        const char *suffix = kinds[kind].suffix;
        DAM_TRY(i == 1 ? dam__format(&path, "runs/%s%s", name, suffix)
                       : dam__format(&path, "runs/%s%s-%d", name, suffix, i));
        status = claim(path, kind, false, out);
    }
cleanup:
    free(name);
    return status;
}

dam_status run_folder_claim(const arguments *args, folder_kind kind, const char *resumed,
                            run_folder *out)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    if (!args->resume && args->out == NULL)
        return claim_free(args->operands.items[0], kind, out);
    DAM_TRY(dam__format(&path, "%s", args->resume ? resumed : args->out));
    DAM_TRY(claim(path, kind, args->resume, out));
cleanup:
    return status;
}
