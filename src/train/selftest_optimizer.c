#include "train/selftest_optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "train/optimizer.h"

/* Representable in single, so that every precision gets the same. */
static const double RATE = 0.25, MOMENTUM = 0.875;

enum { STEPS = 3 };

typedef void (*reference)(double *value, const double *gradient, double *velocity, int rows,
                          int cols);

/* --- one step in double
 * ---------------------------------------------------------------------------- */

static void step_free(double *value, const double *gradient, double *velocity, int rows, int cols)
{
    for (size_t i = 0; i < (size_t)rows * (size_t)cols; i++) {
        velocity[i] = MOMENTUM * velocity[i] - RATE * gradient[i];
        value[i] += RATE * velocity[i];
    }
}

static void step_unit_rows(double *value, const double *gradient, double *velocity, int rows,
                           int cols)
{
    for (size_t row = 0; row < (size_t)rows; row++) {
        double *w = value + row * (size_t)cols, *v = velocity + row * (size_t)cols;
        const double *g = gradient + row * (size_t)cols;
        double radial = 0, squares = 0;
        for (int j = 0; j < cols; j++)
            radial += g[j] * w[j];
        for (int j = 0; j < cols; j++) {
            v[j] = MOMENTUM * v[j] - RATE * (g[j] - radial * w[j]);
            w[j] += RATE * v[j];
            squares += w[j] * w[j];
        }
        for (int j = 0; j < cols; j++)
            w[j] /= sqrt(squares);
    }
}

static void step_mirror(double *value, const double *gradient, double *velocity, int rows, int cols)
{
    for (int j = 0; j < cols; j++) {
        double largest = 0;
        for (int i = 0; i < rows; i++) {
            size_t at = (size_t)i * (size_t)cols + (size_t)j;
            velocity[at] = MOMENTUM * velocity[at] - RATE * gradient[at];
            value[at] *= exp(RATE * velocity[at]);
            largest = fmax(largest, value[at]);
        }
        for (int i = 0; i < rows; i++) {
            size_t at = (size_t)i * (size_t)cols + (size_t)j;
            value[at] = value[at] > 0 ? fmax(value[at] / largest, exp(-69)) : 0;
        }
    }
}

/* --- the device
 * ------------------------------------------------------------------------------------ */

/* A model of one parameter, as far as the optimizer looks. */
static dam_status check_rule(dam__test *test, dam__rule rule, dam__constraint constraint, int rows,
                             int cols, reference step)
{
    dam_status status = DAM_OK;
    const size_t items = (size_t)rows * (size_t)cols;
    dam__model *model = NULL;
    dam__optimizer *optimizer = NULL;
    dam__plan *plan = NULL;
    double *value = NULL, *gradient = NULL, *velocity = NULL;
    DAM_TRY_CLEANUP(dam__test_array(test, 1, sizeof *model, &model));
    DAM_TRY_CLEANUP(dam__test_array(test, items, sizeof *velocity, &velocity));
    /* Of norm about 1 in a row of the unit sphere; a zero stays zero under the mirror rule. */
    const double side = constraint == DAM__CONSTRAINT_UNIT_ROWS ? sqrt(3.0 / cols) : 1;
    DAM_TRY_CLEANUP(
        dam__test_numbers(test, items, rule == DAM__RULE_MIRROR ? 0.01 : -side, side, &value));
    DAM_TRY_CLEANUP(dam__test_numbers(test, items, -side, side, &gradient));
    if (rule == DAM__RULE_MIRROR)
        value[items / 2] = 0;
    model->device = test->device;
    model->parameter_count = 1;
    model->parameters[0] = (dam__parameter){
        .name = "self-test", .rule = rule, .constraint = constraint, .trained = true};
    DAM_TRY_CLEANUP(dam__test_matrix(test, rows, cols, 1, value, &model->parameters[0].value));
    DAM_TRY_CLEANUP(
        dam__test_matrix(test, rows, cols, 1, gradient, &model->parameters[0].gradient));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__optimizer_create(model, plan, &optimizer));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__optimizer_prepare(optimizer));
    for (int i = 0; i < STEPS; i++) {
        DAM_TRY_CLEANUP(dam__optimizer_step(optimizer, RATE, MOMENTUM));
        step(value, gradient, velocity, rows, cols);
    }
    /* What was added up is of that size, even where the sum is small. */
    DAM_TRY_CLEANUP(dam__test_compare_matrix(test, &model->parameters[0].value, value, side));
    DAM_TRY_CLEANUP(dam__test_compare_matrix(test, dam__optimizer_velocity(optimizer, 0), velocity,
                                             RATE * side));
