#include "train/optimizer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "compute/program.h"

struct dam__optimizer {
    dam__model *model;
    dam__matrix velocities[DAM__MAX_PARAMETERS];
    dam__matrix squares[DAM__MAX_PARAMETERS]; /* Adam's */
    dam__matrix rates; /* 1 x replicas: factors of the rate, for rules that take them */
    double steps;      /* taken so far */
    dam__program *program;
    dam__kernel *momentum, *unit_rows, *mirror, *max_norm, *sgd, *adam;
};

/* Kingma & Ba's constants. */
static const double FIRST_DECAY = 0.9, SECOND_DECAY = 0.999;

/* Whether a rule has a factor of the rate for each replica. */
static bool takes_rates(dam__rule rule)
{
    return rule == DAM__RULE_MAX_NORM || rule == DAM__RULE_SGD || rule == DAM__RULE_ADAM;
}

/* Whether one launch moves several parameters of the rule. */
static bool shares_launch(dam__rule rule)
{
    return rule == DAM__RULE_SGD || rule == DAM__RULE_ADAM;
}

dam_status dam__optimizer_create(dam__model *model, dam__plan *plan, dam__optimizer **out)
{
    dam_status status = DAM_OK;
    dam__optimizer *optimizer = NULL;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *optimizer, &optimizer));
    optimizer->model = model;
    for (int i = 0; i < model->parameter_count; i++) {
        const dam__parameter *parameter = &model->parameters[i];
        if (!parameter->trained)
            continue;
        char name[64];
        (void)snprintf(name, sizeof name, "%s: velocity", parameter->name);
        DAM_TRY_CLEANUP(
            dam__plan_matrix_like(plan, name, &parameter->value, &optimizer->velocities[i]));
        if (parameter->rule == DAM__RULE_ADAM) {
            (void)snprintf(name, sizeof name, "%s: mean squared gradient", parameter->name);
            DAM_TRY_CLEANUP(
                dam__plan_matrix_like(plan, name, &parameter->value, &optimizer->squares[i]));
        }
        if (takes_rates(parameter->rule) && optimizer->rates.cols == 0)
            DAM_TRY_CLEANUP(dam__plan_matrix(plan, "rates of replicas", 1, parameter->value.count,
                                             1, &optimizer->rates));
    }
    *out = optimizer;
    optimizer = NULL;
cleanup:
    dam__optimizer_destroy(optimizer);
    return status;
}

void dam__optimizer_destroy(dam__optimizer *optimizer)
{
    if (optimizer == NULL)
        return;
    for (int i = 0; i < DAM__MAX_PARAMETERS; i++) {
        dam__buffer_destroy(optimizer->velocities[i].buffer);
        dam__buffer_destroy(optimizer->squares[i].buffer);
    }
    dam__buffer_destroy(optimizer->rates.buffer);
    dam__program_destroy(optimizer->program);
    free(optimizer);
}

dam_status dam__optimizer_prepare(dam__optimizer *optimizer)
{
    DAM_TRY(dam__program_create(optimizer->model->device, "optimizer", "", &optimizer->program));
    DAM_TRY(dam__program_kernel(optimizer->program, "optimizer_momentum", &optimizer->momentum));
    DAM_TRY(dam__program_kernel(optimizer->program, "optimizer_unit_rows", &optimizer->unit_rows));
    DAM_TRY(dam__program_kernel(optimizer->program, "optimizer_mirror", &optimizer->mirror));
    DAM_TRY(dam__program_kernel(optimizer->program, "optimizer_max_norm", &optimizer->max_norm));
    DAM_TRY(dam__program_kernel(optimizer->program, "optimizer_sgd", &optimizer->sgd));
    DAM_TRY(dam__program_kernel(optimizer->program, "optimizer_adam", &optimizer->adam));
    if (optimizer->rates.cols > 0)
        DAM_TRY(dam__optimizer_rates(optimizer, NULL));
    return DAM_OK;
}

/* Replica p's factor of all rates. */
static double rate_of(const dam__model *model, int p)
{
    if (model->task.replicas != NULL)
        return model->task.replicas[p].rate;
    return model->rate > 0 ? model->rate : 1;
}

dam_status dam__optimizer_rates(dam__optimizer *optimizer, const double *factors)
{
    dam_status status = DAM_OK;
    double *values = NULL;
    int count = optimizer->rates.cols;
    if (count == 0)
        DAM_FAIL(DAM_INTERNAL, "no parameter takes a rate for each replica");
    DAM_TRY_CLEANUP(dam__alloc((size_t)count, sizeof *values, &values));
    for (int p = 0; p < count; p++)
        values[p] = factors != NULL ? factors[p] : rate_of(optimizer->model, p);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&optimizer->rates, values, "rates of replicas"));
