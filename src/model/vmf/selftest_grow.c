#include "model/vmf/selftest_grow.h"

#include <math.h>
#include <string.h>

#include "model/model.h"

/* Sizes are small constants of this file.
   NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result) */

/* More columns than a work-group takes at once; directions of three of the memories. */
enum { MEMORIES = 5, ACTIVE = 3, DIM = 300, SAMPLES = 4, NUMBERS = DAM__GROW_NUMBERS };

/* Rows of norm about 1 and what goes with them; the same in every case. */
struct fixture {
    double *memories, *directions, *scatter, *numbers;
    dam__matrix on_memories, on_directions, on_scatter, on_numbers, on_scalars;
    dam__buffer *on_order;
};

static const int32_t order[MEMORIES] = {3, 0, 4, 2, 1};
static const double b = 2.5; /* the only one of the model's scalars that growth reads */

static dam_status make_rows(dam__test *test, int rows, double **values, dam__matrix *matrix)
{
    const double side = 0.1;
    DAM_TRY(dam__test_numbers(test, (size_t)rows * DIM, -side, side, values));
    return dam__test_matrix(test, rows, DIM, 1, *values, matrix);
}

static dam_status make_fixture(dam__test *test, struct fixture *f)
{
    *f = (struct fixture){0};
    DAM_TRY(make_rows(test, MEMORIES, &f->memories, &f->on_memories));
    DAM_TRY(make_rows(test, MEMORIES, &f->directions, &f->on_directions));
    DAM_TRY(make_rows(test, MEMORIES, &f->scatter, &f->on_scatter));
    DAM_TRY(dam__test_numbers(test, NUMBERS * MEMORIES, 0.1, 1, &f->numbers));
    DAM_TRY(dam__test_matrix(test, NUMBERS, MEMORIES, 1, f->numbers, &f->on_numbers));
    DAM_TRY(dam__test_matrix(test, 1, 1, 1, &b, &f->on_scalars));
    return dam__test_buffer(test, order, sizeof order, &f->on_order);
}

static double dot(const double *x, const double *y)
{
    double sum = 0;
    for (int j = 0; j < DIM; j++)
        sum += x[j] * y[j];
    return sum;
}

static dam_status launch(dam__test *test, const char *name, dam__range range,
                         const dam__argument *arguments)
{
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_kernel(test, "grow", "", name, &kernel));
    return dam__launch(kernel, range, (dam__work){0}, arguments);
}

static size_t vectors_of(const dam__test *test, int columns)
{
    size_t vector_width = (size_t)dam__vector_width(test->device);
    return ((size_t)columns + vector_width - 1) / vector_width;
}

/* --- the search ------------------------------------------------------------------------------- */

static dam_status run_accumulate(dam__test *test)
{
    struct fixture f;
    double *owed = NULL;
    dam__matrix on_owed;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(dam__test_numbers(test, SAMPLES * MEMORIES, -1, 0.25, &owed));
    DAM_TRY(dam__test_matrix(test, SAMPLES, MEMORIES, 1, owed, &on_owed));
    for (int pass = 0; pass < 2; pass++)
        DAM_TRY(launch(test, "grow_sum_mass",
                       dam__range_items(test->device, vectors_of(test, MEMORIES), 1),
                       DAM_ARGUMENTS(&on_owed, &f.on_numbers, SAMPLES, MEMORIES, on_owed.ld,
                                     f.on_numbers.ld, pass)));
    DAM_TRY(launch(test, "grow_curvature", dam__range_groups(test->device, MEMORIES, 1),
                   DAM_ARGUMENTS(&f.on_memories, &f.on_scatter, &f.on_scalars, &f.on_numbers, DIM,
                                 f.on_memories.ld, f.on_numbers.ld)));
    for (int mu = 0; mu < MEMORIES; mu++) {
        double mass = 0, negative_mass = 0;
        for (int i = 0; i < SAMPLES; i++) {
            mass -= 2 * owed[i * MEMORIES + mu] / b;
            negative_mass += 2 * fmax(owed[i * MEMORIES + mu], 0) / b;
        }
        f.numbers[DAM__GROW_KAPPA * MEMORIES + mu] =
            -dot(f.memories + (size_t)mu * DIM, f.scatter + (size_t)mu * DIM);
        f.numbers[DAM__GROW_MASS * MEMORIES + mu] = mass;
        f.numbers[DAM__GROW_NEGATIVE_MASS * MEMORIES + mu] = negative_mass;
    }
    return dam__test_compare_matrix(test, &f.on_numbers, f.numbers, 0);
}

