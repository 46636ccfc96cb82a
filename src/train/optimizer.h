/*
 * Updates every trained parameter of a model along its gradient, by rules and constraints, whatever
 * the model.
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

/*
 * Factors of the rate, one for each replica; NULL: those of the model's replicas, as
 * dam__optimizer_prepare sets them. Only parameters of DAM__RULE_MAX_NORM, DAM__RULE_SGD and
 * DAM__RULE_ADAM take them; DAM_INTERNAL where there are none.
 */
dam_status dam__optimizer_rates(dam__optimizer *optimizer, const double *factors);

/* One step, as each parameter's rule says (model/model.h). */
dam_status dam__optimizer_step(dam__optimizer *optimizer, double rate, double momentum);

/* After restoring: how many steps were taken before. Adam corrects its means by it. */
void dam__optimizer_set_steps(dam__optimizer *optimizer, double steps);

/* After the model has grown: velocities and squares take the shapes of their parameters. */
void dam__optimizer_follow(dam__optimizer *optimizer);

/* Those of all parameters, in their order. */
const dam__matrix *dam__optimizer_velocities(const dam__optimizer *optimizer);

/* Adam's mean squared gradients, likewise; no buffer where the rule is another. */
const dam__matrix *dam__optimizer_squares(const dam__optimizer *optimizer);

/* The velocity of parameter i (buffer NULL where it is not trained), for checkpoints. */
const dam__matrix *dam__optimizer_velocity(const dam__optimizer *optimizer, int i);

/* Adam's mean squared gradient of parameter i; buffer NULL where its rule is another. */
const dam__matrix *dam__optimizer_square(const dam__optimizer *optimizer, int i);

#endif