cleanup:
    dam__optimizer_destroy(optimizer);
    dam__plan_destroy(plan);
    return status;
}

static dam_status run_momentum(dam__test *test)
{
    DAM_TRY(check_rule(test, DAM__RULE_MOMENTUM, DAM__CONSTRAINT_NONE, 1, 1, step_free));
    return check_rule(test, DAM__RULE_MOMENTUM, DAM__CONSTRAINT_NONE, 3, test->tiny ? 18 : 333,
                      step_free);
}

static dam_status run_unit_rows(dam__test *test)
{
    DAM_TRY(check_rule(test, DAM__RULE_MOMENTUM, DAM__CONSTRAINT_UNIT_ROWS, 2, 7, step_unit_rows));
    /* More than one vector for each item of a group. */
    return check_rule(test, DAM__RULE_MOMENTUM, DAM__CONSTRAINT_UNIT_ROWS, test->tiny ? 1 : 5, 785,
                      step_unit_rows);
}

static dam_status run_mirror(dam__test *test)
{
    DAM_TRY(check_rule(test, DAM__RULE_MIRROR, DAM__CONSTRAINT_NONE, 3, 7, step_mirror));
    return check_rule(test, DAM__RULE_MIRROR, DAM__CONSTRAINT_NONE, 11, test->tiny ? 17 : 301,
                      step_mirror);
}

/* A step of one row in double: the velocity, brought to the gradient's scale, moves the row by
 * rate times itself over its largest entry, or over least where that is larger. */
static void step_row(const double *gradient, size_t width, int clamped, double rate, double rescale,
                     double least, double *velocity, double *value)
{
    double largest = least;
    for (size_t j = 0; j < width; j++) {
        velocity[j] = MOMENTUM * rescale * velocity[j] + gradient[j];
        largest = fmax(largest, fabs(velocity[j]));
    }
    for (size_t j = 0; j < width; j++) {
        value[j] -= rate * velocity[j] / largest;
        if (j < (size_t)clamped)
            value[j] = fmin(fmax(value[j], -1), 1);
    }
}

/*
 * Two replicas side by side, each with scales and a rate of its own; the second row of each is
 * below the floor.
 */
static dam_status run_max_norm(dam__test *test)
{
    dam_status status = DAM_OK;
    enum { ROWS = 3, REPLICAS = 2, COUNT = ROWS * REPLICAS };
    const int cols = test->tiny ? 21 : 701, clamped = cols - 4;
    const size_t width = (size_t)cols, items = COUNT * width;
    const double floor = 0.125, factors[REPLICAS] = {1, 0.5};
    const double logs[COUNT] = {0.5, -6, 2, 1, -7, 0};
    double *value = NULL, *gradient = NULL, *velocity = NULL, scales[2 * COUNT] = {0};
    double before[COUNT] = {0};
    dam__model *model = NULL;
    dam__optimizer *optimizer = NULL;
    dam__plan *plan = NULL;
    dam__matrix device_scales;
    DAM_TRY_CLEANUP(dam__test_array(test, 1, sizeof *model, &model));
    DAM_TRY_CLEANUP(dam__test_array(test, items, sizeof *velocity, &velocity));
    DAM_TRY_CLEANUP(dam__test_numbers(test, items, -1, 1, &value));
    DAM_TRY_CLEANUP(dam__test_numbers(test, items, -1, 1, &gradient));
    for (size_t p = 0; p < REPLICAS; p++)
        memcpy(scales + 2 * p * ROWS, logs + p * ROWS, ROWS * sizeof *scales);
    model->device = test->device;
    model->parameter_count = 1;
    model->parameters[0] = (dam__parameter){.name = "self-test",
                                            .rule = DAM__RULE_MAX_NORM,
                                            .constraint = DAM__CONSTRAINT_CLAMPED,
                                            .trained = true,
                                            .scales = &device_scales,
                                            .floor = floor,
                                            .clamped = clamped};
    DAM_TRY_CLEANUP(dam__test_matrix(test, 2, ROWS, REPLICAS, scales, &device_scales));
    DAM_TRY_CLEANUP(
        dam__test_matrix(test, ROWS, cols, REPLICAS, value, &model->parameters[0].value));
    DAM_TRY_CLEANUP(
        dam__test_matrix(test, ROWS, cols, REPLICAS, gradient, &model->parameters[0].gradient));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__optimizer_create(model, plan, &optimizer));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__optimizer_prepare(optimizer));
    DAM_TRY_CLEANUP(dam__optimizer_rates(optimizer, factors));
    for (int step = 0; step < STEPS; step++) {
        DAM_TRY_CLEANUP(dam__optimizer_step(optimizer, RATE, MOMENTUM));
        for (size_t k = 0; k < COUNT; k++) {
            step_row(gradient + k * width, width, clamped, RATE * factors[k / ROWS],
                     exp(before[k] - logs[k]), floor * exp(-logs[k]), velocity + k * width,
                     value + k * width);
            before[k] = logs[k];
        }
    }
    DAM_TRY_CLEANUP(dam__test_compare_matrix(test, &model->parameters[0].value, value, 1));
    DAM_TRY_CLEANUP(
        dam__test_compare_matrix(test, dam__optimizer_velocity(optimizer, 0), velocity, 1));
