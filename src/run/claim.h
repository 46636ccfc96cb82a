/* Claims a folder for a run or a sweep, so that no two trainings write into one. */
#ifndef DAM__RUN_CLAIM_H
#define DAM__RUN_CLAIM_H

#include <stdbool.h>

#include "base/try.h"

/* What a folder is for. */
typedef enum dam__folder_kind { DAM__RUN_FOLDER, DAM__SWEEP_FOLDER } dam__folder_kind;

/* Whether there is a run or a sweep in a folder; *kind is then which. */
dam_status dam__folder_holds(const char *folder, bool *holds, dam__folder_kind *kind);

/*
 * Makes the folder, keeps others out of it until *lock is closed with close(), and removes what a
 * killed process left half written. DAM_USAGE: it is taken, or, unless `resume`, holds a run or
 * sweep already; DAM_INPUT: it cannot be made. *lock is -1 then.
 */
dam_status dam__folder_claim(const char *folder, dam__folder_kind kind, bool resume, int *lock);

#endif
