/*
 * Growth of the vmf model: against golden problems (golden/make_grow.py), and by what must hold
 * whatever the numbers are: dense eigenvalues, the loss of real splits, splits without a move.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "data/array.h"
#include "kernel/device.h"
#include "model/grow.h"
#include "model/vmf_internal.h"
#include "train/optimizer.h"

/* What golden/make_grow.py wrote; its head says what is what. */
#define PROBLEM_ARRAYS(X)                                                                          \
    X(setup)                                                                                       \
    X(x)                                                                                           \
    X(labels)                                                                                      \
    X(prior) X(beta) X(w) X(g) X(counts) X(vw) X(vg) X(u) X(su) X(kappa) X(mass) X(lambda)         \
        X(directions) X(picked) X(w2) X(g2) X(counts2) X(vw2) X(vg2)

struct problem {
#define DECLARE(field) dam__array field;
    PROBLEM_ARRAYS(DECLARE)
#undef DECLARE
    int dim, memories, classes, samples;
    double varsigma, softening, b, step, threshold, fraction;
    int capacity, iterations;
};

static const double *numbers(const dam__array *array)
{
    return array->data;
}

static struct problem load_problem(const char *name)
{
    struct problem p = {0};
    char path[1024];
#define LOAD(field)                                                                                \
    (void)snprintf(path, sizeof path, "%s/grow/%s/%s.npy", GOLDEN_FOLDER, name, #field);           \
    OK(dam__array_read(path, &p.field));                                                           \
    assert_int_equal(p.field.element, DAM__F64);
    PROBLEM_ARRAYS(LOAD)
#undef LOAD
    const double *setup = numbers(&p.setup);
    p.varsigma = setup[0];
    p.softening = setup[1];
    p.capacity = (int)setup[2];
    p.iterations = (int)setup[3];
    p.step = setup[4];
    p.threshold = setup[5];
    p.fraction = setup[6];
    p.b = p.varsigma * numbers(&p.beta)[0];
    p.samples = (int)p.x.shape[0];
    p.dim = (int)p.x.shape[1];
    p.memories = (int)p.w.shape[0];
    p.classes = (int)p.prior.shape[0] - 1;
    return p;
}

static void free_problem(struct problem *p)
{
#define FREE(field) dam__array_free(&p->field);
    PROBLEM_ARRAYS(FREE)
#undef FREE
}

/* --- a model of a problem on a device ------------------------------------------------------------- */

struct rig {
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__plan *plan;
    dam__matrix samples, losses;
    dam__buffer *labels, *list;
    dam__search search;
    /* For tests of the generic part; NULL else. */
    dam__dataset set;
    dam__feed *feed;
    dam__growth *growth;
};

static double *read_matrix(const dam__matrix *matrix)
{
    double *values = calloc(dam__matrix_items(matrix), sizeof *values);
    OK(dam__matrix_read_doubles(matrix, values, "test"));
    return values;
}

static const dam__matrix *value_of(const struct rig *rig, int parameter)
{
    return &rig->model->parameters[parameter].value;
}

static double *transposed(const double *from, size_t rows, size_t columns)
{
    double *to = calloc(rows * columns, sizeof *to);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
    return to;
}

static void write_transposed(const dam__matrix *matrix, const dam__array *array)
{
    double *values = transposed(numbers(array), array->shape[0], array->shape[1]);
    OK(dam__matrix_write_doubles(matrix, values, "test"));
    free(values);
}

static void write_problem(struct rig *rig, const struct problem *p)
{
    int32_t *labels = calloc((size_t)p->samples, sizeof *labels);
    for (int i = 0; i < p->samples; i++)
        labels[i] = (int32_t)numbers(&p->labels)[i];
    OK(dam__matrix_write_doubles(&rig->samples, numbers(&p->x), "test"));
    OK(dam__buffer_write(rig->labels, 0, labels, (size_t)p->samples * sizeof *labels, true,
                         "test"));
    OK(dam__matrix_write_doubles(value_of(rig, MEMORIES), numbers(&p->w), "test"));
    OK(dam__matrix_write_doubles(value_of(rig, COUNTS), numbers(&p->counts), "test"));
    OK(dam__matrix_write_doubles(value_of(rig, PRIOR), numbers(&p->prior), "test"));
    OK(dam__matrix_write_doubles(value_of(rig, BETA), numbers(&p->beta), "test"));
    write_transposed(value_of(rig, CLASS_WEIGHTS), &p->g);
    const dam__matrix *velocities = dam__optimizer_velocities(rig->optimizer);
    OK(dam__matrix_write_doubles(&velocities[MEMORIES], numbers(&p->vw), "test"));
    write_transposed(&velocities[CLASS_WEIGHTS], &p->vg);
    OK(rig->model->ops->refresh(rig->model));
    free(labels);
}

/* The directions and order of the problem, as a search of all memories. */
static void write_search(struct rig *rig, const struct problem *p)
{
    int32_t *order = calloc((size_t)p->memories, sizeof *order);
    dam__matrix first = rig->search.directions;
    first.rows = p->memories;
    for (int i = 0; i < p->memories; i++)
        order[i] = i;
    OK(dam__matrix_write_doubles(&first, numbers(&p->u), "test"));
    OK(dam__buffer_write(rig->search.order, 0, order, (size_t)p->memories * sizeof *order, true,
                         "test"));
    rig->search.active = p->memories;
    rig->search.samples = p->samples;
    free(order);
}

/* The samples as a dataset in floats, for a feed. */
static void make_set(struct rig *rig, const struct problem *p)
{
    const size_t shape[] = {(size_t)p->samples, (size_t)p->dim};
    OK(dam__array_create(DAM__F32, 2, shape, &rig->set.samples));
    float *x = rig->set.samples.data;
    for (size_t i = 0; i < shape[0] * shape[1]; i++)
        x[i] = (float)numbers(&p->x)[i];
    rig->set.labels = calloc(shape[0], sizeof *rig->set.labels);
    for (size_t i = 0; i < shape[0]; i++)
        rig->set.labels[i] = (int32_t)numbers(&p->labels)[i];
    rig->set.count = shape[0];
    rig->set.features = shape[1];
    rig->set.classes = p->classes;
}

/* With `grow`, growth of its own for dam__growth_search and _split; else only what the ops need. */
static struct rig *open_rig(const dam_device_info *info, const setting *how,
                            const struct problem *p, bool cache, const dam__grow_config *grow)
{
    struct rig *rig = calloc(1, sizeof *rig);
    double *share = calloc((size_t)p->classes, sizeof *share);
    const dam__task task = {.dim = p->dim, .classes = p->classes, .class_share = share};
    const dam__model_config config = {.kind = DAM__KIND_VMF,
                                      .memories = p->memories,
                                      .capacity = p->capacity,
                                      .room = p->capacity,
                                      .beta = numbers(&p->beta)[0],
                                      .varsigma = p->varsigma,
                                      .softening = p->softening,
                                      .sinkhorn = 10};
    size_t room = (size_t)p->capacity * sizeof(int32_t);
    rig->device = open_device(info, how);
    OK(dam__gemm_create(rig->device, how->provider, &rig->gemm));
    OK(dam__model_create(rig->device, rig->gemm, &config, &task, &rig->model));
    OK(dam__plan_create(rig->device, &rig->plan));
    OK(rig->model->ops->plan(rig->model, rig->plan, 16));
    OK(dam__optimizer_create(rig->model, rig->plan, &rig->optimizer));
    if (grow != NULL) {
        make_set(rig, p);
        const dam__feed_options options = {.count = rig->set.count,
                                           .batch = 25,
                                           .shuffle = true,
                                           .seed = 1,
                                           .indexed = dam__gemm_gathers(rig->gemm)};
        OK(dam__feed_create(rig->device, &rig->set, &options, &rig->feed));
        OK(dam__feed_plan(rig->feed, rig->plan));
        OK(dam__growth_create(rig->model, rig->feed, grow, 1, cache, rig->plan, &rig->growth));
    } else {
        OK(rig->model->ops->grow->plan(rig->model, rig->plan, p->samples, cache));
    }
    OK(dam__gemm_plan(rig->gemm, rig->plan));
    OK(dam__plan_matrix(rig->plan, "samples", p->samples, p->dim, 1, &rig->samples));
    OK(dam__plan_matrix(rig->plan, "losses", 1, 2, 1, &rig->losses));
    OK(dam__plan_matrix(rig->plan, "directions", p->capacity, p->dim, 1, &rig->search.directions));
    OK(dam__plan_buffer(rig->plan, "labels", (size_t)p->samples * 4, &rig->labels));
    OK(dam__plan_buffer(rig->plan, "order", room, &rig->search.order));
    OK(dam__plan_buffer(rig->plan, "list", 2 * room, &rig->list));
    OK(dam__plan_allocate(rig->plan));
    OK(rig->model->ops->prepare(rig->model));
    OK(dam__optimizer_prepare(rig->optimizer));
    OK(rig->model->ops->grow->prepare(rig->model));
    if (rig->feed != NULL)
        OK(dam__feed_prepare(rig->feed));
    write_problem(rig, p);
    write_search(rig, p);
    free(share);
    return rig;
}

static void close_rig(struct rig *rig)
{
    dam__growth_destroy(rig->growth);
    dam__feed_destroy(rig->feed);
    dam__array_free(&rig->set.samples);
    free(rig->set.labels);
    dam__buffer_destroy(rig->samples.buffer);
    dam__buffer_destroy(rig->losses.buffer);
    dam__buffer_destroy(rig->search.directions.buffer);
    dam__buffer_destroy(rig->search.order);
    dam__buffer_destroy(rig->labels);
    dam__buffer_destroy(rig->list);
    dam__optimizer_destroy(rig->optimizer);
    dam__model_destroy(rig->model);
    dam__gemm_destroy(rig->gemm);
    dam__plan_destroy(rig->plan);
    dam__device_close(rig->device);
    free(rig);
}

static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 2e-4;
}

