/*
 * Splitting memories of the denoiser: S u against loops in double, its quadratic form against
 * finite differences of the loss of a model that has a pair, the smallest eigenvalue against a
 * dense one, and the pairs themselves, with biases, means and what Adam keeps.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/splits.h"
#include "model/denoise/denoise_internal.h"

enum { DIM = 9, MEMORY_COUNT = 6, MOST = 11, SAMPLES = 10, CHUNK = 4 };

/* A model, its samples (which are not noisy), and W, b and c. */
struct problem {
    dam__denoise_config config;
    double s1, s2;
    double y[SAMPLES * DIM], x[SAMPLES * DIM]; /* x = g(y) */
    double w[MOST * DIM], b[MOST], c[DIM];
};

static const dam__denoise_config configs[] = {
    {.activation = DAM__ACTIVATION_LINEAR, .power = 1},
    {.activation = DAM__ACTIVATION_RELU, .power = 1, .centring = DAM__CENTRING_BATCH},
    {.activation = DAM__ACTIVATION_RELU, .power = 2, .regime = DAM__REGIME_WIDTH},
    {.activation = DAM__ACTIVATION_RELU,
     .power = 3,
     .centring = DAM__CENTRING_BATCH,
     .bound = DAM__BOUND_TANH},
    {.activation = DAM__ACTIVATION_SOFTMAX, .power = 1},
    {.activation = DAM__ACTIVATION_SOFTMAX, .power = 1, .centring = DAM__CENTRING_BATCH},
};
enum { CONFIGS = sizeof configs / sizeof *configs };

static dam__model_config config_of(const struct problem *p)
{
    return (dam__model_config){.kind = DAM__KIND_DENOISE,
                               .memories = MEMORY_COUNT,
                               .max_memories = MOST,
                               .denoise = p->config};
}

static struct problem make_problem(const dam__denoise_config *config)
{
    struct problem p = {.config = *config};
    p.config.gain = 1;
    p.config.eta0 = 0.1;
    p.config.bound_at = 1.3;
    p.config.algorithm = DAM__ALGORITHM_ADAM;
    const dam__model_config model = config_of(&p);
    p.s1 = dam__denoise_scale(&model, DIM).s1;
    p.s2 = dam__denoise_scale(&model, DIM).s2;
    for (int i = 0; i < SAMPLES * DIM; i++) {
        p.y[i] = 2 * noise_at((unsigned)i);
        p.x[i] = config->bound == DAM__BOUND_TANH
                     ? p.config.bound_at * tanh(p.y[i] / p.config.bound_at)
                     : p.y[i];
    }
    for (int i = 0; i < MEMORY_COUNT * DIM; i++)
        p.w[i] = 2 * noise_at((unsigned)i + 500);
    for (int k = 0; k < MEMORY_COUNT; k++)
        p.b[k] = 0.3 * noise_at((unsigned)k + 800);
    for (int j = 0; j < DIM; j++)
        p.c[j] = 0.2 * noise_at((unsigned)j + 900);
    return p;
}

/* --- the reference -------------------------------------------------------------------------------- */

static double dot(const double *x, const double *y)
{
    double sum = 0;
    for (int j = 0; j < DIM; j++)
        sum += x[j] * y[j];
    return sum;
}

/* sigma of all memories for sample i; z: before it. */
static void activate(const struct problem *p, const double *w, const double *b, int count, int i,
                     double *z, double *s)
{
    double total = 0;
    for (int k = 0; k < count; k++) {
        z[k] = p->s1 * dot(w + k * DIM, p->x + i * DIM) + b[k];
        s[k] = p->config.activation == DAM__ACTIVATION_LINEAR ? z[k]
               : p->config.activation == DAM__ACTIVATION_RELU ? pow(fmax(z[k], 0), p->config.power)
                                                              : exp(z[k]);
        total += s[k];
    }
    for (int k = 0; p->config.activation == DAM__ACTIVATION_SOFTMAX && k < count; k++)
        s[k] /= total;
}

static void means_of(const struct problem *p, const double *w, const double *b, int count,
                     double *means)
{
    double z[MOST], s[MOST];
    memset(means, 0, (size_t)count * sizeof *means);
    for (int i = 0; p->config.centring == DAM__CENTRING_BATCH && i < SAMPLES; i++) {
        activate(p, w, b, count, i, z, s);
        for (int k = 0; k < count; k++)
            means[k] += s[k] / SAMPLES;
    }
}

