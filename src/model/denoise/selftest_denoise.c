#include "model/denoise/selftest_denoise.h"

#include <math.h>
#include <stdlib.h>

#include "compute/random.h"
#include "model/denoise/denoise.h"

enum { REPLICAS = 2, SLOT = 1, PLACE = 3, BASE = 40, EPOCH = 2, STEPS = 3 };
static const double DT = 0.25;

/* Two replicas side by side, each with samples, parameters and noise of its own. */
struct check {
    dam__model_config config;
    int dim, batch;
    double *samples, *standards, *memories, *inner, *outer, *means;
    dam__replica replicas[REPLICAS];
    /* The reference, computed by plain loops in double. */
    double losses[REPLICAS], *gradient, *inner_gradient, *outer_gradient, *energies, *relaxed;
    /* On the device. */
    dam__gemm *gemm;
    dam__model *model;
    dam__matrix given, states, loss_slots, energy_slots;
};

/* Numbers of one replica in the reference; all row-major. */
struct work {
    double *noisy, *clean, *z, *s, *t, *f;
};

/* --- the reference: equation by equation -------------------------------------------------------- */

/* Normal number `column` of a sample's noise, as cl/normals.cl says. */
static double noise_of(uint64_t seed, uint32_t sample, size_t column)
{
    const double two_pi = 6.283185307179586;
    uint32_t words[4];
    uint64_t index = (uint64_t)(column / 4) << 32 | sample;
    dam__random_words(seed, DAM__STREAM_NOISE, EPOCH + 1, index, words);
    const uint32_t *pair = words + (column % 4 < 2 ? 0 : 2);
    double radius = sqrt(-2 * log(dam__uniform(pair[0]))), angle = two_pi * dam__uniform(pair[1]);
    return radius * (column % 2 == 0 ? cos(angle) : sin(angle));
}

static double sigma_of(const dam__denoise_config *config, double z)
{
    if (config->activation == DAM__ACTIVATION_LINEAR)
        return z;
    return z > 0 ? pow(z, config->power) : 0;
}

static double slope_of(const dam__denoise_config *config, double z)
{
    if (config->activation == DAM__ACTIVATION_LINEAR)
        return 1;
    return z > 0 ? config->power * pow(z, config->power - 1) : 0;
}

/* g of one state. */
static void bound(const struct check *c, const double *x, double *g)
{
    const dam__denoise_config *config = &c->config.denoise;
    double at = config->bound_at, squares = 0;
    for (size_t j = 0; j < (size_t)c->dim; j++)
        squares += x[j] * x[j];
    for (size_t j = 0; j < (size_t)c->dim; j++) {
        g[j] = x[j];
        if (config->bound == DAM__BOUND_TANH)
            g[j] = at * tanh(x[j] / at);
        else if (config->bound == DAM__BOUND_CLIP)
            g[j] = fmax(-at, fmin(at, x[j]));
        else if (config->bound == DAM__BOUND_UNIT)
            g[j] = x[j] * sqrt(c->dim / squares);
    }
}

/* Its integral, whose gradient it is. */
static double integral(const struct check *c, const double *x)
{
    const dam__denoise_config *config = &c->config.denoise;
    double at = config->bound_at, squares = 0, sum = 0;
    for (size_t j = 0; j < (size_t)c->dim; j++) {
        double size = fabs(x[j]);
        squares += x[j] * x[j];
        if (config->bound == DAM__BOUND_TANH)
            sum += at * at * log(cosh(x[j] / at));
        else
            sum += config->bound == DAM__BOUND_CLIP && size > at ? at * (size - at / 2)
                                                                 : size * size / 2;
    }
    return config->bound == DAM__BOUND_UNIT ? sqrt(c->dim * squares) : sum;
}

