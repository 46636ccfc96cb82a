/*
 * The vmf model on a device against golden problems (golden/make_vmf.py): loss, gradients, training
 * steps and evaluation; and its gradients against finite differences of its own loss.
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

/* What golden/make_vmf.py wrote; its head says what is what. */
struct problem {
    char name[32];
    dam__array setup, x, labels, counts, prior, w, g, beta, loss, dw, dg, dbeta, predicted, nearest;
    int dim, memories, classes, batch;
};

static const double *numbers(const dam__array *array)
{
    return array->data;
}

static void load_array(const char *problem, const char *name, dam__array *out)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/vmf/%s/%s.npy", GOLDEN_FOLDER, problem, name);
    OK(dam__array_read(path, out));
    assert_int_equal(out->element, DAM__F64);
}

#define PROBLEM_ARRAYS(X)                                                                          \
    X(setup)                                                                                       \
    X(x)                                                                                           \
    X(labels)                                                                                      \
    X(counts) X(prior) X(w) X(g) X(beta) X(loss) X(dw) X(dg) X(dbeta) X(predicted) X(nearest)

static struct problem load_problem(const char *name)
{
    struct problem p = {0};
    (void)snprintf(p.name, sizeof p.name, "%s", name);
#define LOAD(field) load_array(name, #field, &p.field);
    PROBLEM_ARRAYS(LOAD)
#undef LOAD
    p.dim = (int)p.x.shape[1];
    p.batch = (int)p.x.shape[0] / STEPS;
    p.memories = (int)p.w.shape[1];
    p.classes = (int)p.prior.shape[0] - 1;
    return p;
}

static void free_problem(struct problem *p)
{
#define FREE(field) dam__array_free(&p->field);
    PROBLEM_ARRAYS(FREE)
#undef FREE
}

/* A model of a problem on a device, with everything a step needs. */
struct rig {
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__plan *plan;
    dam__matrix samples, reversed, losses;
    dam__buffer *labels, *reversed_labels, *rows;
    dam__evaluation evaluation;
};

static double *parameter_now(struct rig *rig, const char *name, bool gradient)
{
    const dam__parameter *parameter = dam__model_parameter(rig->model, name);
    const dam__matrix *matrix = gradient ? &parameter->gradient : &parameter->value;
    double *values = calloc(dam__matrix_items(matrix), sizeof *values);
    OK(dam__matrix_read_doubles(matrix, values, "test"));
    return values;
}

static void set_parameter(struct rig *rig, const char *name, const double *values)
{
    OK(dam__matrix_write_doubles(&dam__model_parameter(rig->model, name)->value, values, "test"));
}

/* Class weights are class-major on the device: rows x columns of `from` become columns x rows. */
static void transpose(const double *from, size_t rows, size_t columns, double *to)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j++)
            to[j * rows + i] = from[i * columns + j];
}

/* The samples twice: as they are, and backwards with an index that puts them right again. */
static void write_samples(struct rig *rig, const struct problem *p)
{
    size_t count = p->x.shape[0], dim = p->x.shape[1];
    double *reversed = calloc(count * dim, sizeof *reversed);
    int32_t *labels = calloc(count, sizeof *labels);
    for (size_t i = 0; i < count; i++) {
        memcpy(reversed + (count - 1 - i) * dim, numbers(&p->x) + i * dim, dim * sizeof *reversed);
        labels[i] = (int32_t)numbers(&p->labels)[i];
    }
    OK(dam__matrix_write_doubles(&rig->samples, numbers(&p->x), "test"));
    OK(dam__matrix_write_doubles(&rig->reversed, reversed, "test"));
    OK(dam__buffer_write(rig->labels, 0, labels, count * sizeof *labels, true, "test"));
    for (size_t i = 0; i < count; i++)
        labels[count - 1 - i] = (int32_t)numbers(&p->labels)[i];
    OK(dam__buffer_write(rig->reversed_labels, 0, labels, count * sizeof *labels, true, "test"));
    for (size_t i = 0; i < count; i++)
        labels[i] = (int32_t)(count - 1 - i);
    OK(dam__buffer_write(rig->rows, 0, labels, count * sizeof *labels, true, "test"));
    free(reversed);
    free(labels);
}

