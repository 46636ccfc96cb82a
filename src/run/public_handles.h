/* The structs behind the public handles. */
#ifndef DAM__RUN_PUBLIC_HANDLES_H
#define DAM__RUN_PUBLIC_HANDLES_H

#include "denseam/data.h"
#include "denseam/preset.h"
#include "denseam/run.h"
#include "model/model_type.h"
#include "run/classifier.h"
#include "run/load.h"
#include "run/relax.h"
#include "run/run_folder.h"

struct dam_dataset {
    dam__dataset set;
    bool borrowed;           /* samples and labels are the program's */
    dam__data_config origin; /* what a run says of where its samples came from */
};

struct dam_preset {
    dam__preset texts; /* its own and those of its bases */
    char **changes;    /* "key=value", in order */
    size_t change_count;
    dam__experiment experiment; /* of texts and changes; not checked for what goes together */
};

struct dam_run {
    dam__run run;
    dam__device *device;
    dam__classifier *classifier;  /* of the kind of samples last classified; NULL before */
    dam__relaxer *relaxer;        /* NULL before the first denoising */
    bool trusted, recall_trusted; /* the device passed the self-test of what its model launches, and
                                     of what a recall does */
};

/* Makes a public run of what a training or a run file left, both taken over also on failure. */
dam_status dam__run_publish(dam__run *run, dam__device *device, dam_run **out);

/* What can be done with the kind of model that a run holds; run is not NULL. */
const dam__model_type *dam__run_type(const dam_run *run);

/* Before the model is first used: the self-test of its device. DAM_SELFTEST. */
dam_status dam__run_trust(dam_run *run);

/* DAM_INPUT naming the first of count x features numbers that is not finite. */
dam_status dam__finite_check(const float *samples, size_t count, size_t features);

#endif