/* S of one state's Z. */
static void activate(const struct check *c, const double *z, double *s)
{
    const dam__denoise_config *config = &c->config.denoise;
    size_t memories = (size_t)c->config.memories;
    double largest = -INFINITY, sum = 0;
    for (size_t k = 0; k < memories; k++)
        largest = fmax(largest, z[k]);
    for (size_t k = 0; k < memories; k++) {
        bool softmax = config->activation == DAM__ACTIVATION_SOFTMAX;
        s[k] = softmax ? exp(z[k] - largest) : sigma_of(config, z[k]);
        sum += softmax ? s[k] : 0;
    }
    for (size_t k = 0; k < memories && sum > 0; k++)
        s[k] /= sum;
}

static void similarities(const struct check *c, size_t p, const double *x, double *z)
{
    size_t dim = (size_t)c->dim, memories = (size_t)c->config.memories;
    double s1 = dam__denoise_scale(&c->config, c->dim).s1;
    for (size_t k = 0; k < memories; k++) {
        z[k] = c->inner[p * memories + k];
        for (size_t j = 0; j < dim; j++)
            z[k] += s1 * c->memories[(p * memories + k) * dim + j] * x[j];
    }
}

static double output(const struct check *c, size_t p, const double *t, size_t j)
{
    size_t dim = (size_t)c->dim, memories = (size_t)c->config.memories;
    double s2 = dam__denoise_scale(&c->config, c->dim).s2, f = c->outer[p * dim + j];
    for (size_t k = 0; k < memories; k++)
        f += s2 * t[k] * c->memories[(p * memories + k) * dim + j];
    return f;
}

static void forward(const struct check *c, size_t p, const struct work *w)
{
    size_t dim = (size_t)c->dim, memories = (size_t)c->config.memories, batch = (size_t)c->batch;
    for (size_t a = 0; a < batch; a++) {
        for (size_t j = 0; j < dim; j++) {
            size_t i = a * dim + j;
            const double *standard = c->standards + 2 * p * dim + j;
            w->clean[i] = (c->samples[p * batch * dim + i] - standard[0]) * standard[dim];
            w->noisy[i] =
                w->clean[i] + c->config.denoise.noise *
                                  noise_of(c->replicas[p].seed, (uint32_t)(BASE + PLACE + a), j);
        }
        bound(c, w->noisy + a * dim, w->noisy + a * dim);
        similarities(c, p, w->noisy + a * dim, w->z + a * memories);
        activate(c, w->z + a * memories, w->s + a * memories);
    }
    for (size_t k = 0; k < memories; k++) {
        double mean = 0;
        for (size_t a = 0; a < batch && c->config.denoise.centring == DAM__CENTRING_BATCH; a++)
            mean += w->s[a * memories + k] / (double)batch;
        for (size_t a = 0; a < batch; a++)
            w->t[a * memories + k] = w->s[a * memories + k] - mean;
    }
    for (size_t i = 0; i < batch * dim; i++)
        w->f[i] = output(c, p, w->t + i / dim * memories, i % dim) - w->clean[i];
}

/* dL/dZ, from dL/dT in `d`, in place. */
static void through_activation(const struct check *c, const struct work *w, double *d)
{
    const dam__denoise_config *config = &c->config.denoise;
    size_t memories = (size_t)c->config.memories, batch = (size_t)c->batch;
    for (size_t k = 0; k < memories && config->centring == DAM__CENTRING_BATCH; k++) {
        double mean = 0;
        for (size_t a = 0; a < batch; a++)
            mean += d[a * memories + k] / (double)batch;
        for (size_t a = 0; a < batch; a++)
            d[a * memories + k] -= mean;
    }
    for (size_t a = 0; a < batch; a++) {
        const double *s = w->s + a * memories, *z = w->z + a * memories;
        double *row = d + a * memories, along = 0;
        for (size_t k = 0; k < memories; k++)
            along += s[k] * row[k];
        for (size_t k = 0; k < memories; k++)
            row[k] = config->activation == DAM__ACTIVATION_SOFTMAX
                         ? s[k] * (row[k] - along)
                         : slope_of(config, z[k]) * row[k];
    }
}