/* --- golden problems ------------------------------------------------------------------------------ */

enum { BATCH = 30 }; /* two chunks of the rig, the second of them shorter */

static void pass(struct rig *rig, const struct problem *p,
                 dam_status (*what)(dam__model *, const dam__batch *, int, const dam__search *))
{
    for (int first = 0; first < p->samples; first += BATCH) {
        const dam__batch batch = {.samples = &rig->samples,
                                  .labels = rig->labels,
                                  .first = first,
                                  .size = p->samples - first < BATCH ? p->samples - first : BATCH};
        OK(what(rig->model, &batch, first, &rig->search));
    }
}

static void iterate(struct rig *rig, const struct problem *p, int iterations)
{
    const dam__grow_ops *ops = rig->model->ops->grow;
    for (int i = 0; i < iterations; i++) {
        pass(rig, p, ops->scatter);
        OK(ops->advance(rig->model, &rig->search, i + 1 == iterations));
    }
}

static double *directions_now(struct rig *rig, int memories)
{
    dam__matrix view = rig->search.directions;
    view.rows = memories;
    return read_matrix(&view);
}

/* S u = kappa u - b^2 C u; the scatter's tangent part, -b C u, lies in the memories' gradient. */
static void check_products(struct rig *rig, const struct problem *p, const setting *how)
{
    size_t memories = (size_t)p->memories, dim = (size_t)p->dim;
    const double *u = numbers(&p->u);
    double *su = read_matrix(&rig->model->parameters[MEMORIES].gradient);
    double *measured = calloc(DAM__GROW_NUMBERS * memories, sizeof *measured);
    OK(rig->model->ops->grow->read(rig->model, measured));
    const double *kappa = measured + DAM__GROW_KAPPA * memories;
    for (size_t i = 0; i < memories * dim; i++)
        su[i] = kappa[i / dim] * u[i] + p->b * su[i];
    assert_close(kappa, numbers(&p->kappa), memories, tolerance_of(how), "kappa", how);
    assert_close(measured + DAM__GROW_MASS * memories, numbers(&p->mass), memories,
                 tolerance_of(how), "mass", how);
    assert_close(su, numbers(&p->su), memories * dim, tolerance_of(how), "S u", how);
    free(measured);
    free(su);
}

