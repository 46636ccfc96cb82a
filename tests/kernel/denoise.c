/*
 * The denoiser on a device against golden cases (golden/make_denoise.py): loss, gradients, steps of
 * both optimizers, means, energy and dynamics; and its gradients against finite differences of its
 * own loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/rig.h"
#include "model/denoise/denoise.h"

enum { DIM = 12, MEMORIES = 24, SAMPLES = 20, BATCH = 5, STEPS = 5, STATES = 3, NUMBERS = 3 };
enum { W = DIM * MEMORIES, ALL = W + MEMORIES + DIM };

/* Places of the numbers of a case, as golden/make_denoise.py lists them. */
enum {
    ACTIVATION,
    POWER,
    CENTRING,
    REGIME,
    ALGORITHM,
    MOMENTUM,
    ETA0,
    LOSSES,
    GRADIENTS = LOSSES + STEPS,
    PARAMETERS = GRADIENTS + ALL, /* after 1, 3 and 5 steps */
    MEANS = PARAMETERS + 3 * ALL,
    ENERGIES = MEANS + MEMORIES,
    RELAXED = ENERGIES + STATES,
    END = RELAXED + STATES * DIM
};

static const char *const names[] = {"memories", "inner_biases", "outer_biases"};
static const size_t sizes[] = {W, MEMORIES, DIM};

/* Cases whose inputs are bounded begin with what bounds them. */
static int bound_of(const char *name)
{
    static const char *const bounds[] = {"none-", "tanh-", "clip-", "unit-"};
    int bound = DAM__BOUND_UNIT;
    while (bound > 0 && strncmp(name, bounds[bound], 5) != 0)
        bound--;
    return bound;
}

static dam__model_config config_of(const char *name, const double *numbers)
{
    return (dam__model_config){.kind = DAM__KIND_DENOISE,
                               .memories = MEMORIES,
                               .denoise = {.activation = (int)numbers[ACTIVATION],
                                           .power = (int)numbers[POWER],
                                           .bound = bound_of(name),
                                           .bound_at = 1.25,
                                           .centring = (int)numbers[CENTRING],
                                           .regime = (int)numbers[REGIME],
                                           .algorithm = (int)numbers[ALGORITHM],
                                           .gain = 1,
                                           .noise = 0.5,
                                           .eta0 = numbers[ETA0]}};
}

static void write_parameter(struct rig *rig, const char *name, const double *values)
{
    OK(dam__matrix_write_doubles(&dam__model_parameter(rig->model, name)->value, values, "test"));
}

/* A model of a case with its first parameters, on all samples. */
static struct rig *open_case(const dam_device_info *info, const setting *how, const char *name,
                             const double *numbers)
{
    dam__array y = load_golden("denoise/shared/y"), w = load_golden("denoise/shared/w"),
               b = load_golden("denoise/shared/b"), c = load_golden("denoise/shared/c");
    const dam__model_config config = config_of(name, numbers);
    const dam__task task = {.dim = DIM, .batch = BATCH};
    struct rig *rig = open_rig(info, how, &config, &task, SAMPLES, DIM, BATCH, y.data, NULL);
    write_parameter(rig, "memories", w.data);
    write_parameter(rig, "inner_biases", b.data);
    write_parameter(rig, "outer_biases", c.data);
    dam__array_free(&y);
    dam__array_free(&w);
    dam__array_free(&b);
    dam__array_free(&c);
    return rig;
}

/* Samples have their own noise wherever they lie. */
static dam__batch batch_of(const struct rig *rig, int step)
{
    int first = step * BATCH % SAMPLES;
    dam__batch batch = rig_batch(rig, first, BATCH);
    batch.place = first;
    return batch;
}

static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-10 : 1e-4;
}

