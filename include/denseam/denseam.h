/*
 * The whole public library of denseam: Dense Associative Memories on any OpenCL device.
 *
 * Simple tasks take one call: dam_preset_load, dam_train, dam_run_classify. Functions with an
 * options struct, or called ..._with, can do more; a struct of zeros means the defaults, so a
 * designated initialiser names only what differs. examples/ has a program for each use.
 *
 * Conventions. Matrices are dense and row-major, a sample or memory a row. Functions that can fail
 * return a dam_status, and dam_error() says what, where and what to do; results are then unchanged.
 * An object is released by the ..._free or ..._close declared next to the function that makes it,
 * which accepts NULL; plain memory by free(). Nothing is printed.
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
#include "denseam/version.h"

#endif
