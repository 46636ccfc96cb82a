#include "model/energy/selftest_energy_split.h"

#include <math.h>
#include <stdlib.h>

#include "base/text.h"
#include "model/energy/energy_internal.h"

/* Sizes are small constants of this file.
   NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result) */

enum { STATES = 7, COUNT = 83, NEURONS = 37, CLASSES = 5, PARTS = 2, EXPONENT = 4 };
enum { SUM_ERROR = 4, MEMORY_WEIGHT = 2, PER_ITEM_ROW = 1 }; /* as in cl/energy_numbers.cl */

/* Numbers of states, memories and directions as the kernels find them in the middle of a pass. */
struct fixture {
    int trained;
    double *x, *overlaps, *products, *memories, *directions, *numbers, *states, *errors, *scatter;
    dam__matrix on_x, on_overlaps, on_products, on_memories, on_directions, on_numbers, on_states,
        on_errors, on_scatter;
    dam__matrix columns, columns_of_directions; /* trained x memories, scaled behind, and plain */
    dam__matrix pulls, scaled, own;
    double pull[STATES * COUNT];
};

static dam_status make(dam__test *test, int rows, int cols, double most, double **values,
                       dam__matrix *matrix)
{
    DAM_TRY(dam__test_numbers(test, (size_t)rows * (size_t)cols, -most, most, values));
    return dam__test_matrix(test, rows, cols, 1, *values, matrix);
}

/* The last `trained` columns as rows `from` and on; with the memories' weights, 2 weight M. */
static dam_status make_columns(dam__test *test, const struct fixture *f, const double *of,
                               bool scaled, bool behind, dam__matrix *out)
{
    double *values = NULL;
    int rows = behind ? 2 * f->trained : f->trained;
    DAM_TRY(dam__test_array(test, (size_t)rows * COUNT, sizeof *values, &values));
    for (int i = 0; i < f->trained; i++)
        for (int mu = 0; mu < COUNT; mu++)
            values[(rows - f->trained + i) * COUNT + mu] =
                of[mu * NEURONS + NEURONS - f->trained + i] *
                (scaled ? 2 * f->numbers[MEMORY_WEIGHT * COUNT + mu] : 1);
    return dam__test_matrix(test, rows, COUNT, 1, values, out);
}

static dam_status make_fixture(dam__test *test, bool classifies, struct fixture *f)
{
    *f = (struct fixture){.trained = classifies ? CLASSES : NEURONS};
    DAM_TRY(make(test, STATES, NEURONS, 1, &f->x, &f->on_x));
    DAM_TRY(make(test, STATES, COUNT, 1, &f->overlaps, &f->on_overlaps));
    DAM_TRY(make(test, STATES, COUNT, 1, &f->products, &f->on_products));
    DAM_TRY(make(test, COUNT, NEURONS, 0.25, &f->memories, &f->on_memories));
    DAM_TRY(make(test, COUNT, NEURONS, 1, &f->directions, &f->on_directions));
    DAM_TRY(make(test, DAM__ENERGY_MEMORY_NUMBERS, COUNT, 1, &f->numbers, &f->on_numbers));
    DAM_TRY(make(test, STATES, DAM__ENERGY_NUMBERS, 1, &f->states, &f->on_states));
    DAM_TRY(make(test, STATES, f->trained, 1, &f->errors, &f->on_errors));
    DAM_TRY(make(test, COUNT, NEURONS, 1, &f->scatter, &f->on_scatter));
    for (int i = 0; i < DAM__ENERGY_MEMORY_NUMBERS * COUNT; i++)
        f->numbers[i] = 0.5 + 0.25 * f->numbers[i];
    DAM_TRY(dam__matrix_write_doubles(&f->on_numbers, f->numbers, "self-test"));
    DAM_TRY(make_columns(test, f, f->memories, true, classifies, &f->columns));
    DAM_TRY(make_columns(test, f, f->directions, false, false, &f->columns_of_directions));
    DAM_TRY(dam__test_matrix(test, STATES, COUNT, 1, NULL, &f->pulls));
    DAM_TRY(dam__test_matrix(test, STATES, COUNT, 1, NULL, &f->scaled));
    return dam__test_matrix(test, f->trained, COUNT, PARTS, NULL, &f->own);
}

