/* What the files of `denseam tune` share. Each candidate is measured in its own process. */
#ifndef TUNE_TUNE_INTERNAL_H
#define TUNE_TUNE_INTERNAL_H

#include "command/command.h"
#include "command/output.h"
#include "tune/candidate_log.h"
#include "tune/tuner.h"

/* A number is 0 where its flag is not given. */
typedef struct tune_arguments {
    arguments shared;
    double budget, patience; /* seconds */
    int trials;              /* at most */
} tune_arguments;

/* A search at work. */
typedef struct tuning {
    const arguments *args;
    const tune_arguments *own;
    dam_log log;
    dam_device_info info;
    dam__precision precision;
    dam__tuner *tuner;
    char *path;      /* of the tuning file */
    char *candidate; /* path + ".try": the file of the candidate that is measured */
    char *program;   /* that measures candidates */
    char *selector;  /* "P:D" */
    dam__candidate_log candidates;
    int repeats;       /* candidates so far: one that is measured again counts again */
    double began;      /* seconds */
    bool stopped;      /* by the user */
    char refusal[256]; /* why the last candidate was refused */
} tuning;

/* The evaluator of candidates for the tuner; its user is the tuning. */
dam__tuner_evaluator make_evaluator(tuning *t);

/* Share that is left of the time or of the candidates, whichever is less. */
double budget_left(const tuning *t);

/* Results as a table or as JSON. */
dam_status print_tuning(const tuning *t);
dam_status print_tuning_json(const tuning *t);

#endif
