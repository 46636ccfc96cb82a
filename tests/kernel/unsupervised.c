/*
 * The unsupervised vmf model on a device against golden problems (golden/make_unsupervised.py):
 * loss, gradients, training steps and validation, without labels; and its gradients against finite
 * differences of its own loss.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "kernel/device.h"
#include "model/model.h"
#include "store/array.h"
#include "train/optimizer.h"

enum { STEPS = 3 };

#define PROBLEM_ARRAYS(X)                                                                          \
    X(setup) X(x) X(counts) X(prior) X(w) X(g) X(beta) X(loss) X(dw) X(dg) X(dbeta)

/* What golden/make_unsupervised.py wrote. */
struct problem {
#define DECLARE(field) dam__array field;
    PROBLEM_ARRAYS(DECLARE)
#undef DECLARE
    int dim, memories, classes, batch;
};

static const double *numbers(const dam__array *array)
{
    return array->data;
}

static void load_array(const char *problem, const char *name, dam__array *out)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/unsupervised/%s/%s.npy", GOLDEN_FOLDER, problem, name);
    OK(dam__array_read(path, out));
    assert_int_equal(out->element, DAM__F64);
}

static struct problem load_problem(const char *name)
{
    struct problem p = {0};
#define LOAD_FIELD(field) load_array(name, #field, &p.field);
    PROBLEM_ARRAYS(LOAD_FIELD)
#undef LOAD_FIELD
    p.dim = (int)p.x.shape[1];
    p.batch = (int)p.x.shape[0] / STEPS;
    p.memories = (int)p.w.shape[1];
    p.classes = (int)p.prior.shape[0] - 1;
    return p;
}

static void free_problem(struct problem *p)
{
#define FREE_FIELD(field) dam__array_free(&p->field);
    PROBLEM_ARRAYS(FREE_FIELD)
#undef FREE_FIELD
}

/* A model of a problem on a device, with everything a step needs. */
struct rig {
    const struct problem *problem;
    const setting *how;
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__plan *plan;
    dam__matrix samples, losses;
    dam__buffer *rows;
    dam__evaluation evaluation;
};

static const dam__matrix *matrix_of(const struct rig *rig, const char *name, bool gradient)
{
    const dam__parameter *parameter = dam__model_parameter(rig->model, name);
    return gradient ? &parameter->gradient : &parameter->value;
}

/* The class weights are class-major on the device: turned round on the way, either way. */
static void transpose(const double *from, size_t rows, size_t columns, double *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
}

static double *read_parameter(const struct rig *rig, const char *name, bool gradient)
{
    const dam__matrix *matrix = matrix_of(rig, name, gradient);
    double *values = calloc(dam__matrix_items(matrix), sizeof *values);
    OK(dam__matrix_read_doubles(matrix, values, "test"));
    return values;
}

static double *read_class_weights(const struct rig *rig, bool gradient)
{
    const dam__matrix *matrix = matrix_of(rig, "class_weights", gradient);
    double *by_class = read_parameter(rig, "class_weights", gradient);
    double *weights = calloc(dam__matrix_items(matrix), sizeof *weights);
    transpose(by_class, (size_t)matrix->rows, (size_t)matrix->cols, weights);
    free(by_class);
    return weights;
}

static void write_first_values(struct rig *rig)
{
    const struct problem *p = rig->problem;
    size_t width = p->counts.shape[0], columns = p->prior.shape[0];
    size_t count = p->x.shape[0];
    double *g = calloc(width * columns, sizeof *g);
    int32_t *rows = calloc(count, sizeof *rows);
    transpose(numbers(&p->g), width, columns, g);
    for (size_t i = 0; i < count; i++)
        rows[i] = (int32_t)i;
    OK(dam__matrix_write_doubles(matrix_of(rig, "memories", false), numbers(&p->w), "test"));
    OK(dam__matrix_write_doubles(matrix_of(rig, "class_weights", false), g, "test"));
    OK(dam__matrix_write_doubles(matrix_of(rig, "beta", false), numbers(&p->beta), "test"));
    OK(dam__matrix_write_doubles(&rig->samples, numbers(&p->x), "test"));
    OK(dam__buffer_write(rig->rows, 0, rows, count * sizeof *rows, true, "test"));
    OK(rig->model->ops->refresh(rig->model));
    free(g);
    free(rows);
}

static void plan_data(struct rig *rig)
{
    const struct problem *p = rig->problem;
    int count = (int)p->x.shape[0];
    size_t bytes = (size_t)count * sizeof(int32_t);
    OK(dam__plan_matrix(rig->plan, "samples", count, p->dim, 1, &rig->samples));
    OK(dam__plan_matrix(rig->plan, "losses", 1, STEPS, 1, &rig->losses));
    OK(dam__plan_matrix(rig->plan, "totals", 1, 2, 1, &rig->evaluation.totals));
    OK(dam__plan_buffer(rig->plan, "rows", bytes, &rig->rows));
    OK(dam__plan_buffer(rig->plan, "predicted", bytes, &rig->evaluation.predicted));
    OK(dam__plan_buffer(rig->plan, "nearest", bytes, &rig->evaluation.nearest));
}

