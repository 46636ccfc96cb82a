/* What the denoiser's files share: denoise.c is the model, denoise_step.c queues its kernels. */
#ifndef DAM__MODEL_DENOISE_INTERNAL_H
#define DAM__MODEL_DENOISE_INTERNAL_H

#include "compute/program.h"
#include "model/denoise.h"

/* Indices into dam__model.parameters. */
enum { MEMORIES, INNER, OUTER, MEANS, STANDARDS, PARAMETERS };

struct denoise {
    dam__model base; /* first, so that a pointer to it is one to this */
    dam__denoise_scales scales;
    int count;                          /* problems side by side */
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
    dam__buffer *seeds;                 /* two words a problem */
    dam__program *program;
    dam__kernel *pairs, *softmax, *activate, *fold, *centre, *residual, *collect, *sums, *backward,
        *backward_softmax, *energy, *advance;
};

/* See dam__model_ops. */
dam_status dam__denoise_loss_gradient(dam__model *model, const dam__batch *batch,
                                      const dam__buffer *losses, int slot);
dam_status dam__denoise_evaluate(dam__model *model, const dam__batch *batch,
                                 const dam__evaluation *evaluation, int slot, int offset);
dam_status dam__denoise_settle(dam__model *model, dam__feed *samples, int epoch);

#endif
