/* What a preset's grow section says. */
#ifndef DAM__MODEL_GROW_CONFIG_H
#define DAM__MODEL_GROW_CONFIG_H

/* The direction along which a memory is split. The last two are for comparison. */
typedef enum dam__grow_direction {
    DAM__GROW_EIGENVECTOR, /* the direction in which the loss falls fastest */
    DAM__GROW_TANGENT,     /* a random one along the memories' constraint */
    DAM__GROW_NOISE        /* a random one */
} dam__grow_direction;

typedef struct dam__grow_config {
    int to;               /* memories to grow to; 0 = no growth */
    int samples;          /* of the training set that a split looks at */
    int iterations;       /* of the power iteration */
    int extra_iterations; /* at most, for memories that are not below the threshold after these */
    double threshold;     /* memories split whose eigenvalue is below */
    double step;          /* eps: the pair is w +- eps u, normalised */
    double fraction;      /* at most this share of the memories splits at once */
    int splits;           /* at most */
    int patience;         /* as train.patience, in a stage */
    double gain;          /* nats by which a loss must be lower to be better */
    int settle;           /* epochs after a split whose losses do not count */
    int epochs;           /* at most, in a stage */
    int direction;        /* dam__grow_direction */
} dam__grow_config;

#endif
