/* What a preset's train section says. */
#ifndef DAM__TRAIN_TRAIN_CONFIG_H
#define DAM__TRAIN_TRAIN_CONFIG_H

#include "compute/precision.h"

typedef struct dam__train_config {
    int batch;            /* samples a step */
    int shards;           /* of a batch, a power of two; 0 = one */
    int epochs;           /* at most */
    double learning_rate; /* what it means is the parameters' rule's: model/model.h */
    double momentum;
    double decay;          /* the rate of epoch e is learning_rate * decay^e */
    int warmup;            /* steps in which the rate rises from 0, a straight line */
    char diagnostics[256]; /* steps that are looked into, as a list with commas */
    int patience;          /* epochs without a better validation loss before it stops; 0 = never */
    int checkpoint;        /* epochs between checkpoints */
    int record;            /* epochs between frames of the record; 0 = none */
    int record_memories;   /* most memories of a frame */
    int precision;         /* dam__precision */
} dam__train_config;

#endif
