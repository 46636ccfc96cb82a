/* What a preset's sweep section says. */
#ifndef DAM__RUN_SWEEP_CONFIG_H
#define DAM__RUN_SWEEP_CONFIG_H

enum {
    DAM__SWEEP_GRID_BYTES = 512,
    DAM__SWEEP_SEEDS = 1000 /* most of a cell */
};

/* What a replica is measured by. */
typedef enum dam__metric {
    DAM__METRIC_LOSS,
    DAM__METRIC_VALIDATION_LOSS,
    DAM__METRIC_VALIDATION_ACCURACY,
    DAM__METRIC_TEST_LOSS,
    DAM__METRIC_TEST_ACCURACY,
    DAM__METRIC_DISTANCE,         /* of patterns from what is recalled from them, ||x - pattern|| */
    DAM__METRIC_DISTANCE_FLIPPED, /* the same, from patterns with flipped neurons */
    DAM__METRIC_RECOVERED,     /* share of those patterns that come back without a wrong neuron */
    DAM__METRIC_MSE,           /* of a denoiser on all training samples, as training leaves it */
    DAM__METRIC_VALIDATION_F1, /* macro F1 of the validation samples after the last epoch */
    DAM__METRIC_TEST_F1,
    DAM__METRIC_ENERGY, /* of what is recalled from the patterns, a mean in units of F(b N) */
    DAM__METRICS
} dam__metric;

/* sweep.score of a preset: the first choice, then the metrics in their order. */
typedef enum dam__sweep_score_choice {
    DAM__SCORE_AUTO, /* the first that has values of distance, validation accuracy and loss, mse,
                      * loss */
    DAM__SCORE_METRICS
} dam__sweep_score_choice;

typedef struct dam__sweep_config {
    char x[DAM__SWEEP_GRID_BYTES]; /* "section.key=VALUES" (sweep/sweep_grid.h), or "" */
    char y[DAM__SWEEP_GRID_BYTES];
    char z[DAM__SWEEP_GRID_BYTES];
    int seeds;  /* replicas of a cell: seed, seed + 1, ... */
    int score;  /* dam__sweep_score_choice */
    int extend; /* most values that a search adds to either end of x; 0: the grid stays as it is */
    int flips;  /* neurons of a probe, for the metrics of recall */
} dam__sweep_config;

#endif
