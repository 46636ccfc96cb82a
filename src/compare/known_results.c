#include "compare/known_results.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/process.h"
#include "base/text.h"

void dam__known_results_free(dam__known_results *known)
{
    for (size_t i = 0; i < known->count; i++)
        free(known->paths[i]);
    free(known->paths);
    free(known->folder);
    *known = (dam__known_results){0};
}

/* Beside the program as it is installed, or in the source tree of a build folder. */
static dam_status find_folder(char **out)
{
    static const struct {
        const char *mark, *folder; /* the folder counts where the mark is beside the program */
    } places[] = {{"../share/denseam", "../share/denseam/results"},
                  {"CMakeCache.txt", "../../results"}};
    dam_status status = DAM_OK;
    char *program = NULL, *mark = NULL, *folder = NULL;
    DAM_TRY_CLEANUP(dam__process_self("DENSEAM_COMPARE_PROGRAM", &program));
    char *whole = realpath(program, NULL); /* it is a link of /proc's */
    if (whole != NULL) {
        free(program);
        program = whole;
    }
    char *slash = strrchr(program, '/');
    if (slash == NULL)
        goto cleanup;
    *slash = '\0';
    for (size_t i = 0; i < sizeof places / sizeof *places && *out == NULL; i++) {
        DAM_TRY_CLEANUP(dam__path_join(&mark, program, places[i].mark));
        DAM_TRY_CLEANUP(dam__path_join(&folder, program, places[i].folder));
        if ((dam__file_exists(mark) || dam__folder_exists(mark)) && dam__folder_exists(folder)) {
            *out = folder;
            folder = NULL;
        }
        free(mark);
        free(folder);
        mark = folder = NULL;
    }
cleanup:
    free(program);
    free(mark);
    free(folder);
    return status;
}

static int is_result(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);
    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".json") == 0;
}

static dam_status list_files(dam__known_results *known)
{
    dam_status status = DAM_OK;
    struct dirent **entries = NULL;
    int count = scandir(known->folder, &entries, is_result, alphasort);
    if (count < 0)
        DAM_FAIL(DAM_INPUT, "cannot read the folder '%s': %s; --beside none compares without",
                 known->folder, strerror(errno));
    DAM_TRY_CLEANUP(dam__alloc((size_t)count, sizeof *known->paths, &known->paths));
    for (; known->count < (size_t)count; known->count++)
        DAM_TRY_CLEANUP(dam__path_join(&known->paths[known->count], known->folder,
                                       entries[known->count]->d_name));
cleanup:
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    return status;
}

dam_status dam__known_results_add(const char *folder, const dam_log *log, dam__known_results *known,
                                  dam__result_sets *sets)
{
    size_t first = sets->count;
    if (folder != NULL)
        DAM_TRY(dam__format(&known->folder, "%s", folder));
    else
        DAM_TRY(find_folder(&known->folder));
    if (known->folder == NULL)
        return DAM_OK;
    DAM_TRY(list_files(known));
    for (size_t i = 0; i < known->count; i++) {
        dam_status status = dam__result_sets_add(known->paths[i], sets);
        if (status == DAM_NO_MEMORY)
            return status;
        if (status != DAM_OK)
            dam__warn(log, "left out: %s", dam_error());
    }
    dam__result_sets_narrow(sets, first);
    return DAM_OK;
}
