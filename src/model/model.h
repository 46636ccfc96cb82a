/*
 * The interface of a model: a list of named parameters and a few operations.
 *
 * Optimizer, checkpoint and diagnostics work on the list of parameters; the trainer calls the
 * operations. None of them depends on the kind of model.
 */
#ifndef DAM__MODEL_MODEL_H
#define DAM__MODEL_MODEL_H

#include "base/text.h"
#include "compute/gemm.h"
#include "data/loader.h"
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

/* A constraint on the values, which the optimizer enforces in the same pass as the step. */
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
    double rate_scale; /* the parameter's own factor of the rate, besides the replica's */
    double epsilon;    /* eps of Adam */
} dam__parameter;

enum { DAM__MAX_PARAMETERS = 8, DAM__MAX_DIAGNOSED = 16 };

/* What may differ between replicas of one shape: of energy models that store, and of denoisers. */
typedef struct dam__replica {
    uint64_t seed; /* of first values, and of noise */
    double rate; /* a factor of all rates: eta0 of a denoiser, the learning rate of other models */
    double temperature, temperature_to; /* as in dam__energy_config */
    double leak;
} dam__replica;

/* What a model is to learn; model/task.h makes one of a dataset. */
typedef struct dam__task {
    int dim;                   /* N: features of a sample */
    int classes;               /* C; 0 without labels */
    const double *class_share; /* C shares of the training labels; NULL when a run is loaded */
    double softening_share;  /* share of labels that are the softening class itself; all sum to 1 */
    const dam__dataset *set; /* first memories may come from ...; NULL when a run is loaded */
    size_t trained;          /* ... its first so many samples */
    int batch;  /* samples of a training step, or of its shard; 0 where nothing is trained */
    int shards; /* of a batch, that this process has; 0: its batches are whole */
    int count;  /* replicas of one shape that are learned side by side; 0 = one, as config says */
    const dam__replica *replicas; /* what differs between them, `count`; NULL where it is 0 */
} dam__task;

/* Metrics and predictions on the device, until the caller reads them. */
typedef struct dam__device_metrics {
    dam__matrix totals;     /* steps x 2 x replicas: summed loss and right predictions of a batch */
    dam__buffer *predicted; /* int32 a sample: the predicted class column */
    dam__buffer *nearest;   /* int32 a sample: the class of the nearest memory */
} dam__device_metrics;

/* What a model says of samples besides their class: room for as many as are asked for. */
typedef struct dam__answers {
    double *scores;     /* samples x dam__model_columns: how much speaks for each class column */
    int32_t *memory;    /* samples: the nearest memory, the first of several */
    double *similarity; /* samples: to that */
} dam__answers;

/* For models: notes which of a sample's similarities is the largest. */
void dam__answers_nearest(const dam__answers *out, size_t sample, const double *similarities,
                          size_t memories);

typedef struct dam__model dam__model;

/*
 * A search for the directions along which memories split: row j is the one of memory order[j]. On
 * the device; the power iteration runs over the first `active` rows. order and list are buffers of
 * the model, which uses them for something else in a step, but not between passes.
 */
typedef struct dam__search {
    dam__matrix directions; /* max_memories x columns of a memory; unit rows */
    dam__buffer *order;     /* int32 a row */
    dam__buffer *list; /* int32 a memory: rows to reorder, or pairs to make; not during a pass */
    int active;
    int samples; /* of the subset that is looked at; it comes batch by batch, always the same way */
} dam__search;

/* Pairs to make: memory list[2j] of the search moves along row list[2j + 1] of the directions, its
 * new twin, memory K + j, against it. There are at most max_memories / 2 pairs. */
typedef struct dam__pairs {
    int count;
    double step; /* length of the move, over the memory's norm */
} dam__pairs;

/*
 * How directions move on after a pass. With rho a direction's quotient u'Cu, and C >= -n for the
 * negative mass n, u becomes (C - sigma) u made unit, where sigma = -n + shift (reach rho + n).
 */
typedef struct dam__move {
    bool first, last; /* of a round; rho is the largest of the round so far */
    double shift;     /* 0 ... 1 */
    double reach;     /* 0 ... 1 */
    double rest;      /* directions rest whose lambda is below */
} dam__move;

/* Rows of what a search measured. LEAST is a lower bound of lambda, unless a direction converged to
 * another eigenvector: a memory whose LEAST is above the threshold is stable. */
enum {
    DAM__GROW_LAMBDA,
    DAM__GROW_KAPPA,
    DAM__GROW_MASS,
    DAM__GROW_NEGATIVE_MASS, /* as mass, of negative responsibilities alone: 0 with labels */
    DAM__GROW_LEAST,
    DAM__GROW_NUMBERS
};

/*
 * What a model must provide to be grown by splitting; model/grow.c does the rest. To second order,
 * replacing a memory by a pair at +- theta along a unit direction u, theta over the memory's norm,
 * changes the loss by theta^2/2 u'Su; S = kappa I - scatter is the memory's splitting matrix. The
 * power iteration finds the largest eigenvalue of the scatter, hence the smallest, lambda, of S.
 */