static void gradients(struct check *c, size_t p, const struct work *w, double *d)
{
    const dam__denoise_scales scales = dam__denoise_scale(&c->config, c->dim);
    size_t dim = (size_t)c->dim, memories = (size_t)c->config.memories, batch = (size_t)c->batch;
    double items = (double)(batch * dim);
    double *gradient = c->gradient + p * memories * dim;
    for (size_t i = 0; i < batch * dim; i++) {
        c->losses[p] += w->f[i] * w->f[i] / (2 * items);
        c->outer_gradient[p * dim + i % dim] += w->f[i] / items;
    }
    for (size_t a = 0; a < batch; a++)
        for (size_t k = 0; k < memories; k++)
            for (size_t j = 0; j < dim; j++) {
                double error = scales.s2 * w->f[a * dim + j] / items;
                gradient[k * dim + j] += error * w->t[a * memories + k];
                d[a * memories + k] += error * c->memories[(p * memories + k) * dim + j];
            }
    through_activation(c, w, d);
    for (size_t a = 0; a < batch; a++)
        for (size_t k = 0; k < memories; k++) {
            double pull = d[a * memories + k];
            c->inner_gradient[p * memories + k] += pull;
            for (size_t j = 0; j < dim; j++)
                gradient[k * dim + j] += scales.s1 * pull * w->noisy[a * dim + j];
        }
}

/* E of a state, and where the dynamics takes it. */
static void relax(struct check *c, size_t p, const double *state, double *energy, double *x,
                  const struct work *w)
{
    const dam__denoise_scales scales = dam__denoise_scale(&c->config, c->dim);
    const dam__denoise_config *config = &c->config.denoise;
    size_t dim = (size_t)c->dim, memories = (size_t)c->config.memories;
    const double *m = c->means + p * memories;
    double largest = -INFINITY, sum = 0, potential = 0;
    bound(c, state, w->noisy);
    similarities(c, p, w->noisy, w->z);
    for (size_t k = 0; k < memories; k++)
        largest = fmax(largest, w->z[k]);
    for (size_t k = 0; k < memories; k++) {
        double z = w->z[k];
        sum += exp(z - largest);
        if (config->activation == DAM__ACTIVATION_LINEAR)
            potential += z * z / 2;
        else if (config->activation == DAM__ACTIVATION_RELU)
            potential += z > 0 ? pow(z, config->power + 1) / (config->power + 1) : 0;
        potential -= m[k] * z;
    }
    potential += config->activation == DAM__ACTIVATION_SOFTMAX ? largest + log(sum) : 0;
    *energy = -scales.s2 / scales.s1 * potential - integral(c, state);
    for (size_t j = 0; j < dim; j++) {
        *energy += w->noisy[j] * (state[j] - c->outer[p * dim + j]);
        x[j] = state[j];
    }
    for (int step = 0; step < STEPS; step++) {
        bound(c, x, w->noisy);
        similarities(c, p, w->noisy, w->z);
        activate(c, w->z, w->t);
        for (size_t k = 0; k < memories; k++)
            w->t[k] -= m[k];
        for (size_t j = 0; j < dim; j++)
            w->f[j] = output(c, p, w->t, j);
        for (size_t j = 0; j < dim; j++)
            x[j] += DT * (w->f[j] - x[j]);
    }
}

static dam_status compute_reference(dam__test *test, struct check *c)
{
    size_t dim = (size_t)c->dim, memories = (size_t)c->config.memories, batch = (size_t)c->batch;
    struct work w = {0};
    double *d = NULL;
    DAM_TRY(dam__test_array(test, batch * dim, sizeof(double), &w.noisy));
    DAM_TRY(dam__test_array(test, batch * dim, sizeof(double), &w.clean));
    DAM_TRY(dam__test_array(test, batch * dim, sizeof(double), &w.f));
    DAM_TRY(dam__test_array(test, batch * memories, sizeof(double), &w.z));
    DAM_TRY(dam__test_array(test, batch * memories, sizeof(double), &w.s));
    DAM_TRY(dam__test_array(test, batch * memories, sizeof(double), &w.t));
    for (size_t p = 0; p < REPLICAS; p++) {
        DAM_TRY(dam__test_array(test, batch * memories, sizeof *d, &d));
        forward(c, p, &w);
        gradients(c, p, &w, d);
        for (size_t a = 0; a < batch; a++)
            relax(c, p, c->samples + (p * batch + a) * dim, &c->energies[p * batch + a],
                  c->relaxed + (p * batch + a) * dim, &w);
    }
    return DAM_OK;
}

