/*
 * For tests of splitting memories that nothing binds: a search on a model of the rig, and what a
 * splitting matrix must do, whatever the model. Include <cmocka.h> first.
 */
#ifndef TESTS_KERNEL_SPLITS_H
#define TESTS_KERNEL_SPLITS_H

#include "kernel/rig.h"
#include "model/splitter.h"

/* Directions of a search beside the rig. */
struct hunt {
    struct rig *rig;
    dam__plan *plan;
    dam__search search;
    int memories, columns;
};

static inline double noise_at(unsigned i)
{
    i = (i + 1) * 2654435761u;
    i ^= i >> 15;
    i *= 2246822519u;
    i ^= i >> 13;
    return (double)(i % 20011u) / 10005.5 - 1;
}

/* Unit directions, not in the order of the memories. */
static inline double *make_directions(int memories, int columns)
{
    double *u = calloc((size_t)memories * (size_t)columns, sizeof *u);
    for (int k = 0; k < memories; k++) {
        double squares = 0;
        for (int j = 0; j < columns; j++) {
            double x = noise_at((unsigned)(9001 + k * columns + j));
            u[k * columns + j] = x;
            squares += x * x;
        }
        for (int j = 0; j < columns; j++)
            u[k * columns + j] /= sqrt(squares);
    }
    return u;
}

static inline int memory_of_slot(int slot, int memories)
{
    return (slot + 2) % memories;
}

/* u: a row a memory. */
static inline void write_hunt(struct hunt *hunt, const double *u)
{
    size_t columns = (size_t)hunt->columns;
    int32_t *order = calloc((size_t)hunt->memories, sizeof *order);
    double *rows = calloc((size_t)hunt->memories * columns, sizeof *rows);
    dam__matrix view = hunt->search.directions;
    view.rows = hunt->memories;
    for (int slot = 0; slot < hunt->memories; slot++) {
        order[slot] = memory_of_slot(slot, hunt->memories);
        memcpy(rows + (size_t)slot * columns, u + (size_t)order[slot] * columns,
               columns * sizeof *rows);
    }
    OK(dam__matrix_write_doubles(&view, rows, "test"));
    OK(dam__buffer_write(hunt->search.order, 0, order, (size_t)hunt->memories * sizeof *order, true,
                         "test"));
    hunt->search.active = hunt->memories;
    free(order);
    free(rows);
}

static inline struct hunt open_hunt(struct rig *rig, int memories, int most, int columns,
                                    int samples)
{
    struct hunt hunt = {.rig = rig, .memories = memories, .columns = columns};
    OK(dam__plan_create(rig->device, &hunt.plan));
    /* Where it stays: the plan fills its buffer in. */
    dam__matrix *directions = &hunt.search.directions;
    OK(dam__plan_matrix(hunt.plan, "directions", most, columns, 1, directions));
    OK(dam__plan_allocate(hunt.plan));
    OK(rig->model->ops->grow->prepare(rig->model));
    rig->model->ops->grow->bind(rig->model, &hunt.search);
    hunt.search.samples = samples;
    return hunt;
}

static inline void close_hunt(struct hunt *hunt)
{
    dam__buffer_destroy(hunt->search.directions.buffer);
    dam__plan_destroy(hunt->plan);
}

/* All samples in two batches. */
static inline void pass(struct hunt *hunt, dam_status (*what)(dam__model *, const dam__batch *, int,
                                                              const dam__search *))
{
    int samples = hunt->search.samples, half = samples / 2 + 1;
    for (int first = 0; first < samples; first += half) {
        const dam__batch batch =
            rig_batch(hunt->rig, first, samples - first < half ? samples - first : half);
        OK(what(hunt->rig->model, &batch, first, &hunt->search));
    }
}

/* So many passes as growth makes them. */
static inline void iterate(struct hunt *hunt, int passes)
{
    const dam__grow_ops *ops = hunt->rig->model->ops->grow;
    const double pi = 3.14159265358979323846;
    for (int i = 0; i < passes; i++) {
        pass(hunt, ops->scatter);
        const dam__move move = {.first = i == 0,
                                .last = i + 1 == passes,
                                .shift = 0.5 * (1 - cos(pi * (2 * (i % 8) + 1) / 16)),
                                .reach = 0.8,
                                .rest = i + 1 == passes ? 1e30 : -1e30};
        OK(ops->advance(hunt->rig->model, &hunt->search, &move));
    }
}

static inline double *lambdas(struct hunt *hunt)
{
    double *numbers = calloc(DAM__GROW_NUMBERS * (size_t)hunt->memories, sizeof *numbers);
    OK(hunt->rig->model->ops->grow->read(hunt->rig->model, numbers));
    return numbers;
}

/* S u by the device: the scatter times its scale. */
static inline double *products_now(struct hunt *hunt, const dam__splitter *splitter,
                                   const dam__matrix *gradient)
{
    size_t memories = (size_t)hunt->memories, columns = (size_t)hunt->columns;
    double *y = read_matrix(gradient), *all = NULL;
    dam__matrix numbers = splitter->numbers;
    numbers.rows = DAM__SPLIT_NUMBERS;
    all = read_matrix(&numbers);
    for (size_t i = 0; i < memories * columns; i++)
        y[i] *= all[DAM__SPLIT_SCALE * memories + i / columns];
    free(all);
    return y;
}

/* The smallest eigenvalue of a symmetric matrix, by powers of it less its norm. */
static inline double least_eigenvalue(const double *matrix, int n)
{
    double bound = 0, value = 0, v[64], w[64];
    for (int i = 0; i < n * n; i++)
        bound += matrix[i] * matrix[i];
    bound = sqrt(bound);
    for (int j = 0; j < n; j++)
        v[j] = noise_at((unsigned)j + 77);
    for (int round = 0; round < 20000; round++) {
        double norm = 0;
        for (int i = 0; i < n; i++) {
            w[i] = bound * v[i];
            for (int j = 0; j < n; j++)
                w[i] -= matrix[i * n + j] * v[j];
            norm += w[i] * w[i];
        }
        for (int i = 0; i < n; i++)
            v[i] = w[i] / sqrt(norm);
        value = bound - sqrt(norm);
    }
    return value;
}

/* Splits the memories 1 and 3 along the rows of `u`, by so much of their length. */
static inline void split_two(struct hunt *hunt, const double *u, double step,
                             const dam__matrix *velocities, const dam__matrix *squares)
{
    int32_t list[4] = {1, 0, 3, 0};
    const dam__pairs pairs = {.count = 2, .step = step};
    write_hunt(hunt, u);
    for (int slot = 0; slot < hunt->memories; slot++)
        for (int j = 0; j < 4; j += 2)
            if (memory_of_slot(slot, hunt->memories) == list[j])
                list[j + 1] = slot;
    OK(dam__buffer_write(hunt->search.list, 0, list, sizeof list, true, "test"));
    OK(hunt->rig->model->ops->grow->split(hunt->rig->model, &hunt->search, &pairs, velocities,
                                          squares));
    dam__optimizer_follow(hunt->rig->optimizer);
}

#endif
