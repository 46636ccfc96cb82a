/* The samples of a job: loaded, or a program's own made what the preset asks for. */
#ifndef DAM__RUN_JOB_SAMPLES_H
#define DAM__RUN_JOB_SAMPLES_H

#include "run/job.h"

/*
 * Sets job->set, and in the experiment what "auto" became. A program's samples stay as they are:
 * what data.threshold and data.split ask of them is done to a copy.
 */
dam_status dam__job_take_samples(dam__job *job);

#endif