static void check_eigenvalues(struct rig *rig, const struct problem *p, const setting *how)
{
    size_t memories = (size_t)p->memories;
    double *measured = calloc(DAM__GROW_NUMBERS * memories, sizeof *measured);
    double *u = directions_now(rig, p->memories);
    OK(rig->model->ops->grow->read(rig->model, measured));
    assert_close(measured, numbers(&p->lambda), memories, tolerance_of(how), "lambda", how);
    assert_close(u, numbers(&p->directions), memories * (size_t)p->dim, tolerance_of(how),
                 "directions", how);
    free(measured);
    free(u);
}

static void check_matrix(const dam__matrix *matrix, const dam__array *wanted, bool transpose,
                         const char *what, const setting *how)
{
    double *got = read_matrix(matrix);
    size_t rows = wanted->shape[0], columns = wanted->rank > 1 ? wanted->shape[1] : 1;
    double *expected = transpose ? transposed(numbers(wanted), rows, columns) : NULL;
    assert_int_equal(dam__matrix_items(matrix), rows * columns);
    assert_close(got, expected != NULL ? expected : numbers(wanted), rows * columns,
                 tolerance_of(how), what, how);
    free(got);
    free(expected);
}

/* Along the reference's directions, so that their errors do not count. */
static void check_split(struct rig *rig, const struct problem *p, const setting *how)
{
    int *picked = calloc((size_t)p->memories, sizeof *picked);
    int32_t *list = calloc(2 * (size_t)p->memories, sizeof *list);
    int count = 0;
    dam__matrix all = rig->search.directions;
    all.rows = p->memories;
    OK(dam__matrix_write_doubles(&all, numbers(&p->directions), "test"));
    OK(dam__growth_pick(numbers(&p->lambda), p->memories, p->threshold, p->fraction,
                        p->capacity - p->memories, picked, &count));
    assert_int_equal(count, (int)p->picked.shape[0]);
    for (int j = 0; j < count; j++) {
        assert_int_equal(picked[j], (int)numbers(&p->picked)[j]);
        list[2 * j] = list[2 * j + 1] = picked[j];
    }
    OK(dam__buffer_write(rig->list, 0, list, 2 * (size_t)count * sizeof *list, true, "test"));
    const dam__pairs pairs = {.pairs = rig->list, .count = count, .step = p->step};
    const dam__matrix *velocities = dam__optimizer_velocities(rig->optimizer);
    OK(rig->model->ops->grow->split(rig->model, &rig->search, &pairs, velocities));
    dam__optimizer_follow(rig->optimizer);
    assert_int_equal(rig->model->ops->grow->memories(rig->model), p->memories + count);
    check_matrix(value_of(rig, MEMORIES), &p->w2, false, "W after the split", how);
    check_matrix(value_of(rig, CLASS_WEIGHTS), &p->g2, true, "G after the split", how);
    check_matrix(value_of(rig, COUNTS), &p->counts2, false, "counts after the split", how);
    check_matrix(&velocities[MEMORIES], &p->vw2, false, "velocity of W after the split", how);
    check_matrix(&velocities[CLASS_WEIGHTS], &p->vg2, true, "velocity of G after the split", how);
    free(picked);
    free(list);
}

