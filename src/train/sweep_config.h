/* What a preset's sweep section says. */
#ifndef DAM__TRAIN_SWEEP_CONFIG_H
#define DAM__TRAIN_SWEEP_CONFIG_H

enum { DAM__SWEEP_GRID_BYTES = 512 };

typedef struct dam__sweep_config {
    char x[DAM__SWEEP_GRID_BYTES]; /* "section.key=VALUES" (preset/grid.h), or "" */
    char y[DAM__SWEEP_GRID_BYTES];
    char z[DAM__SWEEP_GRID_BYTES];
    int seeds;  /* problems of a cell: seed, seed + 1, ... */
    int score;  /* dam__sweep_score_choice */
    int extend; /* most values that a search adds to either end of x; 0: the grid stays as it is */
    int flips;  /* neurons of a probe, for the metrics of recall */
} dam__sweep_config;

#endif
