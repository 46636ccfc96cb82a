/* What a preset's model section says. */
#ifndef DAM__MODEL_CONFIG_H
#define DAM__MODEL_CONFIG_H

typedef enum dam__model_kind { DAM__KIND_VMF } dam__model_kind;

/* How the inverse temperature beta moves (docs/models.md, Optimizer and Schedule). */
typedef enum dam__beta_rule {
    DAM__BETA_LEARNED, /* gradient descent with momentum */
    DAM__BETA_FROZEN,  /* stays at its first value */
    DAM__BETA_ANNEALED /* follows the schedule from beta to anneal_to */
} dam__beta_rule;

/* What the loss compares the class columns with (docs/models.md). */
typedef enum dam__loss {
    DAM__LOSS_SUPERVISED,  /* softened labels */
    DAM__LOSS_UNSUPERVISED /* the model's own softened class probabilities */
} dam__loss;

/* Where the first memories come from. */
typedef enum dam__initial {
    DAM__INITIAL_RANDOM, /* uniform on the sphere */
    DAM__INITIAL_DATA    /* training samples drawn at random, none twice, none blank */
} dam__initial;

enum { DAM__CLASS_COUNTS_BYTES = 1024 };

typedef struct dam__model_config {
    int kind;      /* dam__model_kind */
    int memories;  /* K */
    int capacity;  /* memories allowed (the paper's P_max); 0 = memories. Sets the background share
                    */
    int room;      /* memories there is device memory for; 0 = memories. More where it grows */
    int initial;   /* dam__initial */
    double beta;   /* first inverse temperature */
    int beta_rule; /* dam__beta_rule */
    double varsigma;   /* effective inverse temperature = varsigma * beta */
    double softening;  /* s: share of each label spread over all classes and the softening class */
    int sinkhorn;      /* most Sinkhorn-Knopp iterations after a step */
    double anneal_to;  /* beta at the end of the schedule */
    int anneal_epochs; /* its length */
    double anneal_exponent; /* its steepness a; 1 is linear */
    double background; /* the background's count is background * memories / capacity; 0 means 1 */
    int loss;          /* dam__loss */
    char class_counts[DAM__CLASS_COUNTS_BYTES]; /* prior of an unsupervised model; model/task.h */
    int classes; /* of an unsupervised model; a supervised one takes those of its labels */
} dam__model_config;

#endif
