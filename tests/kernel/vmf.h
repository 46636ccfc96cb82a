/*
 * For tests of the vmf model: the golden cases with labels (golden/make_vmf.py) and those without
 * (golden/make_unsupervised.py). Include <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_VMF_H
#define TESTS_KERNEL_VMF_H

#include "kernel/rig.h"

enum { STEPS = 3 };

#define CASE_ARRAYS(X)                                                                             \
    X(setup) X(x) X(counts) X(prior) X(w) X(g) X(beta) X(loss) X(dw) X(dg) X(dbeta)
#define LABEL_ARRAYS(X) X(labels) X(predicted) X(nearest)

/* What the scripts wrote; the head of make_vmf.py says what is what. */
struct golden_case {
#define DECLARE(field) dam__array field;
    CASE_ARRAYS(DECLARE)
    LABEL_ARRAYS(DECLARE)
#undef DECLARE
    bool labelled;
    int dim, memories, classes, batch;
};

static inline struct golden_case load_case(const char *name, bool labelled)
{
    const char *folder = labelled ? "vmf" : "unsupervised";
    struct golden_case p = {.labelled = labelled};
#define LOAD(field) p.field = load_golden("%s/%s/%s", folder, name, #field);
    CASE_ARRAYS(LOAD)
    if (labelled) {
        LABEL_ARRAYS(LOAD)
    }
#undef LOAD
    p.dim = (int)p.x.shape[1];
    p.batch = (int)p.x.shape[0] / STEPS;
    p.memories = (int)p.w.shape[1];
    p.classes = (int)p.prior.shape[0] - 1;
    return p;
}

static inline void free_case(struct golden_case *p)
{
#define FREE(field) dam__array_free(&p->field);
    CASE_ARRAYS(FREE)
    LABEL_ARRAYS(FREE)
#undef FREE
}

static inline double *parameter_now(struct rig *rig, const char *name, bool gradient)
{
    const dam__parameter *parameter = dam__model_parameter(rig->model, name);
    return read_matrix(gradient ? &parameter->gradient : &parameter->value);
}

static inline void set_parameter(struct rig *rig, const char *name, const double *values)
{
    OK(dam__matrix_write_doubles(&dam__model_parameter(rig->model, name)->value, values, "test"));
}

static inline double *class_weights_now(struct rig *rig, bool gradient)
{
    const dam__matrix *matrix = &dam__model_parameter(rig->model, "class_weights")->value;
    double *by_class = parameter_now(rig, "class_weights", gradient);
    double *weights = transposed(by_class, (size_t)matrix->rows, (size_t)matrix->cols);
    free(by_class);
    return weights;
}

static inline struct rig *open_case(const dam_device_info *info, const setting *how,
                                    const struct golden_case *p, int chunk)
{
    const double *setup = numbers(&p->setup);
    const dam__model_config config = {
        .kind = DAM__KIND_VMF,
        .memories = p->memories,
        .vmf.capacity = (int)setup[5],
        .vmf.beta = numbers(&p->beta)[0],
        .vmf.beta_rule = setup[6] != 0 ? DAM__BETA_FROZEN : DAM__BETA_LEARNED,
        .vmf.varsigma = setup[0],
        .vmf.softening = setup[1],
        .vmf.sinkhorn = (int)setup[4],
        .vmf.loss = p->labelled ? DAM__LOSS_SUPERVISED : DAM__LOSS_UNSUPERVISED};
    double *share = calloc((size_t)p->classes, sizeof *share);
    for (int y = 0; y < p->classes; y++)
        share[y] = (numbers(&p->prior)[y] - setup[1] / (p->classes + 1)) / (1 - setup[1]);
    const dam__task task = {.dim = p->dim, .classes = p->classes, .class_share = share};
    struct rig *rig = open_rig(info, how, &config, &task, (int)p->x.shape[0], p->dim, chunk,
                               numbers(&p->x), p->labelled ? numbers(&p->labels) : NULL);
    double *g = transposed(numbers(&p->g), p->counts.shape[0], p->prior.shape[0]);
    set_parameter(rig, "memories", numbers(&p->w));
    set_parameter(rig, "class_weights", g);
    set_parameter(rig, "beta", numbers(&p->beta));
    OK(rig->model->ops->refresh(rig->model));
    free(g);
    free(share);
    return rig;
}

static inline dam__batch batch_of(const struct rig *rig, const struct golden_case *p, int step)
{
    dam__batch batch = rig_batch(rig, step * p->batch, p->batch);
    if (!p->labelled)
        batch.labels = NULL;
    return batch;
}

static inline double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 2e-4;
}

/* gradient -= its part along value, row by row of `columns`: what the reference gives. */
static inline void make_tangent(double *gradient, const double *value, const double *counts,
                                size_t rows, size_t columns)
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

static inline void check_gradients(struct rig *rig, const struct golden_case *p, const setting *how)
{
    size_t width = p->counts.shape[0], columns = p->prior.shape[0];
    size_t memories = (size_t)p->memories, dim = (size_t)p->dim;
    double tolerance = tolerance_of(how);
    double *dw = parameter_now(rig, "memories", true), *dg = class_weights_now(rig, true);
    double *db = parameter_now(rig, "beta", true);
    make_tangent(dw, numbers(&p->w), NULL, memories, dim);
    make_tangent(dg, numbers(&p->g), numbers(&p->counts), width, columns);
    assert_close(dw, numbers(&p->dw), memories * dim, tolerance, "dW", how);
    assert_close(dg, numbers(&p->dg), width * columns, tolerance, "dG", how);
    assert_close(db, numbers(&p->dbeta), 1, tolerance, "dbeta", how);
    free(dw);
    free(dg);
    free(db);
}

