/*
 * What a model is to everything else: a list of named parameters and a few verbs.
 *
 * Optimizer, checkpoint and diagnostics walk the parameters and know no model; the trainer calls
 * the verbs and never asks which model it trains.
 */
#ifndef DAM__MODEL_MODEL_H
#define DAM__MODEL_MODEL_H

#include "base/text.h"
#include "compute/gemm.h"
#include "data/feed.h"
#include "model/model_config.h"

/* How the optimizer moves a parameter. */
typedef enum dam__rule {
    DAM__RULE_MOMENTUM, /* v <- momentum v - rate gradient; x <- x + rate v: it enters twice */
    DAM__RULE_MIRROR,   /* the same on log x; each column is then scaled to a largest entry of 1 */
    DAM__RULE_MAX_NORM, /* v <- momentum v + gradient; a row changes by rate v / its largest |v| */
    DAM__RULE_SGD,      /* v <- momentum v + gradient; x <- x - rate v */
    DAM__RULE_ADAM      /* v, u: means of gradient and its square; x <- x - rate v / (sqrt u + eps)
                         * (Kingma & Ba 2015), both means corrected for their start at 0 */
} dam__rule;

/* What holds for every value; the optimizer keeps it in the same pass as the step. */
typedef enum dam__constraint {
    DAM__CONSTRAINT_NONE,
    DAM__CONSTRAINT_UNIT_ROWS, /* rows on the unit sphere; gradients are made tangent to it */
    DAM__CONSTRAINT_CLAMPED    /* the first columns are kept within [-1, 1] */
} dam__constraint;

typedef struct dam__parameter {
    const char *name; /* as in the run file; a static string */
    dam__matrix value;
    dam__matrix gradient; /* of value's shape; unused unless trained */
    dam__rule rule;
    dam__constraint constraint;
    bool trained; /* else it is state that only the model itself changes */

    /* Of DAM__RULE_MAX_NORM alone: */
    const dam__matrix *scales; /* 2 x rows: log of what each row of the gradient is to be multiplied
                                * with, and, kept by the optimizer, the same of the velocity's */
    double floor;              /* a row whose largest |v| is below is not scaled up; 0 = none */
    int clamped;               /* columns of DAM__CONSTRAINT_CLAMPED */

    /* Of DAM__RULE_SGD and DAM__RULE_ADAM: */
    double rate_scale; /* the parameter's own factor of the rate, besides the problem's */
    double epsilon;    /* eps of Adam */
} dam__parameter;

enum { DAM__MAX_PARAMETERS = 8, DAM__MAX_DIAGNOSED = 16 };

/* What may differ between problems of one shape: of energy models that store, and of denoisers. */
typedef struct dam__problem {
    uint64_t seed; /* of first values, and of noise */
    double rate; /* a factor of all rates: eta0 of a denoiser, the learning rate of other models */
    double temperature, temperature_to; /* as in dam__energy_config */
    double leak;
} dam__problem;

/* What a model is to learn; model/task.h makes one of a dataset. */
typedef struct dam__task {
    int dim;                   /* N: features of a sample */
    int classes;               /* C; 0 without labels */
    const double *class_share; /* C shares of the training labels; NULL when a run is loaded */
    double softening_share;  /* share of labels that are the softening class itself; all sum to 1 */
    const dam__dataset *set; /* first memories may come from ...; NULL when a run is loaded */
    size_t trained;          /* ... its first so many samples */
    int batch;               /* samples of a training step; 0 where nothing is trained */
    int count; /* problems of one shape that are learned side by side; 0 = one, as config says */
    const dam__problem *problems; /* what differs between them, `count`; NULL where it is 0 */
} dam__task;

/* Where evaluation leaves its results; everything stays on the device until the caller reads it. */
typedef struct dam__evaluation {
    dam__matrix
        totals; /* steps x 2 x problems: summed loss and number of right predictions of a batch */
    dam__buffer *predicted; /* int32 a sample: the predicted class column */
    dam__buffer *nearest;   /* int32 a sample: the class of the nearest memory */
} dam__evaluation;

typedef struct dam__model dam__model;

/*
 * A search for the directions along which memories split: row j is the one of memory order[j]. On
 * the device; the power iteration runs over the first `active` rows. order and list are lent by the
 * model, which needs them for something else in a step and none of them between passes.
 */
typedef struct dam__search {
    dam__matrix directions; /* room x dim; unit rows */
    dam__buffer *order;     /* int32 a row */
    dam__buffer *list; /* int32 a memory: rows to reorder, or pairs to make; not during a pass */
    int active;
    int samples; /* of the subset that is looked at; it comes batch by batch, always the same way */
} dam__search;