static void check_parameters(struct rig *rig, const double *wanted, bool gradient, const char *name,
                             const setting *how)
{
    for (int i = 0; i < NUMBERS; i++) {
        const dam__parameter *parameter = dam__model_parameter(rig->model, names[i]);
        double *got = read_matrix(gradient ? &parameter->gradient : &parameter->value);
        double largest = relative_error(wanted, (double[W]){0}, sizes[i]);
        /* The inner biases of a linear and centred model have no gradient but rounding. */
        if (gradient && largest < 1e-12)
            for (size_t k = 0; k < sizes[i]; k++)
                assert_true(fabs(got[k]) <
                            (how->precision == DAM__PRECISION_DOUBLE ? 1e-15 : 1e-7));
        else if (gradient || largest > 1e-12)
            assert_close(got, wanted, sizes[i], tolerance_of(how), name, how);
        wanted += sizes[i];
        free(got);
    }
}

static void check_steps(struct rig *rig, const double *numbers, const char *name,
                        const setting *how)
{
    for (int step = 0; step < STEPS; step++) {
        const dam__batch batch = batch_of(rig, step);
        double loss = rig_loss(rig, &batch);
        assert_close(&loss, numbers + LOSSES + step, 1, tolerance_of(how), name, how);
        if (step == 0)
            check_parameters(rig, numbers + GRADIENTS, true, name, how);
        OK(dam__optimizer_step(rig->optimizer, 1, numbers[MOMENTUM]));
        OK(rig->model->ops->project(rig->model));
        if (step % 2 == 0)
            check_parameters(rig, numbers + PARAMETERS + step / 2 * ALL, false, name, how);
    }
}

/* The means of the activations of all samples, in batches that do not divide them. */
static void check_means(struct rig *rig, const double *numbers, const char *name,
                        const setting *how)
{
    dam__array y = load_golden("denoise/shared/y");
    dam__dataset set = {.count = SAMPLES, .features = DIM, .standard = true};
    dam__loader *loader = NULL;
    dam__plan *plan = NULL;
    const dam__loader_options options = {.count = SAMPLES,
                                         .batch = BATCH - 2,
                                         .shuffle = true,
                                         .seed = 7,
                                         .indexed = true,
                                         .input = dam__model_input(&rig->model->config, 0)};
    OK(dam__array_create(DAM__F32, 2, (const size_t[]){SAMPLES, DIM}, &set.samples));
    for (size_t i = 0; i < (size_t)SAMPLES * DIM; i++)
        ((float *)set.samples.data)[i] = (float)((double *)y.data)[i];
    OK(dam__plan_create(rig->device, &plan));
    OK(dam__loader_create(rig->device, &set, &options, &loader));
    OK(dam__loader_plan(loader, plan));
    OK(dam__plan_allocate(plan));
    OK(dam__loader_prepare(loader));
    assert_int_equal(dam__loader_steps(loader), SAMPLES / (BATCH - 2));
    assert_int_equal(dam__loader_samples(loader), SAMPLES / (BATCH - 2) * (BATCH - 2));
    OK(rig->model->ops->finish_epoch(rig->model, loader, 3));
    double *got = read_matrix(&dam__model_parameter(rig->model, "activation_means")->value);
    assert_close(got, numbers + MEANS, MEMORIES, tolerance_of(how), name, how);
    free(got);
    dam__loader_destroy(loader);
    dam__plan_destroy(plan);
    dam__dataset_free(&set);
    dam__array_free(&y);
}

/* Energy of the first noisy samples, and where the dynamics takes them. */
static void check_dynamics(struct rig *rig, const double *numbers, const char *name,
                           const setting *how)
{
    dam__matrix states = {0}, energies = {0};
    dam__plan *plan = NULL;
    dam__array noisy = load_golden("denoise/shared/x");
    OK(dam__plan_create(rig->device, &plan));
    OK(dam__plan_matrix(plan, "states", STATES, DIM, 1, &states));
    OK(dam__plan_matrix(plan, "energies", 1, STATES, 1, &energies));
    OK(dam__plan_allocate(plan));
    OK(dam__matrix_write_doubles(&states, noisy.data, "test"));
    OK(dam__denoise_energy(rig->model, &states, STATES, &energies));
    double *got = read_matrix(&energies);
    assert_close(got, numbers + ENERGIES, STATES, tolerance_of(how), name, how);
    free(got);
    const dam__relaxation relaxation = {.dt = 0.1, .steps = 20};
    OK(dam__denoise_relax(rig->model, &states, STATES, &relaxation));
    got = read_matrix(&states);
    assert_close(got, numbers + RELAXED, (size_t)STATES * DIM, 10 * tolerance_of(how), name, how);
    free(got);
    dam__buffer_destroy(states.buffer);
    dam__buffer_destroy(energies.buffer);
    dam__plan_destroy(plan);
    dam__array_free(&noisy);
}

