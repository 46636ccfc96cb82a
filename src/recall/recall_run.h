/*
 * A recall experiment: where memories and patterns come from, and one cell of it: probes made of
 * the patterns, recalled, and compared with what they were made of.
 */
#ifndef DAM__RECALL_RECALL_RUN_H
#define DAM__RECALL_RECALL_RUN_H

#include "data/alike.h"
#include "data/probes.h"
#include "run/recall_lists.h"
#include "run/run_folder.h"

/*
 * A run's memories, or patterns stored as memories: those of a file, or of a preset's data.
 * Patterns are states of `shape.dim` neurons; those behind the samples' own are a class neuron
 * each.
 */
typedef struct dam__recall_source {
    dam__experiment experiment;
    bool is_run;
    dam__run run; /* where it is one */
    dam__dataset set;
    dam__state_shape shape;
    size_t class_neurons; /* the last of shape.dim */
    float *patterns;      /* count x shape.dim; NULL where probes come from a file and is_run */
    size_t count;
    dam__alike alike; /* which of the patterns are the same; empty without patterns */
} dam__recall_source;

/*
 * Opens what `operand` names: a run folder or run file, a file of patterns (IDX, NPY, HDF5), or a
 * preset. Nothing large is read yet. A run of a denoiser is opened, too, but is recalled
 * differently (recall/denoise_recall.h). DAM_USAGE, DAM_INPUT. Free with dam__recall_source_free.
 */
dam_status dam__recall_source_open(const char *operand, const char *const *overrides,
                                   size_t override_count, dam__recall_source *out);

/* Loads the patterns. DAM_INPUT: patterns to be stored that are not +-1, widths that differ. */
dam_status dam__recall_source_load(dam__recall_source *source, dam__device *device);
void dam__recall_source_free(dam__recall_source *source);

/* Loads the patterns of the next seed: those that are made up are others, and so are all probes. */
dam_status dam__recall_source_next(dam__recall_source *source, dam__device *device);

/* Warns of patterns that are the same, and of those whose energies cancel; says how samples became
 * states where that was left open. */
void dam__recall_note(const dam_log *log, const dam__recall_source *source,
                      const dam__recall_cells *cells);

/* The result of one cell. Means are over its probes. */
typedef struct dam__recall_result {
    dam__recall_cell cell;
    size_t memories;
    float *probes; /* count x dim */
    dam__recalled recalled;
    bool compared;    /* whether probes were made of patterns, which they are compared with: */
    size_t recovered; /* those whose pattern came back without a wrong neuron; not where another
                       * pattern is the same, which is then recalled as much */
    size_t twins;     /* probes of such patterns */
    double distance;  /* to the pattern, ||x - pattern|| */
    double nearest;   /* to the nearest memory */
    double sweeps, energy_before, energy_after;
    size_t moving, cycling; /* probes that did not converge */
} dam__recall_result;

/*
 * Makes the cell's probes and recalls. Free with dam__recall_result_free. DAM_USAGE: more patterns
 * or flips than there are, an invalid mask; otherwise as dam__recall.
 */
dam_status dam__recall_cell_run(const dam__recall_source *source, dam__device *device,
                                dam__gemm_provider gemm, const dam__recall_cell *cell,
                                const dam__recall_callbacks *callbacks, dam__recall_result *out);
void dam__recall_result_free(dam__recall_result *result);

/* Memory mu of a source as dim numbers. */
void dam__recall_memory(const dam__recall_source *source, size_t mu, float *out);

#endif
