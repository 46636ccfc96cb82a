#include "model/energy/selftest_energy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* One model and one batch of states; chunk is how many it takes at once. */
struct check {
    dam__model_config config;
    int dim, classes, batch, chunk;
    int neurons, trained;
    double *states, *memories;
    int32_t *labels;
    /* The reference, computed by plain loops in double. */
    double loss, right, *gradient;
    int32_t *predicted, *nearest;
    /* On the device. */
    dam__gemm *gemm;
    dam__model *model;
    dam__matrix samples, losses;
    dam__batch given;
    dam__device_metrics metrics;
};

/* --- the reference: equation by equation, in the form that flips a neuron ----------------------- */

static double overlap(const struct check *c, int state, int memory)
{
    size_t n = (size_t)c->neurons;
    double sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += c->states[(size_t)state * n + j] * c->memories[(size_t)memory * n + j];
    return sum;
}

static double sharpness(const struct check *c)
{
    return 1 / (c->neurons * c->config.energy.temperature);
}

/* The overlap scaled, after neuron i of the state has flipped. */
static double flipped(const struct check *c, int state, int memory, int i)
{
    size_t n = (size_t)c->neurons;
    double x = c->states[(size_t)state * n + (size_t)i];
    double m = c->memories[(size_t)memory * n + (size_t)i];
    return sharpness(c) * (overlap(c, state, memory) - 2 * x * m);
}

static double gap(const struct check *c, int state, int i)
{
    const dam__interaction *f = &c->config.energy.interaction;
    double sum = 0;
    for (int mu = 0; mu < c->config.memories; mu++)
        sum += dam__interaction_value(f, sharpness(c) * overlap(c, state, mu)) -
               dam__interaction_value(f, flipped(c, state, mu, i));
    return sum;
}

/* e = dL/dgap of trained neuron t; adds its loss. */
static double error_of(struct check *c, int state, int t, double gap_now)
{
    int m = c->config.energy.error_exponent;
    double target = c->classes > 0 && c->labels[state] == t ? -1 : 1, now = tanh(gap_now);
    c->loss += pow(target - now, 2 * m) / ((double)c->batch * c->trained);
    return -2 * m * pow(target - now, 2 * m - 1) * (1 - now * now);
}

static void add_gradient(struct check *c, int state, int i, double error)
{
    const dam__interaction *f = &c->config.energy.interaction;
    size_t n = (size_t)c->neurons;
    const double *x = c->states + (size_t)state * n;
    for (int mu = 0; mu < c->config.memories; mu++) {
        double *row = c->gradient + (size_t)mu * n;
        double here = dam__interaction_slope(f, sharpness(c) * overlap(c, state, mu));
        double there = dam__interaction_slope(f, flipped(c, state, mu, i));
        for (size_t j = 0; j < n; j++)
            row[j] += error * sharpness(c) * x[j] * (here - (j == (size_t)i ? -there : there));
    }
}

static void evaluate(struct check *c, int state, const double *gaps)
{
    size_t n = (size_t)c->neurons;
    int closest = 0, best = 0;
    for (int mu = 1; mu < c->config.memories; mu++)
        closest = overlap(c, state, mu) > overlap(c, state, closest) ? mu : closest;
    for (int t = 1; t < c->trained; t++)
        best = gaps[t] < gaps[best] ? t : best;
    const double *weights = c->memories + (size_t)closest * n + c->dim;
    for (int y = 1; y < c->classes; y++)
        c->nearest[state] = weights[y] > weights[c->nearest[state]] ? y : c->nearest[state];
    c->predicted[state] = c->classes > 0 ? best : 0;
    c->right += c->classes > 0 ? best == c->labels[state] : gaps[best] >= 0;
}

static dam_status compute_reference(dam__test *test, struct check *c)
{
    double *gaps = NULL;
    DAM_TRY(dam__test_array(test, (size_t)c->trained, sizeof *gaps, &gaps));
    for (int a = 0; a < c->batch; a++) {
        for (int t = 0; t < c->trained; t++) {
            int i = c->neurons - c->trained + t;
            gaps[t] = gap(c, a, i);
            add_gradient(c, a, i, error_of(c, a, t, gaps[t]));
        }
        evaluate(c, a, gaps);
    }
    return DAM_OK;
}

/* --- making both sides ------------------------------------------------------------------------ */

