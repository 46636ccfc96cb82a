/* What the energy model's files share: energy.c is the model, energy_step.c queues its kernels. */
#ifndef DAM__MODEL_ENERGY_ENERGY_INTERNAL_H
#define DAM__MODEL_ENERGY_ENERGY_INTERNAL_H

#include "compute/program.h"
#include "model/energy/energy.h"

/* Indices into dam__model.parameters. */
enum { MEMORIES, SCALES, PARAMETERS };

/* As in cl/energy_numbers.cl. */
enum {
    DAM__ENERGY_NUMBERS = 16,      /* reals of a replica, or of a state */
    DAM__ENERGY_STATE_LOG = 3,     /* of those of a state: what was divided out of its gaps */
    DAM__ENERGY_MEMORY_NUMBERS = 7 /* reals of a memory */
};

struct energy {
    dam__model base; /* first, so that a pointer to it is one to this */
    int neurons;     /* N, of a state */
    int trained;     /* I, the last of them */
    int count;       /* replicas side by side */
    int chunk;       /* states at once */
    bool classifies;
    int column_vectors, memory_vectors; /* of a tile, where all neurons are trained */
    int tile_states, tile_memories;     /* likewise; memories of the own terms */
    int few;                            /* classes at once */
    int parts;                          /* of the sum over states, where it classifies */
    dam__matrix columns; /* trained x memories: the trained columns of the memories as rows; where
                          * it classifies, twice: as they are, and scaled */
    dam__matrix memory_numbers; /* DAM__ENERGY_MEMORY_NUMBERS x memories */
    dam__matrix similarities;   /* chunk x memories */
    dam__matrix scaled;         /* the same shape: overlaps over the largest of their state */
    dam__matrix values;   /* the same shape: F of them; then what similarities are pulled by */
    dam__matrix gaps;     /* chunk x trained; then errors */
    dam__matrix states;   /* chunk x DAM__ENERGY_NUMBERS */
    dam__matrix given;    /* 1 x DAM__ENERGY_NUMBERS: what a replica is given */
    dam__matrix settings; /* the same shape: b, log g and leak in this epoch */
    dam__matrix own;      /* trained x memories, `parts` a replica, where it classifies */
    dam__program *program, *sums;
    dam__kernel *set, *transpose, *scale, *errors, *collect, *shrink, *evaluate, *metrics;
    dam__kernel *forward, *overlaps, *backward_own, *add_own; /* of `sums`; not all of them exist */
};

extern const dam__model_ops dam__energy_ops;

dam_status dam__energy_settings(struct energy *energy, int epoch);

/* Loss and gradient of a batch, evaluation of one: see dam__model_ops. */
dam_status dam__energy_loss_gradient(dam__model *model, const dam__batch *batch,
                                     const dam__buffer *losses, int slot);
dam_status dam__energy_evaluate(dam__model *model, const dam__batch *batch,
                                const dam__device_metrics *metrics, int slot, int offset);
dam_status dam__energy_answer(dam__model *model, const dam__batch *batch, const dam__answers *out);

#endif
