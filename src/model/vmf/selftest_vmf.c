#include "model/vmf/selftest_vmf.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "model/model.h"

/* One size of the model; chunk is how many samples it takes at once. */
struct size {
    int dim, memories, classes, batch, chunk;
};

/* Everything of one check. Class weights are class-major, background last, as on the device. */
struct check {
    struct size size;
    double beta, varsigma, softening;
    bool unsupervised;
    double *samples, *memories, *weights;
    int32_t *labels;
    /* The reference of a batch, computed by plain loops in double. */
    double loss, beta_gradient, right;
    double *memory_gradient, *weight_gradient;
    int32_t *predicted, *nearest;
    /* On the device. */
    dam__gemm *gemm;
    dam__model *model;
    dam__batch batch;
    dam__matrix device_samples, losses;
    dam__device_metrics metrics;
};

/* --- the reference: spec of the vmf model, sample by sample ----------------------------------- */

static double log_normaliser(double beta, int dim)
{
    double x = 2 * beta / (dim - 2), r = sqrt(1 + x * x);
    return -0.5 * log(r) + (0.5 * dim - 1) * (r - 1 - log((1 + r) / 2));
}

static double log_normaliser_slope(double beta, int dim)
{
    double n = dim - 2, r = sqrt(1 + 4 * beta * beta / (n * n));
    return 2 * beta / (n * (1 + r)) - 2 * beta / (n * n * r * r);
}

static double overlap(const struct check *c, int sample, int memory)
{
    size_t dim = (size_t)c->size.dim;
    double sum = 0;
    for (size_t j = 0; j < dim; j++)
        sum += c->samples[(size_t)sample * dim + j] * c->memories[(size_t)memory * dim + j];
    return sum;
}

static double target(const struct check *c, int sample, int column)
{
    int columns = c->size.classes + 1;
    return c->softening / columns + (c->labels[sample] == column ? 1 - c->softening : 0);
}

/*
 * From the class sums of a sample: adds its loss, and turns each sum into what the gradients want,
 * minus the loss's derivative by the logit over the sum.
 */
static void refer_columns(struct check *c, int sample, double *sums)
{
    int columns = c->size.classes + 1;
    double total = 0, mean = 0;
    for (int y = 0; y < columns; y++)
        total += sums[y];
    for (int y = 0; y < columns; y++)
        mean += sums[y] / total * log(sums[y]);
    for (int y = 0; y < columns; y++) {
        double p = sums[y] / total, l = log(sums[y]), slope = target(c, sample, y), weight = slope;
        if (c->unsupervised) {
            weight = (1 - c->softening) * p + c->softening / columns;
            slope = weight + (1 - c->softening) * p * (l - mean);
        }
        c->loss -= weight * l / c->size.batch;
        sums[y] = slope / sums[y];
    }
}

/* Adds one memory's (or the background's) part to the gradients; owed = sum_y R[y] G[y][mu]. */
static void add_gradients(struct check *c, int sample, int memory, double activation,
                          const double *ratios)
{
    size_t dim = (size_t)c->size.dim, width = (size_t)c->size.memories + 1;
    double owed = 0, share = 1.0 / c->size.batch;
    for (int y = 0; y <= c->size.classes; y++) {
        size_t at = (size_t)y * width + (size_t)memory;
        owed += ratios[y] * c->weights[at];
        c->weight_gradient[at] -= share * activation * ratios[y];
    }
    if (memory == c->size.memories)
        return;
    double q = activation * owed;
    for (size_t j = 0; j < dim; j++)
        c->memory_gradient[(size_t)memory * dim + j] -=
            share * c->varsigma * c->beta * q * c->samples[(size_t)sample * dim + j];
    c->beta_gradient -=
        share * q *
        (c->varsigma * overlap(c, sample, memory) - log_normaliser_slope(c->beta, c->size.dim));
}

