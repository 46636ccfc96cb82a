/* Sweeps: cells and groups, statistics, the stored sweep and its table. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "sweep/sweep_grid.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_report.h"
#include "sweep/sweep_score.h"

/* --- plans ------------------------------------------------------------------------------------ */

static dam__experiment base_of(const char *preset)
{
    dam__experiment base;
    assert_int_equal(dam__experiment_parse("test", preset, NULL, 0, &base), DAM_OK);
    return base;
}

static const char small[] = "seed = 5\ndata { name = \"random\" }\nsweep { seeds = 2 }\n";

static void make_plan(const char *const *grids, size_t count, dam__sweep_plan *out)
{
    const dam__experiment base = base_of(small);
    if (dam__sweep_plan_create(&base, grids, count, NULL, 0, out) != DAM_OK)
        fail_msg("%s", dam_error());
}

static void the_last_key_varies_fastest(void **state)
{
    (void)state;
    const char *const grids[] = {"model.memories=10,20", "train.learning_rate=1,2,3"};
    dam__sweep_plan plan;
    dam__experiment experiment;
    make_plan(grids, 2, &plan);
    assert_int_equal(plan.sweep.cells, 6);
    assert_int_equal(plan.sweep.seeds, 2);
    for (size_t p = 0; p < 12; p++) {
        assert_int_equal(dam__sweep_plan_experiment(&plan, p, &experiment), DAM_OK);
        assert_int_equal(experiment.seed, 5 + p % 2);
        assert_int_equal(experiment.model.memories, p < 6 ? 10 : 20);
        assert_true(experiment.train.learning_rate == (double)(p / 2 % 3 + 1));
    }
    dam__text name = {0};
    dam__sweep_plan_describe(&plan.sweep, 4, &name);
    assert_string_equal(name.data, "model.memories = 20, train.learning_rate = 2");
    dam__text_free(&name);
    dam__sweep_plan_free(&plan);
}

/* One group for each value of a key that shapes the model, whatever the order of the keys. */
static void replicas_of_one_shape_are_a_group(void **state)
{
    (void)state;
    const char *const orders[][3] = {
        {"model.memories=10,20", "train.learning_rate=1,2,3", "model.sinkhorn=1,2"},
        {"train.learning_rate=1,2,3", "model.sinkhorn=1,2", "model.memories=10,20"}};
    for (size_t order = 0; order < 2; order++) {
        dam__sweep_plan plan;
        make_plan(orders[order], 3, &plan);
        assert_int_equal(plan.groups, 4);
        size_t members[4] = {0};
        for (size_t p = 0; p < plan.sweep.cells * 2; p++) {
            dam__experiment own, other;
            members[plan.group[p]]++;
            assert_int_equal(dam__sweep_plan_experiment(&plan, p, &own), DAM_OK);
            for (size_t q = 0; q < p; q++) {
                assert_int_equal(dam__sweep_plan_experiment(&plan, q, &other), DAM_OK);
                bool alike = own.model.memories == other.model.memories &&
                             own.model.vmf.sinkhorn == other.model.vmf.sinkhorn;
                assert_int_equal(plan.group[p] == plan.group[q], alike);
            }
        }
        for (size_t g = 0; g < 4; g++)
            assert_int_equal(members[g], 6);
        dam__sweep_plan_free(&plan);
    }
}

static void bad_plans_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *grids[8];
        size_t count;
        const char *set, *reason;
    } cases[] = {
        {{NULL}, 0, NULL, "no grid"},
        {{"model.beta=1,2", "model.beta=3"}, 2, NULL, "model.beta twice"},
        {{"model.beta=1,2"}, 1, " model.beta =3", "set and swept"},
        {{"seed=1,2"}, 1, NULL, "the seed is swept"},
        {{"model.memories=1:1000:1000", "train.epochs=1:1000:1000"}, 2, NULL, "more than 100000"},
        {{"model.beta=1", "model.memories=2", "train.batch=3", "train.epochs=4", "model.sinkhorn=5",
          "train.momentum=0", "train.patience=0"},
         7,
         NULL,
         "at most 6"},
        {{"model.anneal_to=1,2", "model.beta_rule=learned,annealed"},
         2,
         NULL,
         "model.anneal_to = 1, model.beta_rule = annealed: "},
        {{"model.exponent=1,2"}, 1, NULL, "model.exponent"},
    };
    const dam__experiment base = base_of(small);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__sweep_plan plan;
        assert_int_equal(dam__sweep_plan_create(&base, cases[i].grids, cases[i].count,
                                                &cases[i].set, cases[i].set != NULL, &plan),
                         DAM_USAGE);
        if (strstr(dam_error(), cases[i].reason) == NULL)
            fail_msg("case %zu: %s", i, dam_error());
        dam__sweep_plan_free(&plan);
    }
}