static void check_golden(const dam_device_info *info, const setting *how, const char *name,
                         bool cache)
{
    struct problem p = load_problem(name);
    struct rig *rig = open_rig(info, how, &p, cache, NULL);
    pass(rig, &p, rig->model->ops->grow->survey);
    iterate(rig, &p, 1);
    check_products(rig, &p, how);
    write_search(rig, &p);
    iterate(rig, &p, p.iterations);
    check_eigenvalues(rig, &p, how);
    check_split(rig, &p, how);
    close_rig(rig);
    free_problem(&p);
}

static void golden(const dam_device_info *info, const setting *how)
{
    check_golden(info, how, "whole", true);
    check_golden(info, how, "partial", false);
    if (!is_slow(info)) {
        check_golden(info, how, "whole", false);
        check_golden(info, how, "partial", true);
    }
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(golden);
}

/* --- the smallest eigenvalue, dense --------------------------------------------------------------- */

/* Responsibilities Q (n x P) and overlaps m of a problem, as sections 3.2 and 3.4 say. */
static void host_posterior(const struct problem *p, const double *x, double *m, double *q)
{
    int memories = p->memories, columns = p->classes + 1;
    double beta = numbers(&p->beta)[0], x2 = pow(2 * beta / (p->dim - 2), 2), r = sqrt(1 + x2);
    double tau = -0.25 * log1p(x2) + (p->dim / 2.0 - 1) * (r - 1 - log((1 + r) / 2));
    const double *g = numbers(&p->g), *w = numbers(&p->w);
    for (int i = 0; i < p->samples; i++) {
        double *mi = m + i * memories, *qi = q + i * memories;
        for (int mu = 0; mu < memories; mu++) {
            mi[mu] = 0;
            for (int j = 0; j < p->dim; j++)
                mi[mu] += x[i * p->dim + j] * w[mu * p->dim + j];
            qi[mu] = 0;
        }
        for (int y = 0; y < columns; y++) {
            double sum = g[memories * columns + y];
            for (int mu = 0; mu < memories; mu++)
                sum += exp(p->b * mi[mu] - tau) * g[mu * columns + y];
            double target = p->softening / columns;
            if (y == (int)numbers(&p->labels)[i])
                target += 1 - p->softening;
            for (int mu = 0; mu < memories; mu++)
                qi[mu] += target / sum * exp(p->b * mi[mu] - tau) * g[mu * columns + y];
        }
    }
}

