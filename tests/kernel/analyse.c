/*
 * Analysis on a device against golden answers (golden/make_analyse.py): eigenvalues of a dense
 * solver, posteriors, input gradients and perturbations; input gradients against finite
 * differences; what must hold of a model that is embedded in one of twice the width; and softmax
 * regression.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "analyse/activations.h"
#include "analyse/adversary.h"
#include "analyse/landscape.h"
#include "kernel/grow.h"

static const char *const names[] = {"whole", "partial"};

enum { CASES = sizeof names / sizeof *names };

/* Whether names[i] is tried: CLBlast compiles anew for every device that is opened, which takes
 * longer than all the rest.
 */
static bool is_tried(const setting *how, size_t i)
{
    return i == 0 || how->provider != dam__gemm_for_gpus();
}

static double *load_answer(const char *golden, const char *name)
{
    dam__array array = load_golden("analyse/%s/%s", golden, name);
    assert_int_equal(array.element, DAM__F64);
    double *values = array.data;
    array.data = NULL;
    dam__array_free(&array);
    return values;
}

static void add_array(dam__container *run, const char *name, const double *values, size_t rows,
                      size_t cols)
{
    dam__array array = {0};
    OK(dam__array_create(DAM__F64, 2, (const size_t[]){rows, cols}, &array));
    memcpy(array.data, values, rows * cols * sizeof *values);
    OK(dam__container_add(run, name, &array));
}

/* A case as a run and a dataset. */
struct stage {
    struct golden_case p;
    dam__device *device;
    dam__container run;
    dam__dataset set;
    dam__model_config config;
    dam__workbench_options bench;
};

static struct stage open_stage(const dam_device_info *info, const setting *how, const char *name)
{
    struct stage stage = {.p = load_case(name), .device = shared_device(info, how)};
    struct golden_case *p = &stage.p;
    size_t memories = (size_t)p->memories, columns = (size_t)p->classes + 1;
    double *weights = transposed(numbers(&p->g), memories + 1, columns);
    struct rig made = {0};
    add_array(&stage.run, "parameters/memories", numbers(&p->w), memories, (size_t)p->dim);
    add_array(&stage.run, "parameters/class_weights", weights, columns, memories + 1);
    add_array(&stage.run, "parameters/beta", numbers(&p->beta), 1, 1);
    add_array(&stage.run, "parameters/counts", numbers(&p->counts), 1, memories + 1);
    add_array(&stage.run, "parameters/class_prior", numbers(&p->prior), 1, columns);
    make_set(&made, p);
    stage.set = made.set;
    stage.config = (dam__model_config){.kind = DAM__KIND_VMF,
                                       .memories = p->memories,
                                       .vmf.capacity = p->capacity,
                                       .vmf.varsigma = p->varsigma,
                                       .vmf.softening = p->softening,
                                       .vmf.sinkhorn = 10};
    stage.bench = (dam__workbench_options){.device = stage.device,
                                           .gemm = how->provider,
                                           .config = &stage.config,
                                           .dim = p->dim,
                                           .classes = p->classes,
                                           .count = stage.set.count,
                                           .batch = 32};
    free(weights);
    return stage;
}

/* A stage moves when it is returned. */
static void finish(struct stage *stage)
{
    stage->bench.run = &stage->run;
    stage->bench.set = &stage->set;
    stage->bench.config = &stage->config;
}

static void close_stage(struct stage *stage)
{
    dam__container_free(&stage->run);
    dam__dataset_free(&stage->set);
    free_case(&stage->p);
}

/* --- splitting eigenvalues and the embedding ------------------------------------------------------ */