static void a_preset_has_a_grid_of_its_own(void **state)
{
    (void)state;
    const dam__experiment base =
        base_of("data { name = \"random\" }\n"
                "sweep { x = \"model.beta=1,2\" y = \"train.momentum=0:0.9:10\" }\n");
    dam__sweep_plan plan;
    assert_int_equal(dam__sweep_plan_create(&base, NULL, 0, NULL, 0, &plan), DAM_OK);
    assert_int_equal(plan.sweep.cells, 20);
    assert_string_equal(plan.sweep.axes[1].key, "train.momentum");
    dam__sweep_plan_free(&plan);
    /* That of the command line takes its place as a whole. */
    const char *const grid = "model.memories=1,2,3";
    assert_int_equal(dam__sweep_plan_create(&base, &grid, 1, NULL, 0, &plan), DAM_OK);
    assert_int_equal(plan.sweep.cells, 3);
    dam__sweep_plan_free(&plan);
}

/* --- results ---------------------------------------------------------------------------------- */

static dam__replica_result result_of(dam__replica_status status, double loss, double accuracy)
{
    dam__replica_result result = {.status = status, .epochs = 3, .seconds = 0.5};
    for (int m = 0; m < DAM__METRICS; m++)
        result.metrics[m] = NAN;
    result.metrics[DAM__METRIC_LOSS] = loss;
    result.metrics[DAM__METRIC_VALIDATION_ACCURACY] = accuracy;
    return result;
}

static void note(dam__sweep *sweep, size_t replica, dam__replica_status status, double loss,
                 double accuracy)
{
    const dam__replica_result result = result_of(status, loss, accuracy);
    dam__sweep_note(sweep, replica, &result);
}

/* Four cells of two seeds: done, done, diverged in one seed, pending. */
static void make_results(dam__sweep_plan *plan)
{
    const char *const grids[] = {"model.memories=10,20", "train.learning_rate=0.1,1"};
    make_plan(grids, 2, plan);
    note(&plan->sweep, 0, DAM__REPLICA_DONE, 2, 0.5);
    note(&plan->sweep, 1, DAM__REPLICA_DONE, 4, 0.75);
    note(&plan->sweep, 2, DAM__REPLICA_DONE, 1, 0.25);
    note(&plan->sweep, 3, DAM__REPLICA_DONE, 1, 0.25);
    note(&plan->sweep, 4, DAM__REPLICA_DONE, 1, 1);
    note(&plan->sweep, 5, DAM__REPLICA_DIVERGED, NAN, NAN);
}

static void cells_sum_up_their_seeds(void **state)
{
    (void)state;
    dam__sweep_plan plan;
    dam__cell cell;
    make_results(&plan);
    assert_int_equal(plan.sweep.metric, DAM__METRIC_VALIDATION_ACCURACY);
    dam__sweep_cell(&plan.sweep, 0, &cell);
    assert_int_equal(cell.status, DAM__REPLICA_DONE);
    assert_true(cell.mean[DAM__METRIC_LOSS] == 3);
    assert_true(cell.mean[DAM__METRIC_VALIDATION_ACCURACY] == 0.625);
    assert_true(fabs(cell.spread - sqrt(2 * 0.125 * 0.125)) < 1e-15);
    assert_true(cell.epochs == 3 && cell.seconds == 1);
    assert_true(isnan(cell.mean[DAM__METRIC_TEST_LOSS]));
    dam__sweep_cell(&plan.sweep, 2, &cell);
    assert_int_equal(cell.status, DAM__REPLICA_DIVERGED);
    assert_true(cell.mean[DAM__METRIC_VALIDATION_ACCURACY] == 1 && isnan(cell.spread));
    dam__sweep_cell(&plan.sweep, 3, &cell);
    assert_int_equal(cell.status, DAM__REPLICA_PENDING);
    assert_true(isnan(cell.mean[DAM__METRIC_LOSS]));
    dam__sweep_plan_free(&plan);
}

