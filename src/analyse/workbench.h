/*
 * A trained model on a device with samples, for analysis: plans, falls back to streaming and to
 * smaller batches where memory is short, allocates, and restores the run's parameters.
 */
#ifndef DAM__ANALYSE_WORKBENCH_H
#define DAM__ANALYSE_WORKBENCH_H

#include "model/model.h"
#include "store/container.h"

typedef struct dam__workbench_options {
    dam__device *device;
    dam__gemm_provider gemm;
    const dam__model_config *config; /* of the run; NULL: no model but what the extras plan */
    const dam__container *run;
    int dim, classes;        /* of the training */
    const dam__dataset *set; /* must outlive the bench */
    size_t first, count;     /* the range of its samples */
    int batch;               /* samples worked off at a time */
    bool whole;              /* all samples are one batch, unless they are streamed */
} dam__workbench_options;

typedef struct dam__workbench {
    dam__gemm *gemm;
    dam__loader *loader; /* not shuffled */
    dam__model *model;
    dam__plan *plan;
    int chunk; /* samples worked off at a time */
} dam__workbench;

/* What is planned beside the model; plan may be called several times, each time after forget. */
typedef struct dam__workbench_extras {
    void *user;
    dam_status (*plan)(void *user, dam__workbench *bench);
    void (*forget)(void *user); /* frees what plan made; also before the first plan, and at the end
                                   of a bench that could not be opened */
} dam__workbench_extras;

/*
 * DAM_INPUT where the set has other features than the run; DAM_NO_MEMORY where no batch fits. Close
 * in any case but a failure, after the extras were forgotten.
 */
dam_status dam__workbench_open(const dam__workbench_options *options,
                               const dam__workbench_extras *extras, dam__workbench *out);
void dam__workbench_close(dam__workbench *bench);

/*
 * DAM_INPUT where a set has no labels, or labels beyond the classes: `key` is the one to set
 * ("data.labels").
 */
dam_status dam__workbench_labels(const dam__dataset *set, int classes, const char *key);

#endif
