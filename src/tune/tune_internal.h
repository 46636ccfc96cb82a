/* What the files of `denseam tune` share: the trials, each in a process of its own. */
#ifndef TUNE_TUNE_INTERNAL_H
#define TUNE_TUNE_INTERNAL_H

#include "command/command.h"
#include "command/output.h"
#include "tune/tried.h"
#include "tune/tuner.h"

/* A search at work. */
typedef struct tuning {
    const arguments *args;
    dam_log log;
    dam_device_info info;
    dam__precision precision;
    dam__tuner *tuner;
    char *path;      /* of the tuning file */
    char *candidate; /* path + ".try": the file of the candidate on trial */
    char *program;   /* that tries */
    char *selector;  /* "P:D" */
    dam__tried tried;
    int repeats;       /* trials so far: the same one again is another */
    double began;      /* seconds */
    bool stopped;      /* by the user */
    char refusal[256]; /* why the last candidate was refused */
} tuning;

/* Who judges candidates for the tuner; user is the tuning. */
dam__judge make_judge(tuning *t);

/* Share that is left of the time or of the trials, whichever is less. */
double budget_left(const tuning *t);

/* Results as a table or as JSON. */
dam_status print_tuning(const tuning *t);
dam_status print_tuning_json(const tuning *t);

#endif
