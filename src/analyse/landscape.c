#include "analyse/landscape.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "model/embedding.h"
#include "model/grow.h"
#include "model/model_type.h"
#include "train/checkpoint.h"
#include "train/evaluator.h"
#include "train/optimizer.h"

struct dam__landscape {
    dam__workbench bench;
    dam__growth *growth;
    dam__optimizer *optimizer; /* for the velocities that a split takes along */
    dam__evaluator *evaluator;
    dam__matrix losses;
    dam__grow_config grow;
    uint64_t seed;
    bool embed, solve;
    int memories;
    size_t samples;
};

static void forget(void *user)
{
    dam__landscape *landscape = user;
    dam__evaluator_destroy(landscape->evaluator);
    dam__optimizer_destroy(landscape->optimizer);
    dam__growth_destroy(landscape->growth);
    dam__buffer_destroy(landscape->losses.buffer);
    landscape->evaluator = NULL;
    landscape->optimizer = NULL;
    landscape->growth = NULL;
    landscape->losses.buffer = NULL;
}

static dam_status plan(void *user, dam__workbench *bench)
{
    dam__landscape *landscape = user;
    DAM_TRY(dam__growth_create(bench->model, bench->loader, &landscape->grow, landscape->seed,
                               bench->plan, &landscape->growth));
    if (landscape->embed || landscape->solve)
        DAM_TRY(dam__plan_matrix(bench->plan, "losses", 1, 1, 1, &landscape->losses));
    if (!landscape->embed)
        return DAM_OK;
    DAM_TRY(dam__optimizer_create(bench->model, bench->plan, &landscape->optimizer));
    return dam__evaluator_create(bench->model, bench->loader, bench->plan, &landscape->evaluator);
}

dam_status dam__landscape_open(const dam__landscape_options *options, dam__landscape **out)
{
    dam_status status = DAM_OK;
    dam__landscape *landscape = NULL;
    dam__model_config config = *options->bench.config;
    dam__workbench_options bench = options->bench;
    const double step = 0.25;
    if (dam__model_compares(&config))
        DAM_TRY_CLEANUP(dam__workbench_labels(bench.set, bench.classes, "data.labels"));
    DAM_TRY_CLEANUP(dam__checkpoint_memories(bench.run, &config.memories));
    if (options->embed && config.memories > INT32_MAX / 2)
        DAM_FAIL(DAM_USAGE, "%d memories are too many to be doubled", config.memories);
    config.max_memories = options->embed ? 2 * config.memories : config.memories;
    bench.config = &config;
    DAM_TRY_CLEANUP(dam__alloc(1, sizeof *landscape, &landscape));
    landscape->seed = options->seed;
    landscape->embed = options->embed;
    landscape->solve = options->solve;
    landscape->memories = config.memories;
    landscape->samples = bench.count;
    landscape->grow = (dam__grow_config){.to = config.max_memories,
                                         .samples = (int)bench.count,
                                         .iterations = options->iterations,
                                         .threshold = INFINITY, /* every memory splits */
                                         .step = step,
                                         .fraction = 1};
    DAM_TRY_CLEANUP(dam__workbench_open(
        &bench, &(dam__workbench_extras){.user = landscape, .plan = plan, .forget = forget},
        &landscape->bench));
    DAM_TRY_CLEANUP(dam__growth_prepare(landscape->growth));
    if (landscape->embed)
        DAM_TRY_CLEANUP(dam__optimizer_prepare(landscape->optimizer));
    *out = landscape;
    landscape = NULL;
cleanup:
    dam__landscape_close(landscape);
    return status;
}

void dam__landscape_close(dam__landscape *landscape)
{
    if (landscape == NULL)
        return;
    forget(landscape);
    dam__workbench_close(&landscape->bench);
    free(landscape);
}

dam_status dam__landscape_search(dam__landscape *landscape, const double **numbers)
{
    dam_status status = dam__growth_search(landscape->growth, 0);
    *numbers = dam__growth_numbers(landscape->growth);
    return status;
}

/* --- the embedding -------------------------------------------------------------------------------- */

static void free_state(dam__embedding_state *state)
{
    free(state->w);
    free(state->weights);
    free(state->counts);
    free(state->w_gradient);
    free(state->weights_gradient);
}

static dam_status read_items(const dam__matrix *matrix, double **out)
{
    dam_status status = dam__alloc(dam__matrix_items(matrix), sizeof **out, out);
    return status == DAM_OK ? dam__matrix_read_doubles(matrix, *out, "analysis") : status;
}