/* --- making both sides -------------------------------------------------------------------------- */

static dam_status make_numbers(dam__test *test, struct check *c)
{
    size_t dim = REPLICAS * (size_t)c->dim, memories = REPLICAS * (size_t)c->config.memories;
    size_t batch = (size_t)c->batch, width = (size_t)c->dim;
    DAM_TRY(dam__test_numbers(test, dim * batch, -1.5, 1.5, &c->samples));
    DAM_TRY(dam__test_numbers(test, 2 * dim, 0.25, 1.25, &c->standards));
    DAM_TRY(dam__test_numbers(test, memories * width, -1.5, 1.5, &c->memories));
    DAM_TRY(dam__test_numbers(test, memories, -0.5, 0.5, &c->inner));
    DAM_TRY(dam__test_numbers(test, dim, -0.5, 0.5, &c->outer));
    DAM_TRY(dam__test_numbers(test, memories, -0.5, 0.5, &c->means));
    DAM_TRY(dam__test_array(test, memories * width, sizeof(double), &c->gradient));
    DAM_TRY(dam__test_array(test, memories, sizeof(double), &c->inner_gradient));
    DAM_TRY(dam__test_array(test, dim, sizeof(double), &c->outer_gradient));
    DAM_TRY(dam__test_array(test, REPLICAS * batch, sizeof(double), &c->energies));
    DAM_TRY(dam__test_array(test, dim * batch, sizeof(double), &c->relaxed));
    /* A softmax shares 1 among its memories. */
    if (c->config.denoise.activation == DAM__ACTIVATION_SOFTMAX)
        for (size_t k = 0; k < memories; k++)
            c->means[k] /= c->config.memories;
    for (int p = 0; p < REPLICAS; p++)
        c->replicas[p].seed = 0x123456789ABCDEF0u + (uint64_t)p;
    return DAM_OK;
}

static dam_status write(const struct check *c, const char *name, const double *values)
{
    return dam__matrix_write_doubles(&dam__model_parameter(c->model, name)->value, values,
                                     "self-test");
}