static void check_landscape(const dam_device_info *info, const setting *how, const char *name)
{
    enum { MANY = 400 };
    struct stage stage = open_stage(info, how, name);
    finish(&stage);
    dam__landscape *landscape = NULL;
    dam__embedding found;
    const double *got = NULL, steps[] = {0.001, 0.002};
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    /* The power iteration's eigenvalue converges with the square of its direction. */
    const double tolerance = wide ? 1e-7 : 1e-4;
    size_t memories = (size_t)stage.p.memories;
    double *lambda = load_answer(name, "lambda"), *kappa = load_answer(name, "kappa");
    double *mass = load_answer(name, "mass"), *norms = load_answer(name, "norms");
    double *loss = load_answer(name, "loss");
    OK(dam__landscape_open(&(dam__landscape_options){.bench = stage.bench,
                                                     .iterations = is_slow(info) ? 60 : MANY,
                                                     .seed = 5,
                                                     .embed = true},
                           &landscape));
    OK(dam__landscape_search(landscape, &got));
    assert_close(got + DAM__GROW_KAPPA * memories, kappa, memories, tolerance, "kappa", how);
    assert_close(got + DAM__GROW_MASS * memories, mass, memories, tolerance, "mass", how);
    assert_close(got, lambda, memories, is_slow(info) ? 0.02 : wide ? 1e-5 : 1e-4, "lambda", how);
    OK(dam__landscape_embed(landscape, steps, 2, &found));
    assert_close(&found.loss[0], loss, 1, tolerance, "loss", how);
    assert_close(&found.memories[0], norms, 1, 10 * tolerance, "memory gradient", how);
    assert_close(&found.weights[0], norms + 1, 1, 10 * tolerance, "weight gradient", how);
    /* Doubling: the same loss, gradients less by the root of 2. Two larger numbers make the loss.
     */
    assert_true(fabs(found.loss[1] - found.loss[0]) <
                (wide ? 1e-13 : 2e-6) * fmax(1, fabs(found.loss[0])));
    assert_true(fabs(found.memories[1] / found.memories[0] - sqrt(0.5)) < (wide ? 1e-12 : 1e-5));
    assert_true(fabs(found.weights[1] / found.weights[0] - sqrt(0.5)) < (wide ? 1e-12 : 1e-5));
    /* Only double resolves the change of so small steps. */
    for (size_t i = 0; i < 2 && wide; i++)
        assert_close(&found.measured[i], &found.predicted[i], 1, 1e-3, "change of the loss", how);
    dam__landscape_close(landscape);
    free(lambda);
    free(kappa);
    free(mass);
    free(norms);
    free(loss);
    close_stage(&stage);
}

/* The equations' iterations against the same in numpy; at the fixed point nothing moves, and the
 * Jacobian says what the splitting matrix says. */
static void check_saddle(const dam_device_info *info, const setting *how, const char *name)
{
    enum { EQUATIONS = 6, HEAD = 8 };
    struct stage stage = open_stage(info, how, name);
    finish(&stage);
    dam__landscape *landscape = NULL;
    dam__saddle found = {0};
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    const double tolerance = wide ? 1e-9 : 2e-4;
    double *wanted = load_answer(name, "saddle");
    const dam__landscape_options options = {
        .bench = stage.bench, .iterations = 4, .seed = 5, .solve = true};
    OK(dam__landscape_open(&options, &landscape));
    OK(dam__landscape_solve(landscape, EQUATIONS, 0, NULL, &found));
    assert_int_equal(found.iterations, EQUATIONS);
    for (int side = 0; side < 2; side++) {
        const double got[] = {found.loss[side], found.beta[side], found.memories[side],
                              found.weights[side]};
        for (int i = 0; i < 4; i++)
            if (!(fabs(got[i] - wanted[4 * side + i]) <= tolerance * fmax(1, fabs(got[i]))))
                fail_msg("%s, %s: number %d, %d: %.12g, wanted %.12g", name, setting_name(how),
                         side, i, got[i], wanted[4 * side + i]);
    }
    assert_close(found.found, wanted + HEAD, found.count * found.dim, tolerance, "memories", how);
    assert_true(found.loss[1] < found.loss[0]); /* expectation-maximisation never raises it */
    dam__saddle_free(&found);
    dam__landscape_close(landscape);
    free(wanted);
    close_stage(&stage);
}

static void check_landscapes(const dam_device_info *info, const setting *how)
{
    for (size_t i = 0; i < CASES; i++)
        if (is_tried(how, i)) {
            check_landscape(info, how, names[i]);
            if (i == 0 || !is_slow(info))
                check_saddle(info, how, names[i]);
        }
}