/* sum += share * the numbers of a matrix. */
static dam_status add_items(const dam__matrix *matrix, double share, double *sum)
{
    dam_status status = DAM_OK;
    double *part = NULL;
    DAM_TRY_CLEANUP(read_items(matrix, &part));
    for (size_t i = 0; i < dam__matrix_items(matrix); i++)
        sum[i] += share * part[i];
cleanup:
    free(part);
    return status;
}

/* Parameters and the gradients of the mean loss over all samples; NULL: not those of beta, nor the
 * loss. */
static dam_status read_state(dam__landscape *landscape, dam__embedding_state *state,
                             dam__saddle_beta *beta, double *loss)
{
    dam__model *model = landscape->bench.model;
    dam__loader *loader = landscape->bench.loader;
    const dam__parameter *memories = dam__model_parameter(model, "memories");
    const dam__parameter *weights = dam__model_parameter(model, "class_weights");
    const dam__parameter *counts = dam__model_parameter(model, "counts");
    *state = (dam__embedding_state){.memories = (size_t)memories->value.rows,
                                    .dim = (size_t)memories->value.cols,
                                    .columns = (size_t)weights->value.rows};
    DAM_TRY(read_items(&memories->value, &state->w));
    DAM_TRY(read_items(&weights->value, &state->weights));
    DAM_TRY(read_items(&counts->value, &state->counts));
    DAM_TRY(dam__alloc(dam__matrix_items(&memories->value), sizeof(double), &state->w_gradient));
    DAM_TRY(
        dam__alloc(dam__matrix_items(&weights->value), sizeof(double), &state->weights_gradient));
    DAM_TRY(dam__loader_begin(loader, 0, 0));
    for (int step = 0; step < dam__loader_steps(loader); step++) {
        dam__batch batch;
        DAM_TRY(dam__loader_next(loader, &batch));
        DAM_TRY(model->ops->loss_gradient(model, &batch, landscape->losses.buffer, 0));
        double share = (double)batch.size / (double)landscape->samples;
        DAM_TRY(add_items(&memories->gradient, share, state->w_gradient));
        DAM_TRY(add_items(&weights->gradient, share, state->weights_gradient));
        if (beta == NULL)
            continue;
        DAM_TRY(add_items(&dam__model_parameter(model, "beta")->gradient, share, &beta->gradient));
        DAM_TRY(add_items(&landscape->losses, share, loss));
    }
    return DAM_OK;
}

/* Row `side` of the result: loss and gradients at the present width. */
static dam_status measure(dam__landscape *landscape, int side, dam__embedding_state *state,
                          dam__embedding *out)
{
    dam__metrics metrics;
    DAM_TRY(read_state(landscape, state, NULL, NULL));
    DAM_TRY(dam__evaluator_run(landscape->evaluator, &metrics));
    out->loss[side] = metrics.loss + dam__embedding_log_total(state);
    out->memories[side] = dam__embedding_memory_norm(state);
    return dam__embedding_weight_norm(state, &out->weights[side]);
}

/* Splits every memory, and gives the pairs as they came. */
static dam_status split_all(dam__landscape *landscape, double **split)
{
    dam__split_result result;
    DAM_TRY(dam__growth_split(landscape->growth, dam__optimizer_velocities(landscape->optimizer),
                              dam__optimizer_squares(landscape->optimizer), &result));
    if (result.after != 2 * landscape->memories)
        return dam__fail(
            DAM_INPUT,
            "%d of %d splitting eigenvalues are not finite; the run has diverged, or its "
            "precision does not suffice",
            2 * landscape->memories - result.after, landscape->memories);
    return read_items(&dam__model_parameter(landscape->bench.model, "memories")->value, split);
}

static dam_status write_pairs(dam__landscape *landscape, const dam__embedding_state *narrow,
                              const double *split, double step, double *pairs)
{
    dam__embedding_pairs(narrow->w, narrow->memories, narrow->dim, split, step, pairs);
    return dam__matrix_write_doubles(
        &dam__model_parameter(landscape->bench.model, "memories")->value, pairs, "analysis");
}