static dam_status launch(dam__test *test, bool classifies, const char *name, dam__range range,
                         const dam__argument *arguments)
{
    dam_status status = DAM_OK;
    char *options = NULL;
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__format(&options, "-DINTERACTION=1 -DEXPONENT=%d -DCLASSIFY=%d -DFEW=3", EXPONENT,
                        classifies));
    status = dam__test_kernel(test, "energy_split", options, name, &kernel);
    free(options);
    return status == DAM_OK ? dam__launch(kernel, range, (dam__work){0}, arguments) : status;
}

static dam__range vectors(const dam__test *test, int items, int rows)
{
    size_t width = (size_t)dam__vector_width(test->device);
    return dam__range_items(test->device, ((size_t)items + width - 1) / width, (size_t)rows);
}

static double curve(double x)
{
    return x > 0 ? pow(x, EXPONENT - 2) : 0;
}

/* F'' of memory mu after neuron j of state a has flipped, times the direction's product with it. */
static double bent(const struct fixture *f, int a, int mu, int j)
{
    double x = f->x[a * NEURONS + j];
    double overlap = f->overlaps[a * COUNT + mu] - 2 * x * f->memories[mu * NEURONS + j];
    return (f->products[a * COUNT + mu] - 2 * x * f->directions[mu * NEURONS + j]) *
           curve(overlap * f->numbers[MEMORY_WEIGHT * COUNT + mu]);
}

/* R of the definition, to f->pull. */
static void make_pulls(struct fixture *f)
{
    for (int a = 0; a < STATES; a++)
        for (int mu = 0; mu < COUNT; mu++) {
            double weight = f->numbers[MEMORY_WEIGHT * COUNT + mu];
            double sum = f->states[a * DAM__ENERGY_NUMBERS + SUM_ERROR] *
                         curve(f->overlaps[a * COUNT + mu] * weight) * f->products[a * COUNT + mu];
            for (int i = 0; i < f->trained; i++)
                sum -= f->errors[a * f->trained + i] * bent(f, a, mu, NEURONS - f->trained + i);
            f->pull[a * COUNT + mu] = sum;
        }
}

static double own_of(const struct fixture *f, int begin, int end, int mu, int i)
{
    double sum = 0;
    int j = NEURONS - f->trained + i;
    for (int a = begin; a < end; a++)
        sum += f->errors[a * f->trained + i] * f->x[a * NEURONS + j] * bent(f, a, mu, j);
    return sum;
}

static dam_status run_few(dam__test *test)
{
    struct fixture f;
    double own[PARTS * CLASSES * COUNT];
    DAM_TRY(make_fixture(test, true, &f));
    DAM_TRY(launch(test, true, "energy_split_few", vectors(test, COUNT, PARTS),
                   DAM_ARGUMENTS(&f.on_overlaps, &f.on_products, &f.columns,
                                 &f.columns_of_directions, &f.on_numbers, &f.on_x, f.on_x.buffer,
                                 &f.on_states, &f.on_errors, &f.pulls, &f.own, false, 0, STATES,
                                 COUNT, NEURONS - CLASSES, CLASSES, f.on_overlaps.ld, f.columns.ld,
                                 f.on_numbers.ld, f.on_x.ld, f.on_errors.ld, f.own.stride)));
    make_pulls(&f);
    for (int part = 0; part < PARTS; part++)
        for (int i = 0; i < CLASSES; i++)
            for (int mu = 0; mu < COUNT; mu++)
                own[(part * CLASSES + i) * COUNT + mu] =
                    own_of(&f, STATES * part / PARTS, STATES * (part + 1) / PARTS, mu, i);
    DAM_TRY(dam__test_compare_matrix(test, &f.pulls, f.pull, 0));
    return dam__test_compare_matrix(test, &f.own, own, 0);
}

