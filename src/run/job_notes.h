/* What a job logs: nothing here changes a training. */
#ifndef DAM__RUN_JOB_NOTES_H
#define DAM__RUN_JOB_NOTES_H

#include "run/job.h"

/* Before anything is planned: a key that the preset sets but growth ignores. */
dam_status dam__job_warn_of_unused(const dam__job *job);

/* Once it is planned: what follows from sizes, and samples that full batches leave out. */
dam_status dam__job_describe(const dam__job *job);
void dam__job_note_left_out(const dam__job *job);

/* Of a resumed run: on another device it will differ in the last bits; and it may be over. */
void dam__job_compare_device(const dam__job *job);
void dam__job_note_over(const dam__job *job);

/* At the end: steps of train.diagnostics that the training was too short for. */
void dam__job_note_unreached(const dam__job *job);

#endif
