/*
 * What a model is to everything else: a list of named parameters and a few verbs.
 *
 * Optimizer, checkpoint and diagnostics walk the parameters and know no model; the trainer calls
 * the verbs and never asks which model it trains.
 */
#ifndef DAM__MODEL_MODEL_H
#define DAM__MODEL_MODEL_H

#include "compute/gemm.h"
#include "data/feed.h"
#include "model/config.h"

/* How the optimizer moves a parameter. */
typedef enum dam__rule {
    DAM__RULE_MOMENTUM, /* v <- momentum v - rate gradient; x <- x + rate v */
    DAM__RULE_MIRROR    /* the same on log x; each column is then scaled to a largest entry of 1 */
} dam__rule;

/* What holds for every value; the optimizer keeps it in the same pass as the step. */
typedef enum dam__constraint {
    DAM__CONSTRAINT_NONE,
    DAM__CONSTRAINT_UNIT_ROWS /* rows on the unit sphere; gradients are made tangent to it */
} dam__constraint;

typedef struct dam__parameter {
    const char *name; /* as in the run file; a static string */
    dam__matrix value;
    dam__matrix gradient; /* of value's shape; unused unless trained */
    dam__rule rule;
    dam__constraint constraint;
    bool trained; /* else it is state that only the model itself changes */
} dam__parameter;

enum { DAM__MAX_PARAMETERS = 8 };

/* What a model is to learn; model/task.h makes one of a dataset. */
typedef struct dam__task {
    int dim;                   /* N: features of a sample */
    int classes;               /* C; 0 without labels */
    const double *class_share; /* C shares of the training labels; NULL when a run is loaded */
    double softening_share;  /* share of labels that are the softening class itself; all sum to 1 */
    const dam__dataset *set; /* first memories may come from ...; NULL when a run is loaded */
    size_t trained;          /* ... its first so many samples */
} dam__task;

/* Where evaluation leaves its results; everything stays on the device until the caller reads it. */
typedef struct dam__evaluation {
    dam__matrix totals;     /* steps x 2: summed loss and number of right predictions of a batch */
    dam__buffer *predicted; /* int32 a sample: the predicted class column */
    dam__buffer *nearest;   /* int32 a sample: the class of the nearest memory */
} dam__evaluation;

typedef struct dam__model dam__model;

typedef struct dam__model_ops {
    const char *kind;
    const char *divergence_advice; /* which keys to change when the loss is not finite */

    /* Epochs of a schedule that must pass before training may stop early. */
    int (*schedule_epochs)(const dam__model *model);

    /* Adds what the model needs to the plan; batches are worked off in chunks of at most `chunk`.
     */
    dam_status (*plan)(dam__model *model, dam__plan *plan, int chunk);

    /* Compiles the kernels; after the plan was allocated. */
    dam_status (*prepare)(dam__model *model);

    /* First values of all parameters. */
    dam_status (*initialise)(dam__model *model, uint64_t seed);

    /* What the model itself changes at an epoch's start (schedules); epochs count from 0. */
    dam_status (*begin_epoch)(dam__model *model, int epoch);

    /* Fills every gradient from a batch and writes the batch's mean loss to losses[slot]. */
    dam_status (*loss_gradient)(dam__model *model, const dam__batch *batch,
                                const dam__buffer *losses, int slot);

    /* After the optimizer's step: back onto constraints that couple parameters; then refreshes. */
    dam_status (*project)(dam__model *model);

    /* After values were set from outside: everything derived from them. Changes no parameter. */
    dam_status (*refresh)(dam__model *model);

    /* Scores a batch: row slot of totals, and the samples from index `offset` of the others. */
    dam_status (*evaluate)(dam__model *model, const dam__batch *batch,
                           const dam__evaluation *evaluation, int slot, int offset);

    /* Flops of the large products of a step on `batch` samples, for benchmarks. */
    double (*product_flops)(const dam__model *model, int batch);

    void (*destroy)(dam__model *model);
} dam__model_ops;

struct dam__model {
    const dam__model_ops *ops;
    dam__device *device;
    dam__gemm *gemm; /* borrowed */
    dam__model_config config;
    dam__task task;
    dam__parameter parameters[DAM__MAX_PARAMETERS];
    int parameter_count;
};

/*
 * A model of config's kind for this task, on a device. DAM_USAGE where they do not fit. Destroy
 * with dam__model_destroy.
 */
dam_status dam__model_create(dam__device *device, dam__gemm *gemm, const dam__model_config *config,
                             const dam__task *task, dam__model **out);
void dam__model_destroy(dam__model *model);

/* The parameter of that name, or NULL. */
dam__parameter *dam__model_parameter(dam__model *model, const char *name);

#endif
