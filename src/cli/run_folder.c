#include "cli/run_folder.h"

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

static dam_status check_empty(const char *folder)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    DAM_TRY(dam__path_join(&file, folder, "run.h5"));
    if (dam__file_exists(file))
        DAM_FAIL(
            DAM_USAGE,
            "'%s' holds a run already; go on with it by 'denseam train %s --resume', or choose "
            "another --out",
            folder, folder);
cleanup:
    free(file);
    return status;
}

dam_status run_folder_check(const arguments *args)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    const char *preset = args->operands.items[0];
    if (args->out == NULL)
        goto cleanup;
    if (args->resume)
        DAM_FAIL(DAM_USAGE, "--resume goes on in the run's own folder; leave out --out");
    if (args->out[0] == '\0')
        DAM_FAIL(DAM_USAGE, "--out wants the name of a folder, not ''");
    DAM_TRY(check_empty(args->out));
    DAM_TRY(dam__path_join(&file, args->out, "preset.conf"));
    if (dam__same_file(file, preset))
        DAM_FAIL(DAM_USAGE,
                 "the run would write its resolved preset over '%s'; choose another --out", preset);
cleanup:
    free(file);
    return status;
}

/* What a training that was killed while it wrote has left. */
static dam_status sweep(const char *folder)
{
    static const char *const names[] = {"run.h5", "metrics.jsonl", "preset.conf"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char *file = NULL;
        dam_status status = dam__path_join(&file, folder, names[i]);
        if (status != DAM_OK)
            return status;
        dam__temporary_sweep(file);
        free(file);
    }
    return DAM_OK;
}

/* Takes over path. */
static dam_status claim(char *path, bool resume, run_folder *out)
{
    dam_status status = DAM_OK;
    run_folder_release(out);
    out->path = path;
    DAM_TRY(dam__make_folders(path));
    DAM_TRY(dam__folder_lock(path, &out->lock));
    DAM_TRY(sweep(path));
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

static dam_status claim_free(const char *preset, run_folder *out)
{
    dam_status status = DAM_OK;
    char *name = NULL, *path = NULL;
    DAM_TRY(base_name(preset, &name));
    status = DAM_USAGE;
    for (int i = 1; status == DAM_USAGE; i++) {
        DAM_TRY(i == 1 ? dam__format(&path, "runs/%s", name)
                       : dam__format(&path, "runs/%s-%d", name, i));
        status = claim(path, false, out);
    }
cleanup:
    free(name);
    return status;
}

dam_status run_folder_claim(const arguments *args, const char *resumed, run_folder *out)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    if (!args->resume && args->out == NULL)
        return claim_free(args->operands.items[0], out);
    DAM_TRY(dam__format(&path, "%s", args->resume ? resumed : args->out));
    DAM_TRY(claim(path, args->resume, out));
cleanup:
    return status;
}