static void check_case(const dam_device_info *info, const setting *how, const char *name)
{
    dam__array array = load_golden("denoise/%s", name);
    const double *numbers = array.data;
    bool rests = dam__array_items(&array) == END;
    assert_true(rests || dam__array_items(&array) == MEANS);
    assert_true(rests == (numbers[POWER] == 1 || bound_of(name) != DAM__BOUND_NONE));
    struct rig *rig = open_case(info, how, name, numbers);
    check_steps(rig, numbers, name, how);
    if (rests) {
        check_means(rig, numbers, name, how);
        check_dynamics(rig, numbers, name, how);
    }
    close_rig(rig);
    dam__array_free(&array);
}

static void check_cases(const dam_device_info *info, const setting *how)
{
    static const char *const activations[] = {"linear1", "relu1", "relu2", "relu3", "softmax1"};
    static const char *const centrings[] = {"batch", "none"};
    static const char *const trainings[] = {"prop-sgd", "prop-adam", "width-sgd"};
    for (int a = 0; a < 5; a++)
        for (int c = 0; c < 2; c++)
            for (int t = 0; t < 3; t++) {
                char name[64];
                (void)snprintf(name, sizeof name, "%s-%s-%s", activations[a], centrings[c],
                               trainings[t]);
                check_case(info, how, name);
            }
    static const char *const bounded[] = {"tanh-relu2-batch-prop-adam", "clip-relu3-none-width-sgd",
                                          "unit-softmax1-batch-prop-sgd",
                                          "tanh-linear1-none-prop-sgd"};
    for (size_t i = 0; i < sizeof bounded / sizeof *bounded; i++)
        check_case(info, how, bounded[i]);
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(check_cases);
}

/* Central differences of the loss that the device itself gives, in double. */
static void check_differences(const dam_device_info *info, const setting *how, const char *name)
{
    const double h = 1e-5;
    dam__array array = load_golden("denoise/%s", name);
    struct rig *rig = open_case(info, how, name, array.data);
    const dam__batch batch = batch_of(rig, 1);
    double gradient[ALL], wanted[ALL];
    (void)rig_loss(rig, &batch);
    for (int i = 0, at = 0; i < NUMBERS; at += (int)sizes[i++]) {
        double *values = read_matrix(&dam__model_parameter(rig->model, names[i])->gradient);
        memcpy(gradient + at, values, sizes[i] * sizeof *values);
        free(values);
    }
    for (int i = 0, at = 0; i < NUMBERS; i++) {
        double *values = read_matrix(&dam__model_parameter(rig->model, names[i])->value);
        for (size_t k = 0; k < sizes[i]; k++, at++) {
            double old = values[k], sides[2];
            for (int side = 0; side < 2; side++) {
                values[k] = side == 0 ? old + h : old - h;
                write_parameter(rig, names[i], values);
                sides[side] = rig_loss(rig, &batch);
            }
            values[k] = old;
            wanted[at] = (sides[0] - sides[1]) / (2 * h);
        }
        write_parameter(rig, names[i], values);
        free(values);
    }
    assert_close(gradient, wanted, ALL, 1e-6, name, how);
    close_rig(rig);
    dam__array_free(&array);
}

