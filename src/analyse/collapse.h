/*
 * Whether training steps have the same effect at all sizes: the diagnostics of several runs of
 * denoisers, and how each number grows with their size (arXiv 2605.10164; docs/transfer.md).
 */
#ifndef DAM__ANALYSE_COLLAPSE_H
#define DAM__ANALYSE_COLLAPSE_H

#include "denseam/log.h"
#include "run/run_folder.h"
#include "train/diagnostics.h"

/* Runs in the order of their sizes. A number of run r: values[(row * columns + column) * runs + r].
 */
typedef struct dam__collapse {
    size_t runs;
    char axis;      /* what differs between the runs: 'N', or 'K' where all have one N */
    int *sizes;     /* of the runs on that axis */
    size_t rows;    /* steps that all of them have */
    size_t columns; /* numbers of a step */
    double *steps, *values;
    double *left_out; /* steps that some have and others not, rising */
    size_t left_out_count;
    double *slopes; /* rows x columns: of log2 |number| a doubling of the size; NaN for 1 run */
    dam__diagnosed first; /* of the first run: has the names of the columns */
} dam__collapse;

/* A change is flat where its slope is no larger than this. */
extern const double dam__collapse_flat;

/*
 * Where the steepest slope is among all numbers, or among those that should be flat, of one column
 * or of all (column < 0): an index into slopes. c->rows * c->columns where none is finite.
 */
size_t dam__collapse_steepest(const dam__collapse *c, int column, bool should_be_flat);

/* Whether a number should be flat where rates transfer: changes of W, Z and F. */
bool dam__collapse_should_be_flat(const char *name);

/*
 * From runs of denoisers with diagnostics; free with dam__collapse_free. DAM_USAGE: a run without
 * them, of another kind or other numbers, no step in common, or several of one size alone.
 */
dam_status dam__collapse_make(const dam__run *runs, size_t count, dam__collapse *out);
void dam__collapse_free(dam__collapse *collapse);

/* Writes collapse.csv, collapse.dat and collapse.gp, and lets gnuplot draw collapse.png. DAM_INPUT;
 * see gnuplot.h for what does not count as a failure. */
dam_status dam__collapse_write(const char *folder, const dam__collapse *collapse,
                               const dam_log *log);

/* Replaces folder/diagnostics.csv by what a run measured; nothing where it did not. DAM_INPUT. */
dam_status dam__diagnostics_write_csv(const dam__run *run);

#endif
