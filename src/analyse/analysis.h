/* The parts of `denseam analyse`: inputs, results and output. */
#ifndef ANALYSE_ANALYSIS_H
#define ANALYSE_ANALYSIS_H

#include <jansson.h>

#include "analyse/activations.h"
#include "analyse/landscape.h"
#include "analyse/memory_table.h"
#include "analyse/perturbation.h"
#include "analyse/teacher_match.h"
#include "command/command.h"
#include "denseam/log.h"
#include "run/run_folder.h"

enum { ANALYSIS_FILES = 6 }; /* with a NULL behind the last */

enum { DEFAULT_TOP = 6 }; /* memories shown of a sample */

/* A number is 0 where its flag is not given. */
typedef struct analyse_arguments {
    arguments shared;
    bool memories, embedding;
    const char *samples, *steps; /* lists with commas */
    int misclassified, adversarial, top, iterations, limit, saddle;
    int precision; /* index into precision_choices */
} analyse_arguments;

/* Inputs, and the results of each part that was requested. */
typedef struct analysis {
    const arguments *args;
    const analyse_arguments *own;
    dam_log log;
    const char *folder; /* of tables and pictures */
    dam__run run;
    dam__device *device;
    bool memories, embedding, saddle, activations, adversarial; /* parts wanted */
    bool double_precision;

    dam__dataset train, test; /* loaded where a part needs them */
    size_t trained;           /* samples of train that the run learnt from, or --limit of them */

    dam__memory_table table;
    dam__memory_census census;

    dam__embedding embedded;
    double steps[DAM__EMBEDDING_STEPS], negative, largest; /* share of lambda < 0; largest lambda */

    dam__saddle solved;
    double overlap_least, overlap_median; /* of its memories with the run's */
    double jacobian, above;               /* largest eigenvalue; share of memories above 1 */
    dam__teacher_match teacher[2];        /* of the run, and of the fixed point; or empty */

    size_t *chosen, chosen_count; /* samples of test */
    dam__dataset picked;
    dam__activations activated;

    dam__margins margins[2];
    dam__linear_fit linear;
    dam__perturbation_comparison comparison;

    char *files[ANALYSIS_FILES]; /* written, in order */
} analysis;

/* Each does one part: computes, and writes its files. */
dam_status analyse_memories(analysis *a); /* and the embedding check */
dam_status analyse_saddle(analysis *a);
dam_status analyse_activations(analysis *a);
dam_status analyse_adversary(analysis *a);

/* Results on stdout. */
dam_status print_analysis(const analysis *a);
dam_status print_analysis_json(const analysis *a);

#endif