/* A cell of which a seed diverged is never the best, however good the others are. */
static void the_best_cell_is_whole(void **state)
{
    (void)state;
    dam__sweep_plan plan;
    size_t best = 99;
    make_results(&plan);
    assert_true(dam__sweep_best(&plan.sweep, 0, 1, &best));
    assert_int_equal(best, 0);
    assert_true(dam__sweep_best(&plan.sweep, 1, 1, &best));
    assert_int_equal(best, 1);
    assert_false(dam__sweep_best(&plan.sweep, 2, 1, &best));
    plan.sweep.metric = DAM__METRIC_LOSS; /* less of it is better */
    assert_true(dam__sweep_best(&plan.sweep, 0, 1, &best));
    assert_int_equal(best, 1);
    plan.sweep.metric = DAM__METRIC_VALIDATION_ACCURACY; /* of equal ones the first */
    note(&plan.sweep, 2, DAM__REPLICA_DONE, 1, 0.5);
    note(&plan.sweep, 3, DAM__REPLICA_DONE, 1, 0.75);
    assert_true(dam__sweep_best(&plan.sweep, 0, 1, &best));
    assert_int_equal(best, 0);
    dam__sweep_plan_free(&plan);
}

/* --- running ---------------------------------------------------------------------------------- */

/* A runner that takes three at once, keeps account, and stops when told. */
typedef struct account {
    const dam__sweep_plan *plan;
    size_t runs[16], calls, stop_at;
} account;

static size_t three(void *user, const size_t *replicas, size_t count)
{
    (void)user;
    (void)replicas;
    return count < 3 ? count : 3;
}

static dam_status keep(void *user, const size_t *replicas, size_t count,
                       dam__replica_result *results)
{
    account *a = user;
    if (++a->calls == a->stop_at)
        return DAM_INTERRUPTED;
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(a->plan->group[replicas[i]], a->plan->group[replicas[0]]);
        a->runs[replicas[i]]++;
        results[i] = result_of(replicas[i] == 6 ? DAM__REPLICA_FAILED : DAM__REPLICA_DONE,
                               (double)replicas[i], NAN);
    }
    return DAM_OK;
}

static dam_status go_on(void *user)
{
    (void)user;
    return DAM_OK;
}

static void what_is_done_never_runs_again(void **state)
{
    (void)state;
    const char *const grids[] = {"train.learning_rate=1,2", "model.memories=10,20"};
    dam__sweep_plan plan;
    make_plan(grids, 2, &plan);
    account a = {.plan = &plan, .stop_at = 3};
    const dam__sweep_runner runner = {
        .user = &a, .together = three, .run = keep, .on_results = go_on};
    /* Group 0 has replicas 0, 1, 4, 5; group 1 has 2, 3, 6, 7. */
    assert_int_equal(dam__sweep_run(&plan.sweep, plan.group, plan.groups, &runner),
                     DAM_INTERRUPTED);
    assert_int_equal(dam__sweep_count(&plan.sweep, DAM__REPLICA_DONE), 4);
    assert_int_equal(dam__sweep_run(&plan.sweep, plan.group, plan.groups, &runner), DAM_OK);
    for (size_t p = 0; p < 8; p++) {
        assert_int_equal(a.runs[p], 1);
        assert_true(plan.sweep.results[p].metrics[DAM__METRIC_LOSS] == (double)p);
    }
    /* Only what failed is tried again. */
    assert_int_equal(dam__sweep_run(&plan.sweep, plan.group, plan.groups, &runner), DAM_OK);
    assert_int_equal(a.runs[6], 2);
    assert_int_equal(a.runs[7], 1);
    dam__sweep_plan_free(&plan);
}

/* --- the store -------------------------------------------------------------------------------- */

/* Gives an array another name of its length, which nobody asks for. */
static void rename_array(dam__container *container, const char *name)
{
    for (size_t i = 0; i < container->array_count; i++)
        if (strcmp(container->arrays[i].name, name) == 0)
            container->arrays[i].name[strlen(name) - 1] = '-';
    assert_null(dam__container_array(container, name));
}

