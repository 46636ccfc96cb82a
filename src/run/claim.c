#include "run/claim.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"

/* What one kind of folder is told apart by and holds. */
static const struct {
    const char *file, *noun;
    const char *written[4]; /* what a process that was killed while it wrote may leave a part of */
} kinds[] = {
    [DAM__RUN_FOLDER] = {"run.h5", "run", {"run.h5", "metrics.jsonl", "preset.conf", NULL}},
    [DAM__SWEEP_FOLDER] = {"sweep.h5", "sweep", {"sweep.h5", "sweep.csv", "preset.conf", NULL}},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

dam_status dam__folder_check_empty(const char *folder, dam__folder_kind *found)
{
    for (int i = 0; i < KINDS; i++) {
        char *file = NULL;
        DAM_TRY(dam__path_join(&file, folder, kinds[i].file));
        bool holds = dam__file_exists(file);
        free(file);
        *found = (dam__folder_kind)i;
        if (holds)
            return dam__advise(
                DAM__ADVICE_RESUME,
                dam__fail(DAM_USAGE,
                          "'%s' holds a %s already; go on with it, or choose another folder",
                          folder, kinds[i].noun));
    }
    return DAM_OK;
}

/* What a process that was killed while it wrote has left. */
static dam_status tidy(const char *folder, dam__folder_kind kind)
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

dam_status dam__folder_claim(const char *folder, dam__folder_kind kind, bool resume, int *lock)
{
    dam_status status = DAM_OK;
    *lock = -1;
    DAM_TRY_CLEANUP(dam__make_folders(folder));
    DAM_TRY_CLEANUP(dam__folder_lock(folder, lock));
    DAM_TRY_CLEANUP(tidy(folder, kind));
    /* Only now no one else can put one there. */
    if (!resume)
        DAM_TRY_CLEANUP(dam__folder_check_empty(folder, &(dam__folder_kind){0}));
cleanup:
    if (status != DAM_OK && *lock >= 0) {
        (void)close(*lock);
        *lock = -1;
    }
    return status;
}