/* S_mu plus a large multiple of w w', which moves the eigenvalue 0 of w out of the way. */
static double *dense_matrix(const struct problem *p, const double *x, const double *m,
                            const double *q, int mu)
{
    int dim = p->dim;
    const double *w = numbers(&p->w) + mu * dim;
    double *s = calloc((size_t)dim * (size_t)dim, sizeof *s);
    double kappa = 0;
    for (int i = 0; i < p->samples; i++) {
        double overlap = m[i * p->memories + mu], mine = q[i * p->memories + mu] / p->samples;
        kappa += p->b * mine * overlap;
        for (int j = 0; j < dim; j++)
            for (int k = 0; k < dim; k++)
                s[j * dim + k] -= p->b * p->b * mine * (x[i * dim + j] - overlap * w[j]) *
                                  (x[i * dim + k] - overlap * w[k]);
    }
    for (int j = 0; j < dim; j++)
        for (int k = 0; k < dim; k++)
            s[j * dim + k] += kappa * ((j == k) - w[j] * w[k]) + 1e3 * w[j] * w[k];
    return s;
}

/* Smallest eigenvalue of a symmetric matrix, by Jacobi's rotations; the matrix is destroyed. */
static double smallest_eigenvalue(double *s, int dim)
{
    enum { SWEEPS = 30 };
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int a = 0; a < dim; a++)
            for (int b = a + 1; b < dim; b++) {
                if (s[a * dim + b] == 0)
                    continue;
                double angle = 0.5 * atan2(2 * s[a * dim + b], s[b * dim + b] - s[a * dim + a]);
                double c = cos(angle), t = sin(angle);
                for (int k = 0; k < dim; k++) {
                    double left = s[k * dim + a], right = s[k * dim + b];
                    s[k * dim + a] = c * left - t * right;
                    s[k * dim + b] = t * left + c * right;
                }
                for (int k = 0; k < dim; k++) {
                    double left = s[a * dim + k], right = s[b * dim + k];
                    s[a * dim + k] = c * left - t * right;
                    s[b * dim + k] = t * left + c * right;
                }
            }
    double least = INFINITY;
    for (int k = 0; k < dim; k++)
        least = fmin(least, s[k * dim + k]);
    return least;
}

/* All memories' smallest eigenvalues over the samples x. */
static double *dense_eigenvalues(const struct problem *p, const double *x)
{
    size_t cells = (size_t)p->samples * (size_t)p->memories;
    double *m = calloc(cells, sizeof *m), *q = calloc(cells, sizeof *q);
    double *lambda = calloc((size_t)p->memories, sizeof *lambda);
    host_posterior(p, x, m, q);
    for (int mu = 0; mu < p->memories; mu++) {
        double *s = dense_matrix(p, x, m, q, mu);
        lambda[mu] = smallest_eigenvalue(s, p->dim);
        free(s);
    }
    free(m);
    free(q);
    return lambda;
}