static dam_status make_model(dam__test *test, struct check *c)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    const dam__task task = {.dim = c->dim, .count = REPLICAS, .replicas = c->replicas};
    DAM_TRY_CLEANUP(dam__gemm_create(test->device, test->provider, &c->gemm));
    DAM_TRY_CLEANUP(dam__model_create(test->device, c->gemm, &c->config, &task, &c->model));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(c->model->ops->plan(c->model, plan, c->batch));
    DAM_TRY_CLEANUP(dam__gemm_plan(c->gemm, plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(c->model->ops->prepare(c->model));
    DAM_TRY_CLEANUP(c->model->ops->initialise(c->model, 1));
    DAM_TRY_CLEANUP(write(c, "memories", c->memories));
    DAM_TRY_CLEANUP(write(c, "inner_biases", c->inner));
    DAM_TRY_CLEANUP(write(c, "outer_biases", c->outer));
    DAM_TRY_CLEANUP(write(c, "standards", c->standards));
    DAM_TRY_CLEANUP(dam__test_matrix(test, c->batch, c->dim, REPLICAS, c->samples, &c->given));
    DAM_TRY_CLEANUP(dam__test_matrix(test, c->batch, c->dim, REPLICAS, c->samples, &c->states));
    DAM_TRY_CLEANUP(dam__test_matrix(test, 1, (SLOT + 1) * REPLICAS, 1, NULL, &c->loss_slots));
    DAM_TRY_CLEANUP(dam__test_matrix(test, 1, c->batch, REPLICAS, NULL, &c->energy_slots));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

static dam_status compare_gradient(dam__test *test, const struct check *c, const char *name,
                                   const double *wanted)
{
    return dam__test_compare_matrix(test, &dam__model_parameter(c->model, name)->gradient, wanted,
                                    0);
}

static dam_status run_check(dam__test *test, struct check *c)
{
    dam_status status = DAM_OK;
    double losses[(SLOT + 1) * REPLICAS];
    DAM_TRY_CLEANUP(make_numbers(test, c));
    DAM_TRY_CLEANUP(compute_reference(test, c));
    DAM_TRY_CLEANUP(make_model(test, c));
    const dam__batch batch = {.samples = &c->given, .size = c->batch, .place = PLACE, .base = BASE};
    DAM_TRY_CLEANUP(c->model->ops->begin_epoch(c->model, EPOCH));
    DAM_TRY_CLEANUP(c->model->ops->loss_gradient(c->model, &batch, c->loss_slots.buffer, SLOT));
    DAM_TRY_CLEANUP(dam__matrix_read_unchecked(&c->loss_slots, losses, "self-test"));
    for (size_t p = 0; p < REPLICAS; p++)
        dam__test_compare(test, losses[(size_t)SLOT * REPLICAS + p], c->losses[p], c->losses[p]);
    DAM_TRY_CLEANUP(compare_gradient(test, c, "memories", c->gradient));
    /* Sums over a batch that a linear and centred model makes nearly 0. */
    DAM_TRY_CLEANUP(
        dam__test_compare_matrix(test, &dam__model_parameter(c->model, "inner_biases")->gradient,
                                 c->inner_gradient, 1.0 / (c->dim * c->config.memories)));
    DAM_TRY_CLEANUP(compare_gradient(test, c, "outer_biases", c->outer_gradient));
    DAM_TRY_CLEANUP(write(c, "activation_means", c->means));
    DAM_TRY_CLEANUP(dam__denoise_energy(c->model, &c->states, c->batch, &c->energy_slots));
    DAM_TRY_CLEANUP(dam__test_compare_matrix(test, &c->energy_slots, c->energies, c->dim));
    const dam__relaxation how = {.dt = DT, .steps = STEPS, .clip = 1e30};
    DAM_TRY_CLEANUP(dam__denoise_relax(c->model, &c->states, c->batch, &how));
    DAM_TRY_CLEANUP(dam__test_compare_matrix(test, &c->states, c->relaxed, 1));
cleanup:
    dam__model_destroy(c->model);
    dam__gemm_destroy(c->gemm);
    return status;
}

/* --- the cases ---------------------------------------------------------------------------------- */

/* Sizes are no multiples of parts, vectors or groups. */
static dam_status check_bounded(dam__test *test, int activation, int power, int centring,
                                int regime, int bound)
{
    struct check c = {.config = {.kind = DAM__KIND_DENOISE,
                                 .memories = test->tiny ? 5 : 83,
                                 .denoise = {.activation = activation,
                                             .power = power,
                                             .bound = bound,
                                             .bound_at = 1.25,
                                             .centring = centring,
                                             .regime = regime,
                                             .pairing = DAM__PAIRING_FRESH,
                                             .gain = 0.75,
                                             .noise = 0.5,
                                             .eta0 = 1}},
                      .dim = test->tiny ? 7 : 45,
                      .batch = test->tiny ? 5 : 21};
    return run_check(test, &c);
}

static dam_status check_activation(dam__test *test, int activation, int power, int centring,
                                   int regime)
{
    return check_bounded(test, activation, power, centring, regime, DAM__BOUND_NONE);
}

/* The programs are those of the cases without. */
static dam_status run_bounds(dam__test *test)
{
    DAM_TRY(check_bounded(test, DAM__ACTIVATION_RELU, 1, DAM__CENTRING_BATCH,
                          DAM__REGIME_PROPORTIONAL, DAM__BOUND_TANH));
    DAM_TRY(check_bounded(test, DAM__ACTIVATION_RELU, 1, DAM__CENTRING_NONE, DAM__REGIME_WIDTH,
                          DAM__BOUND_CLIP));
    return check_bounded(test, DAM__ACTIVATION_RELU, 1, DAM__CENTRING_BATCH,
                         DAM__REGIME_PROPORTIONAL, DAM__BOUND_UNIT);
}

static dam_status run_linear(dam__test *test)
{
    return check_activation(test, DAM__ACTIVATION_LINEAR, 1, DAM__CENTRING_BATCH,
                            DAM__REGIME_PROPORTIONAL);
}

static dam_status run_relu(dam__test *test)
{
    return check_activation(test, DAM__ACTIVATION_RELU, 1, DAM__CENTRING_BATCH,
                            DAM__REGIME_PROPORTIONAL);
}

static dam_status run_squared_relu(dam__test *test)
{
    return check_activation(test, DAM__ACTIVATION_RELU, 2, DAM__CENTRING_NONE, DAM__REGIME_WIDTH);
}

static dam_status run_softmax(dam__test *test)
{
    return check_activation(test, DAM__ACTIVATION_SOFTMAX, 1, DAM__CENTRING_BATCH,
                            DAM__REGIME_PROPORTIONAL);
}

static bool is_bounded(const dam__selftest_use *use)
{
    return use->model->denoise.bound != DAM__BOUND_NONE;
}

static bool is_linear(const dam__selftest_use *use)
{
    return use->model->denoise.activation == DAM__ACTIVATION_LINEAR;
}

static bool is_softmax(const dam__selftest_use *use)
{
    return use->model->denoise.activation == DAM__ACTIVATION_SOFTMAX;
}

static bool is_relu(const dam__selftest_use *use)
{
    return use->model->denoise.activation == DAM__ACTIVATION_RELU && use->model->denoise.power == 1;
}

/* Or of a higher power. */
static bool is_squared_relu(const dam__selftest_use *use)
{
    return use->model->denoise.activation == DAM__ACTIVATION_RELU && use->model->denoise.power != 1;
}

#define SHARED_KERNELS                                                                             \
    "denoise_pairs denoise_activate denoise_fold denoise_residual denoise_collect denoise_energy " \
    "denoise_advance "

const dam__selftest_case dam__selftest_denoise_cases[] = {
    {.name = "denoise: linear",
     .kernels = SHARED_KERNELS "denoise_centre denoise_sums denoise_backward",
     .tolerance = 300,
     .reason = "sums of sums over features, memories and samples",
     .products = true,
     .suits = is_linear,
     .run = run_linear},
    {.name = "denoise: relu",
     .kernels = SHARED_KERNELS "denoise_centre denoise_sums denoise_backward",
     .tolerance = 300,
     .reason = "sums of sums over features, memories and samples",
     .products = true,
     .suits = is_relu,
     .run = run_relu},
    {.name = "denoise: squared relu",
     .kernels = SHARED_KERNELS "denoise_centre denoise_sums denoise_backward",
     .tolerance = 300,
     .reason = "squares of sums over features, memories and samples",
     .products = true,
     .suits = is_squared_relu,
     .run = run_squared_relu},
    {.name = "denoise: softmax",
     .kernels =
         SHARED_KERNELS "denoise_softmax denoise_centre denoise_sums denoise_backward_softmax",
     .tolerance = 300,
     .reason = "exponentials of sums over features, and what cancels in a centred softmax",
     .products = true,
     .suits = is_softmax,
     .run = run_softmax},
    {.name = "denoise: bounded inputs",
     .kernels = "denoise_bound denoise_energy denoise_advance",
     .tolerance = 300,
     .reason = "sums of sums over features, memories and samples",
     .products = true,
     .suits = is_bounded,
     .run = run_bounds},
    {0},
};
