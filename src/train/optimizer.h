/*
 * Moves every trained parameter of a model along its gradient. Knows rules and constraints, no
 * model.
 */
#ifndef DAM__TRAIN_OPTIMIZER_H
#define DAM__TRAIN_OPTIMIZER_H

#include "model/model.h"

typedef struct dam__optimizer dam__optimizer;

/* For the parameters of a planned model, which must outlive it. */
dam_status dam__optimizer_create(dam__model *model, dam__plan *plan, dam__optimizer **out);
void dam__optimizer_destroy(dam__optimizer *optimizer);

/* Compiles the kernels; after the plan was allocated. Velocities start at 0. */
dam_status dam__optimizer_prepare(dam__optimizer *optimizer);

/* One step: v <- momentum v - rate gradient, x <- x + rate v (the rate enters twice). */
dam_status dam__optimizer_step(dam__optimizer *optimizer, double rate, double momentum);

/* After the model has grown: the velocities take the shapes of their parameters. */
void dam__optimizer_follow(dam__optimizer *optimizer);

/* Those of all parameters, in their order. */
const dam__matrix *dam__optimizer_velocities(const dam__optimizer *optimizer);

/* The velocity of parameter i (buffer NULL where it is not trained), for checkpoints. */
const dam__matrix *dam__optimizer_velocity(const dam__optimizer *optimizer, int i);

#endif