static bool opens_double(dam_device_info *info, setting *how)
{
    *info = test_device();
    *how = (setting){
        .shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL, .precision = DAM__PRECISION_DOUBLE};
    if (!info->fp64)
        print_message("'%s' has no fp64: this needs it\n", info->name);
    return info->fp64;
}

static void test_dense_eigenvalue(void **state)
{
    (void)state;
    dam_device_info info;
    setting how;
    if (!opens_double(&info, &how))
        return;
    struct problem p = load_problem("whole");
    struct rig *rig = open_rig(&info, &how, &p, true, NULL);
    double *dense = dense_eigenvalues(&p, numbers(&p.x));
    double *measured = calloc(DAM__GROW_NUMBERS * (size_t)p.memories, sizeof *measured);
    pass(rig, &p, rig->model->ops->grow->survey);
    iterate(rig, &p, 1000);
    OK(rig->model->ops->grow->read(rig->model, measured));
    assert_close(measured, dense, (size_t)p.memories, 1e-9, "lambda against a dense one", &how);
    free(measured);
    free(dense);
    close_rig(rig);
    free_problem(&p);
}

/* --- splits of the generic part ------------------------------------------------------------------- */

static const dam__grow_config plain = {
    .to = 20, .samples = 1000, .iterations = 400, .threshold = 1e6, .step = 1e-3, .fraction = 1};

static double loss_now(struct rig *rig, const struct problem *p)
{
    double losses[2];
    const dam__batch all = {.samples = &rig->samples, .labels = rig->labels, .size = p->samples};
    OK(rig->model->ops->loss_gradient(rig->model, &all, rig->losses.buffer, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    return losses[0];
}

/* Searches and splits; the loss after it. */
static double split_loss(const dam_device_info *info, const setting *how, const struct problem *p,
                         const dam__grow_config *grow, dam__split_result *split)
{
    struct rig *rig = open_rig(info, how, p, true, grow);
    OK(dam__growth_search(rig->growth, 0));
    OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer), split));
    double loss = loss_now(rig, p);
    close_rig(rig);
    return loss;
}

/* The loss of a real split against its eigenvalue: L(theta) - L(0) = theta^2/2 lambda. */
static void test_second_difference(void **state)
{
    (void)state;
    dam_device_info info;
    setting how;
    if (!opens_double(&info, &how))
        return;
    struct problem p = load_problem("whole");
    dam__grow_config grow = plain, still = plain;
    dam__split_result split;
    grow.fraction = still.fraction = 1.0 / p.memories;
    still.step = 0;
    double difference =
        split_loss(&info, &how, &p, &grow, &split) - split_loss(&info, &how, &p, &still, &split);
    double theta = atan(grow.step), measured = 2 * difference / (theta * theta);
    assert_int_equal(split.after, p.memories + 1);
    assert_true(split.least == split.most && split.least < -0.01);
    assert_close(&measured, &split.least, 1, 1e-5, "second difference of the loss", &how);
    free_problem(&p);
}

/* u of every memory from what its pair became, as (w+ - w-) normalised; memories picked are known.
 */
static void pair_direction(const double *w, const double *twin, int dim, double *u)
{
    double norm = 0;
    for (int j = 0; j < dim; j++) {
        u[j] = w[j] - twin[j];
        norm += u[j] * u[j];
    }
    for (int j = 0; j < dim; j++)
        u[j] /= sqrt(norm);
}

/* The samples as the feed prepared them from floats: centred and normalised once more. */
static double *prepared(const struct problem *p)
{
    size_t dim = (size_t)p->dim, count = (size_t)p->samples;
    double *x = calloc(count * dim, sizeof *x);
    for (size_t i = 0; i < count; i++) {
        double mean = 0, squares = 0;
        for (size_t j = 0; j < dim; j++) {
            x[i * dim + j] = (double)(float)numbers(&p->x)[i * dim + j];
            mean += x[i * dim + j] / p->dim;
        }
        for (size_t j = 0; j < dim; j++) {
            x[i * dim + j] -= mean;
            squares += x[i * dim + j] * x[i * dim + j];
        }
        for (size_t j = 0; j < dim; j++)
            x[i * dim + j] /= sqrt(squares);
    }
    return x;
}

