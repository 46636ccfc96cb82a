/* What a preset's model section says: what every kind of model has, then what each kind has. */
#ifndef DAM__MODEL_MODEL_CONFIG_H
#define DAM__MODEL_MODEL_CONFIG_H

#include "model/energy/interaction.h"

typedef enum dam__model_kind {
    DAM__KIND_VMF,
    DAM__KIND_ENERGY,
    DAM__KIND_DENOISE,
    DAM__KINDS
} dam__model_kind;

/* --- vmf -------------------------------------------------------------------------------------- */

/* How the inverse temperature beta moves (docs/models/vmf.md, Optimizer and Schedule). */
typedef enum dam__beta_rule {
    DAM__BETA_LEARNED, /* gradient descent with momentum */
    DAM__BETA_FROZEN,  /* stays at its first value */
    DAM__BETA_ANNEALED /* follows the schedule from beta to anneal_to */
} dam__beta_rule;

/* What the loss compares the class columns with (docs/models/vmf.md). */
typedef enum dam__loss {
    DAM__LOSS_SUPERVISED,  /* softened labels */
    DAM__LOSS_UNSUPERVISED /* the model's own softened class probabilities */
} dam__loss;

/* Where the first memories come from. */
typedef enum dam__initial {
    DAM__INITIAL_RANDOM, /* uniform on the sphere */
    DAM__INITIAL_DATA,   /* training samples drawn at random, none twice, none blank */
    DAM__INITIAL_MEAN    /* near the direction of the training samples' mean */
} dam__initial;

enum { DAM__CLASS_COUNTS_BYTES = 1024 };

typedef struct dam__vmf_config {
    int capacity;           /* the paper's P_max, for the background share; 0 = max_memories */
    int initial;            /* dam__initial */
    double initial_spread;  /* how far from the mean: of a random unit vector that is added to it */
    double beta;            /* first inverse temperature */
    int beta_rule;          /* dam__beta_rule */
    double varsigma;        /* effective inverse temperature = varsigma * beta */
    double softening;       /* s: share of each label spread over all classes and the softening
                               class */
    int sinkhorn;           /* most Sinkhorn-Knopp iterations after a step */
    double anneal_to;       /* beta at the end of the schedule */
    int anneal_epochs;      /* its length */
    double anneal_exponent; /* its steepness a; 1 is linear */
    double background;      /* the background's count is background * memories / capacity; 0 means
                               1 */
    int loss;               /* dam__loss */
    char class_counts[DAM__CLASS_COUNTS_BYTES]; /* prior of an unsupervised model; model/task.h */
    int classes; /* of an unsupervised model; a supervised one takes those of its labels */
} dam__vmf_config;

/* --- energy ----------------------------------------------------------------------------------- */

/* What an energy model learns. */
typedef enum dam__energy_task {
    DAM__TASK_STORE,   /* the samples themselves: every neuron is trained, its target the state */
    DAM__TASK_CLASSIFY /* labels, by a neuron a class that follows the sample's own neurons */
} dam__energy_task;

/* Where the scale of an energy model's overlaps is taken (docs/models/energy.md, Rules):
 * h = g sum F(b ...). */
typedef enum dam__energy_rule {
    DAM__RULE_MODIFIED, /* b = 1/(N T), g = 1 (equation 14) */
    DAM__RULE_ORIGINAL, /* b = 1, g = T^-n (equation 8); overflows where the paper says so */
    DAM__RULE_SHIFT     /* exp only: b = sharpness, g = exp(-sharpness N T) */
} dam__energy_rule;

/* What class neurons are while a classifier learns. */
typedef enum dam__targets {
    DAM__TARGETS_HIDDEN, /* -1, as when it is asked for a class (Krotov & Hopfield) */
    DAM__TARGETS_VISIBLE /* the label (equation 14, literally) */
} dam__targets;