static dam_status run_constrain(dam__test *test)
{
    for (int tangent = 0; tangent < 2; tangent++) {
        struct fixture f;
        DAM_TRY(make_fixture(test, &f));
        DAM_TRY(launch(test, "grow_constrain", dam__range_groups(test->device, MEMORIES, 1),
                       DAM_ARGUMENTS(&f.on_directions, &f.on_memories, f.on_order, DIM,
                                     f.on_directions.ld, tangent ? 1.0 : 0.0)));
        for (int slot = 0; slot < MEMORIES; slot++) {
            double *u = f.directions + (size_t)slot * DIM;
            const double *w = f.memories + (size_t)order[slot] * DIM;
            double along = tangent * dot(u, w);
            for (int j = 0; j < DIM; j++)
                u[j] -= along * w[j];
            double norm = sqrt(dot(u, u));
            for (int j = 0; j < DIM; j++)
                u[j] /= norm;
        }
        DAM_TRY(dam__test_compare_matrix(test, &f.on_directions, f.directions, 0));
    }
    return DAM_OK;
}

static dam_status run_weigh(dam__test *test)
{
    double *products = NULL, *owed = NULL;
    dam__matrix on_products, on_owed;
    dam__buffer *on_order = NULL;
    DAM_TRY(dam__test_numbers(test, SAMPLES * ACTIVE, -1, 1, &products));
    DAM_TRY(dam__test_numbers(test, SAMPLES * MEMORIES, -1, 1, &owed));
    DAM_TRY(dam__test_matrix(test, SAMPLES, ACTIVE, 1, products, &on_products));
    DAM_TRY(dam__test_matrix(test, SAMPLES, MEMORIES, 1, owed, &on_owed));
    DAM_TRY(dam__test_buffer(test, order, sizeof order, &on_order));
    DAM_TRY(launch(
        test, "grow_weigh", dam__range_items(test->device, vectors_of(test, ACTIVE), SAMPLES),
        DAM_ARGUMENTS(&on_products, &on_owed, on_order, ACTIVE, on_products.ld, on_owed.ld)));
    for (int i = 0; i < SAMPLES; i++)
        for (int j = 0; j < ACTIVE; j++)
            products[i * ACTIVE + j] *= owed[i * MEMORIES + order[j]];
    return dam__test_compare_matrix(test, &on_products, products, 0);
}

/* What one direction's move leaves in the fixture's numbers. */
static void advance(struct fixture *f, int slot, const dam__move *move)
{
    int memory = order[slot];
    double *u = f->directions + (size_t)slot * DIM, *y = f->scatter + (size_t)slot * DIM;
    double *lambda = f->numbers + (size_t)DAM__GROW_LAMBDA * MEMORIES + memory;
    const double *w = f->memories + (size_t)memory * DIM;
    double kappa = f->numbers[DAM__GROW_KAPPA * MEMORIES + memory];
    double mass = f->numbers[DAM__GROW_MASS * MEMORIES + memory];
    double negative_mass = f->numbers[DAM__GROW_NEGATIVE_MASS * MEMORIES + memory];
    double along = dot(y, w), residual = 0;
    for (int j = 0; j < DIM; j++)
        y[j] -= along * w[j];
    double rho = -dot(u, y) / b, now = kappa - b * b * rho;
    for (int j = 0; j < DIM; j++)
        residual += pow(-y[j] / b - rho * u[j], 2);
    double best = move->first ? now : fmin(*lambda, now);
    double sigma =
        -negative_mass + move->shift * (move->reach * (kappa - best) / (b * b) + negative_mass);
    *lambda = move->last ? now : best;
    f->numbers[DAM__GROW_LEAST * MEMORIES + memory] =
        fmax(kappa - b * b * (mass + negative_mass), now - b * b * sqrt(residual));
    if (now < move->rest || slot == 0)
        return;
    for (int j = 0; j < DIM; j++)
        u[j] = -y[j] / b - sigma * u[j];
    double norm = sqrt(dot(u, u));
    for (int j = 0; j < DIM; j++)
        u[j] /= norm;
}

