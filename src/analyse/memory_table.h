/* Statistics of each memory of a run, as a table and as a few counts. */
#ifndef DAM__ANALYSE_MEMORY_TABLE_H
#define DAM__ANALYSE_MEMORY_TABLE_H

#include <stdbool.h>

#include "run/run_folder.h"

typedef struct dam__memory_row {
    int32_t label;    /* the class of most weight; -1 for none */
    double purity;    /* its share of the memory's weight */
    double mass;      /* mean posterior of the memory; all masses and the background's sum to 1 */
    double roughness; /* sum of squared differences of neighbouring pixels; NaN where no image */
    double lambda;    /* least eigenvalue of the splitting matrix */
    double kappa;     /* lambda without the scatter of its samples */
} dam__memory_row;

typedef struct dam__memory_table {
    size_t count;
    bool images; /* memories are images, so roughness means something */
    dam__memory_row *rows;
} dam__memory_table;

/* Median, least and largest of a column; NaN where nothing is finite. */
typedef struct dam__range_of {
    double least, median, most;
} dam__range_of;

typedef struct dam__memory_census {
    size_t dead;   /* mass below 0.05 / K */
    size_t noise;  /* roughness above 2: noise has about 4, images of digits below 1 */
    size_t mixed;  /* purity below 0.5 */
    size_t stable; /* lambda at the threshold or above: it would not split */
    dam__range_of purity, mass, roughness, lambda, kappa;
} dam__memory_census;

/*
 * numbers: DAM__GROW_NUMBERS x memories, row by row, as of a search. DAM_INPUT where the run file
 * lacks something. Free with dam__memory_table_free.
 */
dam_status dam__memory_table_make(const dam__run *run, const double *numbers,
                                  dam__memory_table *out);
void dam__memory_table_free(dam__memory_table *table);

/* The sum of squared differences of neighbouring pixels of a height x width image. */
double dam__roughness(const double *image, size_t height, size_t width);

dam_status dam__memory_census_take(const dam__memory_table *table, double threshold,
                                   dam__memory_census *out);

/* Replaces path by the table as comma-separated values, one memory a line. DAM_INPUT. */
dam_status dam__memory_table_write(const dam__memory_table *table, const char *path);

#endif
