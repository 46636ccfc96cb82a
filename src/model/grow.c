#include "model/grow.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "compute/random.h"
#include "model/model_type.h"

struct dam__growth {
    dam__model *model;
    const dam__grow_ops *ops;
    dam__loader *loader;
    dam__grow_config config;
    uint64_t seed;
    dam__search search;
    double *numbers; /* of the last search, on the host */
    int32_t *order;  /* the memory of each direction */
    int *picked;     /* the memories that the last split made pairs of */
};

dam_status dam__growth_create(dam__model *model, dam__loader *loader,
                              const dam__grow_config *config, uint64_t seed, dam__plan *plan,
                              dam__growth **out)
{
    dam_status status = DAM_OK;
    dam__growth *growth = NULL;
    size_t max_memories = (size_t)config->to;
    if (model->ops->grow == NULL)
        DAM_FAIL(DAM_USAGE, "the %s model cannot grow; set grow.to = 0",
                 dam__model_type_of(&model->config)->name);
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *growth, &growth));
    growth->model = model;
    growth->ops = model->ops->grow;
    growth->loader = loader;
    growth->config = *config;
    growth->seed = seed;
    int samples = dam__loader_samples(loader);
    growth->search.samples = config->samples < samples ? config->samples : samples;
    DAM_TRY_CLEANUP(
        dam__alloc(max_memories * DAM__GROW_NUMBERS, sizeof *growth->numbers, &growth->numbers));
    DAM_TRY_CLEANUP(dam__alloc(max_memories, sizeof *growth->order, &growth->order));
    DAM_TRY_CLEANUP(dam__alloc(max_memories, sizeof *growth->picked, &growth->picked));
    int columns = dam__model_neurons(&model->config, model->task.dim, model->task.classes);
    DAM_TRY_CLEANUP(dam__plan_matrix(plan, "splitting: directions", config->to, columns, 1,
                                     &growth->search.directions));
    *out = growth;
    growth = NULL;
cleanup:
    dam__growth_destroy(growth);
    return status;
}

void dam__growth_destroy(dam__growth *growth)
{
    if (growth == NULL)
        return;
    dam__buffer_destroy(growth->search.directions.buffer);
    free(growth->numbers);
    free(growth->order);
    free(growth->picked);
    free(growth);
}

dam_status dam__growth_prepare(dam__growth *growth)
{
    growth->ops->bind(growth->model, &growth->search);
    return growth->ops->prepare(growth->model);
}

/* --- the search ----------------------------------------------------------------------------------- */

/* One batch of a pass over the subset. */
typedef dam_status (*visit)(dam__model *model, const dam__batch *batch, int offset,
                            const dam__search *search);

/* Shows the stage's subset batch by batch: the first samples of an order of its own. */
static dam_status pass(dam__growth *growth, int stage, visit what)
{
    int samples = growth->search.samples;
    DAM_TRY(dam__loader_begin(growth->loader, (int)(DAM__EPOCH_FIRST_SPLIT - (uint32_t)stage), 0));
    for (int offset = 0; offset < samples;) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(growth->loader, &batch));
        if (batch.size > samples - offset)
            batch.size = samples - offset;
        DAM_TRY(what(growth->model, &batch, offset, &growth->search));
        DAM_TRY(dam__device_pace(growth->model->device));
        offset += batch.size;
    }
    return DAM_OK;
}

static dam_status write_order(dam__growth *growth, int memories)
{
    return dam__buffer_write(growth->search.order, 0, growth->order,
                             (size_t)memories * sizeof *growth->order, true, "splitting: order");
}

/* Random directions, one a memory, in their order. */
static dam_status begin_search(dam__growth *growth, int stage, int memories)
{
    dam_status status = DAM_OK;
    double *normals = NULL;
    dam__matrix first = growth->search.directions;
    first.rows = memories;
    DAM_TRY_CLEANUP(dam__alloc(dam__matrix_items(&first), sizeof *normals, &normals));
    dam__normals(growth->seed, DAM__STREAM_DIRECTIONS, (uint32_t)stage, dam__matrix_items(&first),
                 normals);
    DAM_TRY_CLEANUP(dam__matrix_write_doubles(&first, normals, "first directions"));
    for (int i = 0; i < memories; i++)
        growth->order[i] = i;
    DAM_TRY_CLEANUP(write_order(growth, memories));
    growth->search.active = memories;
    DAM_TRY_CLEANUP(growth->ops->constrain(growth->model, &growth->search,
                                           growth->config.direction != DAM__GROW_NOISE));
cleanup:
    free(normals);
    return status;
}