static dam_status run_advance(dam__test *test)
{
    /* All move; all rest; those move that are not below a lambda between those of the fixture. */
    static const dam__move moves[] = {{.shift = 0.3, .reach = 0.8, .rest = -1e30},
                                      {.first = true, .last = true, .rest = 1e30},
                                      {.last = true, .shift = 0.7, .reach = 0.5, .rest = 0.5}};
    for (size_t k = 0; k < sizeof moves / sizeof *moves; k++) {
        const dam__move *move = &moves[k];
        struct fixture f;
        DAM_TRY(make_fixture(test, &f));
        /* A memory without mass, whatever its eigenvalue was. */
        memset(f.scatter, 0, DIM * sizeof *f.scatter);
        f.numbers[DAM__GROW_NEGATIVE_MASS * MEMORIES + order[0]] = 0;
        f.numbers[DAM__GROW_LAMBDA * MEMORIES + order[0]] =
            f.numbers[DAM__GROW_KAPPA * MEMORIES + order[0]];
        DAM_TRY(dam__matrix_write_doubles(&f.on_scatter, f.scatter, "self-test"));
        DAM_TRY(dam__matrix_write_doubles(&f.on_numbers, f.numbers, "self-test"));
        DAM_TRY(launch(test, "grow_advance", dam__range_groups(test->device, ACTIVE, 1),
                       DAM_ARGUMENTS(&f.on_directions, &f.on_scatter, &f.on_memories, f.on_order,
                                     &f.on_scalars, &f.on_numbers, DIM, f.on_memories.ld,
                                     f.on_numbers.ld, move->first, move->last, move->shift,
                                     move->reach, move->rest)));
        for (int slot = 0; slot < ACTIVE; slot++)
            advance(&f, slot, move);
        DAM_TRY(dam__test_compare_matrix(test, &f.on_directions, f.directions, 0));
        DAM_TRY(dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0));
        DAM_TRY(dam__test_compare_matrix(test, &f.on_numbers, f.numbers, 0));
    }
    return DAM_OK;
}

static dam_status run_gather(dam__test *test)
{
    struct fixture f;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(launch(
        test, "grow_gather", dam__range_groups(test->device, MEMORIES, 1),
        DAM_ARGUMENTS(&f.on_directions, &f.on_scatter, f.on_order, DIM, f.on_directions.ld)));
    for (int slot = 0; slot < MEMORIES; slot++)
        memcpy(f.scatter + (size_t)slot * DIM, f.directions + (size_t)order[slot] * DIM,
               DIM * sizeof *f.scatter);
    return dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0);
}

/* --- the split -------------------------------------------------------------------------------- */

enum { BEFORE = 3, PAIRS = 2 }; /* of the fixture's memories */
static const int32_t pairs[2 * PAIRS] = {2, 4, 0, 1};