static dam_status run_all(dam__test *test)
{
    struct fixture f;
    DAM_TRY(make_fixture(test, false, &f));
    DAM_TRY(
        launch(test, false, "energy_split_overlaps", vectors(test, COUNT, STATES),
               DAM_ARGUMENTS(&f.on_overlaps, &f.on_products, &f.columns, &f.columns_of_directions,
                             &f.on_numbers, &f.on_x, f.on_x.buffer, &f.on_states, &f.on_errors,
                             &f.pulls, &f.scaled, false, 0, COUNT, NEURONS, f.on_overlaps.ld,
                             f.columns.ld, f.on_numbers.ld, f.on_x.ld, f.on_errors.ld)));
    DAM_TRY(launch(test, false, "energy_split_own", vectors(test, NEURONS, COUNT),
                   DAM_ARGUMENTS(&f.scaled, &f.on_products, &f.on_memories, &f.on_directions,
                                 &f.on_numbers, &f.on_x, f.on_x.buffer, &f.on_errors, &f.on_scatter,
                                 false, 0, STATES, NEURONS, f.scaled.ld, f.on_memories.ld,
                                 f.on_numbers.ld, f.on_x.ld, f.on_errors.ld)));
    make_pulls(&f);
    for (int mu = 0; mu < COUNT; mu++)
        for (int j = 0; j < NEURONS; j++)
            f.scatter[mu * NEURONS + j] += 2 * own_of(&f, 0, STATES, mu, j);
    DAM_TRY(dam__test_compare_matrix(test, &f.pulls, f.pull, 0));
    return dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0);
}

static dam_status run_scale(dam__test *test)
{
    const double per_item = 0.125;
    struct fixture f;
    dam__matrix scales, to;
    double *logs = NULL, wanted[2 * COUNT] = {0};
    DAM_TRY(make_fixture(test, true, &f));
    DAM_TRY(make(test, 1, COUNT, 1, &logs, &scales));
    DAM_TRY(dam__test_matrix(test, 2, COUNT, 1, NULL, &to));
    DAM_TRY(launch(test, true, "energy_split_scale", (dam__range){.global = {COUNT}},
                   DAM_ARGUMENTS(&scales, &f.on_numbers, &to, COUNT, f.on_numbers.ld, to.ld,
                                 PER_ITEM_ROW, per_item)));
    for (int mu = 0; mu < COUNT; mu++)
        wanted[PER_ITEM_ROW * COUNT + mu] =
            per_item * exp(logs[mu]) * (EXPONENT - 1) * f.numbers[MEMORY_WEIGHT * COUNT + mu];
    return dam__test_compare_matrix(test, &to, wanted, 0);
}

static bool grows(const dam__selftest_use *use)
{
    return use->grows;
}

static bool classes_grow(const dam__selftest_use *use)
{
    return use->grows && use->model->energy.task == DAM__TASK_CLASSIFY;
}

static bool stored_grow(const dam__selftest_use *use)
{
    return use->grows && use->model->energy.task == DAM__TASK_STORE;
}

const dam__selftest_case dam__selftest_energy_split_cases[] = {
    {.name = "energy: splitting, classes",
     .kernels = "energy_split_few",
     .tolerance = 32,
     .reason = "sums of a dozen products",
     .suits = classes_grow,
     .run = run_few},
    {.name = "energy: splitting, all neurons",
     .kernels = "energy_split_overlaps energy_split_own",
     .tolerance = 64,
     .reason = "sums over a state's neurons",
     .suits = stored_grow,
     .run = run_all},
    {.name = "energy: splitting, scales",
     .kernels = "energy_split_scale",
     .tolerance = 32,
     .reason = "logarithms that exp brings back",
     .suits = grows,
     .run = run_scale},
    {0},
};

/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */
