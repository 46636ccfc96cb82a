/* The parts of `denseam analyse`: what each computes, and the files it writes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/activated.h"
#include "analyse/analysis.h"
#include "base/csv.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/notice.h"
#include "base/summary.h"
#include "command/session.h"
#include "command/signals.h"
#include "data/pick.h"
#include "train/run_evaluator.h"

enum { DEFAULT_MISCLASSIFIED = 8, DEFAULT_ITERATIONS = 30 };

/* *path = a file of the folder, which is then listed; it belongs to the analysis. */
static dam_status add_file(analysis *a, const char *name, const char **path)
{
    int i = 0;
    while (a->files[i] != NULL)
        i++;
    dam_status status = dam__path_join(&a->files[i], a->folder, name);
    *path = a->files[i];
    return status;
}

/* Where a file was not needed after all. */
static void drop_file(analysis *a)
{
    int i = 0;
    while (a->files[i + 1] != NULL)
        i++;
    free(a->files[i]);
    a->files[i] = NULL;
}

static dam__workbench_options bench_of(const analysis *a, const dam__dataset *set, size_t count)
{
    return (dam__workbench_options){.device = a->device,
                                    .gemm = gemm_choice(a->args),
                                    .config = &a->run.experiment.model,
                                    .run = &a->run.container,
                                    .dim = a->run.dim,
                                    .classes = a->run.classes,
                                    .set = set,
                                    .count = count,
                                    .batch = a->run.experiment.train.batch};
}

/* --- memories ------------------------------------------------------------------------------------- */

static dam_status make_table(analysis *a, const double *numbers)
{
    const char *path = NULL;
    DAM_TRY(dam__memory_table_make(&a->run, numbers, &a->table));
    DAM_TRY(dam__memory_census_take(&a->table, a->run.experiment.grow.threshold, &a->census));
    DAM_TRY(add_file(a, "memories.csv", &path));
    return dam__memory_table_write(&a->table, path);
}

static void describe_eigenvalues(analysis *a, const double *lambda)
{
    size_t count = (size_t)a->run.memories, negative = 0;
    a->largest = -INFINITY;
    for (size_t mu = 0; mu < count; mu++) {
        negative += lambda[mu] < 0;
        a->largest = fmax(a->largest, lambda[mu]);
    }
    a->negative = (double)negative / (double)count;
}

dam_status analyse_memories(analysis *a)
{
    dam_status status = DAM_OK;
    dam__landscape *landscape = NULL;
    const double *numbers = NULL;
    int iterations = a->own->iterations > 0 ? a->own->iterations : DEFAULT_ITERATIONS;
    const dam__landscape_options options = {.bench = bench_of(a, &a->train, a->trained),
                                            .iterations = iterations,
                                            .seed = (uint64_t)a->run.experiment.seed,
                                            .embed = a->embedding};
    DAM_TRY_CLEANUP(dam__landscape_open(&options, &landscape));
    dam__info(&a->log, "splitting eigenvalues of %d memories: %d passes over %zu samples",
              a->run.memories, iterations + 1, a->trained);
    DAM_TRY_CLEANUP(dam__landscape_search(landscape, &numbers));
    describe_eigenvalues(a, numbers);
    if (a->memories)
        DAM_TRY_CLEANUP(make_table(a, numbers));
    if (a->embedding)
        DAM_TRY_CLEANUP(dam__landscape_embed(landscape, a->steps, a->embedded.steps, &a->embedded));
cleanup:
    dam__landscape_close(landscape);
    return status;
}

/* --- the saddle-point equations -------------------------------------------------------------------- */

/* Overlaps of the fixed point's memories with the run's. */
static dam_status compare_memories(analysis *a, double *overlaps)
{
    const dam__array *memories = dam__container_array(&a->run.container, "parameters/memories");
    size_t count = a->solved.count, dim = a->solved.dim;
    double *sorted = NULL;
    for (size_t i = 0; i < count * dim; i++)
        overlaps[i / dim] += a->solved.found[i] * dam__array_at(memories, i);
    DAM_TRY(dam__alloc(count, sizeof *sorted, &sorted));
    memcpy(sorted, overlaps, count * sizeof *sorted);
    a->overlap_median = dam__summarise(sorted, count).median; /* and sorts them */
    a->overlap_least = sorted[0];
    free(sorted);
    return DAM_OK;
}

static dam_status write_saddle(analysis *a, const double *numbers, const double *overlaps)
{
    enum { DIGITS = 9 };
    dam__csv csv = {0};
    const char *path = NULL;
    size_t count = a->solved.count;
    a->jacobian = -INFINITY;
    dam__csv_line(&csv, "memory,overlap,mass,lambda,kappa,jacobian");
    for (size_t mu = 0; mu < count; mu++) {
        double lambda = numbers[DAM__GROW_LAMBDA * count + mu];
        double kappa = numbers[DAM__GROW_KAPPA * count + mu];
        double jacobian = dam__saddle_jacobian(lambda, kappa);
        const double values[] = {overlaps[mu], numbers[DAM__GROW_MASS * count + mu], lambda, kappa,
                                 jacobian};
        a->jacobian = fmax(a->jacobian, jacobian);
        a->above += (jacobian > 1) / (double)count;
        dam__csv_integer(&csv, (int64_t)mu);
        for (size_t i = 0; i < sizeof values / sizeof *values; i++)
            dam__csv_real(&csv, values[i], DIGITS);
        dam__csv_end_row(&csv);
    }
    dam_status status = add_file(a, "saddle.csv", &path);
    if (status == DAM_OK)
        return dam__csv_write(&csv, "", path);
    dam__csv_free(&csv);
    return status;
}