static void write_parameters(struct rig *rig, const struct problem *p)
{
    size_t width = p->counts.shape[0], columns = p->prior.shape[0];
    double *g = calloc(width * columns, sizeof *g);
    transpose(numbers(&p->g), width, columns, g);
    set_parameter(rig, "memories", numbers(&p->w));
    set_parameter(rig, "class_weights", g);
    set_parameter(rig, "beta", numbers(&p->beta));
    OK(rig->model->ops->refresh(rig->model));
    free(g);
}

static void plan_data(struct rig *rig, const struct problem *p)
{
    int count = (int)p->x.shape[0];
    size_t index = (size_t)count * sizeof(int32_t);
    OK(dam__plan_matrix(rig->plan, "samples", count, p->dim, 1, &rig->samples));
    OK(dam__plan_matrix(rig->plan, "reversed", count, p->dim, 1, &rig->reversed));
    OK(dam__plan_matrix(rig->plan, "losses", 1, STEPS, 1, &rig->losses));
    OK(dam__plan_matrix(rig->plan, "totals", 2, 2, 1, &rig->evaluation.totals));
    OK(dam__plan_buffer(rig->plan, "labels", index, &rig->labels));
    OK(dam__plan_buffer(rig->plan, "reversed labels", index, &rig->reversed_labels));
    OK(dam__plan_buffer(rig->plan, "rows", index, &rig->rows));
    OK(dam__plan_buffer(rig->plan, "predicted", index, &rig->evaluation.predicted));
    OK(dam__plan_buffer(rig->plan, "nearest", index, &rig->evaluation.nearest));
}

static struct rig *open_rig(const dam_device_info *info, const setting *how,
                            const struct problem *p, int chunk)
{
    struct rig *rig = calloc(1, sizeof *rig);
    const double *setup = numbers(&p->setup);
    const dam__model_config config = {.kind = DAM__KIND_VMF,
                                      .memories = p->memories,
                                      .vmf.capacity = (int)setup[5],
                                      .vmf.beta = numbers(&p->beta)[0],
                                      .vmf.beta_rule =
                                          setup[6] != 0 ? DAM__BETA_FROZEN : DAM__BETA_LEARNED,
                                      .vmf.varsigma = setup[0],
                                      .vmf.softening = setup[1],
                                      .vmf.sinkhorn = (int)setup[4]};
    double *share = calloc((size_t)p->classes, sizeof *share);
    for (int y = 0; y < p->classes; y++)
        share[y] = (numbers(&p->prior)[y] - setup[1] / (p->classes + 1)) / (1 - setup[1]);
    const dam__task task = {.dim = p->dim, .classes = p->classes, .class_share = share};
    rig->device = shared_device(info, how);
    OK(dam__gemm_create(rig->device, how->provider, &rig->gemm));
    OK(dam__model_create(rig->device, rig->gemm, &config, &task, &rig->model));
    OK(dam__plan_create(rig->device, &rig->plan));
    OK(rig->model->ops->plan(rig->model, rig->plan, chunk));
    OK(dam__optimizer_create(rig->model, rig->plan, &rig->optimizer));
    OK(dam__gemm_plan(rig->gemm, rig->plan));
    plan_data(rig, p);
    OK(dam__plan_check(rig->plan));
    OK(dam__plan_allocate(rig->plan));
    OK(rig->model->ops->prepare(rig->model));
    OK(dam__optimizer_prepare(rig->optimizer));
    OK(rig->model->ops->initialise(rig->model, 1));
    write_samples(rig, p);
    write_parameters(rig, p);
    free(share);
    return rig;
}

static void close_rig(struct rig *rig)
{
    dam__buffer_destroy(rig->samples.buffer);
    dam__buffer_destroy(rig->reversed.buffer);
    dam__buffer_destroy(rig->losses.buffer);
    dam__buffer_destroy(rig->evaluation.totals.buffer);
    dam__buffer_destroy(rig->labels);
    dam__buffer_destroy(rig->reversed_labels);
    dam__buffer_destroy(rig->rows);
    dam__buffer_destroy(rig->evaluation.predicted);
    dam__buffer_destroy(rig->evaluation.nearest);
    dam__optimizer_destroy(rig->optimizer);
    dam__model_destroy(rig->model);
    dam__gemm_destroy(rig->gemm);
    dam__plan_destroy(rig->plan);
    free(rig);
}

