/* What a preset's recall section says. */
#ifndef DAM__MODEL_ENERGY_RECALL_KEYS_H
#define DAM__MODEL_ENERGY_RECALL_KEYS_H

enum { DAM__RECALL_LIST_BYTES = 512, DAM__RECALL_PLACE_BYTES = 1024 };

typedef struct dam__recall_keys {
    int dynamics; /* dam__dynamics */
    int sweeps;   /* at most */
    int seeds;    /* draws of patterns and probes that a curve is a mean of */
    int count;    /* probes; 0 = one of every pattern */
    double scale; /* b of the energy; 0 = that of the learning */
    double noise; /* sigma of the noise on probes */
    int steps;    /* of a denoiser's relaxation, and how long each is */
    double dt;
    double clip;                          /* its features stay within +-clip; 0: they are free */
    char probes[DAM__RECALL_PLACE_BYTES]; /* file; "" = made of the patterns */
    char mask[DAM__RECALL_PLACE_BYTES];   /* region that probes forget (data/probes.h) */
    char clamp[DAM__RECALL_PLACE_BYTES]; /* region that stays as given; "given": what mask leaves */
    char flips[DAM__RECALL_LIST_BYTES];  /* numbers of flipped neurons, with commas */
    char patterns[DAM__RECALL_LIST_BYTES]; /* numbers of patterns stored, with commas; "" = all */
    char interactions[DAM__RECALL_LIST_BYTES]; /* "poly:2,exp"; "" = the model's */
} dam__recall_keys;

#endif