static dam_status make_numbers(dam__test *test, struct check *c)
{
    size_t n = (size_t)c->neurons, batch = (size_t)c->batch, memories = (size_t)c->config.memories;
    DAM_TRY(dam__test_numbers(test, batch * n, -1, 1, &c->states));
    DAM_TRY(dam__test_numbers(test, memories * n, -0.25, 0.25, &c->memories));
    DAM_TRY(dam__test_array(test, memories * n, sizeof *c->gradient, &c->gradient));
    DAM_TRY(dam__test_array(test, batch, sizeof *c->labels, &c->labels));
    DAM_TRY(dam__test_array(test, batch, sizeof *c->predicted, &c->predicted));
    DAM_TRY(dam__test_array(test, batch, sizeof *c->nearest, &c->nearest));
    for (size_t i = 0; i < batch * n; i++) {
        /* Samples may be grey; class neurons are hidden. */
        if (c->classes == 0)
            c->states[i] = c->states[i] < 0 ? -1 : 1;
        else if (i % n >= (size_t)c->dim)
            c->states[i] = -1;
    }
    for (int a = 0; a < c->batch && c->classes > 0; a++)
        c->labels[a] = (a * 2 + 1) % c->classes;
    /* Memories like states, so that gaps are neither 0 nor huge. */
    for (size_t i = 0; i < memories * n; i++)
        c->memories[i] += 0.5 * c->states[(i / n % batch) * n + i % n];
    return DAM_OK;
}

static dam_status make_model(dam__test *test, struct check *c)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    const dam__task task = {.dim = c->dim, .classes = c->classes};
    DAM_TRY_CLEANUP(dam__gemm_create(test->device, test->provider, &c->gemm));
    DAM_TRY_CLEANUP(dam__model_create(test->device, c->gemm, &c->config, &task, &c->model));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(c->model->ops->plan(c->model, plan, c->chunk));
    DAM_TRY_CLEANUP(dam__gemm_plan(c->gemm, plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(c->model->ops->prepare(c->model));
    DAM_TRY_CLEANUP(c->model->ops->initialise(c->model, 1));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&dam__model_parameter(c->model, "memories")->value,
                                              c->memories, "self-test"));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

static dam_status make_batch(dam__test *test, struct check *c)
{
    size_t batch = (size_t)c->batch;
    dam__buffer *labels = NULL;
    DAM_TRY(dam__test_matrix(test, c->batch, c->neurons, 1, c->states, &c->samples));
    DAM_TRY(dam__test_buffer(test, c->labels, batch * sizeof *c->labels, &labels));
    DAM_TRY(dam__test_matrix(test, 1, 1, 1, NULL, &c->losses));
    DAM_TRY(dam__test_matrix(test, 1, 2, 1, NULL, &c->metrics.totals));
    DAM_TRY(dam__test_buffer(test, NULL, batch * sizeof(int32_t), &c->metrics.predicted));
    DAM_TRY(dam__test_buffer(test, NULL, batch * sizeof(int32_t), &c->metrics.nearest));
    c->given = (dam__batch){.samples = &c->samples, .labels = labels, .size = c->batch};
    return DAM_OK;
}

/* Rows of the gradient have scales of their own: each is compared with its largest entry. */
static dam_status compare_gradient(dam__test *test, const struct check *c)
{
    const dam__parameter *memories = dam__model_parameter(c->model, "memories");
    size_t n = (size_t)c->neurons, count = (size_t)c->config.memories;
    double *got = NULL, *scales = NULL;
    DAM_TRY(dam__test_array(test, count * n, sizeof *got, &got));
    DAM_TRY(dam__test_array(test, 2 * count, sizeof *scales, &scales));
    DAM_TRY(dam__matrix_read_unchecked(&memories->gradient, got, "self-test"));
    DAM_TRY(dam__matrix_read_unchecked(memories->scales, scales, "self-test"));
    for (size_t mu = 0; mu < count; mu++) {
        double largest = 0;
        for (size_t j = 0; j < n; j++)
            largest = fmax(largest, fabs(c->gradient[mu * n + j]));
        for (size_t j = 0; j < n; j++)
            dam__test_compare(test, got[mu * n + j] * exp(scales[mu]), c->gradient[mu * n + j],
                              largest);
    }
    return DAM_OK;
}

