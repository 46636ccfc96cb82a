/*
 * Splitting memories of the energy model: S u against loops in double, its quadratic form against
 * finite differences of the loss of a model that has a pair, the smallest eigenvalue against a
 * dense one, and the pairs themselves.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/splits.h"
#include "model/energy/energy_internal.h"

enum { DIM = 13, CLASSES = 3, MEMORY_COUNT = 5, MOST = 9, STATES = 9, CHUNK = 4 };

/* A model, and its states and memories. */
struct problem {
    dam__energy_config config;
    int classes, neurons, trained;
    double x[STATES * (DIM + CLASSES)], labels[STATES], m[MOST * (DIM + CLASSES)];
};

static const dam__energy_config configs[] = {
    {.interaction = {.kind = DAM__INTERACTION_POLY, .exponent = 3},
     .task = DAM__TASK_STORE,
     .temperature = 0.8,
     .error_exponent = 1},
    {.interaction = {.kind = DAM__INTERACTION_RECT, .exponent = 2},
     .task = DAM__TASK_STORE,
     .rule = DAM__RULE_ORIGINAL,
     .temperature = 9,
     .error_exponent = 2},
    {.interaction = {.kind = DAM__INTERACTION_RECT, .exponent = 4},
     .task = DAM__TASK_CLASSIFY,
     .targets = DAM__TARGETS_HIDDEN,
     .temperature = 0.4,
     .error_exponent = 2},
    {.interaction = {.kind = DAM__INTERACTION_POLY, .exponent = 5},
     .task = DAM__TASK_CLASSIFY,
     .targets = DAM__TARGETS_VISIBLE,
     .temperature = 0.5,
     .error_exponent = 1},
    {.interaction = {.kind = DAM__INTERACTION_RECT, .exponent = 20},
     .task = DAM__TASK_CLASSIFY,
     .targets = DAM__TARGETS_HIDDEN,
     .temperature = 0.5,
     .error_exponent = 1},
};
enum { CONFIGS = sizeof configs / sizeof *configs };

static struct problem make_problem(const dam__energy_config *config)
{
    struct problem p = {.config = *config};
    bool classifies = config->task == DAM__TASK_CLASSIFY;
    p.config.spread = 0.1;
    p.classes = classifies ? CLASSES : 0;
    p.neurons = DIM + p.classes;
    p.trained = classifies ? CLASSES : DIM;
    for (int a = 0; a < STATES; a++) {
        p.labels[a] = classifies ? a % CLASSES : 0;
        for (int j = 0; j < p.neurons; j++) {
            bool shows = config->targets == DAM__TARGETS_VISIBLE && j == DIM + a % CLASSES;
            double drawn = noise_at((unsigned)(a * p.neurons + j)) > 0 ? 1 : -1;
            p.x[a * p.neurons + j] = j < DIM ? drawn : shows ? 1 : -1;
        }
    }
    for (int i = 0; i < MEMORY_COUNT * p.neurons; i++)
        p.m[i] = noise_at((unsigned)i + 500);
    /* Near states, so that powers count. */
    for (int k = 0; k < MEMORY_COUNT; k++)
        for (int j = 0; j < p.neurons; j++)
            p.m[k * p.neurons + j] = 0.6 * p.m[k * p.neurons + j] + 0.4 * p.x[k * p.neurons + j];
    return p;
}

/* --- the reference -------------------------------------------------------------------------------- */

static double sharpness(const struct problem *p)
{
    return p->config.rule == DAM__RULE_ORIGINAL ? 1 : 1 / (p->neurons * p->config.temperature);
}

static double factor(const struct problem *p)
{
    return p->config.rule == DAM__RULE_ORIGINAL
               ? pow(p->config.temperature, -p->config.interaction.exponent)
               : 1;
}

static double overlap(const struct problem *p, const double *m, int a, int flip)
{
    const double *x = p->x + a * p->neurons;
    double sum = 0;
    for (int j = 0; j < p->neurons; j++)
        sum += m[j] * x[j];
    return sharpness(p) * (flip < 0 ? sum : sum - 2 * x[flip] * m[flip]);
}

static double hidden_gap(const struct problem *p, const double *m, int count, int a, int i)
{
    double sum = 0;
    for (int k = 0; k < count; k++, m += p->neurons)
        sum += dam__interaction_value(&p->config.interaction, overlap(p, m, a, -1)) -
               dam__interaction_value(&p->config.interaction, overlap(p, m, a, i));
    return factor(p) * sum;
}

static double miss(const struct problem *p, double gap, int a, int i)
{
    bool hides = p->classes > 0 && p->config.targets == DAM__TARGETS_HIDDEN;
    double target = hides && i == DIM + (int)p->labels[a] ? -1 : 1;
    return target - tanh(gap);
}

static double loss_of(const struct problem *p, const double *m, int count)
{
    double loss = 0;
    for (int a = 0; a < STATES; a++)
        for (int i = p->neurons - p->trained; i < p->neurons; i++)
            loss += pow(miss(p, hidden_gap(p, m, count, a, i), a, i), 2 * p->config.error_exponent);
    return loss / (STATES * p->trained);
}

/* F'': the slope of the interaction, by a power less. */
static double curve(const struct problem *p, double x)
{
    int n = p->config.interaction.exponent;
    if (p->config.interaction.kind == DAM__INTERACTION_RECT && x <= 0)
        return 0;
    return n * (n - 1) * pow(x, n - 2);
}

/* out = S u of memory m, from the definition: sums of e g b^2 F'' v (v.u). */
static void apply(const struct problem *p, const double *m, const double *u, double *out)
{
    int power = p->config.error_exponent;
    double b = sharpness(p);
    memset(out, 0, (size_t)p->neurons * sizeof *out);
    for (int a = 0; a < STATES; a++) {
        const double *x = p->x + a * p->neurons;
        double along = 0;
        for (int j = 0; j < p->neurons; j++)
            along += u[j] * x[j];
        for (int i = p->neurons - p->trained; i < p->neurons; i++) {
            double gap = hidden_gap(p, p->m, MEMORY_COUNT, a, i), t = tanh(gap);
            double e = -2 * power * pow(miss(p, gap, a, i), 2 * power - 1) * (1 - t * t) *
                       factor(p) * b * b / (STATES * p->trained);
            double here = e * curve(p, overlap(p, m, a, -1)) * along;
            double there = e * curve(p, overlap(p, m, a, i)) * (along - 2 * x[i] * u[i]);
            for (int j = 0; j < p->neurons; j++)
                out[j] += here * x[j] - there * (j == i ? -x[j] : x[j]);
        }
    }
}

/* Memory k of m gives way to shrink (m_k +- step |m_k| u); the twin comes last. */
static void make_pair(const struct problem *p, double *m, int count, int k, const double *u,
                      double step)
{
    double squares = 0, shrink = pow(2, -1.0 / p->config.interaction.exponent);
    double *old = m + k * p->neurons, *twin = m + count * p->neurons;
    for (int j = 0; j < p->neurons; j++)
        squares += old[j] * old[j];
    for (int j = 0; j < p->neurons; j++) {
        double move = step * sqrt(squares) * u[j];
        twin[j] = shrink * (old[j] - move);
        old[j] = shrink * (old[j] + move);
    }
}

static double norm2(const struct problem *p, int k)
{
    double squares = 0;
    for (int j = 0; j < p->neurons; j++)
        squares += p->m[k * p->neurons + j] * p->m[k * p->neurons + j];
    return squares;
}

/* --- the tests ------------------------------------------------------------------------------------ */

static struct rig *open_problem(const dam_device_info *info, const setting *how,
                                const struct problem *p)
{
    const dam__model_config config = {.kind = DAM__KIND_ENERGY,
                                      .memories = MEMORY_COUNT,
                                      .max_memories = MOST,
                                      .energy = p->config};
    const dam__task task = {.dim = DIM, .classes = p->classes};
    struct rig *rig =
        open_rig(info, how, &config, &task, STATES, p->neurons, CHUNK, p->x, p->labels);
    OK(dam__matrix_write_doubles(&rig->model->parameters[MEMORIES].value, p->m, "test"));
    return rig;
}

static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-10 : 2e-5;
}

static void check_products(const struct problem *p, struct hunt *hunt, const double *u,
                           const setting *how)
{
    double wanted[MEMORY_COUNT * (DIM + CLASSES)];
    const struct energy *energy = (const struct energy *)hunt->rig->model;
    pass(hunt, hunt->rig->model->ops->grow->accumulate);
    iterate(hunt, 1);
    double *got = products_now(hunt, &energy->growth.splitter,
                               &hunt->rig->model->parameters[MEMORIES].gradient);
    double *numbers = lambdas(hunt);
    for (int k = 0; k < MEMORY_COUNT; k++) {
        int at = k * p->neurons;
        double form = 0;
        apply(p, p->m + at, u + at, wanted + at);
        for (int j = 0; j < p->neurons; j++)
            form += norm2(p, k) * u[at + j] * wanted[at + j];
        assert_close(&numbers[k], &form, 1, tolerance_of(how) * 10, "lambda", how);
    }
    assert_close(got, wanted, (size_t)MEMORY_COUNT * (size_t)p->neurons, tolerance_of(how), "S u",
                 how);
    free(got);
    free(numbers);
}

/* 2 / step^2 of what a pair changes the loss by. */
static double difference(const struct problem *p, int k, const double *u, double step)
{
    double m[MOST * (DIM + CLASSES)];
    memcpy(m, p->m, sizeof m);
    make_pair(p, m, MEMORY_COUNT, k, u, step);
    return (loss_of(p, m, MEMORY_COUNT + 1) - loss_of(p, p->m, MEMORY_COUNT)) * 2 / (step * step);
}

/* The form that the device has against differences, without their error of second order. */
static void check_differences(const struct problem *p, struct hunt *hunt, const double *u,
                              const setting *how)
{
    const double step = 5e-4;
    double *numbers = lambdas(hunt), forms[MEMORY_COUNT];
    for (int k = 0; k < MEMORY_COUNT; k++) {
        const double *along = u + k * p->neurons;
        forms[k] = (4 * difference(p, k, along, step) - difference(p, k, along, 2 * step)) / 3;
    }
    assert_close(numbers, forms, MEMORY_COUNT,
                 how->precision == DAM__PRECISION_DOUBLE ? 1e-6 : 2e-5, "differences", how);
    free(numbers);
}

static void check_eigenvalues(const struct problem *p, struct hunt *hunt, const setting *how)
{
    iterate(hunt, 120);
    double *numbers = lambdas(hunt), matrix[(DIM + CLASSES) * (DIM + CLASSES)];
    for (int k = 0; k < MEMORY_COUNT; k++) {
        for (int j = 0; j < p->neurons; j++) {
            double unit[DIM + CLASSES] = {0};
            unit[j] = 1;
            apply(p, p->m + k * p->neurons, unit, matrix + j * p->neurons);
        }
        double least = norm2(p, k) * least_eigenvalue(matrix, p->neurons);
        /* Powers near it in size have not died out to the last digit. */
        assert_close(&numbers[k], &least, 1, 2e-3, "lambda", how);
    }
    free(numbers);
}

static void check_pairs(struct problem *p, struct hunt *hunt, const double *u, const setting *how)
{
    const struct rig *rig = hunt->rig;
    const double step = 0.2, shrink = pow(2, -1.0 / p->config.interaction.exponent);
    const dam__matrix *velocities = dam__optimizer_velocities(rig->optimizer);
    double v[MOST * (DIM + CLASSES)] = {0};
    for (int i = 0; i < MEMORY_COUNT * p->neurons; i++)
        v[i] = noise_at((unsigned)i + 3);
    OK(dam__matrix_write_doubles(&velocities[MEMORIES], v, "test"));
    split_two(hunt, u, step, velocities, dam__optimizer_squares(rig->optimizer));
    make_pair(p, p->m, MEMORY_COUNT, 1, u + p->neurons, step);
    make_pair(p, p->m, MEMORY_COUNT + 1, 3, u + 3 * p->neurons, step);
    for (int j = 0; j < p->neurons; j++) {
        v[p->neurons + j] *= 0.5 / shrink;
        v[3 * p->neurons + j] *= 0.5 / shrink;
    }
    size_t items = (size_t)(MEMORY_COUNT + 2) * (size_t)p->neurons;
    double *m = read_matrix(&rig->model->parameters[MEMORIES].value);
    double *moved = read_matrix(&velocities[MEMORIES]);
    assert_int_equal(rig->model->ops->grow->memories(rig->model), MEMORY_COUNT + 2);
    assert_close(m, p->m, items, tolerance_of(how), "pairs", how);
    assert_close(moved, v, items, tolerance_of(how), "velocities", how);
    free(m);
    free(moved);
}

/* A wider model computes what a model of that width does, its new columns included. */
static void check_wider(const struct problem *p, struct rig *rig, const setting *how)
{
    double losses[RIG_LOSSES], wanted = loss_of(p, p->m, MEMORY_COUNT + 2);
    const dam__batch all = rig_batch(rig, 0, STATES);
    OK(rig->model->ops->loss_gradient(rig->model, &all, rig->losses.buffer, 0));
    OK(dam__optimizer_step(rig->optimizer, 0, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    assert_close(losses, &wanted, 1, tolerance_of(how) * 10, "loss after the split", how);
}

static void every_problem(const dam_device_info *info, const setting *how)
{
    for (int c = 0; c < CONFIGS; c++) {
        struct problem p = make_problem(&configs[c]);
        struct rig *rig = open_problem(info, how, &p);
        struct hunt hunt = open_hunt(rig, MEMORY_COUNT, MOST, p.neurons, STATES);
        double *u = make_directions(MEMORY_COUNT, p.neurons);
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

static void test_no_move(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL};
    struct problem p = make_problem(&configs[2]);
    struct rig *rig = open_problem(&info, &how, &p);
    struct hunt hunt = open_hunt(rig, MEMORY_COUNT, MOST, p.neurons, STATES);
    double *u = make_directions(MEMORY_COUNT, p.neurons), losses[RIG_LOSSES];
    double before = loss_of(&p, p.m, MEMORY_COUNT);
    const dam__batch all = rig_batch(rig, 0, STATES);
    split_two(&hunt, u, 0, dam__optimizer_velocities(rig->optimizer),
              dam__optimizer_squares(rig->optimizer));
    OK(rig->model->ops->loss_gradient(rig->model, &all, rig->losses.buffer, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    assert_close(losses, &before, 1, 1e-5, "loss of halves", &how);
    assert_int_equal(rig->model->ops->grow->resize(rig->model, MOST + 1), DAM_INPUT);
    free(u);
    close_hunt(&hunt);
    close_rig(rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_problems),
        cmocka_unit_test(test_no_move),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