/* activations and ratios have space for memories + 1 and columns numbers. */
static void refer_sample(struct check *c, int sample, double *activations, double *ratios)
{
    int memories = c->size.memories, columns = c->size.classes + 1, best = 0, closest = 0,
        owner = 0;
    size_t width = (size_t)memories + 1;
    double tau = log_normaliser(c->beta, c->size.dim), best_sum = 0;
    for (int mu = 0; mu < memories; mu++) {
        double m = overlap(c, sample, mu);
        activations[mu] = exp(c->varsigma * c->beta * m - tau);
        closest = m > overlap(c, sample, closest) ? mu : closest;
    }
    activations[memories] = 1;
    for (int y = 0; y < columns; y++) {
        double sum = 0;
        for (size_t mu = 0; mu < width; mu++)
            sum += activations[mu] * c->weights[(size_t)y * width + mu];
        ratios[y] = sum;
        best = sum > best_sum ? y : best;
        best_sum = fmax(best_sum, sum);
        if (c->weights[(size_t)y * width + (size_t)closest] >
            c->weights[(size_t)owner * width + (size_t)closest])
            owner = y;
    }
    refer_columns(c, sample, ratios);
    for (int mu = 0; mu <= memories; mu++)
        add_gradients(c, sample, mu, activations[mu], ratios);
    c->predicted[sample] = best;
    c->nearest[sample] = owner;
    c->right += !c->unsupervised && best == c->labels[sample];
}

static dam_status refer(dam__test *test, struct check *c)
{
    double *activations = NULL, *ratios = NULL;
    size_t width = (size_t)c->size.memories + 1, columns = (size_t)c->size.classes + 1;
    size_t batch = (size_t)c->size.batch;
    c->loss = c->beta_gradient = c->right = 0;
    DAM_TRY(dam__test_array(test, width, sizeof *activations, &activations));
    DAM_TRY(dam__test_array(test, columns, sizeof *ratios, &ratios));
    DAM_TRY(
        dam__test_array(test, width * (size_t)c->size.dim, sizeof(double), &c->memory_gradient));
    DAM_TRY(dam__test_array(test, width * columns, sizeof(double), &c->weight_gradient));
    DAM_TRY(dam__test_array(test, batch, sizeof(int32_t), &c->predicted));
    DAM_TRY(dam__test_array(test, batch, sizeof(int32_t), &c->nearest));
    for (int i = 0; i < c->size.batch; i++)
        refer_sample(c, i, activations, ratios);
    return DAM_OK;
}

/* --- the device
 * ----------------------------------------------------------------------------------- */

static dam_status make_numbers(dam__test *test, struct check *c)
{
    size_t dim = (size_t)c->size.dim, memories = (size_t)c->size.memories;
    size_t batch = (size_t)c->size.batch, columns = (size_t)c->size.classes + 1;
    /* Rows of norm about 1. */
    double side = sqrt(3.0 / c->size.dim);
    DAM_TRY(dam__test_numbers(test, batch * dim, -side, side, &c->samples));
    DAM_TRY(dam__test_numbers(test, memories * dim, -side, side, &c->memories));
    DAM_TRY(dam__test_numbers(test, (memories + 1) * columns, 0.05, 1, &c->weights));
    DAM_TRY(dam__test_array(test, batch, sizeof *c->labels, &c->labels));
    for (int i = 0; i < c->size.batch; i++)
        c->labels[i] = (i * 2 + 1) % c->size.classes;
    return DAM_OK;
}

static dam_status make_model(dam__test *test, struct check *c, const double *share)
{
    dam_status status = DAM_OK;
    dam__plan *plan = NULL;
    enum { SINKHORN = 10 };
    const dam__model_config config = {.kind = DAM__KIND_VMF,
                                      .memories = c->size.memories,
                                      .vmf.capacity = 2 * c->size.memories,
                                      .vmf.beta = c->beta,
                                      .vmf.beta_rule = DAM__BETA_LEARNED,
                                      .vmf.varsigma = c->varsigma,
                                      .vmf.softening = c->softening,
                                      .vmf.sinkhorn = SINKHORN,
                                      .vmf.loss = c->unsupervised ? DAM__LOSS_UNSUPERVISED
                                                                  : DAM__LOSS_SUPERVISED};
    const dam__task task = {.dim = c->size.dim, .classes = c->size.classes, .class_share = share};
    DAM_TRY_CLEANUP(dam__gemm_create(test->device, test->provider, &c->gemm));
    DAM_TRY_CLEANUP(dam__model_create(test->device, c->gemm, &config, &task, &c->model));
    DAM_TRY_CLEANUP(dam__plan_create(test->device, &plan));
    DAM_TRY_CLEANUP(c->model->ops->plan(c->model, plan, c->size.chunk));
    DAM_TRY_CLEANUP(dam__gemm_plan(c->gemm, plan));
    DAM_TRY_CLEANUP(dam__plan_allocate(plan));
    DAM_TRY_CLEANUP(c->model->ops->prepare(c->model));
    DAM_TRY_CLEANUP(c->model->ops->initialise(c->model, 1));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&dam__model_parameter(c->model, "memories")->value,
                                              c->memories, "self-test"));
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(
        &dam__model_parameter(c->model, "class_weights")->value, c->weights, "self-test"));