/* Which columns of the memories are kept within [-1, 1]. */
typedef enum dam__clamp {
    DAM__CLAMP_SAMPLES, /* those of a sample's own neurons; not the class neurons' */
    DAM__CLAMP_ALL
} dam__clamp;

typedef struct dam__energy_config {
    dam__interaction interaction;
    int task;               /* dam__energy_task */
    int rule;               /* dam__energy_rule */
    double sharpness;       /* b of the shift rule */
    double temperature;     /* T at first; 0 = dam__energy_temperature */
    double temperature_to;  /* T at the end of the ramp; 0 = stays as it is */
    int temperature_epochs; /* length of the ramp, a straight line */
    int error_exponent;     /* m: the loss is (t - C)^2m */
    int targets;            /* dam__targets */
    int clamp;              /* dam__clamp */
    double mean, spread;    /* of the first memories: normal, cut to [-1, 1] */
    double floor;           /* a memory's gradient is not scaled up from below it; 0 = none */
} dam__energy_config;

/* --- denoise ---------------------------------------------------------------------------------- */

typedef enum dam__activation {
    DAM__ACTIVATION_LINEAR,
    DAM__ACTIVATION_RELU, /* max(z, 0)^power */
    DAM__ACTIVATION_SOFTMAX
} dam__activation;

/* g, which bounds the inputs. */
typedef enum dam__bound {
    DAM__BOUND_NONE,
    DAM__BOUND_TANH, /* bound_at tanh(x / bound_at) */
    DAM__BOUND_CLIP, /* x within +-bound_at */
    DAM__BOUND_UNIT  /* x at the length of dim^1/2, where its mean square is 1 */
} dam__bound;

/* What is subtracted from the activations. */
typedef enum dam__centring {
    DAM__CENTRING_NONE,
    DAM__CENTRING_BATCH /* each memory's mean over the batch; afterwards over the training set */
} dam__centring;

/* What factors and rates follow from (docs/models/denoise.md, Transfer). */
typedef enum dam__parametrisation {
    DAM__PARAMETRISATION_TRANSFER, /* rates found on small models hold on large ones */
    DAM__PARAMETRISATION_STANDARD  /* weights of variance 1 / dim, one rate whatever the size */
} dam__parametrisation;

/* What grows together when a model is enlarged. */
typedef enum dam__regime {
    DAM__REGIME_PROPORTIONAL, /* dim, memories, samples and batch */
    DAM__REGIME_WIDTH         /* memories alone */
} dam__regime;

typedef enum dam__algorithm { DAM__ALGORITHM_SGD, DAM__ALGORITHM_ADAM } dam__algorithm;

/* Whether a sample keeps its noise. */
typedef enum dam__pairing {
    DAM__PAIRING_FIXED, /* drawn once */
    DAM__PAIRING_FRESH  /* drawn anew each epoch */
} dam__pairing;

/* What learning rates follow besides eta0. */
typedef enum dam__rates {
    DAM__RATES_SIZES,
    DAM__RATES_SPECTRUM /* the sizes, over the largest eigenvalue of the inputs' covariance */
} dam__rates;

typedef struct dam__denoise_config {
    int activation;      /* dam__activation */
    int power;           /* of relu */
    int bound;           /* dam__bound */
    double bound_at;     /* of tanh and clip */
    int centring;        /* dam__centring */
    int parametrisation; /* dam__parametrisation */
    int regime;          /* dam__regime */
    int algorithm;       /* dam__algorithm */
    int pairing;         /* dam__pairing */
    int rates;           /* dam__rates */
    double gain;         /* a further factor of s1 */
    double noise;        /* its standard deviation, on samples of mean square 1 */
    double eta0;         /* the base of all rates */
} dam__denoise_config;

typedef struct dam__model_config {
    int kind;         /* dam__model_kind */
    int memories;     /* K */
    int max_memories; /* memories that buffers are planned for; 0 = memories. More where it grows */
    dam__vmf_config vmf;
    dam__energy_config energy;
    dam__denoise_config denoise;
} dam__model_config;

#endif