static dam_status compare_metrics(dam__test *test, const struct check *c)
{
    double totals[2];
    DAM_TRY(c->model->ops->evaluate(c->model, &c->given, &c->metrics, 0, 0));
    DAM_TRY(dam__matrix_read_unchecked(&c->metrics.totals, totals, "self-test"));
    dam__test_compare(test, totals[0], c->loss * c->batch, c->batch);
    dam__test_compare(test, totals[1], c->right, 1);
    DAM_TRY(dam__test_compare_integers(test, c->metrics.predicted, (size_t)c->batch, c->predicted));
    return dam__test_compare_integers(test, c->metrics.nearest, (size_t)c->batch, c->nearest);
}

static dam_status run_check(dam__test *test, struct check *c)
{
    dam_status status = DAM_OK;
    double loss = 0;
    c->neurons = c->dim + c->classes;
    c->trained = c->classes > 0 ? c->classes : c->neurons;
    DAM_TRY_CLEANUP(make_numbers(test, c));
    DAM_TRY_CLEANUP(compute_reference(test, c));
    DAM_TRY_CLEANUP(make_model(test, c));
    DAM_TRY_CLEANUP(make_batch(test, c));
    DAM_TRY_CLEANUP(c->model->ops->loss_gradient(c->model, &c->given, c->losses.buffer, 0));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&c->losses, &loss, "self-test"));
    dam__test_compare(test, loss, c->loss, 1);
    DAM_TRY_CLEANUP(compare_gradient(test, c));
    DAM_TRY_CLEANUP(compare_metrics(test, c));
cleanup:
    dam__model_destroy(c->model);
    dam__gemm_destroy(c->gemm);
    return status;
}

/* --- the cases -------------------------------------------------------------------------------- */

/* Sizes are no multiples of tiles, vectors or groups; temperatures make gaps of about 1. */
static dam_status run_store(dam__test *test)
{
    struct check c = {.config = {.kind = DAM__KIND_ENERGY,
                                 .memories = test->tiny ? 5 : 83,
                                 .energy = {.interaction = {.kind = DAM__INTERACTION_LEAKY,
                                                            .exponent = 6,
                                                            .leak = -0.0625},
                                            .task = DAM__TASK_STORE,
                                            .temperature = 0.75,
                                            .error_exponent = 2,
                                            .spread = 0.1}},
                      .dim = test->tiny ? 9 : 45,
                      .batch = test->tiny ? 5 : 11,
                      .chunk = test->tiny ? 3 : 7};
    return run_check(test, &c);
}

static dam_status run_classify(dam__test *test)
{
    struct check c = {
        .config = {.kind = DAM__KIND_ENERGY,
                   .memories = test->tiny ? 5 : 301,
                   .energy = {.interaction = {.kind = DAM__INTERACTION_RECT, .exponent = 5},
                              .task = DAM__TASK_CLASSIFY,
                              .temperature = 0.75,
                              .error_exponent = 1,
                              .targets = DAM__TARGETS_HIDDEN,
                              .spread = 0.1}},
        .dim = test->tiny ? 7 : 33,
        .classes = test->tiny ? 3 : 13,
        .batch = test->tiny ? 5 : 19,
        .chunk = test->tiny ? 3 : 11};
    return run_check(test, &c);
}

static bool stores(const dam__selftest_use *use)
{
    return use->model->energy.task == DAM__TASK_STORE;
}

static bool classifies(const dam__selftest_use *use)
{
    return use->model->energy.task == DAM__TASK_CLASSIFY;
}

#define SHARED_KERNELS                                                                             \
    "energy_settings energy_transpose energy_scale energy_errors "                                 \
    "energy_collect energy_shrink energy_evaluate energy_metrics "

const dam__selftest_case dam__selftest_energy_cases[] = {
    {.name = "energy: all neurons",
     .kernels = SHARED_KERNELS "energy_forward energy_backward_overlaps energy_backward_own",
     .tolerance = 300,
     .reason = "fifth powers of sums over a state, and logarithms of up to 20 that exp brings back",
     .products = true,
     .suits = stores,
     .run = run_store},
    {.name = "energy: classes",
     .kernels = SHARED_KERNELS "energy_forward_few energy_backward_few energy_add_own",
     .tolerance = 300,
     .reason = "fifth powers of sums over a state, and logarithms of up to 20 that exp brings back",
     .products = true,
     .suits = classifies,
     .run = run_classify},
    {0},
};
