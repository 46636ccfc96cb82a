/* What the energy model's files share: energy.c is the model, energy_step.c queues its kernels. */
#ifndef DAM__MODEL_ENERGY_ENERGY_INTERNAL_H
#define DAM__MODEL_ENERGY_ENERGY_INTERNAL_H

#include "compute/program.h"
#include "model/energy/energy.h"
#include "model/splitter.h"

/* Indices into dam__model.parameters. */
enum { MEMORIES, SCALES, PARAMETERS };

/* As in cl/energy_numbers.cl. */
enum {
    DAM__ENERGY_NUMBERS = 16,      /* reals of a replica, or of a state */
    DAM__ENERGY_STATE_LOG = 3,     /* of those of a state: what was divided out of its gaps */
    DAM__ENERGY_MEMORY_NUMBERS = 7 /* reals of a memory */
};

/* What splitting needs beyond a training step; zeros in a model that does not grow. */
struct energy_growth {
    dam__splitter splitter;
    dam__matrix products; /* chunk x memories: of states and directions */
    dam__matrix columns;  /* trained x memories: the trained columns of the directions as rows */
    dam__matrix reach;    /* 1 x memories: what comes with them, unused */
    dam__program *program;
    dam__kernel *scale, *few, *overlaps, *own;
};

struct energy {
    dam__model base;  /* first, so that a pointer to it is one to this */
    int neurons;      /* N, of a state */
    int trained;      /* I, the last of them */
    int count;        /* replicas side by side */
    int memories;     /* now */
    int max_memories; /* that the matrices are allocated for */
    int chunk;        /* states at once */
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
    struct energy_growth growth;
};

extern const dam__model_ops dam__energy_ops;

dam_status dam__energy_settings(struct energy *energy, int epoch);

/* *options: constants of a compilation; the caller frees it. */
dam_status dam__energy_options(const struct energy *energy, char **options);

/* Loss and gradient of a batch, evaluation of one: see dam__model_ops. */
dam_status dam__energy_loss_gradient(dam__model *model, const dam__batch *batch,
                                     const dam__buffer *losses, int slot);
dam_status dam__energy_evaluate(dam__model *model, const dam__batch *batch,
                                const dam__device_metrics *metrics, int slot, int offset);
dam_status dam__energy_answer(dam__model *model, const dam__batch *batch, const dam__answers *out);

/* --- energy_step.c, for growth ------------------------------------------------------------------ */

/* Samples start ... of a batch, at most a chunk of them; they as a factor; their rows, or any
 * buffer. */
dam__batch dam__energy_chunk(const struct energy *energy, const dam__batch *batch, int start);
dam__operand dam__energy_samples(const dam__batch *batch);
const dam__buffer *dam__energy_rows(const dam__batch *batch);

/* Gaps of a chunk, and all scales; `later`: those of memories stay where they are as large. */
dam_status dam__energy_forward(struct energy *energy, const dam__batch *batch, bool later);

/* Gaps become errors. */
dam_status dam__energy_errors(struct energy *energy, const dam__batch *batch);

/* The trained columns of `from`, a row a memory, as rows; numbers: how far a flip moves an overlap.
 */
dam_status dam__energy_columns(struct energy *energy, const dam__matrix *from,
                               const dam__matrix *columns, const dam__matrix *numbers);

/* gradient (+)= R' X. */
dam_status dam__energy_pull(struct energy *energy, const dam__batch *batch, bool accumulate);

/* gradient += 2 own, where it classifies. */
dam_status dam__energy_add_own(struct energy *energy);

/* --- energy_grow.c ------------------------------------------------------------------------------ */

extern const dam__grow_ops dam__energy_grow_ops;
dam_status dam__energy_growth_plan(struct energy *energy, dam__plan *plan);
void dam__energy_growth_free(struct energy *energy);

/* Gives every matrix the rows or columns of this many memories, at most max_memories. */
void dam__energy_show(struct energy *energy, int memories);

#endif
