/*
 * What the denoiser tells of its steps, and the spectrum of its inputs, against golden numbers
 * (golden/make_diagnose.py).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/golden.h"
#include "model/denoise/denoise.h"
#include "train/diagnostics.h"
#include "train/optimizer.h"

enum { DIM = 12, MEMORIES = 24, SAMPLES = 20, BATCH = 5, STEPS = 2 };

/* A model that trains on the golden samples, with diagnostics of its first two steps. */
struct bench {
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__diagnostics *diagnostics;
    dam__loader *loader;
    dam__plan *plan;
    dam__dataset set;
    dam__matrix samples, losses;
};

static void write_parameter(struct bench *b, const char *name)
{
    static const char *const files[][2] = {
        {"memories", "w"}, {"inner_biases", "b"}, {"outer_biases", "c"}};
    for (size_t i = 0; i < 3; i++) {
        if (strcmp(files[i][0], name) != 0)
            continue;
        dam__array values = load_golden("denoise/shared/%s", files[i][1]);
        OK(dam__matrix_write_doubles(&dam__model_parameter(b->model, name)->value, values.data,
                                     "test"));
        dam__array_free(&values);
    }
}

static struct bench *open_bench(const dam_device_info *info, const setting *how,
                                const dam__model_config *config)
{
    struct bench *b = calloc(1, sizeof *b);
    const dam__task task = {.dim = DIM, .batch = BATCH};
    const dam__loader_options options = {.count = SAMPLES,
                                         .batch = 3, /* which does not divide them */
                                         .shuffle = true,
                                         .seed = 7,
                                         .indexed = true,
                                         .input = dam__model_input(config, 0)};
    dam__array y = load_golden("denoise/shared/y");
    b->set = (dam__dataset){.count = SAMPLES, .features = DIM, .standard = true};
    OK(dam__array_create(DAM__F32, 2, (const size_t[]){SAMPLES, DIM}, &b->set.samples));
    for (size_t i = 0; i < (size_t)SAMPLES * DIM; i++)
        ((float *)b->set.samples.data)[i] = (float)((double *)y.data)[i];
    b->device = shared_device(info, how);
    OK(dam__gemm_create(b->device, how->provider, &b->gemm));
    OK(dam__model_create(b->device, b->gemm, config, &task, &b->model));
    OK(dam__plan_create(b->device, &b->plan));
    OK(b->model->ops->plan(b->model, b->plan, BATCH));
    OK(dam__optimizer_create(b->model, b->plan, &b->optimizer));
    OK(dam__diagnostics_create(b->model, "0,1,5", b->plan, &b->diagnostics));
    OK(dam__loader_create(b->device, &b->set, &options, &b->loader));
    OK(dam__loader_plan(b->loader, b->plan));
    OK(dam__gemm_plan(b->gemm, b->plan));
    OK(dam__plan_matrix(b->plan, "samples", SAMPLES, DIM, 1, &b->samples));
    OK(dam__plan_matrix(b->plan, "losses", 1, STEPS, 1, &b->losses));
    OK(dam__plan_allocate(b->plan));
    OK(b->model->ops->prepare(b->model));
    OK(dam__optimizer_prepare(b->optimizer));
    OK(dam__diagnostics_prepare(b->diagnostics));
    OK(dam__loader_prepare(b->loader));
    OK(b->model->ops->initialise(b->model, 1));
    OK(dam__matrix_write_doubles(&b->samples, y.data, "test"));
    write_parameter(b, "memories");
    write_parameter(b, "inner_biases");
    write_parameter(b, "outer_biases");
    dam__array_free(&y);
    return b;
}

static void close_bench(struct bench *b)
{
    dam__buffer_destroy(b->samples.buffer);
    dam__buffer_destroy(b->losses.buffer);
    dam__diagnostics_destroy(b->diagnostics);
    dam__optimizer_destroy(b->optimizer);
    dam__model_destroy(b->model);
    dam__loader_destroy(b->loader);
    dam__gemm_destroy(b->gemm);
    dam__plan_destroy(b->plan);
    dam__dataset_free(&b->set);
    free(b);
}

static void take_step(struct bench *b, int step)
{
    const dam__batch batch = {
        .samples = &b->samples, .first = step * BATCH, .place = step * BATCH, .size = BATCH};
    OK(b->model->ops->loss_gradient(b->model, &batch, b->losses.buffer, step));
    OK(dam__diagnostics_before(b->diagnostics, step, BATCH, 1));
    OK(dam__optimizer_step(b->optimizer, 1, 0));
    OK(dam__diagnostics_after(b->diagnostics, step, BATCH));
}

