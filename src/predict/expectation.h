/* A run's evaluation beside what its preset expects of it. */
#ifndef PREDICT_EXPECTATION_H
#define PREDICT_EXPECTATION_H

#include "predict/evaluation.h"

/*
 * Tells what was expected where it is met. DAM_SELFTEST where it is missed, with both numbers;
 * DAM_USAGE where the preset's expect section names nothing, or what the model does not have.
 */
dam_status expectation_check(const dam__run *run, const evaluation *done, const dam_log *log);

#endif