static void a_sweep_comes_back_from_its_store(void **state)
{
    (void)state;
    dam__sweep_plan plan, copy;
    dam__container container = {0};
    const char *const grids[] = {"model.memories=10,20", "train.learning_rate=0.1,1"};
    make_results(&plan);
    assert_int_equal(dam__sweep_save(&plan.sweep, &container), DAM_OK);
    const dam__array *status = dam__container_array(&container, "results/status");
    assert_non_null(status);
    assert_int_equal(status->rank, 3);
    assert_true(status->shape[0] == 2 && status->shape[1] == 2 && status->shape[2] == 2);
    assert_true(dam__array_at(dam__container_array(&container, "axes/train.learning_rate"), 0) ==
                0.1);
    make_plan(grids, 2, &copy);
    /* A file from before there was such a metric has no array of it; it has the others. */
    rename_array(&container, "results/energy");
    assert_int_equal(dam__sweep_restore(&copy.sweep, &container), DAM_OK);
    assert_int_equal(copy.sweep.metric, plan.sweep.metric);
    assert_true(isnan(copy.sweep.results[0].metrics[DAM__METRIC_ENERGY]));
    for (size_t p = 0; p < 8; p++) {
        const dam__replica_result *a = &plan.sweep.results[p], *b = &copy.sweep.results[p];
        assert_true(a->status == b->status && a->epochs == b->epochs && a->seconds == b->seconds);
        for (int m = 0; a->status != DAM__REPLICA_PENDING && m < DAM__METRICS; m++)
            assert_true(a->metrics[m] == b->metrics[m] ||
                        (isnan(a->metrics[m]) && isnan(b->metrics[m])));
    }
    rename_array(&container, "results/mse");
    assert_int_equal(dam__sweep_restore(&copy.sweep, &container), DAM_INPUT);
    dam__container_free(&container);
    dam__sweep_plan_free(&plan);
    dam__sweep_plan_free(&copy);
}

/* Arrays that are whole but make no sense. */
static void impossible_stores_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *array;
        size_t item;
        double value;
    } cases[] = {{"results/status", 0, 5},      {"results/epochs", 1, -1},
                 {"results/epochs", 1, 0.5},    {"results/epochs", 1, NAN},
                 {"results/seconds", 2, -0.5},  {"results/seconds", 2, INFINITY},
                 {"results/loss", 3, INFINITY}, {"results/test_loss", 0, -INFINITY}};
    const char *const grids[] = {"model.memories=10,20", "train.learning_rate=0.1,1"};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__sweep_plan plan, copy;
        dam__container container = {0};
        make_results(&plan);
        make_plan(grids, 2, &copy);
        assert_int_equal(dam__sweep_save(&plan.sweep, &container), DAM_OK);
        const dam__array *array = dam__container_array(&container, cases[i].array);
        assert_non_null(array);
        if (array->element == DAM__U8)
            ((unsigned char *)array->data)[cases[i].item] = (unsigned char)cases[i].value;
        else
            ((double *)array->data)[cases[i].item] = cases[i].value;
        assert_int_equal(dam__sweep_restore(&copy.sweep, &container), DAM_INPUT);
        assert_non_null(strstr(dam_error(), cases[i].array));
        dam__container_free(&container);
        dam__sweep_plan_free(&plan);
        dam__sweep_plan_free(&copy);
    }
}

static void a_store_of_another_grid_is_refused(void **state)
{
    (void)state;
    dam__sweep_plan plan, other;
    dam__container container = {0};
    const char *const grids[] = {"model.memories=10,20,30", "train.learning_rate=0.1,1"};
    make_results(&plan);
    make_plan(grids, 2, &other);
    assert_int_equal(dam__sweep_save(&plan.sweep, &container), DAM_OK);
    assert_int_equal(dam__sweep_restore(&other.sweep, &container), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "not of the grid's shape"));
    dam__container_free(&container);
    dam__sweep_plan_free(&plan);
    dam__sweep_plan_free(&other);
}