dam_status dam__landscape_embed(dam__landscape *landscape, const double *steps, size_t count,
                                dam__embedding *out)
{
    dam_status status = DAM_OK;
    dam__embedding_state narrow = {0}, wide = {0};
    double *split = NULL, *pairs = NULL, *lambda = NULL;
    size_t memories = (size_t)landscape->memories;
    *out = (dam__embedding){.steps = count};
    DAM_TRY_CLEANUP(measure(landscape, 0, &narrow, out));
    DAM_TRY_CLEANUP(dam__alloc(memories, sizeof *lambda, &lambda));
    memcpy(lambda, dam__growth_numbers(landscape->growth), memories * sizeof *lambda);
    DAM_TRY_CLEANUP(split_all(landscape, &split));
    DAM_TRY_CLEANUP(dam__alloc(2 * memories * narrow.dim, sizeof *pairs, &pairs));
    DAM_TRY_CLEANUP(write_pairs(landscape, &narrow, split, 0, pairs));
    DAM_TRY_CLEANUP(measure(landscape, 1, &wide, out));
    for (size_t i = 0; i < count; i++) {
        dam__metrics metrics;
        DAM_TRY_CLEANUP(write_pairs(landscape, &narrow, split, steps[i], pairs));
        DAM_TRY_CLEANUP(dam__evaluator_run(landscape->evaluator, &metrics));
        out->measured[i] = metrics.loss + dam__embedding_log_total(&wide) - out->loss[1];
        out->predicted[i] = dam__embedding_prediction(lambda, memories, steps[i]);
    }
cleanup:
    free_state(&narrow);
    free_state(&wide);
    free(split);
    free(pairs);
    free(lambda);
    return status;
}

/* --- the saddle-point equations -------------------------------------------------------------------- */

void dam__saddle_free(dam__saddle *saddle)
{
    free(saddle->found);
    *saddle = (dam__saddle){0};
}

/* Parameters of the next iteration; Sinkhorn-Knopp and what follows from beta are the model's. */
static dam_status write_state(dam__landscape *landscape, const dam__embedding_state *state,
                              const dam__saddle_beta *beta)
{
    dam__model *model = landscape->bench.model;
    const struct {
        const char *name;
        const double *values;
    } parts[] = {{"memories", state->w}, {"class_weights", state->weights}, {"beta", &beta->value}};
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        DAM_TRY(dam__matrix_write_doubles(&dam__model_parameter(model, parts[i].name)->value,
                                          parts[i].values, "analysis"));
    return model->ops->project(model);
}

/* One iteration; before it was made, residuals, loss and beta go to side `side` of *out. */
static dam_status iterate(dam__landscape *landscape, int side, double *turned, dam__saddle *out)
{
    dam_status status = DAM_OK;
    dam__embedding_state state = {0};
    dam__model *model = landscape->bench.model;
    const dam__vmf_config *config = &model->config.vmf;
    dam__saddle_beta beta = {.varsigma = config->varsigma,
                             .is_kept = config->beta_rule != DAM__BETA_LEARNED};
    DAM_TRY_CLEANUP(
        dam__matrix_read_doubles(&dam__model_parameter(model, "beta")->value, &beta.value, "beta"));
    out->loss[side] = 0;
    DAM_TRY_CLEANUP(read_state(landscape, &state, &beta, &out->loss[side]));
    out->beta[side] = beta.value;
    DAM_TRY_CLEANUP(dam__embedding_weight_norm(&state, &out->weights[side]));
    memcpy(out->found, state.w, out->count * out->dim * sizeof *out->found);
    DAM_TRY_CLEANUP(dam__saddle_map(&state, &beta, &out->memories[side]));
    *turned = fabs(beta.value / out->beta[side] - 1);
    DAM_TRY_CLEANUP(write_state(landscape, &state, &beta));
cleanup:
    free_state(&state);
    return status;
}

dam_status dam__landscape_solve(dam__landscape *landscape, int most, double tolerance,
                                bool (*stop)(void *), dam__saddle *out)
{
    dam_status status = DAM_OK;
    dam__saddle found = {.count = (size_t)landscape->memories,
                         .dim = (size_t)landscape->bench.model->task.dim};
    *out = (dam__saddle){0};
    if (!dam__model_compares(&landscape->bench.model->config))
        DAM_FAIL(DAM_USAGE, "the saddle-point equations are of a model that learns labels");
    DAM_TRY_CLEANUP(dam__alloc(found.count * found.dim, sizeof *found.found, &found.found));
    while (found.iterations < most && !found.converged) {
        double turned = 0;
        int side = found.iterations > 0;
        DAM_TRY_CLEANUP(iterate(landscape, side, &turned, &found));
        if (side == 0) {
            found.loss[1] = found.loss[0];
            found.beta[1] = found.beta[0];
            found.memories[1] = found.memories[0];
            found.weights[1] = found.weights[0];
        }
        found.iterations++;
        found.converged = found.memories[side] <= tolerance && turned <= tolerance;
        if (stop != NULL && stop(NULL))
            DAM_FAIL(DAM_INTERRUPTED,
                     "stopped after iteration %d of %d of the saddle-point "
                     "equations; nothing is written",
                     found.iterations, most);
    }
    *out = found;
    found = (dam__saddle){0};
cleanup:
    dam__saddle_free(&found);
    return status;
}