cleanup:
    dam__plan_destroy(plan);
    return status;
}

static dam_status make_batch(dam__test *test, struct check *c)
{
    size_t batch = (size_t)c->size.batch;
    dam__buffer *labels = NULL;
    DAM_TRY(dam__test_matrix(test, c->size.batch, c->size.dim, 1, c->samples, &c->device_samples));
    DAM_TRY(dam__test_buffer(test, c->labels, batch * sizeof *c->labels, &labels));
    DAM_TRY(dam__test_matrix(test, 1, 1, 1, NULL, &c->losses));
    DAM_TRY(dam__test_matrix(test, 1, 2, 1, NULL, &c->metrics.totals));
    DAM_TRY(dam__test_buffer(test, NULL, batch * sizeof(int32_t), &c->metrics.predicted));
    DAM_TRY(dam__test_buffer(test, NULL, batch * sizeof(int32_t), &c->metrics.nearest));
    c->batch = (dam__batch){.samples = &c->device_samples, .labels = labels, .size = c->size.batch};
    return DAM_OK;
}

static void close_check(struct check *c)
{
    dam__model_destroy(c->model);
    dam__gemm_destroy(c->gemm);
    free(c);
}

/* Close with close_check also where it fails. */
static dam_status open_check(dam__test *test, const struct size *size, bool unsupervised,
                             struct check **out)
{
    struct check *c = NULL;
    double *share = NULL;
    DAM_TRY(dam__test_array(test, (size_t)size->classes, sizeof *share, &share));
    for (int y = 0; y < size->classes; y++)
        share[y] = 2.0 * (y + 1) / (size->classes * (size->classes + 1.0));
    c = calloc(1, sizeof *c);
    if (c == NULL)
        return dam__fail(DAM_NO_MEMORY, "no memory for a self-test case");
    *out = c;
    c->size = *size;
    c->unsupervised = unsupervised;
    /* Representable in single, so that every precision gets the same. */
    c->beta = 11;
    c->varsigma = 0.5;
    c->softening = 0.125;
    DAM_TRY(make_numbers(test, c));
    DAM_TRY(make_model(test, c, share));
    return make_batch(test, c);
}

/* --- the cases
 * ------------------------------------------------------------------------------------ */

typedef dam_status (*compare_function)(dam__test *test, struct check *c);

/* Classes of a run up to here take the place of a case's own, so that its program is the run's. */
enum { MOST_CLASSES = 64 };

/*
 * One tile of class columns and one vector, with more samples than twice the parts of the class
 * gradient; then several tiles and vectors. Chunks whose last is smaller. So that every loop of the
 * kernels turns more than once.
 */
static dam_status for_sizes(dam__test *test, bool unsupervised, compare_function compare)
{
    dam_status status = DAM_OK;
    static const struct size sizes[] = {{23, 7, 3, 70, 66}, {40, 300, 13, 9, 4}};
    static const struct size tiny[] = {{5, 3, 2, 67, 66}, {4, 260, 13, 3, 2}};
    for (int i = 0; i < 2; i++) {
        struct check *c = NULL;
        struct size size = test->tiny ? tiny[i] : sizes[i];
        if (test->use.classes > 0 && test->use.classes <= MOST_CLASSES)
            size.classes = test->use.classes;
        status = open_check(test, &size, unsupervised, &c);
        if (status == DAM_OK)
            status = compare(test, c);
        /* Nothing of the model may still be on its way. */
        if (status == DAM_OK)
            status = dam__device_finish(test->device);
        if (c != NULL)
            close_check(c);
        if (status != DAM_OK)
            break;
    }
    return status;
}

static dam_status run_loss_gradient(dam__test *test, struct check *c)
{
    DAM_TRY(refer(test, c));
    return c->model->ops->loss_gradient(c->model, &c->batch, c->losses.buffer, 0);
}

static dam_status compare_loss(dam__test *test, struct check *c)
{
    DAM_TRY(run_loss_gradient(test, c));
    return dam__test_compare_matrix(test, &c->losses, &c->loss, 1);
}

static dam_status compare_memory_gradient(dam__test *test, struct check *c)
{
    DAM_TRY(run_loss_gradient(test, c));
    return dam__test_compare_matrix(test, &dam__model_parameter(c->model, "memories")->gradient,
                                    c->memory_gradient, 0);
}

static dam_status compare_class_gradient(dam__test *test, struct check *c)
{
    DAM_TRY(run_loss_gradient(test, c));
    return dam__test_compare_matrix(
        test, &dam__model_parameter(c->model, "class_weights")->gradient, c->weight_gradient, 0);
}

static dam_status compare_beta_gradient(dam__test *test, struct check *c)
{
    DAM_TRY(run_loss_gradient(test, c));
    return dam__test_compare_matrix(test, &dam__model_parameter(c->model, "beta")->gradient,
                                    &c->beta_gradient, 0.1);
}

static dam_status compare_metrics(dam__test *test, struct check *c)
{
    size_t batch = (size_t)c->size.batch;
    DAM_TRY(refer(test, c));
    DAM_TRY(c->model->ops->evaluate(c->model, &c->batch, &c->metrics, 0, 0));
    const double totals[] = {c->loss * c->size.batch, c->right};
    DAM_TRY(dam__test_compare_matrix(test, &c->metrics.totals, totals, c->size.batch));
    DAM_TRY(dam__test_compare_integers(test, c->metrics.predicted, batch, c->predicted));
    return dam__test_compare_integers(test, c->metrics.nearest, batch, c->nearest);
}

/* Scales rows of G to counts, then columns to total * prior; G is class-major. */
static double balance(double *weights, const double *counts, const double *prior, size_t columns,
                      size_t width)
{
    double off = 0, total = (double)width - 1 + counts[width - 1];
    for (size_t j = 0; j < width; j++) {
        double sum = 0;
        for (size_t y = 0; y < columns; y++)
            sum += weights[y * width + j];
        off = fmax(off, fabs(sum / counts[j] - 1));
        for (size_t y = 0; y < columns; y++)
            weights[y * width + j] *= counts[j] / sum;
    }
    for (size_t y = 0; y < columns; y++) {
        double sum = 0;
        for (size_t j = 0; j < width; j++)
            sum += weights[y * width + j];
        for (size_t j = 0; j < width; j++)
            weights[y * width + j] *= total * prior[y] / sum;
    }
    return off;
}

static dam_status compare_balancing(dam__test *test, struct check *c)
{
    size_t width = (size_t)c->size.memories + 1, columns = (size_t)c->size.classes + 1;
    double *counts = NULL, *prior = NULL;
    DAM_TRY(dam__test_array(test, width, sizeof *counts, &counts));
    DAM_TRY(dam__test_array(test, columns, sizeof *prior, &prior));
    for (size_t j = 0; j < width; j++)
        counts[j] = j + 1 < width ? 1 : 0.5;
    for (size_t y = 0; y < columns; y++)
        prior[y] = c->softening / (double)columns +
                   (y + 1 < columns ? (1 - c->softening) * c->model->task.class_share[y] : 0);
    DAM_TRY(c->model->ops->project(c->model));
    for (int i = 0; i < c->model->config.vmf.sinkhorn; i++)
        if (balance(c->weights, counts, prior, columns, width) <= 1e-7 * c->size.classes)
            break;
    return dam__test_compare_matrix(test, &dam__model_parameter(c->model, "class_weights")->value,
                                    c->weights, 0);
}

/* A step's end with another beta, and the loss that follows from it. */
static dam_status compare_new_beta(dam__test *test, struct check *c)
{
    c->beta = 7;
    DAM_TRY(dam__matrix_write_doubles(&dam__model_parameter(c->model, "beta")->value, &c->beta,
                                      "self-test"));
    DAM_TRY(compare_balancing(test, c));
    return compare_loss(test, c);
}

static dam_status compare_all(dam__test *test, struct check *c)
{
    DAM_TRY(compare_loss(test, c));
    DAM_TRY(compare_memory_gradient(test, c));
    DAM_TRY(compare_class_gradient(test, c));
    DAM_TRY(compare_beta_gradient(test, c));
    return compare_metrics(test, c);
}

static bool is_supervised(const dam__selftest_use *use)
{
    return use->model->vmf.loss == DAM__LOSS_SUPERVISED;
}

static bool is_unsupervised(const dam__selftest_use *use)
{
    return !is_supervised(use);
}

#define RUN(name, compare)                                                                         \
    static dam_status name(dam__test *test)                                                        \
    {                                                                                              \
        return for_sizes(test, false, compare);                                                    \
    }

RUN(run_loss, compare_loss)
RUN(run_memory_gradient, compare_memory_gradient)
RUN(run_class_gradient, compare_class_gradient)
RUN(run_beta_gradient, compare_beta_gradient)
RUN(run_metrics, compare_metrics)

static dam_status run_unsupervised(dam__test *test)
{
    return for_sizes(test, true, compare_all);
}

/* The same with and without labels: as the run is. */
static bool as_the_run(const dam__test *test)
{
    return test->use.model != NULL && is_unsupervised(&test->use);
}

static dam_status run_balancing(dam__test *test)
{
    return for_sizes(test, as_the_run(test), compare_balancing);
}

static dam_status run_new_beta(dam__test *test)
{
    return for_sizes(test, as_the_run(test), compare_new_beta);
}

#define EXPONENTS "exponents of a few units carry their roundings into what is exponentiated"

const dam__selftest_case dam__selftest_vmf_cases[] = {
    {.name = "vmf: loss",
     .kernels = "vmf_scalars vmf_forward vmf_class_gradient vmf_fold",
     .tolerance = 64,
     .reason = EXPONENTS,
     .products = true,
     .suits = is_supervised,
     .run = run_loss},
    {.name = "vmf: gradient of the memories",
     .kernels = "vmf_scalars vmf_forward",
     .tolerance = 64,
     .reason = EXPONENTS,
     .products = true,
     .suits = is_supervised,
     .run = run_memory_gradient},
    {.name = "vmf: gradient of the classes",
     .kernels = "vmf_scalars vmf_forward vmf_class_gradient vmf_fold",
     .tolerance = 64,
     .reason = EXPONENTS,
     .products = true,
     .suits = is_supervised,
     .run = run_class_gradient},
    {.name = "vmf: gradient of beta",
     .kernels = "vmf_scalars vmf_forward vmf_class_gradient vmf_fold",
     .tolerance = 64,
     .reason = EXPONENTS "; two sums nearly cancel",
     .products = true,
     .suits = is_supervised,
     .run = run_beta_gradient},
    {.name = "vmf: evaluation",
     .kernels = "vmf_scalars vmf_evaluate vmf_metrics",
     .tolerance = 64,
     .reason = EXPONENTS,
     .products = true,
     .suits = is_supervised,
     .run = run_metrics},
    {.name = "vmf: without labels",
     .kernels = "vmf_scalars vmf_forward vmf_class_gradient vmf_fold vmf_evaluate vmf_metrics",
     .tolerance = 128,
     .reason = EXPONENTS "; slopes are differences of logarithms",
     .products = true,
     .suits = is_unsupervised,
     .run = run_unsupervised},
    {.name = "vmf: balancing of the classes",
     .kernels = "vmf_project",
     .tolerance = 64,
     .reason = "ten rounds of scaling",
     .run = run_balancing},
    {.name = "vmf: a new beta",
     .kernels = "vmf_project vmf_forward",
     .tolerance = 64,
     .reason = EXPONENTS,
     .products = true,
     .run = run_new_beta},
    {0},
};