cleanup:
    free(values);
    return status;
}

/* --- rules of up to three parameters in a launch ------------------------------------------------ */

/* As in cl/optimizer.cl. */
enum { SLOTS = 3, MOST_ARGUMENTS = 9 * SLOTS + 8 };

/* What the kernel takes of a parameter; its rate is over `correction`. */
static dam__argument *add_slot(const dam__optimizer *optimizer, int i, double rate,
                               double correction, dam__argument *at)
{
    const dam__parameter *parameter = &optimizer->model->parameters[i];
    *at++ = dam__arg_matrix(&parameter->value);
    *at++ = dam__arg_matrix(&parameter->gradient);
    *at++ = dam__arg_matrix(&optimizer->velocities[i]);
    *at++ = dam__arg_integer(parameter->value.cols);
    *at++ = dam__arg_shape(&parameter->value);
    *at++ = dam__arg_real(rate * parameter->rate_scale / correction);
    if (parameter->rule == DAM__RULE_ADAM) {
        *at++ = dam__arg_matrix(&optimizer->squares[i]);
        *at++ = dam__arg_real(parameter->epsilon);
    }
    return at;
}

/* The bias corrections are made in double: 1 - 0.999 has few digits in single precision. */
static dam__argument *add_adam(double steps, dam__argument *at)
{
    *at++ = dam__arg_real(FIRST_DECAY);
    *at++ = dam__arg_real(1 - FIRST_DECAY);
    *at++ = dam__arg_real(SECOND_DECAY);
    *at++ = dam__arg_real(1 - SECOND_DECAY);
    *at++ = dam__arg_real(1 / (1 - pow(SECOND_DECAY, steps)));
    return at;
}

/* One launch for parameters of one rule; where they are fewer than the slots, the rest have no
 * rows. */
static dam_status step_slots(dam__optimizer *optimizer, const int *taken, int count, double rate,
                             double momentum)
{
    const dam__parameter *parameters = optimizer->model->parameters;
    bool adam = parameters[taken[0]].rule == DAM__RULE_ADAM;
    dam__argument arguments[MOST_ARGUMENTS], *at = arguments;
    int rows[SLOTS] = {0};
    size_t groups = 0;
    double items = 0, correction = adam ? 1 - pow(FIRST_DECAY, optimizer->steps) : 1;
    for (int slot = 0; slot < SLOTS; slot++)
        at = add_slot(optimizer, taken[slot < count ? slot : 0], rate, correction, at);
    for (int slot = 0; slot < count; slot++) {
        rows[slot] = parameters[taken[slot]].value.rows;
        groups += (size_t)rows[slot];
        items += (double)dam__matrix_items(&parameters[taken[slot]].value);
    }
    *at++ = dam__arg_integer(rows[0]);
    *at++ = dam__arg_integer(rows[1]);
    *at++ = dam__arg_matrix(&optimizer->rates);
    if (adam)
        at = add_adam(optimizer->steps, at);
    else
        *at++ = dam__arg_real(momentum);
    *at = DAM__END;
    dam__device *device = optimizer->model->device;
    return dam__launch(
        adam ? optimizer->adam : optimizer->sgd,
        dam__range_groups(device, groups, (size_t)parameters[taken[0]].value.count),
        (dam__work){.flops = (adam ? 12 : 4) * items,
                    .bytes = (adam ? 7 : 5) * items * (double)dam__real_size(device)},
        arguments);
}

static dam_status step_together(dam__optimizer *optimizer, dam__rule rule, double rate,
                                double momentum)
{
    int taken[SLOTS], count = 0;
    for (int i = 0; i < optimizer->model->parameter_count; i++) {
        const dam__parameter *parameter = &optimizer->model->parameters[i];
        if (!parameter->trained || parameter->rule != rule)
            continue;
        taken[count++] = i;
        if (count == SLOTS) {
            DAM_TRY(step_slots(optimizer, taken, count, rate, momentum));
            count = 0;
        }
    }
    return count > 0 ? step_slots(optimizer, taken, count, rate, momentum) : DAM_OK;
}

/* --- a launch a parameter ----------------------------------------------------------------------- */

