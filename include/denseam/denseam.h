/*
 * The whole public library of denseam: Dense Associative Memories on any OpenCL device.
 *
 * What is simple is one call: dam_preset_load, dam_train, dam_run_classify. What takes an options
 * struct or is called ..._with says more; a struct of zeros asks for the defaults, so that a
 * designated initialiser names only what differs. examples/ has a program for each use.
 *
 * Conventions. Matrices are dense and row-major, a sample or memory a row. What fails returns a
 * dam_status, and dam_error() says what, where and what to do; results are left untouched then.
 * What is made by one call is released by the ..._free or ..._close beside it, which accept NULL;
 * plain memory by free(). Nothing is printed.
 *
 * Threads. Functions may be called from any thread at any time, but one dataset, preset or run only
 * from one thread at a time; several threads take a run each. A dataset that only trainings read
 * may be shared by them. The message of dam_error() is the thread's own.
 */
#ifndef DENSEAM_DENSEAM_H
#define DENSEAM_DENSEAM_H

#include "denseam/data.h"
#include "denseam/device.h"
#include "denseam/log.h"
#include "denseam/preset.h"
#include "denseam/run.h"
#include "denseam/status.h"
#include "denseam/train.h"

#endif