static void check_case(const dam_device_info *info, const setting *how, const char *name,
                       const dam__model_config *config)
{
    /* Adam's change is a difference of weights 50 ... 1000 times as large. */
    bool adam = config->denoise.algorithm == DAM__ALGORITHM_ADAM;
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    double tolerance = wide ? 1e-9 : adam ? 2e-3 : 3e-4;
    struct bench *b = open_bench(info, how, config);
    dam__array golden = load_golden("diagnose/%s", name);
    dam__container kept = {0};
    dam__diagnosed got = {0};
    for (int step = 0; step < STEPS; step++)
        take_step(b, step);
    OK(dam__diagnostics_save(b->diagnostics, &kept));
    OK(dam__diagnosed_read(&kept, &got));
    assert_int_equal(got.rows, STEPS); /* step 5 was not taken */
    assert_int_equal((size_t)got.columns, golden.shape[1]);
    for (int i = 0; i < got.rows * got.columns; i++) {
        double wanted = ((double *)golden.data)[i], error = fabs(got.values[i] - wanted);
        if (!(error <= tolerance * wanted + (wide ? 1e-15 : 1e-6)))
            fail_msg("%s, %s: step %d, %s is %.9g, not %.9g", setting_name(how), name,
                     i / got.columns, got.names[i % got.columns], got.values[i], wanted);
    }
    dam__diagnosed_free(&got);
    dam__container_free(&kept);
    dam__array_free(&golden);
    close_bench(b);
}

static void check_cases(const dam_device_info *info, const setting *how)
{
    static const struct {
        const char *name;
        int activation, power;
        double eta0;
    } activations[] = {{"linear1", DAM__ACTIVATION_LINEAR, 1, 0.02},
                       {"relu1", DAM__ACTIVATION_RELU, 1, 0.02},
                       {"relu2", DAM__ACTIVATION_RELU, 2, 0.005},
                       {"relu3", DAM__ACTIVATION_RELU, 3, 0.001},
                       {"softmax1", DAM__ACTIVATION_SOFTMAX, 1, 0.002}};
    static const char *const centrings[] = {"none", "batch"}, *const algorithms[] = {"sgd", "adam"};
    for (int i = 0; i < 5 * 2 * 2; i++) {
        int a = i / 4, centring = i / 2 % 2, algorithm = i % 2;
        char name[64];
        /* In single precision one of each kind of terms is enough. */
        bool one = (a == 1 && centring == algorithm) || (a == 4 && centring > algorithm);
        if (how->precision == DAM__PRECISION_SINGLE && !one)
            continue;
        (void)snprintf(name, sizeof name, "%s-%s-%s", activations[a].name, centrings[centring],
                       algorithms[algorithm]);
        const dam__model_config config = {.kind = DAM__KIND_DENOISE,
                                          .memories = MEMORIES,
                                          .denoise = {.activation = activations[a].activation,
                                                      .power = activations[a].power,
                                                      .centring = centring,
                                                      .algorithm = algorithm,
                                                      .gain = 1,
                                                      .noise = 0.5,
                                                      .eta0 = activations[a].eta0}};
        check_case(info, how, name, &config);
    }
}

/*
 * Both shapes of the kernels; products have tests of their own, and opening a device for each costs
 * more than all that is computed.
 */
static void for_both_shapes(void (*what)(const dam_device_info *, const setting *))
{
    const dam_device_info info = test_device();
    const setting cpu = {.shape = DAM__SHAPE_CPU,
                         .provider = DAM__GEMM_PANEL,
                         .precision = info.fp64 ? DAM__PRECISION_DOUBLE : DAM__PRECISION_SINGLE};
    const setting gpu = {.shape = DAM__SHAPE_GPU,
                         .provider = is_slow(&info) ? dam__gemm_for_gpus() : DAM__GEMM_PANEL};
    if (!is_slow(&info))
        what(&info, &cpu);
    what(&info, &gpu);
}

static void test_golden(void **state)
{
    (void)state;
    for_both_shapes(check_cases);
}

static const dam__model_config by_spectrum = {.kind = DAM__KIND_DENOISE,
                                              .memories = MEMORIES,
                                              .denoise = {.activation = DAM__ACTIVATION_RELU,
                                                          .power = 1,
                                                          .centring = DAM__CENTRING_BATCH,
                                                          .rates = DAM__RATES_SPECTRUM,
                                                          .gain = 1,
                                                          .noise = 0.5,
                                                          .eta0 = 0.125}};