/* Pairs to make: memory list[2j] of the search moves along row list[2j + 1] of the directions, its
 * new twin, memory K + j, against it. There are no more pairs than half the room. */
typedef struct dam__pairs {
    int count;
    double step; /* length of the move, against a memory of norm 1 */
} dam__pairs;

/*
 * How directions move on after a pass. With rho a direction's quotient u'Cu and C >= -debt, u
 * becomes (C - sigma) u made unit, where sigma = -debt + shift (reach rho + debt).
 */
typedef struct dam__move {
    bool first, last; /* of a round; rho is the largest of the round so far */
    double shift;     /* 0 ... 1 */
    double reach;     /* 0 ... 1 */
    double rest;      /* directions rest whose lambda is below */
} dam__move;

/* Rows of what a search measured. LEAST is what lambda cannot be below, but for a direction that
 * came to rest at another eigenvector: what is not below a threshold with it is stable. */
enum {
    DAM__GROW_LAMBDA,
    DAM__GROW_KAPPA,
    DAM__GROW_MASS,
    DAM__GROW_DEBT, /* as mass, of negative responsibilities alone: none where there are labels */
    DAM__GROW_LEAST,
    DAM__GROW_NUMBERS
};

/*
 * What a model must provide to be grown by splitting; model/grow.c does the rest. To second order,
 * replacing a memory by a pair at +- theta along a unit direction u changes the loss by
 * theta^2/2 u'Su; S = kappa I - scatter is the memory's splitting matrix. The power iteration finds
 * the largest eigenvalue of the scatter, hence the smallest, lambda, of S.
 */
typedef struct dam__grow_ops {
    int (*memories)(const dam__model *model); /* at present */

    /* Added to a loss, it makes losses of different widths comparable; 0 where they are. */
    double (*loss_offset)(const dam__model *model);

    /* Shows so many memories, for restoring. DAM_INPUT where there is no room for them. */
    dam_status (*resize)(dam__model *model, int memories);

    /* Compiles. After the plan was allocated, as is */
    dam_status (*prepare)(dam__model *model);

    /* the search's order and list, lent. */
    void (*lend)(dam__model *model, dam__search *search);

    /* kappa, mass and debt, complete after the subset's last batch; `offset`: samples before this
     * one. */
    dam_status (*survey)(dam__model *model, const dam__batch *batch, int offset,
                         const dam__search *search);

    /* Makes all K directions unit, and where tangent is set tangent to the memories' constraint. */
    dam_status (*constrain)(dam__model *model, const dam__search *search, bool tangent);

    /* Adds a batch's part of the scatter times the active directions; offset 0 begins anew. */
    dam_status (*scatter)(dam__model *model, const dam__batch *batch, int offset,
                          const dam__search *search);

    /* After the last batch: lambda of each active direction, which then moves on. */
    dam_status (*advance)(dam__model *model, const dam__search *search, const dam__move *move);

    /* Directions j <- directions list[j] for all K rows. */
    dam_status (*reorder)(dam__model *model, const dam__search *search);

    /* DAM__GROW_NUMBERS x K numbers, memory by memory, to the host. */
    dam_status (*read)(dam__model *model, double *numbers);

    /*
     * Makes the pairs: K grows by their count. What is shared is halved, velocities (one a
     * parameter; no buffer where it is not trained) stay with the old memories and are 0 for the
     * new.
     */
    dam_status (*split)(dam__model *model, const dam__search *search, const dam__pairs *pairs,
                        const dam__matrix *velocities);
} dam__grow_ops;

/* How far samples are turned in search of another prediction, in radians. */
typedef struct dam__turning {
    double limit; /* no further than this */
    int scans;    /* equal steps that find the first change ... */
    int halvings; /* ... and how often its step is then halved */
} dam__turning;

/*
 * What a model tells of single samples, for analysis. Batches come in their stored order and are no
 * larger than the chunk that the model was planned with. A class column is an index as in
 * dam__evaluation.
 */
typedef struct dam__probe_ops {
    /* After the model's own plan and prepare. */
    dam_status (*plan)(dam__model *model, dam__plan *plan);
    dam_status (*prepare)(dam__model *model);

    /*
     * Row i of posterior: the probability of every memory, and last of the background, given
     * sample i; of probabilities: that of every class column. NULL where a model has no memories.
     */
    dam_status (*posterior)(dam__model *model, const dam__batch *batch,
                            const dam__matrix *posterior, const dam__matrix *probabilities);

    /*
     * Row i of directions: minus the gradient, by sample i, of the difference between its largest
     * logit and its second largest; columns[2 i] and columns[2 i + 1] (int32) are theirs.
     */
    dam_status (*descend)(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                          const dam__buffer *columns);

    /*
     * How far sample x, to be turned towards its unit direction u (cos(angle) x + sin(angle) u),
     * keeps columns[2 i] as the largest: angles[i] in radians, or -1 where it does up to the limit;
     * landed[i] (int32) is the column that is the largest there.
     */
    dam_status (*turn)(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                       const dam__turning *turning, const dam__buffer *columns,
                       const dam__matrix *angles, const dam__buffer *landed);
} dam__probe_ops;