/* What the student's memories and those of the fixed point have of the teacher's. */
static dam_status match_teacher(analysis *a)
{
    const dam__array found = {.element = DAM__F64,
                              .rank = 2,
                              .shape = {a->solved.count, a->solved.dim},
                              .data = a->solved.found};
    DAM_TRY(dam__teacher_compare(&a->run, &a->teacher[0]));
    return dam__teacher_compare_with(&a->run, &found, &a->teacher[1]);
}

dam_status analyse_saddle(analysis *a)
{
    dam_status status = DAM_OK;
    dam__landscape *landscape = NULL;
    const double *numbers = NULL, tolerance = a->double_precision ? 1e-8 : 1e-4;
    double *overlaps = NULL;
    int iterations = a->own->iterations > 0 ? a->own->iterations : DEFAULT_ITERATIONS;
    const dam__landscape_options options = {.bench = bench_of(a, &a->train, a->trained),
                                            .iterations = iterations,
                                            .seed = (uint64_t)a->run.experiment.seed,
                                            .solve = true};
    signals_catch();
    DAM_TRY_CLEANUP(dam__landscape_open(&options, &landscape));
    dam__info(&a->log, "saddle-point equations: at most %d passes over %zu samples", a->own->saddle,
              a->trained);
    DAM_TRY_CLEANUP(
        dam__landscape_solve(landscape, a->own->saddle, tolerance, signals_stop, &a->solved));
    DAM_TRY_CLEANUP(dam__landscape_search(landscape, &numbers));
    DAM_TRY_CLEANUP(dam__alloc(a->solved.count, sizeof *overlaps, &overlaps));
    DAM_TRY_CLEANUP(compare_memories(a, overlaps));
    DAM_TRY_CLEANUP(write_saddle(a, numbers, overlaps));
    DAM_TRY_CLEANUP(match_teacher(a));
cleanup:
    dam__landscape_close(landscape);
    free(overlaps);
    return status;
}

/* --- activations ---------------------------------------------------------------------------------- */

/* The first test samples that are predicted wrongly. */
static dam_status find_misclassified(analysis *a)
{
    dam_status status = DAM_OK;
    dam__run_evaluator *evaluator = NULL;
    dam__metrics metrics;
    int32_t *predicted = NULL, *nearest = NULL;
    size_t most =
        a->own->misclassified > 0 ? (size_t)a->own->misclassified : (size_t)DEFAULT_MISCLASSIFIED;
    DAM_TRY_CLEANUP(dam__run_evaluator_create(
        a->device, gemm_choice(a->args), &a->run.experiment.model, a->run.dim, a->run.classes,
        &a->run.container, &a->test, a->run.experiment.train.batch, &evaluator));
    DAM_TRY_CLEANUP(dam__run_evaluator_run(evaluator, &metrics, &predicted, &nearest));
    for (size_t i = 0; i < a->test.count && a->chosen_count < most; i++)
        if (predicted[i] != a->test.labels[i])
            a->chosen[a->chosen_count++] = i;
cleanup:
    free(predicted);
    free(nearest);
    dam__run_evaluator_destroy(evaluator);
    return status;
}

dam_status analyse_activations(analysis *a)
{
    const char *path = NULL;
    if (a->own->samples == NULL)
        DAM_TRY(find_misclassified(a));
    if (a->chosen_count == 0)
        return DAM_OK;
    DAM_TRY(dam__dataset_pick(&a->test, a->chosen, a->chosen_count, &a->picked));
    const dam__workbench_options bench = bench_of(a, &a->picked, a->chosen_count);
    DAM_TRY(dam__activations_of(&bench, &a->activated));
    const dam__activated activated = {.run = &a->run,
                                      .picked = &a->picked,
                                      .numbers = a->chosen,
                                      .activations = &a->activated,
                                      .top = a->own->top > 0 ? (size_t)a->own->top : DEFAULT_TOP};
    DAM_TRY(add_file(a, "activations.png", &path));
    return dam__activated_draw(&activated, path);
}

/* --- adversary ------------------------------------------------------------------------------------ */

static dam_status report_perturbation(analysis *a)
{
    enum { ROWS = 8 };
    const char *path = NULL;
    size_t drawn = 0;
    const dam__perturbation perturbation = {.set = &a->test, .margins = a->margins};
    DAM_TRY(dam__perturbation_compare(&perturbation, &a->comparison));
    DAM_TRY(add_file(a, "adversarial.csv", &path));
    DAM_TRY(dam__perturbation_write(&perturbation, path));
    DAM_TRY(add_file(a, "adversarial.png", &path));
    DAM_TRY(dam__perturbation_draw(&perturbation, ROWS, path, &drawn));
    if (drawn == 0)
        drop_file(a);
    return DAM_OK;
}

dam_status analyse_adversary(analysis *a)
{
    enum { STEPS = 300, KEPT = 64 };
    const double right_angle = 1.5707963267948966;
    size_t count = (size_t)a->own->adversarial;
    if (count > a->test.count)
        count = a->test.count;
    const dam__workbench_options train = bench_of(a, &a->train, a->trained);
    dam__info(&a->log, "linear classifier: %d steps on %zu samples", (int)STEPS, a->trained);
    DAM_TRY(dam__linear_train(&train, STEPS, &a->linear));
    const dam__workbench_options test = bench_of(a, &a->test, count);
    DAM_TRY(dam__adversary_run(&test, &a->linear, right_angle, KEPT, a->margins));
    return report_perturbation(a);
}