/* Samples first ... first+size-1; through the index where the provider can. */
static dam__batch batch_of(const struct rig *rig, int first, int size)
{
    if (dam__gemm_gathers(rig->gemm))
        return (dam__batch){.samples = &rig->reversed,
                            .labels = rig->reversed_labels,
                            .rows = rig->rows,
                            .first = first,
                            .size = size};
    return (dam__batch){
        .samples = &rig->samples, .labels = rig->labels, .first = first, .size = size};
}

static double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 2e-4;
}

/* gradient -= its part along value, row by row of `columns`: what the reference gives. */
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

static void check_gradients(struct rig *rig, const struct problem *p, const setting *how)
{
    size_t width = p->counts.shape[0], columns = p->prior.shape[0];
    double tolerance = tolerance_of(how);
    double *dw = parameter_now(rig, "memories", true);
    double *by_class = parameter_now(rig, "class_weights", true);
    double *db = parameter_now(rig, "beta", true);
    double *dg = calloc(width * columns, sizeof *dg);
    make_tangent(dw, numbers(&p->w), NULL, (size_t)p->memories, (size_t)p->dim);
    transpose(by_class, columns, width, dg);
    make_tangent(dg, numbers(&p->g), numbers(&p->counts), width, columns);
    assert_close(dw, numbers(&p->dw), (size_t)p->memories * (size_t)p->dim, tolerance, "dW", how);
    assert_close(dg, numbers(&p->dg), width * columns, tolerance, "dG", how);
    assert_close(db, numbers(&p->dbeta), 1, tolerance, "dbeta", how);
    free(dw);
    free(by_class);
    free(db);
    free(dg);
}

static void check_values(struct rig *rig, const struct problem *p, const setting *how, int step)
{
    size_t width = p->counts.shape[0], columns = p->prior.shape[0];
    size_t entries = (size_t)p->memories * (size_t)p->dim;
    double tolerance = tolerance_of(how);
    double *w = parameter_now(rig, "memories", false);
    double *by_class = parameter_now(rig, "class_weights", false);
    double *beta = parameter_now(rig, "beta", false);
    double *g = calloc(width * columns, sizeof *g);
    transpose(by_class, columns, width, g);
    assert_close(w, numbers(&p->w) + (size_t)step * entries, entries, tolerance, "W", how);
    assert_close(g, numbers(&p->g) + (size_t)step * width * columns, width * columns, tolerance,
                 "G", how);
    assert_close(beta, numbers(&p->beta) + step, 1, tolerance, "beta", how);
    free(w);
    free(by_class);
    free(beta);
    free(g);
}

static void check_evaluation(struct rig *rig, const struct problem *p, const setting *how)
{
    int count = (int)p->x.shape[0], right = 0;
    const dam__batch all = {.samples = &rig->samples, .labels = rig->labels, .size = count};
    int32_t *predicted = calloc((size_t)count, sizeof *predicted);
    int32_t *nearest = calloc((size_t)count, sizeof *nearest);
    double totals[4];
    OK(rig->model->ops->evaluate(rig->model, &all, &rig->evaluation, 1, 0));
    OK(dam__buffer_read(rig->evaluation.predicted, 0, predicted, (size_t)count * 4, "test"));
    OK(dam__buffer_read(rig->evaluation.nearest, 0, nearest, (size_t)count * 4, "test"));
    OK(dam__matrix_read_doubles(&rig->evaluation.totals, totals, "test"));
    for (int i = 0; i < count; i++) {
        assert_int_equal(predicted[i], (int)numbers(&p->predicted)[i]);
        assert_int_equal(nearest[i], (int)numbers(&p->nearest)[i]);
        right += numbers(&p->predicted)[i] == numbers(&p->labels)[i];
    }
    double loss = totals[2] / count;
    assert_close(&loss, numbers(&p->loss) + STEPS, 1, tolerance_of(how), "loss of all", how);
    assert_true(totals[3] == right);
    assert_true(totals[0] == 0 && totals[1] == 0);
    free(predicted);
    free(nearest);
}