cleanup:
    dam__optimizer_destroy(optimizer);
    dam__plan_destroy(plan);
    return status;
}

/* One of several parameters, as the host sees it: `count` replicas of rows x cols. */
typedef struct scaled {
    int rows, cols, count;
    double *value, *gradient, *velocity, *square;
} scaled;

static dam_status make_scaled(dam__test *test, dam__parameter *parameter, scaled *own)
{
    const size_t items = (size_t)own->rows * (size_t)own->cols * (size_t)own->count;
    DAM_TRY(dam__test_array(test, items, sizeof(double), &own->velocity));
    DAM_TRY(dam__test_array(test, items, sizeof(double), &own->square));
    DAM_TRY(dam__test_numbers(test, items, -1, 1, &own->value));
    DAM_TRY(dam__test_numbers(test, items, -1, 1, &own->gradient));
    DAM_TRY(
        dam__test_matrix(test, own->rows, own->cols, own->count, own->value, &parameter->value));
    return dam__test_matrix(test, own->rows, own->cols, own->count, own->gradient,
                            &parameter->gradient);
}

/* Step `step` in double; `factors` are those of the replicas. */
static void step_scaled(scaled *own, const dam__parameter *parameter, int step,
                        const double *factors)
{
    const bool adam = parameter->rule == DAM__RULE_ADAM;
    const size_t replica = (size_t)own->rows * (size_t)own->cols;
    for (size_t i = 0; i < replica * (size_t)own->count; i++) {
        double *v = own->velocity + i, *u = own->square + i, g = own->gradient[i];
        double rate = RATE * parameter->rate_scale * factors[i / replica];
        *v = adam ? 0.9 * *v + 0.1 * g : MOMENTUM * *v + g;
        *u = 0.999 * *u + 0.001 * g * g;
        double mean = *v / (1 - pow(0.9, step));
        double size = sqrt(*u / (1 - pow(0.999, step))) + parameter->epsilon;
        own->value[i] -= adam ? rate * mean / size : rate * *v;
    }
}

static dam_status compare_scaled(dam__test *test, const dam__optimizer *optimizer, int i,
                                 const dam__parameter *parameter, const scaled *own)
{
    DAM_TRY(dam__test_compare_matrix(test, &parameter->value, own->value, 1));
    DAM_TRY(
        dam__test_compare_matrix(test, dam__optimizer_velocity(optimizer, i), own->velocity, 1));
    return parameter->rule == DAM__RULE_ADAM
               ? dam__test_compare_matrix(test, dam__optimizer_square(optimizer, i), own->square, 0)
               : DAM_OK;
}

/* Two replicas side by side, each with a rate of its own; of parameters one more than a launch
 * takes, the fourth being the only one of the next. */
