/* The output of a recall in a folder: states and numbers, pictures, curves of capacity. */
#ifndef DAM__RECALL_RECALL_REPORT_H
#define DAM__RECALL_RECALL_REPORT_H

#include "recall/recall_files.h"
#include "recall/recall_run.h"

/*
 * Writes the result of one cell into folder, atomically: recall.h5, or states.npy, energies.npy,
 * flips.npy, sweeps.npy, ends.npy, nearest.npy, distances.npy and probes.npy. DAM_INPUT.
 */
dam_status dam__recall_result_write(const char *folder, const dam__recall_source *source,
                                    const dam__recall_result *result, dam__recall_format format);

/*
 * Replaces folder/recall.png by triples of probe, recalled state and nearest memory, of the first
 * probes; *drawn is false, and nothing is written, where states are no images. DAM_INPUT.
 */
dam_status dam__recall_result_draw(const char *folder, const dam__recall_source *source,
                                   const dam__recall_result *result, bool *drawn);

/* One row of a curve: a cell, and the means of its results over seeds. Begins as {0}. */
typedef struct dam__recall_row {
    dam__recall_cell cell;
    size_t memories, probes; /* of each seed */
    int seeds;
    double recovered, squares; /* share; sum of squared deviations over the seeds */
    double distance, sweeps;
    double seconds; /* of all */
} dam__recall_row;

/* Takes the result of one more seed into a row. */
void dam__recall_row_add(dam__recall_row *row, const dam__recall_result *result);

/* Standard deviation of the share recovered, over the seeds; NaN of one alone. */
double dam__recall_row_deviation(const dam__recall_row *row);

/*
 * Writes capacity.csv, capacity.dat and capacity.gp, and lets gnuplot draw capacity.png: the share
 * of probes recovered, against the number of patterns where several were asked for, else against
 * that of flips; a curve an interaction, with error bars where there are several seeds. DAM_INPUT;
 * see gnuplot.h for what does not count as a failure.
 */
dam_status dam__capacity_write(const char *folder, const char *title,
                               const dam__recall_cells *cells, const dam__recall_row *rows,
                               const dam_log *log);

#endif
