/* What the files of recall share. */
#ifndef DAM__MODEL_ENERGY_RECALL_INTERNAL_H
#define DAM__MODEL_ENERGY_RECALL_INTERNAL_H

#include "compute/program.h"
#include "model/energy/recall.h"

/* --- tables over the number of agreeing neurons (recall_table.c) ------------------------------- */

enum { DAM__LEVEL_BITS = 64 };

/*
 * For memories and states of +-1: with k agreeing neurons S = 2 k - N. Numbers are multiples of
 * 2^base, the power of two next above F(N) and a leak's F(-N); level l is scaled up by
 * 2^(LEVEL_BITS l). Powers of two keep differences of integers exact, so ties stay ties.
 */
typedef struct dam__recall_table {
    int dim, levels, base;
    double *differences; /* levels x (dim + 2): F(k) - F(k - 1), 0 at both ends */
    double *values;      /* levels x (dim + 1): F(k) */
    int32_t *level_of;   /* dim + 1: the level for states whose furthest k is this one */
} dam__recall_table;

/* Whether the table stays small: very wide states and steep functions need too many levels. */
bool dam__recall_table_fits(const dam__recall_config *config, int dim);

/* Free with dam__recall_table_free. DAM_NO_MEMORY. */
dam_status dam__recall_table_create(const dam__recall_config *config, int dim,
                                    dam__recall_table *out);
void dam__recall_table_free(dam__recall_table *table);

/* A number, mantissa 2^exponent, that no double holds. */
typedef struct dam__wide {
    double mantissa; /* 0, or of magnitude 0.5 ... 1 */
    int exponent;
} dam__wide;

/* F(x) with the scale b inside: e^(b x); b^-n F(b x) of the other kinds, so that integers stay
 * integers where F has no leak. */
dam__wide dam__wide_interaction(const dam__recall_config *config, double x);

/* --- signs, 32 a word (recall_pack.c) --------------------------------------------------------- */

/* Whether all items are +1 or -1. */
bool dam__all_signs(const dam__array *array);

/*
 * Packs rows x cols signs, a bit for +1, into ceil(cols / 32) words a row, `ld` words apart:
 * out[row * ld + word]; transposed: out[word * ld + row]. Bits beyond cols are 0.
 */
void dam__pack_signs(const float *signs, size_t rows, size_t cols, size_t ld, bool transposed,
                     uint32_t *out);

/* --- the device's side (recall_device.c) ------------------------------------------------------- */

enum { DAM__RECORD_REALS = 4 };

/* All that a recall has on the device. */
typedef struct dam__recaller {
    dam__device *device;
    const dam__recall_config *config;
    const dam__recall_task *task;
    int dim, memories, neurons, chunk, sweeps; /* neurons: free ones */
    int local_memories; /* memories whose similarities fit into local memory; 0 = global */
    bool signs;
    size_t ld;     /* of memories */
    double reach;  /* largest |entry| of a free neuron's column */
    double most;   /* bound of all similarities */
    int32_t *free; /* the free neurons; host */
    dam__recall_table table;
    dam__plan *plan;
    dam__gemm *gemm;
    dam__program *program, *orders;
    dam__kernel *sweep, *agree, *find_nearest, *make_order;
    dam__matrix states, records, halves, distances;
    dam__matrix similarities, values, columns;      /* any memories; values also of signs */
    dam__matrix further, differences, table_values; /* signs */
    dam__buffer *agreements, *packed, *rows, *bits, *levels; /* signs */
    dam__buffer *free_neurons, *order, *wishes, *ends, *flips, *nearest;
} dam__recaller;

/* Plans for as many probes at once as fit, allocates, compiles and loads the memories. */
dam_status dam__recaller_open(dam__recaller *recaller);
void dam__recaller_close(dam__recaller *recaller);

/* Loads probes first ... first + count - 1 and their similarities. */
dam_status dam__recaller_load(dam__recaller *recaller, size_t first, size_t count);

/* Computes the similarities anew from the states. */
dam_status dam__recaller_refresh(dam__recaller *recaller, size_t count);

/* Queues one sweep of the loaded probes. */
dam_status dam__recaller_sweep(dam__recaller *recaller, size_t count, int sweep);

/* Queues the search for the nearest memories. */
dam_status dam__recaller_nearest(dam__recaller *recaller, size_t count);

#endif