/* Rates are those of the sizes over the largest eigenvalue; measuring changes nothing else. */
static void check_spectrum(const dam_device_info *info, const setting *how)
{
    struct bench *b = open_bench(info, how, &by_spectrum);
    dam__array golden = load_golden("diagnose/top");
    dam__text text = {0};
    double top = ((double *)golden.data)[0];
    OK(b->model->ops->measure(b->model, b->loader, &text));
    const double wanted[] = {0.125 * DIM * MEMORIES / top, 0.125 * MEMORIES / top,
                             0.125 * DIM / top};
    double got[3];
    for (int i = 0; i < 3; i++)
        got[i] = b->model->rate * b->model->parameters[i].rate_scale;
    assert_close(got, wanted, 3, how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 1e-5, "rates",
                 how);
    assert_non_null(strstr(text.data, "covariance is 2.723; rates over it: of W 13.22"));
    dam__text_free(&text);
    dam__array_free(&golden);
    close_bench(b);
}

static void test_spectrum(void **state)
{
    (void)state;
    for_both_shapes(check_spectrum);
}

/* Looking into a step must not change what comes of it. */
static void check_untouched(const dam_device_info *info, const setting *how)
{
    for (int algorithm = 0; algorithm < 2; algorithm++) {
        dam__model_config config = by_spectrum;
        double values[2][MEMORIES * DIM];
        config.denoise.algorithm = algorithm;
        for (int looks = 0; looks < 2; looks++) {
            struct bench *b = open_bench(info, how, &config);
            for (int step = 0; step < STEPS; step++) {
                const dam__batch batch = {
                    .samples = &b->samples, .first = step, .place = step, .size = BATCH};
                OK(b->model->ops->loss_gradient(b->model, &batch, b->losses.buffer, step));
                if (looks == 1)
                    OK(dam__diagnostics_before(b->diagnostics, step, BATCH, 1));
                OK(dam__optimizer_step(b->optimizer, 1, 0));
                if (looks == 1)
                    OK(dam__diagnostics_after(b->diagnostics, step, BATCH));
            }
            OK(dam__matrix_read_doubles(&dam__model_parameter(b->model, "memories")->value,
                                        values[looks], "test"));
            close_bench(b);
        }
        assert_memory_equal(values[0], values[1], sizeof values[0]);
    }
}

static void test_untouched(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_CPU, .provider = DAM__GEMM_PANEL};
    check_untouched(&info, &how);
}

/* What was measured is restored, whatever else is asked for then. */
static void test_restore(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_CPU, .provider = DAM__GEMM_PANEL};
    dam__container kept = {0}, again = {0};
    dam__diagnosed first = {0}, second = {0};
    struct bench *b = open_bench(&info, &how, &by_spectrum);
    take_step(b, 0);
    OK(dam__diagnostics_save(b->diagnostics, &kept));
    OK(dam__diagnosed_read(&kept, &first));
    close_bench(b);
    b = open_bench(&info, &how, &by_spectrum);
    OK(dam__diagnostics_restore(b->diagnostics, &kept));
    OK(dam__diagnostics_save(b->diagnostics, &again));
    OK(dam__diagnosed_read(&again, &second));
    close_bench(b);
    assert_int_equal(first.rows, 1);
    assert_int_equal(second.rows, 1);
    assert_memory_equal(first.values, second.values, (size_t)first.columns * sizeof *first.values);
    dam__diagnosed_free(&first);
    dam__diagnosed_free(&second);
    dam__container_free(&kept);
    dam__container_free(&again);
}

static void test_lists(void **state)
{
    (void)state;
    static const char *const wrong[] = {"1,1", "5,2", "-1",  "a",  "1,",
                                        ",1",  "1;2", "1.5", " 1", "9999999999999999999"};
    double steps[DAM__DIAGNOSED_STEPS];
    int count = 0;
    OK(dam__diagnosed_steps("0,10,100", steps, &count));
    assert_int_equal(count, 3);
    assert_true(steps[0] == 0 && steps[1] == 10 && steps[2] == 100);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_int_equal(dam__diagnosed_steps(wrong[i], steps, &count), DAM_USAGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists),    cmocka_unit_test(test_golden),
        cmocka_unit_test(test_spectrum), cmocka_unit_test(test_untouched),
        cmocka_unit_test(test_restore),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
