/*
 * Growth of the vmf model by what must hold whatever the numbers are: dense eigenvalues, the loss
 * of real splits, splits without a move.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/grow.h"

/* --- the smallest eigenvalue, dense --------------------------------------------------------------- */

/* Responsibilities Q (n x P) and overlaps m of a case, as docs/models/vmf.md says. */
static void host_posterior(const struct golden_case *p, const double *x, double *m, double *q)
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
static double *dense_matrix(const struct golden_case *p, const double *x, const double *m,
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
static double *dense_eigenvalues(const struct golden_case *p, const double *x)
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
    struct golden_case p = load_case("whole");
    struct rig *rig = open_rig(&info, &how, &p, NULL);
    double *dense = dense_eigenvalues(&p, numbers(&p.x));
    double *measured = calloc(DAM__GROW_NUMBERS * (size_t)p.memories, sizeof *measured);
    pass(rig, &p, rig->model->ops->grow->accumulate);
    iterate(rig, &p, 1000);
    OK(rig->model->ops->grow->read(rig->model, measured));
    assert_close(measured, dense, (size_t)p.memories, 1e-9, "lambda against a dense one", &how);
    free(measured);
    free(dense);
    close_rig(rig);
    free_case(&p);
}

/* --- splits of the generic part ------------------------------------------------------------------- */

static const dam__grow_config plain = {
    .to = 20, .samples = 1000, .iterations = 400, .threshold = 1e6, .step = 1e-3, .fraction = 1};

static double loss_now(struct rig *rig, const struct golden_case *p)
{
    double losses[2];
    const dam__batch all = {.samples = &rig->samples, .labels = rig->labels, .size = p->samples};
    OK(rig->model->ops->loss_gradient(rig->model, &all, rig->losses.buffer, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    return losses[0];
}

/* Searches and splits; the loss after it. */
static double split_loss(const dam_device_info *info, const setting *how,
                         const struct golden_case *p, const dam__grow_config *grow,
                         dam__split_result *split)
{
    struct rig *rig = open_rig(info, how, p, grow);
    OK(dam__growth_search(rig->growth, 0));
    OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer),
                         dam__optimizer_squares(rig->optimizer), split));
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
    struct golden_case p = load_case("whole");
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
    free_case(&p);
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

/* The samples as the loader prepared them from floats: centred and normalised once more. */
static double *prepared(const struct golden_case *p)
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
static void check_pairs(struct rig *rig, const struct golden_case *p, const double *x,
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
    struct golden_case p = load_case("whole");
    double *x = prepared(&p), *dense = dense_eigenvalues(&p, x);
    dam__grow_config grow = plain;
    int below = 0;
    grow.extra_iterations = 600;
    grow.threshold = (dense[0] + dense[1]) / 2;
    for (int mu = 0; mu < p.memories; mu++)
        below += dense[mu] < grow.threshold;
    assert_true(below > 0 && below < p.memories);
    struct rig *rig = open_rig(&info, &how, &p, &grow);
    OK(dam__growth_search(rig->growth, 3));
    assert_close(dam__growth_numbers(rig->growth), dense, (size_t)p.memories, 1e-6, "lambda", &how);
    dam__split_result split;
    OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer),
                         dam__optimizer_squares(rig->optimizer), &split));
    assert_int_equal(split.before, p.memories);
    assert_int_equal(split.after, p.memories + below);
    check_pairs(rig, &p, x, dense, grow.threshold, &how);
    close_rig(rig);
    free(x);
    free(dense);
    free_case(&p);
}

/* Target / class sum of every sample and class: what a split without a move scales as a whole. */
static double *ratios_now(struct rig *rig)
{
    const struct vmf *vmf = (const struct vmf *)rig->model;
    const dam__batch chunk = {.samples = &rig->samples, .labels = rig->labels, .size = vmf->chunk};
    OK(dam__vmf_responsibilities((struct vmf *)rig->model, &chunk, 1));
    return read_matrix(&vmf->ratios);
}

/* What makes the loss comparable: the logarithm of all class weights, read from the device. */
static double weights_now(const struct rig *rig, const setting *how)
{
    double *counts = read_matrix(value_of(rig, COUNTS)), sum = 0;
    for (size_t i = 0; i < dam__matrix_items(value_of(rig, COUNTS)); i++)
        sum += counts[i];
    free(counts);
    double wanted = log(sum), offset = rig->model->ops->grow->loss_offset(rig->model);
    assert_close(&offset, &wanted, 1, 1e-6, "what makes losses comparable", how);
    return offset;
}

static void still_split(const dam_device_info *info, const setting *how)
{
    struct golden_case p = load_case("partial");
    dam__grow_config grow = plain;
    dam__split_result split;
    grow.to = p.capacity;
    grow.iterations = 2;
    grow.step = 0;
    struct rig *rig = open_rig(info, how, &p, &grow);
    double before = loss_now(rig, &p), *ratios = ratios_now(rig);
    double comparable = before + weights_now(rig, how);
    OK(dam__growth_search(rig->growth, 0));
    OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer),
                         dam__optimizer_squares(rig->optimizer), &split));
    assert_int_equal(split.after, p.capacity);
    double factor = (double)split.after / split.before;
    double after = loss_now(rig, &p) + log(factor), *scaled = ratios_now(rig);
    size_t count = dam__matrix_items(&((const struct vmf *)rig->model)->ratios);
    for (size_t i = 0; i < count; i++)
        scaled[i] *= factor;
    double tolerance = how->precision == DAM__PRECISION_DOUBLE ? 1e-13 : 1e-5;
    assert_close(&after, &before, 1, tolerance, "loss after a split without a move", how);
    after += weights_now(rig, how) - log(factor);
    assert_close(&after, &comparable, 1, tolerance, "comparable loss after such a split", how);
    for (int i = split.before; i < split.after; i++)
        assert_in_range(split.picked[i - split.before], 0, split.before - 1);
    assert_close(scaled, ratios, count, tolerance, "class sums after such a split", how);
    free(ratios);
    free(scaled);
    close_rig(rig);
    free_case(&p);
}

static void test_split_without_a_move(void **state)
{
    (void)state;
    for_every_setting(still_split);
}

/* Along random directions the heaviest memories split; tangents are orthogonal to them. */
static void random_directions(const dam_device_info *info, const setting *how)
{
    struct golden_case p = load_case("whole");
    for (int direction = DAM__GROW_TANGENT; direction <= DAM__GROW_NOISE; direction++) {
        dam__grow_config grow = plain;
        dam__split_result split;
        grow.direction = direction;
        grow.fraction = 1.0 / p.memories;
        grow.step = 0.25;
        struct rig *rig = open_rig(info, how, &p, &grow);
        OK(dam__growth_search(rig->growth, 0));
        OK(dam__growth_split(rig->growth, dam__optimizer_velocities(rig->optimizer),
                             dam__optimizer_squares(rig->optimizer), &split));
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
    free_case(&p);
}

static void test_random_directions(void **state)
{
    (void)state;
    for_every_setting(random_directions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_dense_eigenvalue),   cmocka_unit_test(test_second_difference),
        cmocka_unit_test(test_undecided_memories), cmocka_unit_test(test_split_without_a_move),
        cmocka_unit_test(test_random_directions),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
