/*
 * For tests of growth: a vmf model of a golden case (golden/make_grow.py) on a device, with what
 * its splitting needs. Include <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_GROW_H
#define TESTS_KERNEL_GROW_H

#include "kernel/golden.h"
#include "model/grow.h"
#include "model/vmf/vmf_internal.h"
#include "train/optimizer.h"

/* What golden/make_grow.py wrote; its head says what is what. */
#define CASE_ARRAYS(X)                                                                             \
    X(setup)                                                                                       \
    X(x)                                                                                           \
    X(labels)                                                                                      \
    X(prior)                                                                                       \
    X(beta)                                                                                        \
    X(w)                                                                                           \
    X(g)                                                                                           \
    X(counts)                                                                                      \
    X(vw)                                                                                          \
    X(vg)                                                                                          \
    X(u)                                                                                           \
    X(su)                                                                                          \
    X(kappa)                                                                                       \
    X(mass)                                                                                        \
    X(lambda)                                                                                      \
    X(directions)                                                                                  \
    X(picked)                                                                                      \
    X(w2)                                                                                          \
    X(g2)                                                                                          \
    X(counts2)                                                                                     \
    X(vw2)                                                                                         \
    X(vg2)

struct golden_case {
#define DECLARE(field) dam__array field;
    CASE_ARRAYS(DECLARE)
#undef DECLARE
    int dim, memories, classes, samples;
    double varsigma, softening, b, step, threshold, fraction;
    int capacity, iterations;
};

static inline struct golden_case load_case(const char *name)
{
    struct golden_case p = {0};
#define LOAD(field) p.field = load_golden("grow/%s/%s", name, #field);
    CASE_ARRAYS(LOAD)
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

static inline void free_case(struct golden_case *p)
{
#define FREE(field) dam__array_free(&p->field);
    CASE_ARRAYS(FREE)
#undef FREE
}

/* --- a model of a case on a device ---------------------------------------------------------------- */

struct rig {
    dam__device *device;
    dam__gemm *gemm;
    dam__model *model;
    dam__optimizer *optimizer;
    dam__plan *plan;
    dam__matrix samples, losses;
    dam__buffer *labels;
    dam__search search;
    /* For tests of the generic part; NULL else. */
    dam__dataset set;
    dam__loader *loader;
    dam__growth *growth;
};

static inline const dam__matrix *value_of(const struct rig *rig, int parameter)
{
    return &rig->model->parameters[parameter].value;
}

static inline void write_transposed(const dam__matrix *matrix, const dam__array *array)
{
    double *values = transposed(numbers(array), array->shape[0], array->shape[1]);
    OK(dam__matrix_write_doubles(matrix, values, "test"));
    free(values);
}

static inline void write_case(struct rig *rig, const struct golden_case *p)
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

/* The directions and order of the case, as a search of all memories. */
static inline void write_search(struct rig *rig, const struct golden_case *p)
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

/* The samples as a dataset in floats, for a loader. */
static inline void make_set(struct rig *rig, const struct golden_case *p)
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
static inline struct rig *open_rig(const dam_device_info *info, const setting *how,
                                   const struct golden_case *p, const dam__grow_config *grow)
{
    struct rig *rig = calloc(1, sizeof *rig);
    double *share = calloc((size_t)p->classes, sizeof *share);
    const dam__task task = {.dim = p->dim, .classes = p->classes, .class_share = share};
    const dam__model_config config = {.kind = DAM__KIND_VMF,
                                      .memories = p->memories,
                                      .vmf.capacity = p->capacity,
                                      .max_memories = p->capacity,
                                      .vmf.beta = numbers(&p->beta)[0],
                                      .vmf.varsigma = p->varsigma,
                                      .vmf.softening = p->softening,
                                      .vmf.sinkhorn = 10};
    rig->device = shared_device(info, how);
    OK(dam__gemm_create(rig->device, how->provider, &rig->gemm));
    OK(dam__model_create(rig->device, rig->gemm, &config, &task, &rig->model));
    OK(dam__plan_create(rig->device, &rig->plan));
    OK(rig->model->ops->plan(rig->model, rig->plan, 16));
    OK(dam__optimizer_create(rig->model, rig->plan, &rig->optimizer));
    if (grow != NULL) {
        make_set(rig, p);
        const dam__loader_options options = {.count = rig->set.count,
                                             .batch = 25,
                                             .shuffle = true,
                                             .seed = 1,
                                             .indexed = dam__gemm_gathers(rig->gemm)};
        OK(dam__loader_create(rig->device, &rig->set, &options, &rig->loader));
        OK(dam__loader_plan(rig->loader, rig->plan));
        OK(dam__growth_create(rig->model, rig->loader, grow, 1, rig->plan, &rig->growth));
    }
    OK(dam__gemm_plan(rig->gemm, rig->plan));
    OK(dam__plan_matrix(rig->plan, "samples", p->samples, p->dim, 1, &rig->samples));
    OK(dam__plan_matrix(rig->plan, "losses", 1, 2, 1, &rig->losses));
    OK(dam__plan_matrix(rig->plan, "directions", p->capacity, p->dim, 1, &rig->search.directions));
    OK(dam__plan_buffer(rig->plan, "labels", (size_t)p->samples * 4, &rig->labels));
    OK(dam__plan_allocate(rig->plan));
    OK(rig->model->ops->prepare(rig->model));
    OK(dam__optimizer_prepare(rig->optimizer));
    rig->model->ops->grow->bind(rig->model, &rig->search);
    if (rig->growth != NULL) {
        OK(dam__growth_prepare(rig->growth));
        OK(dam__loader_prepare(rig->loader));
    } else {
        OK(rig->model->ops->grow->prepare(rig->model));
    }
    write_case(rig, p);
    write_search(rig, p);
    free(share);
    return rig;
}

static inline void close_rig(struct rig *rig)
{
    dam__growth_destroy(rig->growth);
    dam__loader_destroy(rig->loader);
    dam__array_free(&rig->set.samples);
    free(rig->set.labels);
    dam__buffer_destroy(rig->samples.buffer);
    dam__buffer_destroy(rig->losses.buffer);
    dam__buffer_destroy(rig->search.directions.buffer);
    dam__buffer_destroy(rig->labels);
    dam__optimizer_destroy(rig->optimizer);
    dam__model_destroy(rig->model);
    dam__gemm_destroy(rig->gemm);
    dam__plan_destroy(rig->plan);
    free(rig);
}

static inline double tolerance_of(const setting *how)
{
    return how->precision == DAM__PRECISION_DOUBLE ? 1e-9 : 2e-4;
}

enum { BATCH = 30 }; /* two chunks of the rig, the second of them shorter */

static inline void pass(struct rig *rig, const struct golden_case *p,
                        dam_status (*what)(dam__model *, const dam__batch *, int,
                                           const dam__search *))
{
    for (int first = 0; first < p->samples; first += BATCH) {
        const dam__batch batch = {.samples = &rig->samples,
                                  .labels = rig->labels,
                                  .first = first,
                                  .size = p->samples - first < BATCH ? p->samples - first : BATCH};
        OK(what(rig->model, &batch, first, &rig->search));
    }
}

static inline void iterate(struct rig *rig, const struct golden_case *p, int iterations)
{
    const dam__grow_ops *ops = rig->model->ops->grow;
    for (int i = 0; i < iterations; i++) {
        pass(rig, p, ops->scatter);
        const dam__move move = {.first = i == 0,
                                .last = i + 1 == iterations,
                                .rest = i + 1 == iterations ? 1e30 : -1e30};
        OK(ops->advance(rig->model, &rig->search, &move));
    }
}

#endif
