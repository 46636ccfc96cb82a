/* A run that another process trains, as its files show it. Nothing is written. */
#ifndef WATCH_WATCHED_RUN_H
#define WATCH_WATCHED_RUN_H

#include <sys/stat.h>

#include "run/history_table.h"

/* Zero-initialise; free with watched_run_free. */
typedef struct watched_run {
    char *folder, *metrics; /* metrics = folder/metrics.jsonl */
    char *title;            /* "" where it is not known yet */
    int epochs;             /* at most; 0: not known, or of a run that grows */
    bool knows_preset;      /* title and epochs are those of its preset */
    dam__history history;   /* so far */
    struct stat file;       /* of the metrics that were read */
    double changed;         /* seconds, when they were last seen to change; 0: never */
    bool was_seen;          /* a process had the folder's lock */
} watched_run;

/* Of a folder, or of its run.h5. DAM_INPUT: nothing is there that could be watched. */
dam_status watched_run_open(const char *path, watched_run *out);
void watched_run_free(watched_run *run);

/* Reads what is new; *changed = whether there was something. DAM_INPUT. */
dam_status watched_run_update(watched_run *run, bool *changed);

/* Whether somebody trains into it, as far as can be seen from here. */
bool watched_run_lives(watched_run *run);

/* Whether its training was over when it was last saved. */
bool watched_run_is_finished(const watched_run *run);

#endif