static dam_status check_scaled(dam__test *test, bool adam, int cols)
{
    dam_status status = DAM_OK;
    enum { REPLICAS = 2, PARAMETERS = 4 };
    const double factors[REPLICAS] = {1, 0.5};
    scaled own[PARAMETERS] = {{3, cols, REPLICAS, 0, 0, 0, 0},
                              {1, 2 * cols + 1, REPLICAS, 0, 0, 0, 0},
                              {2, 5, REPLICAS, 0, 0, 0, 0},
                              {2, cols, REPLICAS, 0, 0, 0, 0}};
    dam__model *model = NULL;
    dam__optimizer *optimizer = NULL;
    dam__plan *plan = NULL;
    DAM_TRY_CLEANUP(dam__test_array(test, 1, sizeof *model, &model));
    model->device = test->device;
    model->parameter_count = PARAMETERS;
    for (int i = 0; i < PARAMETERS; i++) {
        model->parameters[i] = (dam__parameter){.name = "self-test",
                                                .rule = adam ? DAM__RULE_ADAM : DAM__RULE_SGD,
                                                .trained = true,
                                                .rate_scale = 0.75 / (1 + i),
                                                .epsilon = 0x1p-10 * (1 + i)};
        DAM_TRY_CLEANUP(make_scaled(test, &model->parameters[i], &own[i]));
    }
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(dam__optimizer_create(model, plan, &optimizer));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(dam__optimizer_prepare(optimizer));
    DAM_TRY_CLEANUP(dam__optimizer_rates(optimizer, factors));
    for (int step = 1; step <= STEPS; step++) {
        DAM_TRY_CLEANUP(dam__optimizer_step(optimizer, RATE, MOMENTUM));
        for (int i = 0; i < PARAMETERS; i++)
            step_scaled(&own[i], &model->parameters[i], step, factors);
    }
    for (int i = 0; i < PARAMETERS; i++)
        DAM_TRY_CLEANUP(compare_scaled(test, optimizer, i, &model->parameters[i], &own[i]));
cleanup:
    dam__optimizer_destroy(optimizer);
    dam__plan_destroy(plan);
    return status;
}

static dam_status run_sgd(dam__test *test)
{
    dam_status status = check_scaled(test, false, 1);
    return status == DAM_OK ? check_scaled(test, false, test->tiny ? 18 : 333) : status;
}

static dam_status run_adam(dam__test *test)
{
    dam_status status = check_scaled(test, true, 1);
    return status == DAM_OK ? check_scaled(test, true, test->tiny ? 18 : 333) : status;
}

/* --- which runs they suit --------------------------------------------------------------------- */

#define SUITS(name, rule)                                                                          \
    static bool name(const dam__selftest_use *use)                                                 \
    {                                                                                              \
        return (use->rules & 1u << (rule)) != 0;                                                   \
    }

SUITS(uses_momentum, DAM__RULE_MOMENTUM)
SUITS(uses_mirror, DAM__RULE_MIRROR)
SUITS(uses_max_norm, DAM__RULE_MAX_NORM)
SUITS(uses_sgd, DAM__RULE_SGD)
SUITS(uses_adam, DAM__RULE_ADAM)

const dam__selftest_case dam__selftest_optimizer_cases[] = {
    {.name = "optimizer: momentum",
     .kernels = "optimizer_momentum",
     .tolerance = 8,
     .reason = "three steps of two roundings",
     .suits = uses_momentum,
     .run = run_momentum},
    {.name = "optimizer: rows on the unit sphere",
     .kernels = "optimizer_unit_rows",
     .tolerance = 32,
     .reason = "three steps, each with sums over a row",
     .suits = uses_momentum,
     .run = run_unit_rows},
    {.name = "optimizer: mirror descent",
     .kernels = "optimizer_mirror",
     .tolerance = 64,
     .reason = "three logarithms and exponentials, of up to 3 ulp each in OpenCL, of numbers to 5",
     .suits = uses_mirror,
     .run = run_mirror},
    {.name = "optimizer: steps of a largest change",
     .kernels = "optimizer_max_norm",
     .tolerance = 64,
     .reason = "three steps, and exponentials of up to 3 ulp",
     .suits = uses_max_norm,
     .run = run_max_norm},
    {.name = "optimizer: plain momentum",
     .kernels = "optimizer_sgd",
     .tolerance = 8,
     .reason = "three steps of two roundings",
     .suits = uses_sgd,
     .run = run_sgd},
    {.name = "optimizer: Adam",
     .kernels = "optimizer_adam",
     .tolerance = 32,
     .reason = "three steps of a dozen roundings",
     .suits = uses_adam,
     .run = run_adam},
    {0},
};