/*
 * Powers of C alone would damp an eigenvalue only by its ratio to the largest, rho. The shifts of a
 * cycle are the zeros of a Chebyshev polynomial on 0 ... REACH rho, which damps that whole interval
 * evenly, and much more. Small shifts come first, because rho is not known well before them. Cycles
 * are short because large shifts amplify rounding errors.
 */
enum { LONGEST_CYCLE = 8 };
static const double REACH = 0.8;
static const double ALL = 1e30; /* beyond every lambda */

static double shift_of(int move, int moves)
{
    const double pi = 3.14159265358979323846;
    int cycle = moves < LONGEST_CYCLE ? moves : LONGEST_CYCLE;
    return 0.5 * (1 - cos(pi * (2 * (move % cycle) + 1) / (2 * cycle)));
}

/*
 * A round of power iteration over the active directions. In its last pass the directions below the
 * threshold come to rest; the others move on for another round, or rest too if this is the last.
 */
static dam_status iterate(dam__growth *growth, int stage, int iterations, bool is_final)
{
    for (int i = 0; i < iterations; i++) {
        dam__move move = {.first = i == 0, .reach = REACH, .rest = -ALL};
        DAM_TRY(pass(growth, stage, growth->ops->scatter));
        if (i + 1 < iterations) {
            move.shift = shift_of(i, iterations - 1);
        } else {
            move.last = true;
            move.rest = is_final ? ALL : growth->config.threshold;
        }
        DAM_TRY(growth->ops->advance(growth->model, &growth->search, &move));
    }
    return growth->ops->read(growth->model, growth->numbers);
}

/* Not below the threshold, but further rounds may bring it there. */
static bool is_undecided(const dam__growth *growth, int memories, int row)
{
    const double *lambda = growth->numbers + growth->order[row];
    return !(lambda[0] < growth->config.threshold) &&
           lambda[(size_t)DAM__GROW_LEAST * (size_t)memories] < growth->config.threshold;
}

/* Puts the directions of undecided memories first: the active ones. */
static dam_status move_undecided_first(dam__growth *growth, int memories)
{
    dam_status status = DAM_OK;
    int32_t *rows = NULL, *order = NULL;
    int count = 0;
    DAM_TRY_CLEANUP(dam__alloc((size_t)memories, sizeof *rows, &rows));
    DAM_TRY_CLEANUP(dam__alloc((size_t)memories, sizeof *order, &order));
    for (int i = 0; i < memories; i++)
        if (is_undecided(growth, memories, i))
            rows[count++] = i;
    growth->search.active = count;
    for (int i = 0; i < memories; i++)
        if (!is_undecided(growth, memories, i))
            rows[count++] = i;
    for (int i = 0; i < memories; i++)
        order[i] = growth->order[rows[i]];
    memcpy(growth->order, order, (size_t)memories * sizeof *order);
    DAM_TRY_CLEANUP(dam__buffer_write(growth->search.list, 0, rows, (size_t)memories * sizeof *rows,
                                      true, "splitting: list"));
    DAM_TRY_CLEANUP(growth->ops->reorder(growth->model, &growth->search));
    DAM_TRY_CLEANUP(write_order(growth, memories));
cleanup:
    free(rows);
    free(order);
    return status;
}

/*
 * Memories that seem stable get further rounds, of as many iterations as the first, until all are
 * decided or there are no more. Only here does the host look at eigenvalues in between: it must
 * know how many directions are left.
 */
static dam_status iterate_all(dam__growth *growth, int stage, int memories)
{
    int most = growth->config.iterations, rest = growth->config.extra_iterations;
    DAM_TRY(iterate(growth, stage, most, rest == 0));
    while (rest > 0) {
        int iterations = rest < most ? rest : most;
        DAM_TRY(move_undecided_first(growth, memories));
        if (growth->search.active == 0)
            break;
        rest -= iterations;
        DAM_TRY(iterate(growth, stage, iterations, rest == 0));
    }
    return DAM_OK;
}

dam_status dam__growth_search(dam__growth *growth, int stage)
{
    int memories = growth->ops->memories(growth->model);
    DAM_TRY(begin_search(growth, stage, memories));
    DAM_TRY(pass(growth, stage, growth->ops->accumulate));
    if (growth->config.direction != DAM__GROW_EIGENVECTOR) {
        DAM_TRY(growth->ops->read(growth->model, growth->numbers));
        for (int i = 0; i < memories; i++)
            growth->numbers[i] = NAN;
        return DAM_OK;
    }
    return iterate_all(growth, stage, memories);
}