static void test_landscape(void **state)
{
    (void)state;
    for_each_once(check_landscapes);
}

static void test_labels_are_checked(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {.shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL};
    struct stage stage = open_stage(&info, &how, "whole");
    dam__landscape *landscape = NULL;
    dam__landscape_options options = {.iterations = 1};
    finish(&stage);
    options.bench = stage.bench;
    int32_t *labels = stage.set.labels;
    stage.set.labels = NULL;
    assert_int_equal(dam__landscape_open(&options, &landscape), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "has no labels to analyse the run with; set data.labels"));
    stage.set.labels = labels;
    stage.set.classes++;
    assert_int_equal(dam__landscape_open(&options, &landscape), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "has class 3, but the run was trained on 3 classes"));
    stage.set.classes--;
    options.bench.dim--;
    assert_int_equal(dam__landscape_open(&options, &landscape), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "has 23 features a sample, but the run was trained on 22"));
    close_stage(&stage);
}

/* --- single samples ------------------------------------------------------------------------------- */

static void check_perturbation(const struct stage *stage, const setting *how, const char *name,
                               const dam__margins *margins)
{
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    double *columns = load_answer(name, "columns"), *directions = load_answer(name, "directions");
    double *angles = load_answer(name, "angles"), *landed = load_answer(name, "landed");
    size_t flipped = 0, apart = 0;
    for (size_t i = 0; i < stage->set.count; i++) {
        assert_int_equal(margins->predicted[i], (int)columns[2 * i]);
        assert_int_equal(margins->rival[i], (int)columns[2 * i + 1]);
        flipped += angles[i] > 0;
        /* Rounding may hide that a prediction changes for a moment. */
        if (!(fabs(margins->angles[i] - angles[i]) < 1e-3) || margins->landed[i] != (int)landed[i])
            apart++;
    }
    assert_true(flipped > 0);
    assert_int_equal(apart > (wide ? 0U : 1U), 0);
    assert_close(margins->directions, directions, margins->kept * margins->dim, wide ? 1e-9 : 1e-4,
                 "directions", how);
    free(columns);
    free(directions);
    free(angles);
    free(landed);
}

/* One case: the kernel that perturbs a sample is large, and every model compiles its own. */
static void check_samples(const dam_device_info *info, const setting *how)
{
    const char *name = "partial";
    struct stage stage = open_stage(info, how, name);
    finish(&stage);
    bool wide = how->precision == DAM__PRECISION_DOUBLE;
    dam__activations found = {0};
    dam__margins margins[2] = {{0}, {0}};
    double *posterior = load_answer(name, "posterior");
    double *probabilities = load_answer(name, "probabilities");
    double *weights = calloc((size_t)stage.p.classes * (size_t)stage.p.dim, sizeof *weights);
    const dam__linear_fit nothing = {
        .classes = (size_t)stage.p.classes, .dim = (size_t)stage.p.dim, .weights = weights};
    OK(dam__activations_of(&stage.bench, &found));
    assert_int_equal(found.memories, stage.p.memories);
    assert_close(found.posterior, posterior, found.samples * (found.memories + 1),
                 wide ? 1e-12 : 1e-5, "posterior", how);
    assert_close(found.probabilities, probabilities, found.samples * found.columns,
                 wide ? 1e-12 : 1e-5, "probabilities", how);
    OK(dam__adversary_run(&stage.bench, &nothing, 1.5707963267948966, 20, margins));
    check_perturbation(&stage, how, name, &margins[0]);
    /* Without weights all classes are equal for ever. */
    assert_int_equal(margins[1].predicted[0], 0);
    assert_true(margins[1].angles[0] == -1);
    for (int k = 0; k < 2; k++)
        dam__margins_free(&margins[k]);
    dam__activations_free(&found);
    free(posterior);
    free(probabilities);
    free(weights);
    close_stage(&stage);
}

static void test_samples(void **state)
{
    (void)state;
    for_each_once(check_samples);
}

/* --- the input gradient against finite differences ------------------------------------------------ */

struct bench {
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__plan *plan;
    dam__matrix samples, posterior, probabilities, directions;
    dam__buffer *columns;
};

static void open_bench(struct bench *b, const dam_device_info *info, const setting *how,
                       const struct golden_case *p, int rows)
{
    const dam__task task = {.dim = p->dim, .classes = p->classes};
    const dam__model_config config = {.kind = DAM__KIND_VMF,
                                      .memories = p->memories,
                                      .vmf.varsigma = p->varsigma,
                                      .vmf.softening = p->softening};
    double *weights = transposed(numbers(&p->g), (size_t)p->memories + 1, (size_t)p->classes + 1);
    b->device = shared_device(info, how);
    OK(dam__gemm_create(b->device, how->provider, &b->gemm));
    OK(dam__model_create(b->device, b->gemm, &config, &task, &b->model));
    OK(dam__plan_create(b->device, &b->plan));
    OK(b->model->ops->plan(b->model, b->plan, rows));
    OK(b->model->ops->probe->plan(b->model, b->plan));
    OK(dam__gemm_plan(b->gemm, b->plan));
    OK(dam__plan_matrix(b->plan, "samples", rows, p->dim, 1, &b->samples));
    OK(dam__plan_matrix(b->plan, "posterior", rows, p->memories + 1, 1, &b->posterior));
    OK(dam__plan_matrix(b->plan, "probabilities", rows, p->classes + 1, 1, &b->probabilities));
    OK(dam__plan_matrix(b->plan, "directions", rows, p->dim, 1, &b->directions));
    OK(dam__plan_buffer(b->plan, "columns", 2 * (size_t)rows * sizeof(int32_t), &b->columns));
    OK(dam__plan_allocate(b->plan));
    OK(b->model->ops->prepare(b->model));
    OK(b->model->ops->probe->prepare(b->model));
    OK(dam__matrix_write_doubles(&b->model->parameters[MEMORIES].value, numbers(&p->w), "test"));
    OK(dam__matrix_write_doubles(&b->model->parameters[CLASS_WEIGHTS].value, weights, "test"));
    OK(dam__matrix_write_doubles(&b->model->parameters[BETA].value, numbers(&p->beta), "test"));
    OK(b->model->ops->refresh(b->model));
    free(weights);
}

static void close_bench(struct bench *b)
{
    dam__matrix *const matrices[] = {&b->samples, &b->posterior, &b->probabilities, &b->directions};
    for (size_t i = 0; i < 4; i++)
        dam__buffer_destroy(matrices[i]->buffer);
    dam__buffer_destroy(b->columns);
    dam__model_destroy(b->model);
    dam__gemm_destroy(b->gemm);
    dam__plan_destroy(b->plan);
}

/* Row 0 is a sample; rows 1 + 2j and 2 + 2j the same, more and less by h in feature j. */
static void check_gradient(struct bench *b, const struct golden_case *p, const setting *how,
                           int sample)
{
    const double h = 1e-5;
    size_t dim = (size_t)p->dim, rows = 2 * dim + 1, columns = (size_t)p->classes + 1;
    double *x = calloc(rows * dim, sizeof *x), *wanted = calloc(dim, sizeof *wanted);
    const dam__batch batch = {.samples = &b->samples, .size = (int)rows};
    int32_t top[2];
    for (size_t i = 0; i < rows; i++)
        memcpy(x + i * dim, numbers(&p->x) + (size_t)sample * dim, dim * sizeof *x);
    for (size_t j = 0; j < dim; j++) {
        x[(1 + 2 * j) * dim + j] += h;
        x[(2 + 2 * j) * dim + j] -= h;
    }
    OK(dam__matrix_write_doubles(&b->samples, x, "test"));
    OK(b->model->ops->probe->posterior(b->model, &batch, &b->posterior, &b->probabilities));
    double *share = read_matrix(&b->probabilities);
    OK(b->model->ops->probe->descend(b->model, &batch, &b->directions, b->columns));
    double *got = read_matrix(&b->directions);
    OK(dam__buffer_read(b->columns, 0, top, sizeof top, "test"));
    for (size_t j = 0; j < dim; j++) {
        const double *more = share + (1 + 2 * j) * columns, *less = share + (2 + 2 * j) * columns;
        wanted[j] =
            -(log(more[top[0]] / more[top[1]]) - log(less[top[0]] / less[top[1]])) / (2 * h);
    }
    assert_close(got, wanted, dim, 1e-6, "input gradient", how);
    free(x);
    free(wanted);
    free(share);
    free(got);
}

static void check_gradients(const dam_device_info *info, const setting *how)
{
    if (how->precision != DAM__PRECISION_DOUBLE)
        return;
    for (size_t i = 0; i < CASES && is_tried(how, i); i++) {
        struct golden_case p = load_case(names[i]);
        struct bench b = {0};
        open_bench(&b, info, how, &p, 2 * p.dim + 1);
        for (int sample = 0; sample < 5; sample++)
            check_gradient(&b, &p, how, sample);
        close_bench(&b);
        free_case(&p);
    }
}

/* Differences need double: on a device without it, the golden directions above are the check. */
static void test_input_gradient(void **state)
{
    (void)state;
    for_each_once(check_gradients);
}

/* --- softmax regression --------------------------------------------------------------------------- */

/* The mean loss of a fit and the norm of its gradient, on the host. */
static double loss_of(const struct stage *stage, const dam__linear_fit *fit, double *norm)
{
    size_t dim = fit->dim, classes = fit->classes, count = stage->set.count;
    const float *x = stage->set.samples.data;
    double *gradient = calloc(classes * dim, sizeof *gradient), loss = 0;
    for (size_t i = 0; i < count; i++) {
        double logits[16] = {0}, sum = 0;
        for (size_t y = 0; y < classes; y++) {
            for (size_t j = 0; j < dim; j++)
                logits[y] += fit->weights[y * dim + j] * (double)x[i * dim + j];
            sum += exp(logits[y]);
        }
        loss += (log(sum) - logits[stage->set.labels[i]]) / (double)count;
        for (size_t y = 0; y < classes; y++)
            for (size_t j = 0; j < dim; j++)
                gradient[y * dim + j] +=
                    (exp(logits[y]) / sum - ((int32_t)y == stage->set.labels[i])) *
                    (double)x[i * dim + j] / (double)count;
    }
    *norm = 0;
    for (size_t i = 0; i < classes * dim; i++)
        *norm = hypot(*norm, gradient[i]);
    free(gradient);
    return loss;
}

static void check_linear(const dam_device_info *info, const setting *how)
{
    struct stage stage = open_stage(info, how, "partial");
    dam__linear_fit none = {0}, one = {0}, fit = {0};
    double slope = 0, norm = 0;
    finish(&stage);
    /* After one step from zeros the weights are minus the gradient there. */
    OK(dam__linear_train(&stage.bench, 1, &one));
    none = one;
    none.weights = calloc(one.classes * one.dim, sizeof *none.weights);
    double least = loss_of(&stage, &none, &slope);
    assert_true(fabs(least - log((double)one.classes)) < 1e-12);
    for (size_t i = 0; i < one.classes * one.dim; i++)
        norm = hypot(norm, one.weights[i]);
    assert_close(&norm, &slope, 1, 1e-5, "first gradient", how);
    OK(dam__linear_train(&stage.bench, 400, &fit));
    double trained = loss_of(&stage, &fit, &norm);
    assert_true(trained < 0.5 * least);
    assert_close(&fit.loss, &trained, 1, 1e-2, "loss", how);
    assert_true(norm < 0.05 * slope);
    free(none.weights);
    dam__linear_fit_free(&one);
    dam__linear_fit_free(&fit);
    close_stage(&stage);
}

static void test_linear(void **state)
{
    (void)state;
    for_each_once(check_linear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_landscape), cmocka_unit_test(test_labels_are_checked),
        cmocka_unit_test(test_samples),   cmocka_unit_test(test_input_gradient),
        cmocka_unit_test(test_linear),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
