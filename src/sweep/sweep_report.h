/* The output of a sweep beside its sweep.h5: a table and pictures. */
#ifndef DAM__SWEEP_SWEEP_REPORT_H
#define DAM__SWEEP_SWEEP_REPORT_H

#include "denseam/log.h"
#include "sweep/sweep.h"

enum { DAM__SWEEP_PICTURES = 24 }; /* at most, of a sweep of more than two keys */

/*
 * Replaces folder/sweep.csv: a row a cell that is not outside; its values, status, how many seeds
 * are done, diverged and failed, the mean of each metric, the spread and each seed of the one that
 * cells are compared by, epochs, seconds. A number that does not exist is empty. DAM_INPUT.
 */
dam_status dam__sweep_table_write(const char *folder, const dam__sweep *sweep);

/*
 * Replaces folder/sweep.dat, sweep.gp and, with gnuplot, sweep.png: a curve over the key of a sweep
 * that has one, a heat map over the first two of others. Of more than two keys there is one for
 * each value of the others, sweep-1.png and so on, of which the first DAM__SWEEP_PICTURES are
 * drawn. Keys of a single value do not count. Of a search: sweep.* are curves over its first key,
 * and epochs.* losses over the epochs (sweep/sweep_search_picture.h). DAM_INPUT.
 */
dam_status dam__sweep_draw(const char *folder, const char *title, const dam__sweep *sweep,
                           const dam_log *log);

#endif