static void test_finite_differences(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "relu2-none-prop-adam",    "unit-softmax1-batch-prop-sgd", "clip-relu3-none-width-sgd",
        "linear1-batch-prop-adam", "relu1-batch-prop-adam",        "softmax1-none-width-sgd",
        "relu3-batch-width-sgd",   "softmax1-batch-prop-adam",     "tanh-relu2-batch-prop-adam"};
    const dam_device_info info = test_device();
    const setting how = setting_in_double(&info);
    if (!info.fp64) {
        print_message("'%s' has no fp64: finite differences need it\n", info.name);
        return;
    }
    bool few = at_most(&info, BREADTH_EVERY) == BREADTH_ONE;
    for (size_t i = 0; i < (few ? 3 : sizeof cases / sizeof *cases); i++)
        check_differences(&info, &how, cases[i]);
}

static void check_refusals(const dam_device_info *info, const setting *how)
{
    dam__array array = load_golden("denoise/relu2-none-prop-adam");
    struct rig *rig = open_case(info, how, "relu2-none-prop-adam", array.data);
    const dam__relaxation free_states = {.dt = 0.1, .steps = 1};
    const dam__relaxation clipped = {.dt = 0.1, .steps = 1, .clip = 2};
    assert_int_equal(dam__denoise_relax(rig->model, &rig->samples, BATCH, &free_states), DAM_USAGE);
    assert_string_equal(dam_error(),
                        "the energy of relu to the power 2 has no lower bound: states would "
                        "diverge; clip the features (recall.clip), or train with "
                        "model.bound or model.power = 1");
    OK(dam__denoise_relax(rig->model, &rig->samples, BATCH, &clipped));
    double *x = read_matrix(&rig->samples);
    for (size_t i = 0; i < (size_t)BATCH * DIM; i++)
        assert_true(fabs(x[i]) <= 2);
    free(x);
    dam__plan *plan = NULL;
    OK(dam__plan_create(rig->device, &plan));
    assert_int_equal(rig->model->ops->plan(rig->model, plan, BATCH - 1), DAM_NO_MEMORY);
    assert_non_null(strstr(dam_error(), "a denoiser takes its batch whole; lower train.batch"));
    dam__plan_destroy(plan);
    close_rig(rig);
    dam__array_free(&array);
}

static void test_refusals(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_GPU, .provider = dam__gemm_for_gpus()};
    check_refusals(&info, &how);
}

/* Section 4 of the specification at N = 64, K = 128, eta0 = 1/2. */
static void test_scales(void **state)
{
    (void)state;
    dam__model_config config = {
        .kind = DAM__KIND_DENOISE, .memories = 128, .denoise = {.gain = 1, .eta0 = 0.5}};
    config.denoise.activation = DAM__ACTIVATION_RELU;
    dam__denoise_scales scales = dam__denoise_scale(&config, 64);
    assert_true(scales.s1 == 0.125 && fabs(scales.s2 - 0.08838834764831845) < 1e-15);
    assert_true(scales.memories == 4096 && scales.inner == 64 && scales.outer == 32);
    assert_true(scales.spread == 1);
    config.denoise.activation = DAM__ACTIVATION_SOFTMAX;
    assert_true(fabs(dam__denoise_scale(&config, 64).s2 - 11.313708498984761) < 1e-13);
    config.denoise.regime = DAM__REGIME_WIDTH;
    assert_true(dam__denoise_scale(&config, 64).s2 == 8);
    config.denoise.activation = DAM__ACTIVATION_LINEAR;
    assert_true(dam__denoise_scale(&config, 64).s2 == 0.0625);
    config.denoise.algorithm = DAM__ALGORITHM_ADAM;
    scales = dam__denoise_scale(&config, 64);
    assert_true(scales.memories == 0.5 && scales.inner == 0.5 && scales.outer == 0.5);
    assert_true(fabs(scales.epsilon * 64 * 128 / 1e-8 - 1) < 1e-12);
    config.denoise.parametrisation = DAM__PARAMETRISATION_STANDARD;
    scales = dam__denoise_scale(&config, 64);
    assert_true(scales.s1 == 1 && scales.spread == 0.125 && scales.s2 == 0.5);
    assert_true(scales.epsilon == 1e-8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_scales),
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_finite_differences),
        cmocka_unit_test(test_refusals),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