static struct rig open_rig(const dam_device_info *info, const setting *how, const struct problem *p,
                           int chunk)
{
    struct rig rig = {.problem = p, .how = how};
    const double *setup = numbers(&p->setup);
    const dam__model_config config = {.kind = DAM__KIND_VMF,
                                      .memories = p->memories,
                                      .vmf.capacity = (int)setup[5],
                                      .vmf.beta = numbers(&p->beta)[0],
                                      .vmf.varsigma = setup[0],
                                      .vmf.softening = setup[1],
                                      .vmf.sinkhorn = (int)setup[4],
                                      .vmf.loss = DAM__LOSS_UNSUPERVISED};
    double *share = calloc((size_t)p->classes, sizeof *share);
    for (int y = 0; y < p->classes; y++)
        share[y] = (numbers(&p->prior)[y] - setup[1] / (p->classes + 1)) / (1 - setup[1]);
    const dam__task task = {.dim = p->dim, .classes = p->classes, .class_share = share};
    rig.device = shared_device(info, how);
    OK(dam__gemm_create(rig.device, how->provider, &rig.gemm));
    OK(dam__model_create(rig.device, rig.gemm, &config, &task, &rig.model));
    OK(dam__plan_create(rig.device, &rig.plan));
    OK(rig.model->ops->plan(rig.model, rig.plan, chunk));
    OK(dam__optimizer_create(rig.model, rig.plan, &rig.optimizer));
    OK(dam__gemm_plan(rig.gemm, rig.plan));
    plan_data(&rig);
    OK(dam__plan_allocate(rig.plan));
    OK(rig.model->ops->prepare(rig.model));
    OK(dam__optimizer_prepare(rig.optimizer));
    OK(rig.model->ops->initialise(rig.model, 1));
    free(share);
    return rig;
}

static void close_rig(struct rig *rig)
{
    dam__buffer_destroy(rig->samples.buffer);
    dam__buffer_destroy(rig->losses.buffer);
    dam__buffer_destroy(rig->rows);
    dam__buffer_destroy(rig->evaluation.totals.buffer);
    dam__buffer_destroy(rig->evaluation.predicted);
    dam__buffer_destroy(rig->evaluation.nearest);
    dam__optimizer_destroy(rig->optimizer);
    dam__model_destroy(rig->model);
    dam__gemm_destroy(rig->gemm);
    dam__plan_destroy(rig->plan);
}

static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 2e-4;
}

/* Rows of the gradient lose what is along those of value: what the reference gives. */
static void make_tangent(double *gradient, const double *value, const double *counts, size_t rows,
                         size_t columns)
{
    for (size_t i = 0; i < rows; i++) {
        double along = 0;
        for (size_t j = 0; j < columns; j++)
            along += gradient[i * columns + j] * value[i * columns + j];
        for (size_t j = 0; j < columns; j++)
            gradient[i * columns + j] -=
                counts != NULL ? along / counts[i] : along * value[i * columns + j];
    }
}

static void check_gradients(const struct rig *rig)
{
    const struct problem *p = rig->problem;
    size_t width = p->counts.shape[0], columns = p->prior.shape[0];
    size_t memories = (size_t)p->memories, dim = (size_t)p->dim;
    double tolerance = tolerance_of(rig->how);
    double *dw = read_parameter(rig, "memories", true), *dg = read_class_weights(rig, true);
    double *db = read_parameter(rig, "beta", true);
    make_tangent(dw, numbers(&p->w), NULL, memories, dim);
    make_tangent(dg, numbers(&p->g), numbers(&p->counts), width, columns);
    assert_close(dw, numbers(&p->dw), memories * dim, tolerance, "dW", rig->how);
    assert_close(dg, numbers(&p->dg), width * columns, tolerance, "dG", rig->how);
    assert_close(db, numbers(&p->dbeta), 1, tolerance, "dbeta", rig->how);
    free(dw);
    free(dg);
    free(db);
}

static void check_values(const struct rig *rig, int step)
{
    const struct problem *p = rig->problem;
    size_t entries = (size_t)p->memories * (size_t)p->dim, at = (size_t)step;
    size_t weights = p->counts.shape[0] * p->prior.shape[0];
    double tolerance = tolerance_of(rig->how);
    double *w = read_parameter(rig, "memories", false), *g = read_class_weights(rig, false);
    double *beta = read_parameter(rig, "beta", false);
    assert_close(w, numbers(&p->w) + at * entries, entries, tolerance, "W", rig->how);
    assert_close(g, numbers(&p->g) + at * weights, weights, tolerance, "G", rig->how);
    assert_close(beta, numbers(&p->beta) + at, 1, tolerance, "beta", rig->how);
    free(w);
    free(g);
    free(beta);
}