/* The largest change of each row is the rate. */
static dam_status step_max_norm(dam__optimizer *optimizer, int i, double rate, double momentum)
{
    const dam__parameter *parameter = &optimizer->model->parameters[i];
    const dam__matrix *value = &parameter->value, *scales = parameter->scales;
    dam__device *device = optimizer->model->device;
    double items = (double)dam__matrix_items(value);
    bool clamped = parameter->constraint == DAM__CONSTRAINT_CLAMPED;
    /* No floor is one below everything: exp of it is 0. */
    double log_floor = parameter->floor > 0 ? log(parameter->floor) : -1e30;
    return dam__launch(
        optimizer->max_norm, dam__range_groups(device, (size_t)value->rows, (size_t)value->count),
        (dam__work){.flops = 6 * items, .bytes = 6 * items * (double)dam__real_size(device)},
        DAM_ARGUMENTS(value, &parameter->gradient, &optimizer->velocities[i], scales,
                      &optimizer->rates, value->cols, value->ld, value->stride, scales->ld,
                      scales->stride, clamped ? parameter->clamped : 0, rate, momentum, log_floor));
}

static dam_status step_parameter(dam__optimizer *optimizer, int i, double rate, double momentum)
{
    const dam__parameter *parameter = &optimizer->model->parameters[i];
    dam__device *device = optimizer->model->device;
    const dam__matrix *value = &parameter->value;
    size_t vectors = ((size_t)value->cols + (size_t)dam__vector_width(device) - 1) /
                     (size_t)dam__vector_width(device);
    double items = (double)dam__matrix_items(value);
    /* Value and velocity are read and written, the gradient is read. */
    dam__work work = {.flops = 4 * items, .bytes = 5 * items * (double)dam__real_size(device)};
    const dam__matrix *gradient = &parameter->gradient, *velocity = &optimizer->velocities[i];
    if (parameter->rule == DAM__RULE_MAX_NORM)
        return step_max_norm(optimizer, i, rate, momentum);
    if (parameter->rule == DAM__RULE_MIRROR)
        return dam__launch(optimizer->mirror, dam__range_items(device, vectors, 1), work,
                           DAM_ARGUMENTS(value, gradient, velocity, value->rows, value->cols,
                                         value->ld, rate, momentum));
    if (parameter->constraint == DAM__CONSTRAINT_UNIT_ROWS)
        return dam__launch(
            optimizer->unit_rows, dam__range_groups(device, (size_t)value->rows, 1), work,
            DAM_ARGUMENTS(value, gradient, velocity, value->cols, value->ld, rate, momentum));
    return dam__launch(
        optimizer->momentum, dam__range_items(device, vectors, (size_t)value->rows), work,
        DAM_ARGUMENTS(value, gradient, velocity, value->cols, value->ld, rate, momentum));
}

dam_status dam__optimizer_step(dam__optimizer *optimizer, double rate, double momentum)
{
    optimizer->steps++;
    for (int i = 0; i < optimizer->model->parameter_count; i++) {
        const dam__parameter *parameter = &optimizer->model->parameters[i];
        if (parameter->trained && !shares_launch(parameter->rule))
            DAM_TRY(step_parameter(optimizer, i, rate, momentum));
    }
    DAM_TRY(step_together(optimizer, DAM__RULE_SGD, rate, momentum));
    return step_together(optimizer, DAM__RULE_ADAM, rate, momentum);
}

void dam__optimizer_set_steps(dam__optimizer *optimizer, double steps)
{
    optimizer->steps = steps;
}

void dam__optimizer_follow(dam__optimizer *optimizer)
{
    for (int i = 0; i < optimizer->model->parameter_count; i++) {
        optimizer->velocities[i].rows = optimizer->model->parameters[i].value.rows;
        optimizer->velocities[i].cols = optimizer->model->parameters[i].value.cols;
        optimizer->squares[i].rows = optimizer->velocities[i].rows;
        optimizer->squares[i].cols = optimizer->velocities[i].cols;
    }
}

const dam__matrix *dam__optimizer_velocities(const dam__optimizer *optimizer)
{
    return optimizer->velocities;
}

const dam__matrix *dam__optimizer_squares(const dam__optimizer *optimizer)
{
    return optimizer->squares;
}

const dam__matrix *dam__optimizer_velocity(const dam__optimizer *optimizer, int i)
{
    return &optimizer->velocities[i];
}

const dam__matrix *dam__optimizer_square(const dam__optimizer *optimizer, int i)
{
    return &optimizer->squares[i];
}