const double *dam__growth_numbers(const dam__growth *growth)
{
    return growth->numbers;
}

/* --- the split ------------------------------------------------------------------------------------ */

struct ranked {
    double rank;
    int memory;
};

static int by_rank(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    if (x->rank != y->rank)
        return x->rank < y->rank ? -1 : 1;
    return x->memory < y->memory ? -1 : x->memory > y->memory;
}

static int by_number(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return x < y ? -1 : x > y;
}

dam_status dam__growth_pick(const double *ranks, int memories, double threshold, double fraction,
                            int spare, int *picked, int *count)
{
    struct ranked *all = NULL;
    int below = 0;
    dam_status status = dam__alloc((size_t)memories, sizeof *all, &all);
    if (status != DAM_OK)
        return status;
    for (int i = 0; i < memories; i++)
        if (ranks[i] < threshold)
            all[below++] = (struct ranked){.rank = ranks[i], .memory = i};
    qsort(all, (size_t)below, sizeof *all, by_rank);
    /* A share of less than one memory would end growth although some memories are unstable. */
    int most = (int)fmax(1, rint(fraction * memories));
    most = most < spare ? most : spare;
    *count = below < most ? below : most;
    for (int i = 0; i < *count; i++)
        picked[i] = all[i].memory;
    free(all);
    qsort(picked, (size_t)*count, sizeof *picked, by_number);
    return DAM_OK;
}

/* Memories to split by their eigenvalues; along random directions, the heaviest. */
static dam_status pick(const dam__growth *growth, int memories, double *ranks, int *picked,
                       int *count)
{
    const dam__grow_config *config = &growth->config;
    bool eigenvector = config->direction == DAM__GROW_EIGENVECTOR;
    for (int i = 0; i < memories; i++)
        ranks[i] =
            eigenvector ? growth->numbers[i] : -growth->numbers[DAM__GROW_MASS * memories + i];
    return dam__growth_pick(ranks, memories, eigenvector ? config->threshold : INFINITY,
                            config->fraction, config->to - memories, picked, count);
}

static dam_status make_pairs(dam__growth *growth, int memories, const int *picked, int count,
                             const dam__matrix *velocities, const dam__matrix *squares)
{
    dam_status status = DAM_OK;
    int32_t *rows = NULL, *list = NULL;
    const dam__pairs pairs = {.count = count, .step = growth->config.step};
    DAM_TRY_CLEANUP(dam__alloc((size_t)memories, sizeof *rows, &rows));
    DAM_TRY_CLEANUP(dam__alloc(2 * (size_t)count, sizeof *list, &list));
    for (int i = 0; i < memories; i++)
        rows[growth->order[i]] = i;
    for (size_t j = 0; j < (size_t)count; j++) {
        list[2 * j] = picked[j];
        list[2 * j + 1] = rows[picked[j]];
    }
    DAM_TRY_CLEANUP(dam__buffer_write(growth->search.list, 0, list,
                                      2 * (size_t)count * sizeof *list, true, "splitting: list"));
    DAM_TRY_CLEANUP(
        growth->ops->split(growth->model, &growth->search, &pairs, velocities, squares));
cleanup:
    free(rows);
    free(list);
    return status;
}

dam_status dam__growth_split(dam__growth *growth, const dam__matrix *velocities,
                             const dam__matrix *squares, dam__split_result *out)
{
    dam_status status = DAM_OK;
    int *picked = growth->picked;
    double *ranks = NULL;
    int memories = growth->ops->memories(growth->model);
    *out = (dam__split_result){
        .before = memories, .after = memories, .least = NAN, .most = NAN, .picked = picked};
    DAM_TRY_CLEANUP(dam__alloc((size_t)memories, sizeof *ranks, &ranks));
    int count = 0;
    DAM_TRY_CLEANUP(pick(growth, memories, ranks, picked, &count));
    if (count > 0)
        DAM_TRY_CLEANUP(make_pairs(growth, memories, picked, count, velocities, squares));
    for (int j = 0; j < count; j++) {
        out->least = fmin(out->least, growth->numbers[picked[j]]);
        out->most = fmax(out->most, growth->numbers[picked[j]]);
    }
    out->after = memories + count;
cleanup:
    free(ranks);
    return status;
}

dam_status dam__growth_fits(int memories, int most)
{
    if (memories < 1 || memories > most)
        return dam__fail(DAM_INPUT, "the run has %d memories, but its preset allows %d", memories,
                         most);
    return DAM_OK;
}