/* Without labels, and through an index where the provider can. */
static dam__batch batch_of(const struct rig *rig, int first, int size)
{
    return (dam__batch){.samples = &rig->samples,
                        .rows = dam__gemm_gathers(rig->gemm) ? rig->rows : NULL,
                        .first = first,
                        .size = size};
}

static void check_evaluation(struct rig *rig)
{
    int count = (int)rig->problem->x.shape[0];
    const dam__batch all = {.samples = &rig->samples, .size = count};
    double totals[2];
    OK(rig->model->ops->evaluate(rig->model, &all, &rig->evaluation, 0, 0));
    OK(dam__matrix_read_doubles(&rig->evaluation.totals, totals, "test"));
    totals[0] /= count;
    assert_close(totals, numbers(&rig->problem->loss) + STEPS, 1, tolerance_of(rig->how),
                 "loss of all", rig->how);
    assert_true(totals[1] == 0);
}

static void check_problem(const dam_device_info *info, const setting *how, const char *name,
                          int chunk)
{
    struct problem p = load_problem(name);
    struct rig rig = open_rig(info, how, &p, chunk < p.batch ? chunk : p.batch);
    const double *setup = numbers(&p.setup);
    double *prior = read_parameter(&rig, "class_prior", false);
    assert_close(prior, numbers(&p.prior), p.prior.shape[0], 1e-6, "prior", how);
    write_first_values(&rig);
    for (int step = 0; step < STEPS; step++) {
        double losses[STEPS];
        const dam__batch batch = batch_of(&rig, step * p.batch, p.batch);
        OK(rig.model->ops->loss_gradient(rig.model, &batch, rig.losses.buffer, step));
        if (step == 0)
            check_gradients(&rig);
        OK(dam__optimizer_step(rig.optimizer, setup[2], setup[3]));
        OK(rig.model->ops->project(rig.model));
        OK(dam__matrix_read_doubles(&rig.losses, losses, "test"));
        /* Losses pass through 0: the scale of what is added up is a few units. */
        if (!(fabs(losses[step] - numbers(&p.loss)[step]) <= tolerance_of(how)))
            fail_msg("%s, step %d: loss %.9g instead of %.9g", setting_name(how), step,
                     losses[step], numbers(&p.loss)[step]);
        check_values(&rig, step + 1);
    }
    check_evaluation(&rig);
    free(prior);
    close_rig(&rig);
    free_problem(&p);
}

static void in_chunks(const dam_device_info *info, const setting *how)
{
    check_problem(info, how, "many", 5);
    if (is_slow(info))
        return;
    check_problem(info, how, "ten", 1000);
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(in_chunks);
}

/* --- finite differences -------------------------------------------------------------------------
 */

static double loss_now(struct rig *rig)
{
    double losses[STEPS];
    const dam__batch batch = batch_of(rig, 0, rig->problem->batch);
    OK(rig->model->ops->refresh(rig->model));
    OK(rig->model->ops->loss_gradient(rig->model, &batch, rig->losses.buffer, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    return losses[0];
}

/* Central differences in every entry of a parameter, or in its logarithm. */
static void check_differences(struct rig *rig, const char *name, bool logarithm)
{
    const double epsilon = 1e-5;
    const dam__matrix *matrix = matrix_of(rig, name, false);
    size_t count = dam__matrix_items(matrix);
    double *values = read_parameter(rig, name, false);
    double *wanted = calloc(count, sizeof *wanted);
    (void)loss_now(rig);
    double *gradient = read_parameter(rig, name, true);
    for (size_t i = 0; i < count; i++) {
        double old = values[i], sides[2];
        for (int side = 0; side < 2; side++) {
            double move = side == 0 ? epsilon : -epsilon;
            values[i] = logarithm ? old * exp(move) : old + move;
            OK(dam__matrix_write_doubles(matrix, values, "test"));
            sides[side] = loss_now(rig);
        }
        values[i] = old;
        wanted[i] = (sides[0] - sides[1]) / (2 * epsilon);
        gradient[i] *= logarithm ? old : 1;
    }
    OK(dam__matrix_write_doubles(matrix, values, "test"));
    assert_close(gradient, wanted, count, 1e-6, name, rig->how);
    free(values);
    free(wanted);
    free(gradient);
}

static void test_finite_differences(void **state)
{
    (void)state;
    const dam_device_info info = test_device();
    const setting how = {
        .shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL, .precision = DAM__PRECISION_DOUBLE};
    if (!info.fp64) {
        print_message("'%s' has no fp64: finite differences need it\n", info.name);
        return;
    }
    struct problem p = load_problem("many");
    struct rig rig = open_rig(&info, &how, &p, p.batch);
    write_first_values(&rig);
    check_differences(&rig, "memories", false);
    check_differences(&rig, "class_weights", true);
    check_differences(&rig, "beta", false);
    close_rig(&rig);
    free_problem(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
