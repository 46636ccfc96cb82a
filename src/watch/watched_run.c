#include "watch/watched_run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/lock_seen.h"
#include "base/text.h"
#include "run/load.h"
#include "run/metrics.h"
#include "run/run_folder.h"

enum { LARGEST = 256 << 20 };

/* Where a lock is not seen, as of another container, a file that was written so many seconds ago
 * still says that somebody trains: it is written once a second, or after each epoch. */
static const double FRESH = 10;

void watched_run_free(watched_run *run)
{
    free(run->folder);
    free(run->metrics);
    free(run->title);
    dam__history_free(&run->history);
    *run = (watched_run){0};
}

/* The preset stands there before the first step. */
static dam_status read_preset(watched_run *run)
{
    dam_status status = DAM_OK;
    char *path = NULL;
    dam__experiment experiment;
    DAM_TRY_CLEANUP(dam__path_join(&path, run->folder, "preset.conf"));
    if (run->knows_preset || !dam__file_exists(path))
        goto cleanup;
    run->knows_preset = true;
    free(run->title);
    run->title = NULL;
    /* Only its title and its epochs are wanted: what cannot be read is no reason to stop. */
    bool read = dam__experiment_load(path, NULL, 0, &experiment) == DAM_OK;
    DAM_TRY_CLEANUP(dam__format(&run->title, "%s", read ? experiment.title : ""));
    /* Of a run that grows they are those of a stage. */
    run->epochs = read && experiment.grow.to == 0 ? experiment.train.epochs : 0;
cleanup:
    free(path);
    return status;
}

dam_status watched_run_open(const char *path, watched_run *out)
{
    dam_status status = DAM_OK;
    char *file = NULL;
    if (dam__folder_exists(path))
        DAM_TRY_CLEANUP(dam__format(&out->folder, "%s", path));
    else
        DAM_TRY_CLEANUP(dam__run_find_folder(path, &out->folder));
    DAM_TRY_CLEANUP(dam__path_join(&out->metrics, out->folder, "metrics.jsonl"));
    DAM_TRY_CLEANUP(dam__path_join(&file, out->folder, "preset.conf"));
    if (dam__sweep_is(path))
        DAM_FAIL(DAM_USAGE, "'%s' is a sweep, whose own process shows how far it is; give a run",
                 path);
    if (!dam__file_exists(out->metrics) && !dam__file_exists(file) && !watched_run_lives(out))
        DAM_FAIL(DAM_INPUT,
                 "'%s' holds no run and nobody trains into it; give a folder of "
                 "'denseam train'",
                 path);
    DAM_TRY_CLEANUP(dam__format(&out->title, "%s", ""));
cleanup:
    free(file);
    return status;
}

static bool is_same_file(const struct stat *a, const struct stat *b)
{
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec;
}

dam_status watched_run_update(watched_run *run, bool *changed)
{
    dam_status status = DAM_OK;
    struct stat now;
    char *data = NULL;
    size_t length = 0;
    dam__history history = {0};
    *changed = false;
    DAM_TRY_CLEANUP(read_preset(run));
    if (stat(run->metrics, &now) != 0 || is_same_file(&now, &run->file))
        goto cleanup;
    /* It is replaced as a whole, so what is read is whole. */
    DAM_TRY_CLEANUP(dam__file_read(run->metrics, LARGEST, &data, &length));
    DAM_TRY_CLEANUP(dam__metrics_parse(run->metrics, data, length, &history));
    if (run->file.st_ino != 0 || time(NULL) - now.st_mtim.tv_sec < (time_t)FRESH)
        run->changed = dam__seconds();
    run->file = now;
    dam__history_free(&run->history);
    run->history = history;
    history = (dam__history){0};
    *changed = true;
cleanup:
    free(data);
    dam__history_free(&history);
    return status;
}

bool watched_run_lives(watched_run *run)
{
    bool seen = dam__lock_is_seen(run->folder);
    run->was_seen = run->was_seen || seen;
    if (seen || run->was_seen)
        return seen;
    return run->changed > 0 && dam__seconds() - run->changed < FRESH &&
           !watched_run_is_finished(run);
}

bool watched_run_is_finished(const watched_run *watched)
{
    dam__run run = {0};
    bool finished = dam__run_is(watched->folder) &&
                    dam__run_open(watched->folder, NULL, 0, &run) == DAM_OK &&
                    dam__run_is_finished(&run);
    dam__run_free(&run);
    return finished;
}
