/* What the vmf model's files share: vmf.c makes a model, vmf_step.c works on batches, vmf_grow.c
 * splits memories, vmf_probe.c and vmf_answer.c tell of single samples. */
#ifndef DAM__MODEL_VMF_VMF_INTERNAL_H
#define DAM__MODEL_VMF_VMF_INTERNAL_H

#include "compute/program.h"
#include "model/vmf/vmf.h"

/* Indices into dam__model.parameters. */
enum { MEMORIES, CLASS_WEIGHTS, BETA, COUNTS, PRIOR, PARAMETERS };

/* What splitting needs beyond a training step; zeros in a model that does not grow. */
struct dam__vmf_growth {
    dam__program *program;
    dam__kernel *sum_mass, *curvature, *weigh, *advance, *constrain, *gather, *split_rows,
        *split_columns;
};

/* What analysis needs beyond a training step; zeros in a model that is not analysed. */
struct dam__vmf_probe {
    dam__matrix along; /* chunk x (memories + 1): products of directions and memories */
    dam__kernel *posterior, *margin, *perturb;
};

struct vmf {
    dam__model base;  /* first, so that a pointer to it is one to this */
    int memories;     /* now */
    int max_memories; /* that the matrices are allocated for */
    int columns, tile, parts, chunk;
    dam__matrix similarities;   /* chunk x (memories + 1); afterwards the scaled responsibilities */
    dam__matrix activations;    /* the same shape */
    dam__matrix ratios;         /* chunk x columns */
    dam__matrix statistics;     /* 1 x 4 chunk: four numbers a sample */
    dam__matrix gradient_parts; /* columns x (memories + 1), `parts` of them */
    dam__matrix scalars;        /* b, tau, tau' */
    dam__program *program;
    dam__kernel *update_scalars, *forward, *evaluate, *class_gradient, *fold, *metrics, *project;
    struct dam__vmf_growth growth;
    struct dam__vmf_probe probe;
};

/* What a search measures, DAM__GROW_NUMBERS x memories: in the class gradient's parts, which only a
 * step needs. */
dam__matrix dam__vmf_grow_numbers(const struct vmf *vmf);

/* Gives every matrix the rows or columns of this many memories, at most max_memories. */
void dam__vmf_show(struct vmf *vmf, int memories);

/* The first columns of a matrix, for products. */
dam__matrix dam__vmf_columns(const dam__matrix *matrix, int columns);

/* Samples start ... of a batch, at most a chunk of them. */
dam__batch dam__vmf_chunk(const struct vmf *vmf, const dam__batch *batch, int start);

/* All samples of a batch, and the first rows of a matrix, as factors. */
dam__operand dam__vmf_samples(const dam__batch *batch);
dam__operand dam__vmf_rows(const dam__matrix *matrix, int rows, bool transposed);

/* S = X W' of a chunk's samples. */
dam_status dam__vmf_similarities(struct vmf *vmf, const dam__batch *chunk);

/* Responsibilities of a chunk's samples, scaled by -b per_sample, in place of the similarities. */
dam_status dam__vmf_responsibilities(struct vmf *vmf, const dam__batch *chunk, double per_sample);

/* gradient (+)= Q' X over a chunk, Q the first rows of `owed`; the rows of Q' are its columns. */
dam_status dam__vmf_memory_sums(struct vmf *vmf, const dam__matrix *owed, const dam__batch *chunk,
                                bool accumulate);

/* The operations of those names in dam__model_ops. */
dam_status dam__vmf_loss_gradient(dam__model *model, const dam__batch *batch,
                                  const dam__buffer *losses, int slot);
dam_status dam__vmf_evaluate(dam__model *model, const dam__batch *batch,
                             const dam__device_metrics *metrics, int slot, int offset);
dam_status dam__vmf_answer(dam__model *model, const dam__batch *batch, const dam__answers *out);

void dam__vmf_growth_free(struct dam__vmf_growth *growth);

extern const dam__model_ops dam__vmf_ops;
extern const dam__grow_ops dam__vmf_grow_ops;
extern const dam__probe_ops dam__vmf_probe_ops;

#endif