static dam_status run_split_rows(dam__test *test)
{
    const double step = 0.25;
    struct fixture f;
    dam__buffer *on_pairs = NULL;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(dam__test_buffer(test, pairs, sizeof pairs, &on_pairs));
    DAM_TRY(launch(test, "grow_split_rows", dam__range_groups(test->device, PAIRS, 1),
                   DAM_ARGUMENTS(&f.on_memories, &f.on_scatter, &f.on_directions, on_pairs, BEFORE,
                                 DIM, f.on_memories.ld, step)));
    for (int pair = 0; pair < PAIRS; pair++) {
        double *old = f.memories + (size_t)pairs[2 * pair] * DIM;
        double *twin = f.memories + (size_t)(BEFORE + pair) * DIM;
        const double *u = f.directions + (size_t)pairs[2 * pair + 1] * DIM;
        for (int j = 0; j < DIM; j++) {
            twin[j] = old[j] - step * u[j];
            old[j] += step * u[j];
            f.scatter[(BEFORE + pair) * DIM + j] = 0;
        }
        double forth = sqrt(dot(old, old)), back = sqrt(dot(twin, twin));
        for (int j = 0; j < DIM; j++) {
            old[j] /= forth;
            twin[j] /= back;
        }
    }
    DAM_TRY(dam__test_compare_matrix(test, &f.on_memories, f.memories, 0));
    return dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0);
}

static dam_status run_split_columns(dam__test *test)
{
    enum { ROWS = 2, COLUMNS = BEFORE + PAIRS + 1 };
    const double kept = 0.5, given = 0.25, scale = 1.5;
    double *values = NULL;
    dam__matrix matrix;
    dam__buffer *on_pairs = NULL;
    DAM_TRY(dam__test_numbers(test, ROWS * COLUMNS, 0, 1, &values));
    DAM_TRY(dam__test_matrix(test, ROWS, COLUMNS, 1, values, &matrix));
    DAM_TRY(dam__test_buffer(test, pairs, sizeof pairs, &on_pairs));
    DAM_TRY(launch(test, "grow_split_columns", dam__range_groups(test->device, ROWS, 1),
                   DAM_ARGUMENTS(&matrix, on_pairs, BEFORE, PAIRS, matrix.ld, kept, given, scale)));
    for (int i = 0; i < ROWS; i++) {
        double *row = values + (size_t)i * COLUMNS;
        row[COLUMNS - 1] = row[BEFORE];
        for (int pair = 0; pair < PAIRS; pair++) {
            row[BEFORE + pair] = given * row[pairs[2 * pair]];
            row[pairs[2 * pair]] *= kept;
        }
        for (int j = 0; j < COLUMNS; j++)
            row[j] *= scale;
    }
    return dam__test_compare_matrix(test, &matrix, values, 0);
}

#define SUMS "sums over a row that partly cancel"

static bool grows(const dam__selftest_use *use)
{
    return use->grows;
}

const dam__selftest_case dam__selftest_grow_cases[] = {
    {.name = "grow: mass and curvature",
     .kernels = "grow_sum_mass grow_curvature",
     .tolerance = 32,
     .reason = SUMS,
     .suits = grows,
     .run = run_accumulate},
    {.name = "grow: directions on the sphere",
     .kernels = "grow_constrain",
     .tolerance = 32,
     .reason = SUMS,
     .suits = grows,
     .run = run_constrain},
    {.name = "grow: weighing",
     .kernels = "grow_weigh",
     .tolerance = 2,
     .reason = "one rounding a number",
     .suits = grows,
     .run = run_weigh},
    {.name = "grow: power iteration",
     .kernels = "grow_advance",
     .tolerance = 32,
     .reason = SUMS,
     .suits = grows,
     .run = run_advance},
    {.name = "grow: reordering",
     .kernels = "grow_gather",
     .tolerance = 0,
     .reason = "copies",
     .suits = grows,
     .run = run_gather},
    {.name = "grow: pairs of memories",
     .kernels = "grow_split_rows",
     .tolerance = 32,
     .reason = "two norms, two roundings a number",
     .suits = grows,
     .run = run_split_rows},
    {.name = "grow: pairs of class weights",
     .kernels = "grow_split_columns",
     .tolerance = 4,
     .reason = "two roundings a number",
     .suits = grows,
     .run = run_split_columns},
    {0},
};

/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */
