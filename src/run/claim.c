#include "run/claim.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/notice.h"
#include "base/temporary.h"

/* The file that one kind of folder is told apart by. */
static const struct {
    const char *file, *noun;
} kinds[] = {
    [DAM__RUN_FOLDER] = {"run.h5", "run"},
    [DAM__SWEEP_FOLDER] = {"sweep.h5", "sweep"},
};
enum { KINDS = sizeof kinds / sizeof *kinds };

dam_status dam__folder_check_unused(const char *folder, dam__folder_kind *found)
{
    for (int i = 0; i < KINDS; i++) {
        char *file = NULL;
        DAM_TRY(dam__path_join(&file, folder, kinds[i].file));
        bool holds = dam__file_exists(file);
        free(file);
        if (!holds)
            continue;
        *found = (dam__folder_kind)i;
        return dam__advise(
            DAM__ADVICE_RESUME,
            dam__fail(DAM_USAGE, "'%s' holds a %s already; go on with it, or choose another folder",
                      folder, kinds[i].noun));
    }
    return DAM_OK;
}

/* What stands elsewhere is replaced there, which whoever made the link may not have meant. */
static dam_status tell_of_links(const char *folder, const dam_log *log)
{
    for (int i = 0; i < KINDS; i++) {
        char *file = NULL;
        DAM_TRY(dam__path_join(&file, folder, kinds[i].file));
        struct stat info;
        char *place =
            lstat(file, &info) == 0 && S_ISLNK(info.st_mode) ? realpath(file, NULL) : NULL;
        if (place != NULL)
            dam__info(log, "'%s' is a link: what it leads to, '%s', will be replaced", file, place);
        free(place);
        free(file);
    }
    return DAM_OK;
}

/* What only who has the folder writes there. */
static const char *const own[] = {"run.h5",   "metrics.jsonl", "preset.conf",
                                  "sweep.h5", "sweep.csv",     NULL};

dam_status dam__folder_claim(const char *folder, bool resume, const dam_log *log, dam__lock *lock)
{
    dam_status status = DAM_OK;
    *lock = DAM__UNLOCKED;
    DAM_TRY_CLEANUP(dam__make_folders(folder));
    DAM_TRY_CLEANUP(dam__lock_folder(folder, log, lock));
    dam__temporary_sweep(folder, own);
    /* Only now no one else can put one there. */
    if (!resume)
        DAM_TRY_CLEANUP(dam__folder_check_unused(folder, &(dam__folder_kind){0}));
    DAM_TRY_CLEANUP(tell_of_links(folder, log));
cleanup:
    if (status != DAM_OK)
        dam__unlock(lock);
    return status;
}
