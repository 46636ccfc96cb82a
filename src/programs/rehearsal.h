/* What presets and the self-test ask of a device, recorded without one. */
#ifndef PROGRAMS_REHEARSAL_H
#define PROGRAMS_REHEARSAL_H

#include "compute/gemm.h"
#include "compute/recording.h"
#include "run/experiment.h"

/* For whom to rehearse, and what was loaded last: most presets have the same samples. */
typedef struct rehearsal {
    dam__recording *recording;
    dam__shape shape;
    int vector_width; /* floats in a native vector of the device */
    dam__gemm_provider gemm;
    dam_log log;
    dam__dataset set; /* loaded as config says; count 0: nothing yet */
    dam__data_config config;
} rehearsal;

/*
 * Records a preset's training, of its sweep one of each program, or its recall: what is compiled,
 * and one of each kind of launches, not a training. Samples of files are replaced by made-up ones
 * of the same shape, so that none need be there.
 */
dam_status rehearse_preset(rehearsal *r, const char *name, const char *const *overrides,
                           size_t override_count, dam__precision precision);

/* Records every case of the self-test, with both providers of products. */
dam_status rehearse_selftest(rehearsal *r, dam__precision precision);

void rehearsal_free(rehearsal *r);

#endif
