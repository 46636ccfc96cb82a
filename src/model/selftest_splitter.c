#include "model/selftest_splitter.h"

#include <math.h>
#include <string.h>

#include "model/splitter.h"

/* Sizes are small constants of this file.
   NOLINTBEGIN(bugprone-implicit-widening-of-multiplication-result) */

/* More columns than a work-group takes at once; directions of three of the memories. */
enum { MEMORIES = 5, ACTIVE = 3, COLUMNS = 300, NUMBERS = DAM__SPLIT_NUMBERS };
enum { BEFORE = 3, PAIRS = 2 };

static const int32_t order[MEMORIES] = {3, 0, 4, 2, 1};
static const int32_t pairs[2 * PAIRS] = {2, 4, 0, 1};

/* Rows of norm about 1 and what goes with them; the same in every case. */
struct fixture {
    double *memories, *directions, *scatter, *numbers;
    dam__matrix on_memories, on_directions, on_scatter, on_numbers;
    dam__buffer *on_order, *on_pairs;
};

static dam_status make_rows(dam__test *test, double **values, dam__matrix *matrix)
{
    const double side = 0.1;
    DAM_TRY(dam__test_numbers(test, (size_t)MEMORIES * COLUMNS, -side, side, values));
    return dam__test_matrix(test, MEMORIES, COLUMNS, 1, *values, matrix);
}

static dam_status make_fixture(dam__test *test, struct fixture *f)
{
    *f = (struct fixture){0};
    DAM_TRY(make_rows(test, &f->memories, &f->on_memories));
    DAM_TRY(make_rows(test, &f->directions, &f->on_directions));
    DAM_TRY(make_rows(test, &f->scatter, &f->on_scatter));
    DAM_TRY(dam__test_numbers(test, NUMBERS * MEMORIES, 0.1, 1, &f->numbers));
    DAM_TRY(dam__test_matrix(test, NUMBERS, MEMORIES, 1, f->numbers, &f->on_numbers));
    DAM_TRY(dam__test_buffer(test, order, sizeof order, &f->on_order));
    return dam__test_buffer(test, pairs, sizeof pairs, &f->on_pairs);
}

static double dot(const double *x, const double *y)
{
    double sum = 0;
    for (int j = 0; j < COLUMNS; j++)
        sum += x[j] * y[j];
    return sum;
}

static dam_status launch(dam__test *test, const char *name, dam__range range,
                         const dam__argument *arguments)
{
    dam__kernel *kernel = NULL;
    DAM_TRY(dam__test_kernel(test, "split", "", name, &kernel));
    return dam__launch(kernel, range, (dam__work){0}, arguments);
}

static dam__range groups(const dam__test *test, int count)
{
    return dam__range_groups(test->device, (size_t)count, 1);
}

static dam__range vectors(const dam__test *test, int rows)
{
    size_t width = (size_t)dam__vector_width(test->device);
    return dam__range_items(test->device, (COLUMNS + width - 1) / width, (size_t)rows);
}

/* --- the search ----------------------------------------------------------------------------------- */

static dam_status run_sums(dam__test *test)
{
    const double scale = 0.25;
    double wanted[2 * COLUMNS] = {0};
    struct fixture f;
    dam__matrix sums;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(dam__test_matrix(test, 2, COLUMNS, 1, NULL, &sums));
    for (int row = 0; row < 2; row++)
        for (int later = 0; later < 2; later++)
            DAM_TRY(launch(test, "split_sums", vectors(test, 1),
                           DAM_ARGUMENTS(&f.on_memories, &sums, MEMORIES, COLUMNS, f.on_memories.ld,
                                         sums.ld, row, row == 1, later, scale)));
    for (int i = 0; i < MEMORIES * COLUMNS; i++) {
        wanted[i % COLUMNS] += 2 * scale * f.memories[i];
        wanted[COLUMNS + i % COLUMNS] += 2 * scale * fabs(f.memories[i]);
    }
    DAM_TRY(dam__test_compare_matrix(test, &sums, wanted, 0));
    DAM_TRY(launch(test, "split_centre", vectors(test, MEMORIES),
                   DAM_ARGUMENTS(&f.on_scatter, &sums, COLUMNS, f.on_scatter.ld)));
    for (int i = 0; i < MEMORIES * COLUMNS; i++)
        f.scatter[i] -= wanted[i % COLUMNS];
    return dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0);
}