/* The loss; pulls: G = dL/dF of every sample, or NULL. */
static double loss_of(const struct problem *p, const double *w, const double *b, int count,
                      double *pulls)
{
    double z[MOST], s[MOST], means[MOST], loss = 0;
    means_of(p, w, b, count, means);
    for (int i = 0; i < SAMPLES; i++) {
        activate(p, w, b, count, i, z, s);
        for (int j = 0; j < DIM; j++) {
            double f = p->c[j] - p->y[i * DIM + j];
            for (int k = 0; k < count; k++)
                f += p->s2 * (s[k] - means[k]) * w[k * DIM + j];
            loss += f * f / (2.0 * SAMPLES * DIM);
            if (pulls != NULL)
                pulls[i * DIM + j] = f / (SAMPLES * DIM);
        }
    }
    return loss;
}

/* sigma' and sigma'' of one number. */
static double slope_of(const struct problem *p, double z)
{
    int n = p->config.power;
    if (p->config.activation == DAM__ACTIVATION_LINEAR)
        return 1;
    return z > 0 ? n * pow(z, n - 1) : 0;
}

static double curve_of(const struct problem *p, double z)
{
    int n = p->config.power;
    if (p->config.activation == DAM__ACTIVATION_LINEAR || n == 1 || z <= 0)
        return 0;
    return n * (n - 1) * pow(z, n - 2);
}

/* out = S u of memory k: docs/models/denoise.md, sample by sample. */
static void apply(const struct problem *p, int k, const double *u, double *out)
{
    double g[SAMPLES * DIM], mean[DIM] = {0}, z[MOST], s[MOST];
    bool softmax = p->config.activation == DAM__ACTIVATION_SOFTMAX;
    loss_of(p, p->w, p->b, MEMORY_COUNT, g);
    for (int i = 0; p->config.centring == DAM__CENTRING_BATCH && i < SAMPLES * DIM; i++)
        mean[i % DIM] += g[i] / SAMPLES;
    memset(out, 0, DIM * sizeof *out);
    for (int i = 0; i < SAMPLES; i++) {
        double pull[DIM], rest = 0;
        const double *x = p->x + i * DIM;
        for (int j = 0; j < DIM; j++)
            pull[j] = g[i * DIM + j] - mean[j];
        activate(p, p->w, p->b, MEMORY_COUNT, i, z, s);
        for (int l = 0; softmax && l < MEMORY_COUNT; l++)
            rest += s[l] * dot(pull, p->w + l * DIM);
        double h = dot(pull, p->w + k * DIM) - rest;
        double slope = softmax ? s[k] : slope_of(p, z[k]);
        double curve = h * (softmax ? s[k] : curve_of(p, z[k]));
        for (int j = 0; j < DIM; j++)
            out[j] += p->s1 * p->s2 *
                      (x[j] * (p->s1 * curve * dot(x, u) + slope * dot(pull, u)) +
                       pull[j] * slope * dot(x, u));
    }
}

static double shrink_of(const struct problem *p)
{
    return p->config.activation == DAM__ACTIVATION_SOFTMAX ? 1
                                                           : pow(2, -1.0 / (p->config.power + 1));
}

/* Memory k gives way to a pair, of which the second comes last. */
static void make_pair(const struct problem *p, double *w, double *b, int count, int k,
                      const double *u, double step)
{
    double shrink = shrink_of(p), *old = w + k * DIM, *twin = w + count * DIM;
    double move = step * sqrt(dot(old, old));
    for (int j = 0; j < DIM; j++) {
        twin[j] = shrink * (old[j] - move * u[j]);
        old[j] = shrink * (old[j] + move * u[j]);
    }
    b[k] = shrink * b[k] - (p->config.activation == DAM__ACTIVATION_SOFTMAX ? log(2) : 0);
    b[count] = b[k];
}

/* --- the tests ------------------------------------------------------------------------------------ */

static const dam__matrix *value_of(const struct rig *rig, int parameter)
{
    return &rig->model->parameters[parameter].value;
}

static struct rig *open_problem(const dam_device_info *info, const setting *how,
                                const struct problem *p)
{
    const dam__model_config config = config_of(p);
    const dam__task task = {.dim = DIM};
    double means[MOST], standards[2 * DIM] = {0};
    struct rig *rig = open_rig(info, how, &config, &task, SAMPLES, DIM, CHUNK, p->y, NULL);
    for (int j = 0; j < DIM; j++)
        standards[DIM + j] = 1;
    means_of(p, p->w, p->b, MEMORY_COUNT, means);
    OK(dam__matrix_write_doubles(value_of(rig, MEMORIES), p->w, "test"));
    OK(dam__matrix_write_doubles(value_of(rig, INNER), p->b, "test"));
    OK(dam__matrix_write_doubles(value_of(rig, OUTER), p->c, "test"));
    OK(dam__matrix_write_doubles(value_of(rig, MEANS), means, "test"));
    OK(dam__matrix_write_doubles(value_of(rig, STANDARDS), standards, "test"));
    return rig;
}