static void check_problem(const dam_device_info *info, const setting *how, const char *name,
                          int chunk)
{
    struct problem p = load_problem(name);
    struct rig *rig = open_rig(info, how, &p, chunk < p.batch ? chunk : p.batch);
    const double *setup = numbers(&p.setup);
    double *counts = parameter_now(rig, "counts", false);
    double *prior = parameter_now(rig, "class_prior", false);
    assert_close(counts, numbers(&p.counts), p.counts.shape[0], 1e-6, "counts", how);
    assert_close(prior, numbers(&p.prior), p.prior.shape[0], 1e-6, "prior", how);
    if (how->precision == DAM__PRECISION_DOUBLE) {
        assert_close(counts, numbers(&p.counts), p.counts.shape[0], 1e-15, "counts", how);
        assert_close(prior, numbers(&p.prior), p.prior.shape[0], 1e-15, "prior", how);
    }
    for (int step = 0; step < STEPS; step++) {
        double losses[STEPS];
        const dam__batch batch = batch_of(rig, step * p.batch, p.batch);
        OK(rig->model->ops->loss_gradient(rig->model, &batch, rig->losses.buffer, step));
        if (step == 0)
            check_gradients(rig, &p, how);
        OK(dam__optimizer_step(rig->optimizer, setup[2], setup[3]));
        OK(rig->model->ops->project(rig->model));
        OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
        /* Losses pass through 0: the scale of what is added up is a few units. */
        if (!(fabs(losses[step] - numbers(&p.loss)[step]) <= tolerance_of(how)))
            fail_msg("%s, step %d: loss %.9g instead of %.9g", setting_name(how), step,
                     losses[step], numbers(&p.loss)[step]);
        check_values(rig, &p, how, step + 1);
    }
    check_evaluation(rig, &p, how);
    free(counts);
    free(prior);
    close_rig(rig);
    free_problem(&p);
}

static void in_one_chunk(const dam_device_info *info, const setting *how)
{
    check_problem(info, how, "small", 1000);
    if (is_slow(info))
        return;
    check_problem(info, how, "fast", 1000);
    check_problem(info, how, "frozen", 1000);
    check_problem(info, how, "classes", 1000);
}

static void in_chunks(const dam_device_info *info, const setting *how)
{
    check_problem(info, how, "fast", 7);
    if (is_slow(info))
        return;
    check_problem(info, how, "small", 1);
    check_problem(info, how, "classes", 13);
}

static void test_golden(void **state)
{
    (void)state;
    for_every_setting(in_one_chunk);
}

static void test_chunks(void **state)
{
    (void)state;
    for_every_setting(in_chunks);
}

/* --- finite differences ----------------------------------------------------------------------- */

static double loss_now(struct rig *rig, const struct problem *p)
{
    double losses[STEPS];
    const dam__batch batch = batch_of(rig, 0, p->batch);
    OK(rig->model->ops->refresh(rig->model));
    OK(rig->model->ops->loss_gradient(rig->model, &batch, rig->losses.buffer, 0));
    OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
    return losses[0];
}

/* Central differences in every entry of a parameter, or in its logarithm. */
static void check_differences(struct rig *rig, const struct problem *p, const setting *how,
                              const char *name, bool logarithm)
{
    const double epsilon = 1e-5;
    size_t count = dam__matrix_items(&dam__model_parameter(rig->model, name)->value);
    double *values = parameter_now(rig, name, false);
    double *wanted = calloc(count, sizeof *wanted);
    (void)loss_now(rig, p);
    double *gradient = parameter_now(rig, name, true);
    for (size_t i = 0; i < count; i++) {
        double old = values[i], sides[2];
        for (int side = 0; side < 2; side++) {
            double move = side == 0 ? epsilon : -epsilon;
            values[i] = logarithm ? old * exp(move) : old + move;
            set_parameter(rig, name, values);
            sides[side] = loss_now(rig, p);
        }
        values[i] = old;
        wanted[i] = (sides[0] - sides[1]) / (2 * epsilon);
        if (logarithm)
            gradient[i] *= old;
    }
    set_parameter(rig, name, values);
    assert_close(gradient, wanted, count, 1e-6, name, how);
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
    struct problem p = load_problem("small");
    struct rig *rig = open_rig(&info, &how, &p, p.batch);
    check_differences(rig, &p, &how, "memories", false);
    check_differences(rig, &p, &how, "class_weights", true);
    check_differences(rig, &p, &how, "beta", false);
    close_rig(rig);
    free_problem(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_finite_differences),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