static dam_status run_order(dam__test *test)
{
    for (int gathers = 0; gathers < 2; gathers++) {
        struct fixture f;
        DAM_TRY(make_fixture(test, &f));
        DAM_TRY(launch(test, "split_order", groups(test, MEMORIES),
                       DAM_ARGUMENTS(&f.on_directions, &f.on_scatter, f.on_order, COLUMNS,
                                     f.on_directions.ld, gathers)));
        for (int j = 0; j < MEMORIES; j++)
            memcpy(f.scatter + (gathers ? j : order[j]) * COLUMNS,
                   f.directions + (gathers ? order[j] : j) * COLUMNS, COLUMNS * sizeof *f.scatter);
        DAM_TRY(dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0));
    }
    return DAM_OK;
}

static dam_status run_normalise(dam__test *test)
{
    struct fixture f;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(launch(test, "split_normalise", groups(test, MEMORIES),
                   DAM_ARGUMENTS(&f.on_directions, COLUMNS, f.on_directions.ld)));
    for (int k = 0; k < MEMORIES; k++) {
        double *u = f.directions + (size_t)k * COLUMNS, norm = sqrt(dot(u, u));
        for (int j = 0; j < COLUMNS; j++)
            u[j] /= norm;
    }
    return dam__test_compare_matrix(test, &f.on_directions, f.directions, 0);
}

/* What one direction's move leaves in the fixture's numbers. */
static void advance(struct fixture *f, int slot, const dam__move *move)
{
    int memory = order[slot];
    double *u = f->directions + (size_t)slot * COLUMNS, *number = f->numbers + memory;
    const double *y = f->scatter + (size_t)memory * COLUMNS;
    const double *w = f->memories + (size_t)memory * COLUMNS;
    double *best = number + DAM__SPLIT_BEST * MEMORIES;
    double *spread = number + DAM__SPLIT_SPREAD * MEMORIES;
    double quotient = dot(u, y), factor = number[DAM__SPLIT_SCALE * MEMORIES] * dot(w, w);
    *best = move->first ? quotient : fmin(*best, quotient);
    *spread = fmax(*spread, sqrt(dot(y, y)));
    double end = 1.5 * *spread, pull = end + move->shift * (move->reach * *best - end), norm = 0;
    number[DAM__GROW_LAMBDA * MEMORIES] = factor * (move->last ? quotient : *best);
    number[DAM__GROW_LEAST * MEMORIES] =
        factor * (quotient - sqrt(fmax(dot(y, y) - quotient * quotient, 0)));
    if (factor * quotient < move->rest)
        return;
    for (int j = 0; j < COLUMNS; j++) {
        u[j] = pull * u[j] - y[j];
        norm += u[j] * u[j];
    }
    for (int j = 0; j < COLUMNS; j++)
        u[j] /= sqrt(norm);
}

static dam_status run_advance(dam__test *test)
{
    static const dam__move moves[] = {{.shift = 0.3, .reach = 0.8, .rest = -1e30},
                                      {.first = true, .last = true, .rest = 1e30},
                                      {.last = true, .shift = 0.7, .reach = 0.5, .rest = 0}};
    for (size_t k = 0; k < sizeof moves / sizeof *moves; k++) {
        const dam__move *move = &moves[k];
        struct fixture f;
        DAM_TRY(make_fixture(test, &f));
        DAM_TRY(
            launch(test, "split_advance", groups(test, ACTIVE),
                   DAM_ARGUMENTS(&f.on_directions, &f.on_scatter, &f.on_memories, f.on_order,
                                 &f.on_numbers, COLUMNS, f.on_memories.ld, f.on_numbers.ld,
                                 move->first, move->last, move->shift, move->reach, move->rest)));
        for (int slot = 0; slot < ACTIVE; slot++)
            advance(&f, slot, move);
        DAM_TRY(dam__test_compare_matrix(test, &f.on_directions, f.directions, 0));
        DAM_TRY(dam__test_compare_matrix(test, &f.on_numbers, f.numbers, 0));
    }
    return DAM_OK;
}

/* --- the split ------------------------------------------------------------------------------------ */