static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-10 : 2e-5;
}

static void check_products(const struct problem *p, struct hunt *hunt, const double *u,
                           const setting *how)
{
    double wanted[MEMORY_COUNT * DIM], forms[MEMORY_COUNT];
    const struct denoise *denoise = (const struct denoise *)hunt->rig->model;
    pass(hunt, hunt->rig->model->ops->grow->accumulate);
    iterate(hunt, 1);
    double *got = products_now(hunt, &denoise->growth.splitter,
                               &hunt->rig->model->parameters[MEMORIES].gradient);
    double *numbers = lambdas(hunt);
    for (int k = 0; k < MEMORY_COUNT; k++) {
        apply(p, k, u + k * DIM, wanted + k * DIM);
        forms[k] = dot(p->w + k * DIM, p->w + k * DIM) * dot(u + k * DIM, wanted + k * DIM);
    }
    assert_close(got, wanted, MEMORY_COUNT * DIM, tolerance_of(how), "S u", how);
    assert_close(numbers, forms, MEMORY_COUNT, tolerance_of(how), "lambda", how);
    free(got);
    free(numbers);
}

/* 2 / step^2 of what a pair changes the loss by; means of activations are its own. */
static double difference(const struct problem *p, int k, const double *u, double step)
{
    double w[MOST * DIM], b[MOST];
    memcpy(w, p->w, sizeof w);
    memcpy(b, p->b, sizeof b);
    make_pair(p, w, b, MEMORY_COUNT, k, u, step);
    return (loss_of(p, w, b, MEMORY_COUNT + 1, NULL) - loss_of(p, p->w, p->b, MEMORY_COUNT, NULL)) *
           2 / (step * step);
}

static void check_differences(const struct problem *p, struct hunt *hunt, const double *u,
                              const setting *how)
{
    const double step = 5e-4;
    double *numbers = lambdas(hunt), forms[MEMORY_COUNT];
    for (int k = 0; k < MEMORY_COUNT; k++) {
        const double *along = u + k * DIM;
        forms[k] = (4 * difference(p, k, along, step) - difference(p, k, along, 2 * step)) / 3;
    }
    assert_close(numbers, forms, MEMORY_COUNT,
                 how->precision == DAM__PRECISION_DOUBLE ? 1e-6 : 2e-5, "differences", how);
    free(numbers);
}

static void check_eigenvalues(const struct problem *p, struct hunt *hunt, const setting *how)
{
    iterate(hunt, 120);
    double *numbers = lambdas(hunt), matrix[DIM * DIM], wanted[MEMORY_COUNT];
    for (int k = 0; k < MEMORY_COUNT; k++) {
        for (int j = 0; j < DIM; j++) {
            double unit[DIM] = {0};
            unit[j] = 1;
            apply(p, k, unit, matrix + j * DIM);
        }
        wanted[k] = dot(p->w + k * DIM, p->w + k * DIM) * least_eigenvalue(matrix, DIM);
    }
    /* Powers near it in size have not died out to the last digit. */
    assert_close(numbers, wanted, MEMORY_COUNT, 2e-3, "lambda", how);
    free(numbers);
}

/* Writes numbers to a matrix of the optimizer. */
static void fill(const dam__matrix *matrix, double *values, size_t items, unsigned seed)
{
    for (size_t i = 0; i < items; i++)
        values[i] = noise_at(seed + (unsigned)i);
    OK(dam__matrix_write_doubles(matrix, values, "test"));
}

static void check_matrix(const dam__matrix *matrix, const double *wanted, const char *what,
                         const setting *how)
{
    double *got = read_matrix(matrix);
    assert_close(got, wanted, dam__matrix_items(matrix), tolerance_of(how), what, how);
    free(got);
}

/* What becomes of the numbers of memories 1 and 3, of so many columns each, and of their twins. */
static void keep(double *values, int columns, double kept, double given)
{
    const int old[2] = {1, 3};
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < columns; j++) {
            double *value = values + old[i] * columns + j;
            values[(MEMORY_COUNT + i) * columns + j] = given * *value;
            *value *= kept;
        }
}

static void check_pairs(struct problem *p, struct hunt *hunt, const double *u, const setting *how)
{
    const struct rig *rig = hunt->rig;
    const double step = 0.2, slope = 0.5 / shrink_of(p);
    const dam__matrix *v = dam__optimizer_velocities(rig->optimizer);
    const dam__matrix *q = dam__optimizer_squares(rig->optimizer);
    bool biased = v[INNER].buffer != NULL;
    double vw[MOST * DIM], vb[MOST], qw[MOST * DIM], qb[MOST], means[MOST];
    means_of(p, p->w, p->b, MEMORY_COUNT, means);
    fill(&v[MEMORIES], vw, MEMORY_COUNT * DIM, 5);
    fill(&q[MEMORIES], qw, MEMORY_COUNT * DIM, 6);
    if (biased) {
        fill(&v[INNER], vb, MEMORY_COUNT, 7);
        fill(&q[INNER], qb, MEMORY_COUNT, 8);
    }
    split_two(hunt, u, step, v, q);
    make_pair(p, p->w, p->b, MEMORY_COUNT, 1, u + DIM, step);
    make_pair(p, p->w, p->b, MEMORY_COUNT + 1, 3, u + 3 * DIM, step);
    keep(vw, DIM, slope, 0);
    keep(qw, DIM, slope * slope, slope * slope);
    keep(vb, 1, slope, 0);
    keep(qb, 1, slope * slope, slope * slope);
    keep(means, 1, slope, slope);
    assert_int_equal(rig->model->ops->grow->memories(rig->model), MEMORY_COUNT + 2);
    check_matrix(value_of(rig, MEMORIES), p->w, "pairs", how);
    check_matrix(value_of(rig, INNER), p->b, "biases", how);
    check_matrix(value_of(rig, MEANS), means, "means", how);
    check_matrix(&v[MEMORIES], vw, "velocities", how);
    check_matrix(&q[MEMORIES], qw, "squares", how);
    if (biased) {
        check_matrix(&v[INNER], vb, "velocities of biases", how);
        check_matrix(&q[INNER], qb, "squares of biases", how);
    }
}

/* A wider model computes what a model of that width does. */
static void check_wider(const struct problem *p, struct rig *rig, const setting *how)
{
    double means[MOST], totals[4], loss = 0;
    double wanted = loss_of(p, p->w, p->b, MEMORY_COUNT + 2, NULL);
    means_of(p, p->w, p->b, MEMORY_COUNT + 2, means);
    OK(dam__matrix_write_doubles(value_of(rig, MEANS), means, "test"));
    const dam__batch all = {.samples = &rig->samples, .labels = rig->labels, .size = SAMPLES};
    OK(rig->model->ops->evaluate(rig->model, &all, &rig->metrics, 0, 0));
    OK(dam__matrix_read_doubles(&rig->metrics.totals, totals, "test"));
    loss = totals[0] / SAMPLES;
    assert_close(&loss, &wanted, 1, tolerance_of(how) * 10, "loss after the split", how);
}

static void every_problem(const dam_device_info *info, const setting *how)
{
    for (int c = 0; c < CONFIGS; c++) {
        struct problem p = make_problem(&configs[c]);
        struct rig *rig = open_problem(info, how, &p);
        struct hunt hunt = open_hunt(rig, MEMORY_COUNT, MOST, DIM, SAMPLES);
        double *u = make_directions(MEMORY_COUNT, DIM);
        write_hunt(&hunt, u);
        check_products(&p, &hunt, u, how);
        check_differences(&p, &hunt, u, how);
        check_eigenvalues(&p, &hunt, how);
        check_pairs(&p, &hunt, u, how);
        check_wider(&p, rig, how);
        free(u);
        close_hunt(&hunt);
        close_rig(rig);
    }
}

static void test_problems(void **state)
{
    (void)state;
    for_every_setting(every_problem);
}

/* Halves that do not move contribute what their memory did, without its means computed anew. */
static void test_no_move(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL};
    for (int c = 0; c < CONFIGS; c++) {
        struct problem p = make_problem(&configs[c]);
        struct rig *rig = open_problem(&info, &how, &p);
        struct hunt hunt = open_hunt(rig, MEMORY_COUNT, MOST, DIM, SAMPLES);
        double *u = make_directions(MEMORY_COUNT, DIM), totals[4], loss = 0;
        double before = loss_of(&p, p.w, p.b, MEMORY_COUNT, NULL);
        const dam__batch all = {.samples = &rig->samples, .labels = rig->labels, .size = SAMPLES};
        split_two(&hunt, u, 0, dam__optimizer_velocities(rig->optimizer),
                  dam__optimizer_squares(rig->optimizer));
        OK(rig->model->ops->evaluate(rig->model, &all, &rig->metrics, 0, 0));
        OK(dam__matrix_read_doubles(&rig->metrics.totals, totals, "test"));
        loss = totals[0] / SAMPLES;
        assert_close(&loss, &before, 1, 1e-5, "loss of halves", &how);
        assert_int_equal(rig->model->ops->grow->resize(rig->model, MOST + 1), DAM_INPUT);
        free(u);
        close_hunt(&hunt);
        close_rig(rig);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_no_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
