/* How many memories of its teacher a run has found. */
#ifndef DAM__ANALYSE_TEACHER_MATCH_H
#define DAM__ANALYSE_TEACHER_MATCH_H

#include "run/run_folder.h"

typedef struct dam__teacher_match {
    size_t count, found; /* the teacher's memories, and how many of them overlap by more than 0.9 */
    double *overlaps;    /* of each, with the memory of the run most similar to it; owned */
    double least;        /* of them */
} dam__teacher_match;

/* *out has count 0 where the run had no teacher. Free with dam__teacher_match_free. DAM_INPUT. */
dam_status dam__teacher_compare(const dam__run *run, dam__teacher_match *out);

/* The same of other memories, K x N. */
dam_status dam__teacher_compare_with(const dam__run *run, const dam__array *memories,
                                     dam__teacher_match *out);
void dam__teacher_match_free(dam__teacher_match *match);

#endif
