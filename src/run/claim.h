/* Claims a folder for a run or a sweep, so that no two trainings write into one. */
#ifndef DAM__RUN_CLAIM_H
#define DAM__RUN_CLAIM_H

#include <stdbool.h>

#include "base/lock.h"

/* What a folder is for. */
typedef enum dam__folder_kind { DAM__RUN_FOLDER, DAM__SWEEP_FOLDER } dam__folder_kind;

/* DAM_USAGE where there is a run or a sweep in a folder; *found is then which, else as it was. */
dam_status dam__folder_check_unused(const char *folder, dam__folder_kind *found);

/*
 * Makes the folder, keeps others out of it until dam__unlock, and removes what a killed process
 * left half written; the log tells where files (run.h5, ...) are links, what will be written.
 * DAM_USAGE: it is taken, or, unless `resume`, holds a run or sweep already; DAM_INPUT: it cannot
 * be made or locked. Nothing is locked then.
 */
dam_status dam__folder_claim(const char *folder, bool resume, const dam_log *log, dam__lock *lock);

#endif
