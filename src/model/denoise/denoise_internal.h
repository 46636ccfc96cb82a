/* What the denoiser's files share: denoise.c is the model, denoise_step.c queues its kernels. */
#ifndef DAM__MODEL_DENOISE_DENOISE_INTERNAL_H
#define DAM__MODEL_DENOISE_DENOISE_INTERNAL_H

#include "compute/program.h"
#include "model/denoise/denoise.h"
#include "model/power.h"
#include "model/splitter.h"

/* Indices into dam__model.parameters. */
enum { MEMORIES, INNER, OUTER, MEANS, STANDARDS, PARAMETERS };

/* Of DAM__RATES_SPECTRUM alone. */
struct denoise_spectrum {
    dam__matrix covariance; /* dim x dim */
    dam__matrix mean;       /* 1 x dim: of the inputs */
    dam__matrix ones;       /* chunk x 1 */
    dam__matrix top;        /* 1 x 1: the eigenvalue */
    dam__power power;
};

/* Of diagnostics alone. */
struct denoise_diagnosis {
    dam__matrix term;    /* memories x dim: a change of W */
    dam__matrix old;     /* with Adam: W before the step */
    dam__matrix biases;  /* with Adam: 1 x memories, b before the step */
    dam__matrix outers;  /* with Adam: 1 x dim, c before the step */
    dam__matrix change;  /* batch x memories: of Z, then of T */
    dam__matrix gram;    /* batch x batch: T T' */
    dam__matrix squares; /* 1 x the larger of memories and batch: sums of rows */
    dam__matrix nothing; /* 1 x memories zeros */
    dam__power power;
    dam__program *program;
    dam__kernel *sum_squares, *collect, *subtract, *centre;
};

/*
 * Of a centred model whose batches come in shards: what each shard keeps between its passes. The
 * first has the model's own matrices; the others exchange theirs for them (denoise_shards.c).
 */
enum { DAM__DENOISE_KEPT = 8 };
struct denoise_shards {
    int count;                                /* of this process; 0 where nothing is kept */
    dam__matrix (*others)[DAM__DENOISE_KEPT]; /* those behind the first */
    dam__matrix pulls;                        /* chunk x memories: dL/dT, then dL/dZ */
    dam__matrix means[2];                     /* of the batch: of S and of dL/dT; 1 x memories */
};

/* What splitting needs beyond a training step; zeros in a model that does not grow. */
struct denoise_growth {
    dam__splitter splitter;
    dam__matrix products, across; /* chunk x memories: of the directions and X, and dL/dF */
    dam__matrix mean;             /* 1 x dim: of dL/dF over the subset */
    dam__program *program;
    dam__kernel *bend;
};

struct denoise {
    dam__model base; /* first, so that a pointer to it is one to this */
    dam__denoise_scales scales;
    int memories;                       /* now */
    int max_memories;                   /* that the matrices are allocated for */
    int count;                          /* replicas side by side */
    int chunk;                          /* samples at once */
    int parts;                          /* of a sum over a batch */
    int epoch;                          /* that fresh noise belongs to */
    dam__matrix noisy;                  /* chunk x dim: X */
    dam__matrix clean;                  /* the same shape: Y */
    dam__matrix output;                 /* the same shape: F, then the gradient of the loss by it */
    dam__matrix hidden;                 /* chunk x memories: Z, or a softmax of it */
    dam__matrix active;                 /* the same shape: T, then the gradient by it, then by Z */
    dam__matrix inner_sums, outer_sums; /* parts x memories, parts x dim */
    dam__matrix squares;                /* parts x vectors of dim: sums of squared errors */
    dam__matrix means;                  /* 1 x memories: of the batch, first of S, then of dL/dT */
    dam__buffer *seeds;                 /* two words a replica */
    struct denoise_spectrum spectrum;
    struct denoise_diagnosis diagnosis;
    struct denoise_shards shards;
    struct denoise_growth growth;
    dam__program *program;
    dam__kernel *pairs, *softmax, *activate, *fold, *centre, *residual, *collect, *sums, *backward,
        *backward_softmax, *energy, *advance, *bound;
};

/* See dam__model_ops. */
extern const dam__model_ops dam__denoise_ops;

dam_status dam__denoise_loss_gradient(dam__model *model, const dam__batch *batch,
                                      const dam__buffer *losses, int slot);
dam_status dam__denoise_evaluate(dam__model *model, const dam__batch *batch,
                                 const dam__device_metrics *metrics, int slot, int offset);
dam_status dam__denoise_finish_epoch(dam__model *model, dam__loader *samples, int epoch);

/* --- shards: denoise_shards.c has their matrices, denoise_step.c their passes ------------------- */

extern const dam__pass_ops dam__denoise_passes;
dam_status dam__denoise_shards_plan(struct denoise *denoise, dam__plan *plan);
void dam__denoise_shards_free(struct denoise *denoise);

/* What shards keep of memories has so many columns. */
void dam__denoise_shards_show(struct denoise *denoise, int memories);

/* To its part of the mean of S; from the mean to its part of that of dL/dT; to the gradients. */
dam_status dam__denoise_first_pass(struct denoise *denoise, const dam__batch *shard);
dam_status dam__denoise_second_pass(struct denoise *denoise, const dam__batch *shard);
dam_status dam__denoise_last_pass(struct denoise *denoise, const dam__batch *shard,
                                  const dam__buffer *losses, int slot);

/* --- denoise_step.c, for the other files -------------------------------------------------------- */

/* The noisy and clean samples of a batch, those of its first epoch where noise is fresh. */
dam_status dam__denoise_pairs(struct denoise *denoise, const dam__batch *batch);

/* Samples start ... of a batch, at most a chunk of them. */
dam__batch dam__denoise_chunk(const struct denoise *denoise, const dam__batch *batch, int start);

/* Z, T and G = dL/dF of the noisy samples once more, as a training step had them. */
dam_status dam__denoise_again(struct denoise *denoise, int size);

/* change <- J(Z) change and its mean over the batch, in denoise->means, where the model is centred;
 * `nothing` is a row of zeros. */
dam_status dam__denoise_push(struct denoise *denoise, const dam__matrix *change,
                             const dam__matrix *nothing, int size);

/* For growth: T of a batch as it is evaluated, G = dL/dF of a loss of `items` numbers with it. */
dam_status dam__denoise_pull(struct denoise *denoise, const dam__batch *batch, double items);

/* h = G W', in place of T. */
dam_status dam__denoise_project(struct denoise *denoise, int size);

/* --- denoise_grow.c ----------------------------------------------------------------------------- */

extern const dam__grow_ops dam__denoise_grow_ops;
dam_status dam__denoise_growth_plan(struct denoise *denoise, dam__plan *plan);
void dam__denoise_growth_free(struct denoise *denoise);

/* Gives every matrix the rows or columns of this many memories, at most max_memories. */
void dam__denoise_show(struct denoise *denoise, int memories);

/* --- denoise_spectrum.c: rates over the largest eigenvalue of the inputs' covariance ------------ */

dam_status dam__denoise_spectrum_plan(struct denoise *denoise, dam__plan *plan);
dam_status dam__denoise_spectrum_prepare(struct denoise *denoise);
void dam__denoise_spectrum_free(struct denoise *denoise);
dam_status dam__denoise_measure(dam__model *model, dam__loader *samples, dam__text *out);

/* --- denoise_diagnose.c ------------------------------------------------------------------------- */

extern const dam__diagnose_ops dam__denoise_diagnose;
void dam__denoise_diagnosis_free(struct denoise *denoise);

#endif