static dam_status run_rows(dam__test *test)
{
    const double step = 0.25, shrink = 0.75, slope = 0.625;
    struct fixture f;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(launch(test, "split_rows", groups(test, PAIRS),
                   DAM_ARGUMENTS(&f.on_memories, &f.on_scatter, &f.on_directions, f.on_pairs,
                                 BEFORE, COLUMNS, f.on_memories.ld, step, shrink, slope)));
    for (int pair = 0; pair < PAIRS; pair++) {
        double *old = f.memories + (size_t)pairs[2 * pair] * COLUMNS;
        double *twin = f.memories + (size_t)(BEFORE + pair) * COLUMNS;
        const double *u = f.directions + (size_t)pairs[2 * pair + 1] * COLUMNS;
        double move = step * sqrt(dot(old, old));
        for (int j = 0; j < COLUMNS; j++) {
            twin[j] = shrink * (old[j] - move * u[j]);
            old[j] = shrink * (old[j] + move * u[j]);
            f.scatter[pairs[2 * pair] * COLUMNS + j] *= slope;
            f.scatter[(BEFORE + pair) * COLUMNS + j] = 0;
        }
    }
    DAM_TRY(dam__test_compare_matrix(test, &f.on_memories, f.memories, 0));
    return dam__test_compare_matrix(test, &f.on_scatter, f.scatter, 0);
}

static dam_status run_entries(dam__test *test)
{
    const double kept = 0.5, given = 0.25, added = 0.125;
    struct fixture f;
    DAM_TRY(make_fixture(test, &f));
    DAM_TRY(
        launch(test, "split_copies", groups(test, PAIRS),
               DAM_ARGUMENTS(&f.on_memories, f.on_pairs, BEFORE, COLUMNS, f.on_memories.ld, kept)));
    DAM_TRY(launch(test, "split_entries", dam__range_items(test->device, PAIRS, NUMBERS),
                   DAM_ARGUMENTS(&f.on_numbers, f.on_pairs, BEFORE, PAIRS, f.on_numbers.ld, kept,
                                 given, added)));
    for (int pair = 0; pair < PAIRS; pair++) {
        for (int j = 0; j < COLUMNS; j++) {
            f.memories[pairs[2 * pair] * COLUMNS + j] *= kept;
            f.memories[(BEFORE + pair) * COLUMNS + j] = f.memories[pairs[2 * pair] * COLUMNS + j];
        }
        for (int row = 0; row < NUMBERS; row++) {
            double value = f.numbers[row * MEMORIES + pairs[2 * pair]];
            f.numbers[row * MEMORIES + pairs[2 * pair]] = kept * value + added;
            f.numbers[row * MEMORIES + BEFORE + pair] = given * value + added;
        }
    }
    DAM_TRY(dam__test_compare_matrix(test, &f.on_memories, f.memories, 0));
    return dam__test_compare_matrix(test, &f.on_numbers, f.numbers, 0);
}

#define SUMS "sums over a row that partly cancel"

static bool grows(const dam__selftest_use *use)
{
    return use->grows;
}

const dam__selftest_case dam__selftest_splitter_cases[] = {
    {.name = "split: column sums",
     .kernels = "split_sums split_centre",
     .tolerance = 16,
     .reason = "sums of ten numbers that partly cancel",
     .suits = grows,
     .run = run_sums},
    {.name = "split: reordering",
     .kernels = "split_order",
     .tolerance = 0,
     .reason = "copies",
     .suits = grows,
     .run = run_order},
    {.name = "split: unit directions",
     .kernels = "split_normalise",
     .tolerance = 32,
     .reason = SUMS,
     .suits = grows,
     .run = run_normalise},
    {.name = "split: power iteration",
     .kernels = "split_advance",
     .tolerance = 32,
     .reason = SUMS,
     .suits = grows,
     .run = run_advance},
    {.name = "split: pairs of memories",
     .kernels = "split_rows",
     .tolerance = 32,
     .reason = "a norm, and three roundings a number",
     .suits = grows,
     .run = run_rows},
    {.name = "split: pairs of numbers",
     .kernels = "split_copies split_entries",
     .tolerance = 4,
     .reason = "two roundings a number",
     .suits = grows,
     .run = run_entries},
    {0},
};

/* NOLINTEND(bugprone-implicit-widening-of-multiplication-result) */
