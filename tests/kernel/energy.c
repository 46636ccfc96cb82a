/*
 * The energy model on a device against golden cases (golden/make_energy.py), whose small ones are
 * the test vectors of its specification: loss, gradient, training, classes; and gradients against
 * finite differences of the model's own loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/rig.h"

enum { EPOCHS = 3 };

/* Places in setup. */
enum {
    KIND,
    EXPONENT,
    LEAK,
    RULE,
    SHARPNESS,
    TEMPERATURE,
    TEMPERATURE_TO,
    RAMP,
    ERROR_EXPONENT,
    CLASSIFIES,
    VISIBLE,
    FLOOR,
    CLAMP_ALL,
    RATE,
    DECAY,
    MOMENTUM,
    BATCH,
    CLASSES
};

/* What golden/make_energy.py wrote; its head says what is what. */
struct golden_case {
    dam__array setup, x, labels, m, first, losses, logits;
    int neurons, memories, states, classes, batch;
};

#define CASE_ARRAYS(X) X(setup) X(x) X(labels) X(m) X(first) X(losses) X(logits)

static struct golden_case load_case(const char *name)
{
    struct golden_case p = {0};
#define LOAD(field) p.field = load_golden("energy/%s/%s", name, #field);
    CASE_ARRAYS(LOAD)
#undef LOAD
    p.states = (int)p.x.shape[0];
    p.neurons = (int)p.x.shape[1];
    p.memories = (int)p.m.shape[1];
    p.batch = (int)numbers(&p.setup)[BATCH];
    p.classes = (int)numbers(&p.setup)[CLASSES];
    return p;
}

static void free_case(struct golden_case *p)
{
#define FREE(field) dam__array_free(&p->field);
    CASE_ARRAYS(FREE)
#undef FREE
}

static dam__model_config config_of(const struct golden_case *p)
{
    const double *setup = numbers(&p->setup);
    return (dam__model_config){
        .kind = DAM__KIND_ENERGY,
        .memories = p->memories,
        .energy = {.interaction = {.kind = (int)setup[KIND],
                                   .exponent = (int)setup[EXPONENT],
                                   .leak = setup[LEAK]},
                   .task = setup[CLASSIFIES] != 0 ? DAM__TASK_CLASSIFY : DAM__TASK_STORE,
                   .rule = (int)setup[RULE],
                   .sharpness = setup[SHARPNESS],
                   .temperature = setup[TEMPERATURE],
                   .temperature_to = setup[TEMPERATURE_TO],
                   .temperature_epochs = (int)setup[RAMP],
                   .error_exponent = (int)setup[ERROR_EXPONENT],
                   .targets = setup[VISIBLE] != 0 ? DAM__TARGETS_VISIBLE : DAM__TARGETS_HIDDEN,
                   .clamp = setup[CLAMP_ALL] != 0 ? DAM__CLAMP_ALL : DAM__CLAMP_SAMPLES,
                   .spread = 0.1,
                   .floor = setup[FLOOR]}};
}

static dam__matrix *rig_memories(struct rig *rig)
{
    return &dam__model_parameter(rig->model, "memories")->value;
}

/* dL/dM as it is: what the device has, times exp of its scale. */
static double *true_gradient(struct rig *rig)
{
    const dam__parameter *memories = dam__model_parameter(rig->model, "memories");
    double *gradient = read_matrix(&memories->gradient), *scales = read_matrix(memories->scales);
    size_t rows = (size_t)memories->value.rows, cols = (size_t)memories->value.cols;
    for (size_t i = 0; i < rows * cols; i++)
        gradient[i] *= exp(scales[i / cols]);
    free(scales);
    return gradient;
}

static struct rig *open_case(const dam_device_info *info, const setting *how,
                             const struct golden_case *p, int chunk)
{
    const dam__model_config config = config_of(p);
    const dam__task task = {.dim = p->neurons - p->classes, .classes = p->classes};
    struct rig *rig =
        open_rig(info, how, &config, &task, p->states, p->neurons,
                 chunk < p->states ? chunk : p->states, numbers(&p->x), numbers(&p->labels));
    OK(dam__matrix_write_doubles(rig_memories(rig), numbers(&p->m), "test"));
    return rig;
}

/* Single: sums of some hundred powers, and logarithms of up to a hundred. */
static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-10 : 2e-4;
}

/* Loss and gradient of all states at once, in the same sense as the reference. */
static void check_gradient(struct rig *rig, const struct golden_case *p, const setting *how,
                           const char *name)
{
    const dam__batch all = rig_batch(rig, 0, p->states);
    size_t items = (size_t)p->memories * (size_t)p->neurons;
    double trained = numbers(&p->setup)[CLASSIFIES] != 0 ? p->classes : p->neurons;
    OK(rig->model->ops->begin_epoch(rig->model, 0));
    double loss = rig_loss(rig, &all) * trained * p->states;
    double *gradient = true_gradient(rig);
    assert_close(&loss, numbers(&p->first), 1, tolerance_of(how), name, how);
    assert_close(gradient, numbers(&p->first) + 1, items, tolerance_of(how), name, how);
    free(gradient);
}

/* Training in batches: mean losses, and memories after every epoch. */
static void check_training(struct rig *rig, const struct golden_case *p, const setting *how,
                           const char *name)
{
    const double *setup = numbers(&p->setup);
    size_t items = (size_t)p->memories * (size_t)p->neurons;
    int steps = p->states / p->batch;
    for (int epoch = 0; epoch < EPOCHS; epoch++) {
        double losses[RIG_LOSSES], mean = 0;
        OK(rig->model->ops->begin_epoch(rig->model, epoch));
        for (int step = 0; step < steps; step++) {
            const dam__batch batch = rig_batch(rig, step * p->batch, p->batch);
            OK(rig->model->ops->loss_gradient(rig->model, &batch, rig->losses.buffer, step));
            OK(dam__optimizer_step(rig->optimizer, setup[RATE] * pow(setup[DECAY], epoch),
                                   setup[MOMENTUM]));
            OK(rig->model->ops->project(rig->model));
        }
        OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
        for (int step = 0; step < steps; step++)
            mean += losses[step] / steps;
        double *m = read_matrix(rig_memories(rig));
        /* Steps of a fixed size carry a small gradient's rounding into the memories. */
        assert_close(&mean, numbers(&p->losses) + epoch, 1, 4 * tolerance_of(how), name, how);
        assert_close(m, numbers(&p->m) + (size_t)(epoch + 1) * items, items, 4 * tolerance_of(how),
                     name, how);
        free(m);
    }
}

static void check_classes(struct rig *rig, const struct golden_case *p, const setting *how)
{
    const dam__batch all = {.samples = &rig->samples, .labels = rig->labels, .size = p->states};
    size_t states = (size_t)p->states, neurons = (size_t)p->neurons, classes = (size_t)p->classes;
    int32_t *predicted = calloc(states, sizeof *predicted);
    double *x = calloc(states * neurons, sizeof *x), totals[4], right = 0;
    memcpy(x, numbers(&p->x), states * neurons * sizeof *x);
    /* When it is asked for a class, class neurons are -1. */
    for (size_t i = 0; i < states * neurons; i++)
        x[i] = i % neurons >= neurons - classes ? -1 : x[i];
    OK(dam__matrix_write_doubles(&rig->samples, x, "test"));
    OK(rig->model->ops->evaluate(rig->model, &all, &rig->metrics, 1, 0));
    OK(dam__buffer_read(rig->metrics.predicted, 0, predicted, states * 4, "test"));
    OK(dam__matrix_read_doubles(&rig->metrics.totals, totals, "test"));
    for (size_t a = 0; a < states; a++) {
        const double *logits = numbers(&p->logits) + a * classes;
        size_t best = 0;
        for (size_t y = 1; y < classes; y++)
            best = logits[y] > logits[best] ? y : best;
        /* Rounding decides where two are as good. */
        double found = logits[predicted[a]];
        if (!(found >= logits[best] - 10 * tolerance_of(how) * fabs(logits[best])))
            fail_msg("%s: state %zu: class %d, not %zu", setting_name(how), a, (int)predicted[a],
                     best);
        right += predicted[a] == (int)numbers(&p->labels)[a];
    }
    assert_true(totals[3] == right);
    assert_true(totals[0] == 0 && totals[1] == 0);
    free(predicted);
    free(x);
}

static void check_case(const dam_device_info *info, const setting *how, const char *name, int chunk)
{
    struct golden_case p = load_case(name);
    struct rig *rig = open_case(info, how, &p, chunk);
    check_gradient(rig, &p, how, name);
    close_rig(rig);
    /* Velocities and scales from the start again. */
    rig = open_case(info, how, &p, chunk);
    check_training(rig, &p, how, name);
    if (p.classes > 0)
        check_classes(rig, &p, how);
    close_rig(rig);
    free_case(&p);
}

/* Every case has kernels of its own to compile: most run in one shape of either precision. */
static bool is_spared(const dam_device_info *info, const setting *how)
{
    bool matched = (how->shape == DAM__SHAPE_CPU) == (how->precision == DAM__PRECISION_SINGLE);
    bool usual = (how->shape == DAM__SHAPE_CPU) == (how->provider == DAM__GEMM_PANEL);
    return is_slow(info) || !matched || !usual;
}

static void vectors(const dam_device_info *info, const setting *how)
{
    check_case(info, how, "poly3", 100);
    check_case(info, how, "rect4-hidden", 100);
    if (is_spared(info, how))
        return;
    check_case(info, how, "rect4", 100);
    check_case(info, how, "rect4-original", 100);
    check_case(info, how, "leaky5", 100);
    check_case(info, how, "leaky5-paper", 100);
    check_case(info, how, "exp", 100);
}

static void larger(const dam_device_info *info, const setting *how)
{
    check_case(info, how, "poly10", 100);
    check_case(info, how, "class-hidden", 100);
    if (is_spared(info, how))
        return;
    check_case(info, how, "rect30", 100);
    check_case(info, how, "leaky7", 100);
    check_case(info, how, "exp-shift", 100);
    check_case(info, how, "floor", 100);
    check_case(info, how, "class-visible", 100);
    check_case(info, how, "class-leaky", 100);
    check_case(info, how, "class-exp", 100);
}

/* Chunks of a batch have scales of their own, which grow from chunk to chunk. */
static void chunks(const dam_device_info *info, const setting *how)
{
    check_case(info, how, "leaky7", 5);
    check_case(info, how, "class-hidden", 5);
    if (is_spared(info, how))
        return;
    check_case(info, how, "poly10", 1);
    check_case(info, how, "exp-shift", 4);
    check_case(info, how, "class-visible", 7);
}

static void test_vectors(void **state)
{
    (void)state;
    for_every_setting(vectors);
}

static void test_larger(void **state)
{
    (void)state;
    for_every_setting(larger);
}

static void test_chunks(void **state)
{
    (void)state;
    for_every_setting(chunks);
}

/* Central differences of the loss that the device itself gives, in double. */
static void check_differences(const dam_device_info *info, const setting *how, const char *name)
{
    const double h = 1e-5;
    struct golden_case p = load_case(name);
    struct rig *rig = open_case(info, how, &p, 100);
    const dam__batch all = rig_batch(rig, 0, p.states);
    size_t items = (size_t)p.memories * (size_t)p.neurons;
    double scale = (numbers(&p.setup)[CLASSIFIES] != 0 ? p.classes : p.neurons) * p.states;
    double *values = read_matrix(rig_memories(rig)), *wanted = calloc(items, sizeof *wanted);
    (void)rig_loss(rig, &all);
    double *gradient = true_gradient(rig);
    for (size_t i = 0; i < items; i++) {
        double old = values[i], sides[2];
        for (int side = 0; side < 2; side++) {
            values[i] = side == 0 ? old + h : old - h;
            OK(dam__matrix_write_doubles(rig_memories(rig), values, "test"));
            sides[side] = rig_loss(rig, &all) * scale;
        }
        values[i] = old;
        wanted[i] = (sides[0] - sides[1]) / (2 * h);
    }
    assert_close(gradient, wanted, items, 1e-6, name, how);
    free(values);
    free(wanted);
    free(gradient);
    close_rig(rig);
    free_case(&p);
}

static void test_finite_differences(void **state)
{
    (void)state;
    static const char *const names[] = {"rect4-hidden", "class-hidden",   "leaky7",
                                        "poly3",        "rect4-original", "leaky5-paper",
                                        "exp",          "exp-shift",      "class-visible"};
    const dam_device_info info = test_device();
    const setting how = setting_in_double(&info);
    if (!info.fp64) {
        print_message("'%s' has no fp64: finite differences need it\n", info.name);
        return;
    }
    bool few = at_most(&info, BREADTH_EVERY) == BREADTH_ONE;
    for (size_t i = 0; i < (few ? 3 : sizeof names / sizeof *names); i++)
        check_differences(&info, &how, names[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_vectors),
        cmocka_unit_test(test_larger),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