/*
 * What a model tells of single training steps: how much each of their terms changes weights and
 * answers. Numbers stay on the device, a row a step.
 */
typedef struct dam__diagnose_ops {
    /* Names of the numbers, in their order; they are as many as names_of returns. */
    int (*names_of)(const dam__model *model, const char *names[DAM__MAX_DIAGNOSED]);

    /* After the model's own plan and prepare; numbers has so many columns. */
    dam_status (*plan)(dam__model *model, dam__plan *plan);
    dam_status (*prepare)(dam__model *model);

    /* Between loss_gradient of a batch of so many samples and the optimizer's step at this rate,
     * and after the step. */
    dam_status (*before)(dam__model *model, int size, double rate, const dam__matrix *numbers,
                         int row);
    dam_status (*after)(dam__model *model, int size, const dam__matrix *numbers, int row);
} dam__diagnose_ops;

typedef struct dam__model_ops {
    /* Which keys to change when the loss is not finite: advise says it of a model, where it depends
     * on its keys; else it is NULL. See dam__model_advice. */
    const char *divergence_advice;
    const char *(*advise)(const dam__model *model);
    double worst_loss; /* a batch's that is higher has diverged too; 0: any finite one is good */

    /* Epochs of a schedule that must pass before training may stop early. */
    int (*schedule_epochs)(const dam__model *model);

    /* Adds what the model needs to the plan; batches are worked off in chunks of at most `chunk`.
     */
    dam_status (*plan)(dam__model *model, dam__plan *plan, int chunk);

    /* Compiles the kernels; after the plan was allocated. */
    dam_status (*prepare)(dam__model *model);

    /* First values of all parameters. */
    dam_status (*initialise)(dam__model *model, uint64_t seed);

    /*
     * After first values were set, before the first step: what rates follow from besides the sizes.
     * Appends a line that says it, or nothing. NULL: nothing is measured.
     */
    dam_status (*measure)(dam__model *model, dam__feed *samples, dam__text *out);

    /* What the model itself changes at an epoch's start (schedules); epochs count from 0. */
    dam_status (*begin_epoch)(dam__model *model, int epoch);

    /* Fills every gradient from a batch and writes the batch's mean loss to losses[slot]. */
    dam_status (*loss_gradient)(dam__model *model, const dam__batch *batch,
                                const dam__buffer *losses, int slot);

    /* After the optimizer's step: back onto constraints that couple parameters; then refreshes. */
    dam_status (*project)(dam__model *model);

    /*
     * Once an epoch's steps are done, before the model is scored or saved: what it keeps of the
     * whole training set, in the epoch's order. Training itself is not touched. NULL: nothing.
     */
    dam_status (*settle)(dam__model *model, dam__feed *samples, int epoch);

    /* After values were set from outside: everything derived from them. Changes no parameter. */
    dam_status (*refresh)(dam__model *model);

    /* Scores a batch: row slot of totals, and the samples from index `offset` of the others. */
    dam_status (*evaluate)(dam__model *model, const dam__batch *batch,
                           const dam__evaluation *evaluation, int slot, int offset);

    /*
     * In one line, what factors and rates follow from the sizes; *caution = what speaks against
     * them, a static string, or NULL. NULL where nothing follows from sizes.
     */
    void (*describe)(const dam__model *model, dam__text *out, const char **caution);

    /* Flops of the large products of a step on `batch` samples, for benchmarks. */
    double (*product_flops)(const dam__model *model, int batch);

    const dam__grow_ops *grow;         /* NULL where memories cannot be split */
    const dam__probe_ops *probe;       /* NULL where it tells nothing of single samples */
    const dam__diagnose_ops *diagnose; /* NULL where it tells nothing of single steps */

    void (*destroy)(dam__model *model);
} dam__model_ops;

struct dam__model {
    const dam__model_ops *ops;
    dam__device *device;
    dam__gemm *gemm; /* borrowed */
    dam__model_config config;
    dam__task task;
    double rate; /* a factor of all rates of a model that is alone; 0 = 1 */
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

/* Which keys to change when the loss is not finite. */
const char *dam__model_advice(const dam__model *model);

/* The parameter of that name, or NULL. */
dam__parameter *dam__model_parameter(dam__model *model, const char *name);

#endif
