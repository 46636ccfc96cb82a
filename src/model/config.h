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

typedef struct dam__model_config {
    int kind;      /* dam__model_kind */
    int memories;  /* K */
    int capacity;  /* memories allowed (the paper's P_max); 0 = memories. Sets the background share
                    */
    int room;      /* memories there is device memory for; 0 = memories. More where it grows */
    double beta;   /* first inverse temperature */
    int beta_rule; /* dam__beta_rule */
    double varsigma;   /* effective inverse temperature = varsigma * beta */
    double softening;  /* s: share of each label spread over all classes and the softening class */
    int sinkhorn;      /* most Sinkhorn-Knopp iterations after a step */
    double anneal_to;  /* beta at the end of the schedule */
    int anneal_epochs; /* its length */
    double anneal_exponent; /* its steepness a; 1 is linear */
} dam__model_config;

#endif