/* A file without its texts, and a file of other texts. */
static void a_file_that_is_no_sweep_is_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-sweep-XXXXXX", file[64];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/sweep.h5", folder);
    static const struct {
        const char *format, *preset, *grid, *added, *reason;
    } cases[] = {
        {"denseam run 1", "", "", "", "its format is"},
        {"denseam sweep 2", "model {", "model.beta=1", "", "not closed"},
        {"denseam sweep 2", "data { name = \"random\" }", "", "", "its grid is empty"},
        {"denseam sweep 2", "data { name = \"random\" }", "a\nb\nc\nd\ne\nf\ng\n", "",
         "more than 6"},
        {"denseam sweep 2", "data { name = \"random\" }", "model.beta=x\n", "",
         "not a finite number"},
        {"denseam sweep 2", "data { name = \"random\" }", "model.beta=1,2\n", "0 0",
         "results/status"},
        {"denseam sweep 2", "data { name = \"random\" }", "model.beta=1,2\n", "", "has added ''"},
        {"denseam sweep 2", "data { name = \"random\" }", "model.beta=1,2\n", "0 1",
         "has added '0 1'"},
        {"denseam sweep 2", "data { name = \"random\" } sweep { extend = 3 }", "model.beta=1,2\n",
         "-1 0", "has added '-1 0'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__container container = {0};
        dam__sweep_plan plan;
        assert_int_equal(dam__container_set_text(&container, "format", cases[i].format), DAM_OK);
        assert_int_equal(dam__container_set_text(&container, "preset", cases[i].preset), DAM_OK);
        assert_int_equal(dam__container_set_text(&container, "grid", cases[i].grid), DAM_OK);
        assert_int_equal(dam__container_set_text(&container, "added", cases[i].added), DAM_OK);
        assert_int_equal(dam__container_write(&container, file), DAM_OK);
        assert_int_equal(dam__sweep_plan_open(folder, &plan), DAM_INPUT);
        if (strstr(dam_error(), cases[i].reason) == NULL || strstr(dam_error(), file) == NULL)
            fail_msg("case %zu: %s", i, dam_error());
        assert_null(plan.sweep.results);
        dam__container_free(&container);
    }
    (void)unlink(file);
    assert_int_equal(rmdir(folder), 0);
}

/* --- the table and the pictures --------------------------------------------------------------- */

static void the_table_has_a_row_a_cell(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-sweep-XXXXXX", file[64], *text = NULL;
    size_t length = 0;
    dam__sweep_plan plan;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(file, sizeof file, "%s/sweep.csv", folder);
    make_results(&plan);
    assert_int_equal(dam__sweep_table_write(folder, &plan.sweep), DAM_OK);
    assert_int_equal(dam__file_read(file, 1 << 16, &text, &length), DAM_OK);
    assert_string_equal(
        text,
        "model.memories,train.learning_rate,status,done,diverged,failed,loss,validation_accuracy,"
        "validation_accuracy_spread,validation_accuracy_1,validation_accuracy_2,epochs,seconds\n"
        "10,0.1,done,2,0,0,3,0.625,0.1767766952966369,0.5,0.75,3,1\n"
        "10,1,done,2,0,0,1,0.25,0,0.25,0.25,3,1\n"
        "20,0.1,diverged,1,1,0,1,1,,1,,3,1\n"
        "20,1,pending,0,0,0,,,,,,0,0\n");
    free(text);
    dam__sweep_plan_free(&plan);
    (void)unlink(file);
    assert_int_equal(rmdir(folder), 0);
}

static bool remove_if_there(const char *folder, const char *name)
{
    char path[96];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return unlink(path) == 0;
}

static void warn_loudly(void *user, dam_log_level level, const char *line)
{
    int *warnings = user;
    *warnings += level == DAM_LOG_WARNING;
    (void)fprintf(stderr, "%s\n", line);
}

/* Two keys of more than one value make a picture, however many others have a single one; a third
 * makes a picture for each of its values. */