typedef struct dam__grow_ops {
    int (*memories)(const dam__model *model); /* at present */

    /* Added to a loss, it makes losses of different widths comparable; NULL where they are. */
    double (*loss_offset)(const dam__model *model);

    /* Shows this many memories, for restoring. DAM_INPUT where they are more than max_memories. */
    dam_status (*resize)(dam__model *model, int memories);

    /* Compiles the kernels. After the plan was allocated. */
    dam_status (*prepare)(dam__model *model);

    /* Binds buffers of the model to the search's order and list. After the plan was allocated. */
    void (*bind)(dam__model *model, dam__search *search);

    /* Accumulates kappa, mass and negative mass, complete after the subset's last batch; `offset`:
     * samples before this one. */
    dam_status (*accumulate)(dam__model *model, const dam__batch *batch, int offset,
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
     * new; mean squared gradients (likewise; no buffer but with Adam) are those of the old.
     */
    dam_status (*split)(dam__model *model, const dam__search *search, const dam__pairs *pairs,
                        const dam__matrix *velocities, const dam__matrix *squares);
} dam__grow_ops;

/* The search for the smallest perturbation of a sample that changes its prediction, in radians. */
typedef struct dam__perturbation_search {
    double limit; /* no further than this */
    int scans;    /* equal steps that find the first change ... */
    int halvings; /* ... and how often its step is then halved */
} dam__perturbation_search;

/*
 * What a model computes for single samples, for analysis. Batches come in their stored order and
 * are no larger than the chunk that the model was planned with. A class column is an index as in
 * dam__device_metrics.
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
     * Perturbs sample x towards its unit direction u, to cos(angle) x + sin(angle) u, until
     * columns[2 i] is not the largest column: angles[i] in radians, or -1 where it is the largest
     * up to the limit; landed[i] (int32) is the largest column there.
     */
    dam_status (*perturb)(dam__model *model, const dam__batch *batch, const dam__matrix *directions,
                          const dam__perturbation_search *search, const dam__buffer *columns,
                          const dam__matrix *angles, const dam__buffer *landed);
} dam__probe_ops;

/*
 * Diagnostics of single training steps: how much each of their terms changes weights and outputs.
 * The numbers stay on the device, one row per step.
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

/*
 * Of models in which the samples of a batch depend on each other, as by a mean over it. A batch in
 * shards is worked off in passes, each over all shards before the next begins.
 */
typedef struct dam__pass_ops {
    /* Passes; with 1, loss_gradient of each shard is all. */
    int (*count)(const dam__model *model);

    /* Pass `pass` over a shard, which is number `number` of its batch; the last one does what
     * loss_gradient does. */
    dam_status (*run)(dam__model *model, const dam__batch *shard, int number, int pass,
                      const dam__buffer *losses, int slot);

    /* A shard's part of what is summed over all shards after this pass, before the next; then it is
     * the sum. Its buffer may be exchanged for another of the same size. */
    dam__matrix *(*shared)(dam__model *model, int pass);
} dam__pass_ops;

enum { DAM__MOST_PASSES = 3 };

typedef struct dam__model_ops {
    /* Which keys to change when the loss is not finite; `advise` chooses by the model's keys, or is
     * NULL. See dam__model_advice. */
    const char *divergence_advice;
    const char *(*advise)(const dam__model *model);
    double worst_loss; /* a batch of higher loss has diverged; 0: any finite loss is good */

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
     * After initialisation, before the first step: measures what the rates depend on besides the
     * sizes, and appends a line about it, or nothing. NULL: nothing is measured.
     */
    dam_status (*measure)(dam__model *model, dam__loader *samples, dam__text *out);

    /* Schedules: what the model itself changes at the start of an epoch; epochs count from 0. */
    dam_status (*begin_epoch)(dam__model *model, int epoch);

    /* Fills every gradient from a batch and writes the batch's mean loss to losses[slot]; of a
     * shard, its parts of them. A gradient's buffer may have been exchanged since the last call. */
    dam_status (*loss_gradient)(dam__model *model, const dam__batch *batch,
                                const dam__buffer *losses, int slot);
    const dam__pass_ops *passes; /* NULL where samples do not depend on each other */

    /* After the optimizer's step: enforces constraints that couple parameters, then refreshes. */
    dam_status (*project)(dam__model *model);

    /*
     * After an epoch's steps, before the model is evaluated or saved: computes what it keeps of the
     * whole training set, in the epoch's order. Training itself is not affected. NULL: nothing to
     * do.
     */
    dam_status (*finish_epoch)(dam__model *model, dam__loader *samples, int epoch);

    /* After values were set from outside: recomputes everything derived from them. Changes no
     * parameter. */
    dam_status (*refresh)(dam__model *model);

    /* Evaluates a batch: row `slot` of totals, and the samples from index `offset` on of the
     * others. */
    dam_status (*evaluate)(dam__model *model, const dam__batch *batch,
                           const dam__device_metrics *metrics, int slot, int offset);

    /*
     * What it says of the samples of a batch, in their stored order and at most a chunk of them, to
     * the host; see dam__answers, of which it fills the first batch->size. NULL where samples have
     * no class and no nearest memory.
     */
    dam_status (*answer)(dam__model *model, const dam__batch *batch, const dam__answers *out);

    /*
     * The factors and rates that follow from the sizes, in one line; *caution = a warning about
     * them, a static string, or NULL. NULL where nothing depends on the sizes.
     */
    void (*describe)(const dam__model *model, dam__text *out, const char **caution);

    /* Flops of the large products of a step on `batch` samples, for benchmarks. */
    double (*product_flops)(const dam__model *model, int batch);

    const dam__grow_ops *grow;         /* NULL where memories cannot be split */
    const dam__probe_ops *probe;       /* NULL where it has nothing for single samples */
    const dam__diagnose_ops *diagnose; /* NULL where it has no diagnostics */

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