/* Every pair lies along a direction whose u'Su is its memory's smallest eigenvalue, if that is
 * below the threshold; else there is no pair. */
static void check_pairs(struct rig *rig, const struct problem *p, const double *x,
                        const double *lambda, double threshold, const setting *how)
{
    size_t dim = (size_t)p->dim, cells = (size_t)p->samples * (size_t)p->memories;
    double *w = read_matrix(value_of(rig, MEMORIES)), *u = calloc(dim, sizeof *u);
    double *m = calloc(cells, sizeof *m), *q = calloc(cells, sizeof *q);
    host_posterior(p, x, m, q);
    int twin = p->memories;
    for (int mu = 0; mu < p->memories; mu++) {
        if (lambda[mu] >= threshold)
            continue;
        double *s = dense_matrix(p, x, m, q, mu), quotient = 0;
        pair_direction(w + (size_t)mu * dim, w + (size_t)twin++ * dim, p->dim, u);
        for (size_t j = 0; j < dim; j++)
            for (size_t k = 0; k < dim; k++)
                quotient += u[j] * s[j * dim + k] * u[k];
        assert_close(&quotient, lambda + mu, 1, 1e-5, "u'Su of a pair", how);
        free(s);
    }
    assert_int_equal(twin, rig->model->ops->grow->memories(rig->model));
    free(w);
    free(u);
    free(m);
    free(q);
}

/* Extra iterations for half of the memories: those of the others must not get mixed up. */
static void test_undecided_memories(void **state)
{
    (void)state;
    dam_device_info info;
    setting how;
    if (!opens_double(&info, &how))
        return;
    struct problem p = load_problem("whole");
    double *x = prepared(&p), *dense = dense_eigenvalues(&p, x);
    dam__grow_config grow = plain;
    int below = 0;
    grow.extra_iterations = 600;
    grow.threshold = (dense[0] + dense[1]) / 2;
    for (int mu = 0; mu < p.memories; mu++)
        below += dense[mu] < grow.threshold;
    assert_true(below > 0 && below < p.memories);
    struct rig *rig = open_rig(&info, &how, &p, false, &grow);
    OK(dam__growth_search(rig->growth, 3));
    assert_close(dam__growth_numbers(rig->growth), dense, (size_t)p.memories, 1e-6, "lambda", &how);
    dam__split_result split;
    OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer), &split));
    assert_int_equal(split.before, p.memories);
    assert_int_equal(split.after, p.memories + below);
    check_pairs(rig, &p, x, dense, grow.threshold, &how);
    close_rig(rig);
    free(x);
    free(dense);
    free_problem(&p);
}

/* Target / class sum of every sample and class: what a split without a move scales as a whole. */
static double *ratios_now(struct rig *rig)
{
    const struct vmf *vmf = (const struct vmf *)rig->model;
    const dam__batch chunk = {.samples = &rig->samples, .labels = rig->labels, .size = vmf->chunk};
    OK(dam__vmf_responsibilities((struct vmf *)rig->model, &chunk, 1));
    return read_matrix(&vmf->ratios);
}

static void still_split(const dam_device_info *info, const setting *how)
{
    struct problem p = load_problem("partial");
    dam__grow_config grow = plain;
    dam__split_result split;
    grow.to = p.capacity;
    grow.iterations = 2;
    grow.step = 0;
    struct rig *rig = open_rig(info, how, &p, true, &grow);
    double before = loss_now(rig, &p), *ratios = ratios_now(rig);
    OK(dam__growth_search(rig->growth, 0));
    OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer), &split));
    assert_int_equal(split.after, p.capacity);
    double factor = (double)split.after / split.before;
    double after = loss_now(rig, &p) + log(factor), *scaled = ratios_now(rig);
    size_t count = dam__matrix_items(&((const struct vmf *)rig->model)->ratios);
    for (size_t i = 0; i < count; i++)
        scaled[i] *= factor;
    double tolerance = how->precision == DAM__PRECISION_DOUBLE ? 1e-13 : 1e-5;
    assert_close(&after, &before, 1, tolerance, "loss after a split without a move", how);
    assert_close(scaled, ratios, count, tolerance, "class sums after such a split", how);
    free(ratios);
    free(scaled);
    close_rig(rig);
    free_problem(&p);
}

static void test_split_without_a_move(void **state)
{
    (void)state;
    for_every_setting(still_split);
}

/* Along random directions the heaviest memories split; tangents are orthogonal to them. */
static void random_directions(const dam_device_info *info, const setting *how)
{
    struct problem p = load_problem("whole");
    for (int direction = DAM__GROW_TANGENT; direction <= DAM__GROW_NOISE; direction++) {
        dam__grow_config grow = plain;
        dam__split_result split;
        grow.direction = direction;
        grow.fraction = 1.0 / p.memories;
        grow.step = 0.25;
        struct rig *rig = open_rig(info, how, &p, false, &grow);
        OK(dam__growth_search(rig->growth, 0));
        OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer), &split));
        assert_int_equal(split.after, p.memories + 1);
        assert_true(isnan(split.least) && isnan(split.most));
        size_t heaviest = 0, dim = (size_t)p.dim;
        for (size_t mu = 1; mu < (size_t)p.memories; mu++)
            heaviest = numbers(&p.mass)[mu] > numbers(&p.mass)[heaviest] ? mu : heaviest;
        double *w = read_matrix(value_of(rig, MEMORIES)), forth = 0, back = 0;
        const double *old = numbers(&p.w) + heaviest * dim;
        for (size_t j = 0; j < dim; j++) {
            forth += old[j] * w[heaviest * dim + j];
            back += old[j] * w[(size_t)p.memories * dim + j];
        }
        double cosine = 1 / sqrt(1 + 0.25 * 0.25);
        assert_true((fabs(forth - cosine) < 1e-5) == (direction == DAM__GROW_TANGENT));
        assert_true((fabs(back - cosine) < 1e-5) == (direction == DAM__GROW_TANGENT));
        assert_true(forth < 0.9999 && back < 0.9999);
        free(w);
        close_rig(rig);
    }
    free_problem(&p);
}

static void test_random_directions(void **state)
{
    (void)state;
    for_every_setting(random_directions);
}

static void test_no_room(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL};
    struct problem p = load_problem("whole");
    struct rig *rig = open_rig(&info, &how, &p, false, NULL);
    const dam__grow_ops *ops = rig->model->ops->grow;
    assert_int_equal(ops->resize(rig->model, p.capacity + 1), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "21 memories, but its preset has room for 20"));
    assert_int_equal(ops->resize(rig->model, 0), DAM_INPUT);
    OK(ops->resize(rig->model, p.capacity));
    assert_int_equal(ops->memories(rig->model), p.capacity);
    assert_int_equal(value_of(rig, MEMORIES)->rows, p.capacity);
    assert_int_equal(value_of(rig, CLASS_WEIGHTS)->cols, p.capacity + 1);
    close_rig(rig);
    free_problem(&p);
}

static void test_pick(void **state)
{
    (void)state;
    const double ranks[] = {-0.5, 0.2, -0.5, NAN, -0.9, -0.1, -0.001};
    int picked[7], count = -1;
    OK(dam__growth_pick(ranks, 7, -0.001, 1, 100, picked, &count));
    assert_int_equal(count, 4);
    assert_memory_equal(picked, ((const int[]){0, 2, 4, 5}), 4 * sizeof *picked);
    /* Equal ranks: the first of them. */
    OK(dam__growth_pick(ranks, 7, -0.001, 1, 2, picked, &count));
    assert_int_equal(count, 2);
    assert_memory_equal(picked, ((const int[]){0, 4}), 2 * sizeof *picked);
    OK(dam__growth_pick(ranks, 7, -0.001, 0.45, 100, picked, &count));
    assert_int_equal(count, 3);
    OK(dam__growth_pick(ranks, 7, -1, 1, 100, picked, &count));
    assert_int_equal(count, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_dense_eigenvalue),
        cmocka_unit_test(test_second_difference),
        cmocka_unit_test(test_undecided_memories),
        cmocka_unit_test(test_split_without_a_move),
        cmocka_unit_test(test_random_directions),
        cmocka_unit_test(test_no_room),
        cmocka_unit_test(test_pick),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