static void pictures_are_curves_maps_and_slices(void **state)
{
    (void)state;
    static const struct {
        const char *grids[3];
        size_t count;
        const char *pictures[3];
    } cases[] = {
        {{"model.beta=1:9:3:log"}, 1, {"sweep"}},
        {{"model.beta=1"}, 1, {NULL}},
        {{"model.beta=1,2", "model.memories=7", "model.loss=supervised"}, 3, {"sweep"}},
        {{"model.beta=0.5:2:4:inverse", "model.memories=7:9:3"}, 2, {"sweep"}},
        {{"model.beta=1,2", "model.memories=7:9:3", "train.batch=1,2"}, 3, {"sweep-1", "sweep-2"}}};
    char folder[] = "/tmp/denseam-sweep-XXXXXX", name[64];
    int warnings = 0;
    const dam_log log = {warn_loudly, &warnings};
    assert_non_null(mkdtemp(folder));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__sweep_plan plan;
        make_plan(cases[i].grids, cases[i].count, &plan);
        for (size_t p = 0; p < plan.sweep.cells * 2; p++)
            note(&plan.sweep, p, p == 1 ? DAM__REPLICA_DIVERGED : DAM__REPLICA_DONE, (double)p,
                 NAN);
        assert_int_equal(dam__sweep_draw(folder, "it's a title", &plan.sweep, &log), DAM_OK);
        for (size_t k = 0; k < 3 && cases[i].pictures[k] != NULL; k++)
            for (size_t ending = 0; ending < 3; ending++) {
                static const char *const endings[] = {"dat", "gp", "png"};
                (void)snprintf(name, sizeof name, "%s.%s", cases[i].pictures[k], endings[ending]);
                assert_true(remove_if_there(folder, name));
            }
        dam__sweep_plan_free(&plan);
    }
    assert_int_equal(warnings, 0);
    assert_int_equal(rmdir(folder), 0);
}

/* Nothing is done yet, or everything diverged: still a picture, and no warning of gnuplot's. */
static void pictures_without_a_value_are_drawn(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-sweep-XXXXXX";
    int warnings = 0;
    const dam_log log = {warn_loudly, &warnings};
    assert_non_null(mkdtemp(folder));
    for (size_t keys = 1; keys <= 2; keys++) {
        const char *const grids[] = {"model.beta=1,2", "model.memories=7:9:3"};
        dam__sweep_plan plan;
        make_plan(grids, keys, &plan);
        for (size_t p = 0; p < plan.sweep.cells * 2; p++)
            note(&plan.sweep, p, DAM__REPLICA_DIVERGED, NAN, NAN);
        assert_int_equal(dam__sweep_draw(folder, "", &plan.sweep, &log), DAM_OK);
        assert_true(remove_if_there(folder, "sweep.png"));
        assert_true(remove_if_there(folder, "sweep.dat") && remove_if_there(folder, "sweep.gp"));
        dam__sweep_plan_free(&plan);
    }
    assert_int_equal(warnings, 0);
    assert_int_equal(rmdir(folder), 0);
}

/*
 * Of three classes and the softening one, true class by predicted column:
 *   2 1 0 0     F1 of class 0: 2*2/(3+3)
 *   1 3 0 0                 1: 2*3/(5+4)
 *   0 1 1 1                 2: 2*1/(1+3)
 */
static void macro_f1_is_that_of_a_confusion_made_by_hand(void **state)
{
    (void)state;
    const int32_t labels[] = {0, 0, 0, 1, 1, 1, 1, 2, 2, 2};
    const int32_t predicted[] = {0, 0, 1, 0, 1, 1, 1, 1, 2, 3};
    double f1 = 0;
    assert_int_equal(dam__sweep_macro_f1(labels, predicted, 10, 3, &f1), DAM_OK);
    assert_true(fabs(f1 - (4.0 / 6 + 6.0 / 9 + 2.0 / 4) / 3) < 1e-15);
    assert_true(dam__metric_rises(DAM__METRIC_VALIDATION_F1) &&
                dam__metric_rises(DAM__METRIC_TEST_F1) && !dam__metric_rises(DAM__METRIC_ENERGY));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(macro_f1_is_that_of_a_confusion_made_by_hand),
        cmocka_unit_test(the_last_key_varies_fastest),
        cmocka_unit_test(replicas_of_one_shape_are_a_group),
        cmocka_unit_test(bad_plans_are_refused),
        cmocka_unit_test(a_preset_has_a_grid_of_its_own),
        cmocka_unit_test(cells_sum_up_their_seeds),
        cmocka_unit_test(the_best_cell_is_whole),
        cmocka_unit_test(what_is_done_never_runs_again),
        cmocka_unit_test(a_sweep_comes_back_from_its_store),
        cmocka_unit_test(impossible_stores_are_refused),
        cmocka_unit_test(a_store_of_another_grid_is_refused),
        cmocka_unit_test(a_file_that_is_no_sweep_is_refused),
        cmocka_unit_test(the_table_has_a_row_a_cell),
        cmocka_unit_test(pictures_are_curves_maps_and_slices),
        cmocka_unit_test(pictures_without_a_value_are_drawn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