static inline void check_values(struct rig *rig, const struct golden_case *p, const setting *how,
                                int step)
{
    size_t entries = (size_t)p->memories * (size_t)p->dim, at = (size_t)step;
    size_t weights = p->counts.shape[0] * p->prior.shape[0];
    double tolerance = tolerance_of(how);
    double *w = parameter_now(rig, "memories", false), *g = class_weights_now(rig, false);
    double *beta = parameter_now(rig, "beta", false);
    assert_close(w, numbers(&p->w) + at * entries, entries, tolerance, "W", how);
    assert_close(g, numbers(&p->g) + at * weights, weights, tolerance, "G", how);
    assert_close(beta, numbers(&p->beta) + at, 1, tolerance, "beta", how);
    free(w);
    free(g);
    free(beta);
}

static inline void check_metrics(struct rig *rig, const struct golden_case *p, const setting *how)
{
    int count = rig->count, right = 0;
    const dam__batch all = {
        .samples = &rig->samples, .labels = p->labelled ? rig->labels : NULL, .size = count};
    int32_t *predicted = calloc((size_t)count, sizeof *predicted);
    int32_t *nearest = calloc((size_t)count, sizeof *nearest);
    double totals[4];
    OK(rig->model->ops->evaluate(rig->model, &all, &rig->metrics, 1, 0));
    OK(dam__buffer_read(rig->metrics.predicted, 0, predicted, (size_t)count * 4, "test"));
    OK(dam__buffer_read(rig->metrics.nearest, 0, nearest, (size_t)count * 4, "test"));
    OK(dam__matrix_read_doubles(&rig->metrics.totals, totals, "test"));
    for (int i = 0; i < count && p->labelled; i++) {
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

/* What the model has of the classes alone. */
static inline void check_constants(struct rig *rig, const struct golden_case *p, const setting *how)
{
    double tolerance = how->precision == DAM__PRECISION_DOUBLE ? 1e-15 : 1e-6;
    double *counts = parameter_now(rig, "counts", false);
    double *prior = parameter_now(rig, "class_prior", false);
    assert_close(counts, numbers(&p->counts), p->counts.shape[0], tolerance, "counts", how);
    assert_close(prior, numbers(&p->prior), p->prior.shape[0], tolerance, "prior", how);
    free(counts);
    free(prior);
}

static inline void check_case(const dam_device_info *info, const setting *how, const char *name,
                              bool labelled, int chunk)
{
    struct golden_case p = load_case(name, labelled);
    struct rig *rig = open_case(info, how, &p, chunk < p.batch ? chunk : p.batch);
    const double *setup = numbers(&p.setup);
    check_constants(rig, &p, how);
    for (int step = 0; step < STEPS; step++) {
        double losses[RIG_LOSSES];
        const dam__batch batch = batch_of(rig, &p, step);
        OK(rig->model->ops->loss_gradient(rig->model, &batch, rig->losses.buffer, step));
        OK(dam__matrix_read_doubles(&rig->losses, losses, "test"));
        if (step == 0)
            check_gradients(rig, &p, how);
        OK(dam__optimizer_step(rig->optimizer, setup[2], setup[3]));
        OK(rig->model->ops->project(rig->model));
        /* Losses pass through 0: the scale of what is added up is a few units. */
        if (!(fabs(losses[step] - numbers(&p.loss)[step]) <= tolerance_of(how)))
            fail_msg("%s, step %d: loss %.9g instead of %.9g", setting_name(how), step,
                     losses[step], numbers(&p.loss)[step]);
        check_values(rig, &p, how, step + 1);
    }
    check_metrics(rig, &p, how);
    close_rig(rig);
    free_case(&p);
}

/* --- finite differences ----------------------------------------------------------------------- */

static inline double loss_now(struct rig *rig, const struct golden_case *p)
{
    const dam__batch batch = batch_of(rig, p, 0);
    OK(rig->model->ops->refresh(rig->model));
    return rig_loss(rig, &batch);
}

/* Central differences in every entry of a parameter, or in its logarithm. */
static inline void check_parameter(struct rig *rig, const struct golden_case *p, const setting *how,
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

static inline void check_differences(const char *name, bool labelled)
{
    const dam_device_info info = test_device();
    const setting how = {
        .shape = DAM__SHAPE_AUTO, .provider = DAM__GEMM_PANEL, .precision = DAM__PRECISION_DOUBLE};
    if (!info.fp64) {
        print_message("'%s' has no fp64: finite differences need it\n", info.name);
        return;
    }
    struct golden_case p = load_case(name, labelled);
    struct rig *rig = open_case(&info, &how, &p, p.batch);
    check_parameter(rig, &p, &how, "memories", false);
    check_parameter(rig, &p, &how, "class_weights", true);
    check_parameter(rig, &p, &how, "beta", false);
    close_rig(rig);
    free_case(&p);
}

#endif
