/* Searches: keys that move together, where the best value lies, and how a search goes on. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "sweep/sweep_grid.h"
#include "sweep/sweep_plan.h"
#include "sweep/sweep_search.h"
#include "sweep/sweep_search_picture.h"
#include "train/batched.h"

/* --- grids ------------------------------------------------------------------------------------ */

static void keys_move_together(void **state)
{
    (void)state;
    dam__axis axis;
    const dam__option *keys[DAM__AXIS_KEYS];
    assert_int_equal(dam__grid_parse(" data.dim : model.memories:data.images = 64:128:'a:b,c', "
                                     "2^7 : 256 : d",
                                     &axis, keys),
                     DAM_OK);
    assert_string_equal(axis.key, "data.dim");
    assert_int_equal(axis.count, 2);
    assert_int_equal(axis.follower_count, 2);
    assert_string_equal(axis.values[0], "64");
    assert_string_equal(axis.values[1], "128");
    assert_true(axis.numbers[1] == 128);
    assert_string_equal(axis.followers[0].key, "model.memories");
    assert_string_equal(axis.followers[0].values[1], "256");
    assert_true(axis.followers[0].numbers[0] == 128);
    assert_string_equal(axis.followers[1].values[0], "a:b,c");
    assert_string_equal(axis.followers[1].values[1], "d");
    assert_null(axis.followers[1].numbers);
    assert_string_equal(keys[1]->key, "memories");
    assert_string_equal(keys[2]->key, "images");
    dam__axis_free(&axis);
}

static void powers_of_two_are_numbers(void **state)
{
    (void)state;
    dam__axis axis;
    const dam__option *key = NULL;
    assert_int_equal(dam__grid_parse("train.eta0=2^-14:2^-2:13:log,2^0", &axis, &key), DAM_OK);
    assert_int_equal(axis.count, 14);
    for (int i = 0; i < 13; i++)
        assert_true(axis.numbers[i] == ldexp(1, i - 14));
    assert_true(axis.numbers[13] == 1);
    assert_string_equal(axis.values[11], "0.125");
    dam__axis_free(&axis);
    /* Beyond its ends, from any of them. */
    char *text = NULL;
    double value = 0;
    assert_int_equal(dam__grid_parse("train.eta0=2^-6:2^-3:4:log", &axis, &key), DAM_OK);
    assert_int_equal(dam__grid_beyond(&axis, 0, 3, 2, &text, &value), DAM_OK);
    assert_true(value == 0.5);
    assert_string_equal(text, "0.5");
    free(text);
    assert_int_equal(dam__grid_beyond(&axis, 0, 3, -3, &text, &value), DAM_OK);
    assert_true(value == ldexp(1, -9));
    free(text);
    dam__axis_free(&axis);
}

static void bad_keys_and_tuples_are_refused(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"data.dim:model.memories=64", "1 values stand where there are 2 keys"},
        {"data.dim:model.memories=64:128:3", "3 values stand where there are 2 keys"},
        {"data.dim:model.memories=64:128,", "a value is missing"},
        {"data.dim:model.memories=64:128,32", "1 values stand where there are 2 keys"},
        {"data.dim:model.memories=64:", "a value is missing"},
        {"data.dim:model.memories=64:0", "out of range"},
        {"data.dim:model.memories=64:128,64:256", "comes twice"},
        {"data.dim:model.memry=64:128", "model.memry: unknown key"},
        {"data.dim:=64:128", "unknown"},
        {"data.dim:seed:title=64:1:a", "one value in all of a sweep"},
        {"data.dim:data.dim:data.dim:data.dim:data.dim:data.dim:data.dim:data.dim:data.dim=1",
         "at most 8 keys"},
        {"train.eta0=2^x", "not a finite number"},
        {"train.eta0=2^1001", "not a finite number"},
        {"train.eta0=2^-2000:1:3:log", "no range"},
        {"train.eta0=2^30", "out of range"},
        {"model.memories=2^-1", "not a whole number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__axis axis;
        const dam__option *keys[DAM__AXIS_KEYS];
        assert_int_equal(dam__grid_parse(cases[i][0], &axis, keys), DAM_USAGE);
        if (strstr(dam_error(), cases[i][1]) == NULL)
            fail_msg("%s: %s", cases[i][0], dam_error());
        assert_null(axis.values);
        assert_null(axis.followers);
    }
}

/* --- plans ------------------------------------------------------------------------------------ */

static const char denoise[] = "seed = 3\ndata { name = \"gaussian\" }\n"
                              "model { kind = \"denoise\" memories = 8 }\ntrain { batch = 4 }\n";
static const char sizes[] = "data.dim:model.memories=16:32,32:64,64:128";

static dam_status plan_of(const char *section, const char *const *grids, size_t count,
                          const char *set, dam__sweep_plan *out)
{
    char text[512];
    dam__experiment base;
    (void)snprintf(text, sizeof text, "%s%s", denoise, section);
    assert_int_equal(dam__experiment_parse("test", text, NULL, 0, &base), DAM_OK);
    return dam__sweep_plan_create(&base, grids, count, &set, set != NULL, out);
}

static void followers_reach_the_experiments(void **state)
{
    (void)state;
    const char *const grids[] = {"train.eta0=2^-4:2^-2:3:log", sizes};
    dam__sweep_plan plan;
    assert_int_equal(plan_of("sweep { seeds = 2 }", grids, 2, NULL, &plan), DAM_OK);
    assert_int_equal(plan.sweep.cells, 9);
    assert_int_equal(plan.groups, 3); /* a size is a shape, a rate is a number */
    for (size_t p = 0; p < 18; p++) {
        dam__experiment experiment;
        assert_int_equal(dam__sweep_plan_experiment(&plan, p, &experiment), DAM_OK);
        assert_true(experiment.model.denoise.eta0 == ldexp(1, (int)(p / 6) - 4));
        assert_int_equal(experiment.data.dim, 16 << p / 2 % 3);
        assert_int_equal(experiment.model.memories, 32 << p / 2 % 3);
        assert_int_equal(plan.group[p], p / 2 % 3);
    }
    dam__sweep_plan_free(&plan);
}

static void bad_searches_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *grids[2], *section, *set, *reason;
    } cases[] = {
        {{"train.eta0=0.1,0.2,0.3", sizes}, "sweep { extend = 3 }", NULL, "equal factors"},
        {{"train.eta0=0.1:0.4:4", sizes}, "sweep { extend = 3 }", NULL, "equal factors"},
        {{"train.eta0=0.4:0.1:3:log", sizes}, "sweep { extend = 3 }", NULL, "equal factors"},
        {{"train.eta0=0.4", sizes}, "sweep { extend = 3 }", NULL, "equal factors"},
        {{"model.activation=relu,linear", sizes}, "sweep { extend = 3 }", NULL, "equal factors"},
        {{sizes, "train.eta0=0.1,0.2"},
         "sweep { extend = 3 }",
         NULL,
         "the searched key must come first: give train.eta0 before it"},
        {{"model.memories=16,32", "train.eta0=0.1,0.2"},
         "sweep { extend = 3 }",
         NULL,
         "the searched key must come first: give train.eta0 before it"},
        {{"model.memories=4,8", sizes}, "", NULL, "the grid has model.memories twice"},
        {{"data.dim:data.dim=4:4", "seed=1"}, "", NULL, "the grid has data.dim twice"},
        {{"train.eta0=1,2", sizes}, "", "model.memories=4", "model.memories is set and swept"},
        {{"train.eta0:model.beta=1:2", sizes}, "", NULL, "belongs to model.kind"},
        {{"train.eta0:seed=1:2", sizes}, "sweep { seeds = 2 }", NULL, "the seed is swept"},
        {{"train.batch:model.memories=1:2", "seed=1"}, "", NULL, "needs train.batch of at least 2"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__sweep_plan plan;
        assert_int_equal(plan_of(cases[i].section, cases[i].grids, 2, cases[i].set, &plan),
                         DAM_USAGE);
        if (strstr(dam_error(), cases[i].reason) == NULL)
            fail_msg("case %zu: %s", i, dam_error());
        dam__sweep_plan_free(&plan);
    }
}

/* --- the vertex ------------------------------------------------------------------------------- */

static void the_vertex_is_that_of_the_parabola(void **state)
{
    (void)state;
    for (int i = -4; i <= 4; i++) {
        double vertex = 1.5 + 0.1 * i, step = 0.7, y[3];
        for (int k = 0; k < 3; k++)
            y[k] = 2 + 3 * pow(1.5 + (k - 1) * step - vertex, 2);
        assert_true(fabs(dam__parabola_vertex(1.5, step, y[0], y[1], y[2]) - vertex) < 1e-12);
    }
    assert_true(isnan(dam__parabola_vertex(0, 1, 1, 1, 1)));
    assert_true(isnan(dam__parabola_vertex(0, 1, 1, 2, 3)));
    assert_true(isnan(dam__parabola_vertex(0, 1, 1, NAN, 3)));
}

/* --- the search ------------------------------------------------------------------------------- */

/* A made-up landscape over log2 eta0: a parabola round `best`, and divergence from `wall` on. */
typedef struct landscape {
    double best, wall;
} landscape;

typedef struct world {
    dam__sweep_plan *plan;
    const landscape *lines; /* of dim 16, 32, 64 */
    size_t trained;
    double least, most; /* log2 eta0 that were trained */
} world;

static size_t all(void *user, const size_t *replicas, size_t count)
{
    (void)user;
    (void)replicas;
    return count;
}

static dam_status train(void *user, const size_t *replicas, size_t count,
                        dam__replica_result *results)
{
    world *w = user;
    for (size_t i = 0; i < count; i++) {
        dam__experiment experiment;
        assert_int_equal(dam__sweep_plan_experiment(w->plan, replicas[i], &experiment), DAM_OK);
        double at = log2(experiment.model.denoise.eta0);
        const landscape *line = &w->lines[experiment.data.dim == 16   ? 0
                                          : experiment.data.dim == 32 ? 1
                                                                      : 2];
        double seed = (double)(experiment.seed - 3); /* the second has the wall a step earlier */
        w->trained++;
        w->least = fmin(w->least, at);
        w->most = fmax(w->most, at);
        for (int m = 0; m < DAM__METRICS; m++)
            results[i].metrics[m] = NAN;
        results[i].epochs = 3;
        results[i].status = at >= line->wall - seed ? DAM__REPLICA_DIVERGED : DAM__REPLICA_DONE;
        results[i].metrics[DAM__METRIC_MSE] = 0.1 + pow(at - line->best, 2);
        results[i].curve[0] = at;
    }
    return DAM_OK;
}

static dam_status nothing(void *user)
{
    (void)user;
    return DAM_OK;
}

static void search(world *w, const char *section, const char *x)
{
    const char *const grids[] = {x, sizes};
    size_t asked = 1;
    if (plan_of(section, grids, 2, NULL, w->plan) != DAM_OK)
        fail_msg("%s", dam_error());
    const dam__sweep_runner runner = {
        .user = w, .together = all, .run = train, .on_results = nothing};
    for (w->trained = 0, w->least = INFINITY, w->most = -INFINITY; asked > 0;) {
        assert_int_equal(dam__sweep_run(&w->plan->sweep, w->plan->group, w->plan->groups, &runner),
                         DAM_OK);
        assert_int_equal(dam__sweep_plan_extend(w->plan, &asked), DAM_OK);
    }
    assert_int_equal(dam__sweep_trainings(&w->plan->sweep), w->trained);
    assert_int_equal(dam__sweep_count(&w->plan->sweep, DAM__REPLICA_PENDING), 0);
}

static void expect(const dam__sweep *sweep, size_t line, dam__place place, double value,
                   double refined)
{
    dam__optimum best;
    dam__sweep_optimum(sweep, line, &best);
    if (best.place != place || (isfinite(value) && best.value != exp2(value)) ||
        (isfinite(refined) ? !(fabs(log2(best.refined) - refined) < 1e-9) : !isnan(best.refined)))
        fail_msg("line %zu: %s at 2^%g, refined 2^%g", line, dam__place_name(best.place),
                 log2(best.value), log2(best.refined));
    assert_int_equal(best.wants,
                     place == DAM__PLACE_OPEN || place == DAM__PLACE_NOWHERE ? best.wants : 0);
}

/* Lines go on as far as each must, to either end; what others went on to is outside. */
static void a_search_goes_on_to_the_optimum(void **state)
{
    (void)state;
    dam__sweep_plan plan;
    const landscape lines[] = {{-6.2, 0}, {-4.1, 0}, {-1.3, 8}};
    world w = {.plan = &plan, .lines = lines};
    search(&w, "sweep { extend = 9 }", "train.eta0=2^-5:2^-4:2:log");
    expect(&plan.sweep, 0, DAM__PLACE_INTERIOR, -6, -6.2);
    expect(&plan.sweep, 1, DAM__PLACE_INTERIOR, -4, -4.1);
    expect(&plan.sweep, 2, DAM__PLACE_INTERIOR, -1, -1.3);
    assert_true(w.least == -7 && w.most == 0);
    /* -7 ... -4, -5 ... -3, and -5 ... 0. */
    assert_int_equal(w.trained, 4 + 3 + 6);
    dam__transfer transfer = dam__sweep_transfer(&plan.sweep);
    assert_true(transfer.known && transfer.steps == 5);
    assert_int_equal(transfer.verdict, DAM__TRANSFER_NO);
    dam__cell cell;
    dam__sweep_cell(&plan.sweep, 1, &cell);
    assert_int_equal(cell.status, DAM__REPLICA_OUTSIDE);
    /* Results and curves stay with their values where others are put in front. */
    for (size_t i = 0; i < plan.sweep.axes[0].count; i++)
        for (size_t line = 0; line < 3; line++) {
            size_t p = i * 3 + line;
            double at = log2(plan.sweep.axes[0].numbers[i]);
            if (plan.sweep.results[p].status == DAM__REPLICA_OUTSIDE)
                continue;
            assert_true(plan.sweep.results[p].metrics[DAM__METRIC_MSE] ==
                        0.1 + pow(at - lines[line].best, 2));
            assert_true(plan.sweep.curves[p * DAM__SWEEP_POINTS] == at);
        }
    dam__sweep_plan_free(&plan);
}

static void an_edge_is_no_optimum(void **state)
{
    (void)state;
    dam__sweep_plan plan;
    const landscape lines[] = {{-2, -3}, {-2, -5}, {-3, -1}};
    world w = {.plan = &plan, .lines = lines};
    search(&w, "sweep { extend = 9 }", "train.eta0=2^-6:2^-4:3:log");
    expect(&plan.sweep, 0, DAM__PLACE_EDGE, -4, NAN);
    expect(&plan.sweep, 1, DAM__PLACE_EDGE, -6, NAN);
    expect(&plan.sweep, 2, DAM__PLACE_INTERIOR, -3, -3);
    dam__transfer transfer = dam__sweep_transfer(&plan.sweep);
    assert_true(transfer.steps == 3 && transfer.edges == 2);
    assert_int_equal(transfer.verdict, DAM__TRANSFER_NO);
    dam__sweep_plan_free(&plan);
    /* Edges beside each other say nothing of the optima; optima beside each other do. */
    const landscape edges[] = {{-2, -5}, {-1, -5}, {-2, -4}},
                    optima[] = {{-4, 0}, {-4, 0}, {-5, 0}};
    w.lines = edges;
    search(&w, "sweep { extend = 9 }", "train.eta0=2^-6:2^-4:3:log");
    transfer = dam__sweep_transfer(&plan.sweep);
    assert_true(transfer.known && transfer.edges == 3 && transfer.steps == 1);
    assert_int_equal(transfer.verdict, DAM__TRANSFER_UNKNOWN);
    dam__sweep_plan_free(&plan);
    w.lines = optima;
    search(&w, "sweep { extend = 9 }", "train.eta0=2^-6:2^-4:3:log");
    assert_int_equal(dam__sweep_transfer(&plan.sweep).verdict, DAM__TRANSFER_YES);
    dam__sweep_plan_free(&plan);
    w.lines = lines;
    /* One seed that diverges is enough: with two, the wall of the second is a step earlier. */
    search(&w, "sweep { extend = 9 seeds = 2 }", "train.eta0=2^-6:2^-4:3:log");
    expect(&plan.sweep, 0, DAM__PLACE_EDGE, -5, NAN);
    expect(&plan.sweep, 1, DAM__PLACE_EDGE, -7, NAN);
    expect(&plan.sweep, 2, DAM__PLACE_EDGE, -3, NAN);
    dam__sweep_plan_free(&plan);
}

static void a_search_has_a_limit(void **state)
{
    (void)state;
    dam__sweep_plan plan;
    const landscape lines[] = {{-9, 0}, {-3, -20}, {5, 9}};
    world w = {.plan = &plan, .lines = lines};
    search(&w, "sweep { extend = 2 }", "train.eta0=2^-4:2^-3:2:log");
    expect(&plan.sweep, 0, DAM__PLACE_OPEN, -6, NAN);
    expect(&plan.sweep, 1, DAM__PLACE_NOWHERE, NAN, NAN);
    expect(&plan.sweep, 2, DAM__PLACE_OPEN, -1, NAN);
    assert_false(dam__sweep_transfer(&plan.sweep).known);
    assert_true(w.least == -6 && w.most == -1);
    assert_int_equal(w.trained, 4 + 4 + 4);
    dam__sweep_plan_free(&plan);
    /* So has the key: eta0 is at most 10^6, below 2^20. */
    const landscape far[] = {{30, 40}, {30, 40}, {30, 40}};
    w.lines = far;
    search(&w, "sweep { extend = 9 }", "train.eta0=2^17:2^18:2:log");
    expect(&plan.sweep, 0, DAM__PLACE_OPEN, 19, NAN);
    assert_true(w.most == 19);
    dam__sweep_plan_free(&plan);
}

/* A plan that is made anew has the values that the first one had added, and then its results. */
static void a_search_comes_back_from_its_store(void **state)
{
    (void)state;
    dam__sweep_plan plan, copy;
    dam__container container = {0};
    const char *const grids[] = {"train.eta0=2^-5:2^-4:2:log", sizes};
    const landscape lines[] = {{-6.2, 0}, {-4.1, 0}, {-1.3, 8}};
    world w = {.plan = &plan, .lines = lines};
    search(&w, "sweep { extend = 9 }", grids[0]);
    assert_int_equal(dam__sweep_save(&plan.sweep, &container), DAM_OK);
    assert_int_equal(plan_of("sweep { extend = 9 }", grids, 2, NULL, &copy), DAM_OK);
    assert_int_equal(dam__sweep_restore(&copy.sweep, &container), DAM_INPUT);
    for (int end = 0; end < 2; end++)
        for (size_t i = 0; i < plan.sweep.added[end]; i++) {
            bool added = false;
            assert_int_equal(dam__sweep_plan_insert(&copy, end == 0, &added), DAM_OK);
            assert_true(added);
        }
    assert_int_equal(dam__sweep_restore(&copy.sweep, &container), DAM_OK);
    assert_int_equal(copy.sweep.axes[0].count, plan.sweep.axes[0].count);
    for (size_t i = 0; i < plan.sweep.axes[0].count; i++)
        assert_string_equal(copy.sweep.axes[0].values[i], plan.sweep.axes[0].values[i]);
    for (size_t p = 0; p < plan.sweep.cells; p++) {
        assert_int_equal(copy.sweep.results[p].status, plan.sweep.results[p].status);
        assert_int_equal(copy.group[p], plan.group[p]);
    }
    assert_int_equal(memcmp(copy.sweep.curves, plan.sweep.curves,
                            plan.sweep.cells * DAM__SWEEP_POINTS * sizeof(double)),
                     0);
    expect(&copy.sweep, 2, DAM__PLACE_INTERIOR, -1, -1.3);
    dam__container_free(&container);
    dam__sweep_plan_free(&plan);
    dam__sweep_plan_free(&copy);
}

static void curves_have_the_last_epoch(void **state)
{
    (void)state;
    double losses[1000], curve[DAM__SWEEP_POINTS];
    for (int i = 0; i < 1000; i++)
        losses[i] = i + 1;
    static const int epochs[] = {1, 32, 64, 65, 256, 1000};
    for (size_t k = 0; k < sizeof epochs / sizeof *epochs; k++) {
        int points = epochs[k] < DAM__SWEEP_POINTS ? epochs[k] : DAM__SWEEP_POINTS, last = 0;
        dam__curve_take(losses, epochs[k], curve);
        for (int i = 0; i < points; i++) {
            assert_true(curve[i] == dam__curve_epoch(i, epochs[k]) && curve[i] > last);
            last = (int)curve[i];
        }
        assert_int_equal(last, epochs[k]);
        for (int i = points; i < DAM__SWEEP_POINTS; i++)
            assert_true(isnan(curve[i]) && dam__curve_epoch(i, epochs[k]) == 0);
    }
}

/* An axis needs numbers: where few of the usual ones are in range, gnuplot chooses its own. */
static void narrow_ranges_have_tics(void **state)
{
    (void)state;
    static const struct {
        double least, most;
        const char *tics; /* NULL: gnuplot's own */
    } cases[] = {
        {3.1, 3.4, NULL},
        {3.3, 4.1, NULL}, /* 4 alone */
        {2.4, 4.1, "set ytics ('2.5' 2.5, '3' 3, '4' 4)\n"},
        {0.001, 0.1,
         "set ytics ('0.001' 0.001, '0.002' 0.002, '0.005' 0.005, '0.01' 0.01, '0.02' "
         "0.02, '0.05' 0.05, '0.1' 0.1)\n"},
    };
    dam__sweep_plan plan;
    const landscape lines[] = {{-6, 0}, {-6, 0}, {-6, 0}};
    world w = {.plan = &plan, .lines = lines};
    search(&w, "sweep { extend = 9 }", "train.eta0=2^-7:2^-5:3:log");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__plot plot;
        dam__plot_begin(&plot, "a search", "search", 100, 100);
        size_t count = plan.sweep.axes[0].count * 3;
        for (size_t p = 0; p < count; p++)
            plan.sweep.results[p].metrics[DAM__METRIC_MSE] =
                p % 2 == 0 ? cases[i].least : cases[i].most;
        dam__search_curves(&plan.sweep, &plot);
        assert_non_null(strstr(plot.variables.data, "\nlogarithmic = 1\n"));
        const char *tics = strstr(plot.variables.data, "set ytics");
        if (cases[i].tics == NULL
                ? tics != NULL
                : tics == NULL || strncmp(tics, cases[i].tics, strlen(cases[i].tics)) != 0)
            fail_msg("case %zu: %.120s", i, tics != NULL ? tics : "none");
        dam__plot_free(&plot);
    }
    dam__sweep_plan_free(&plan);
}

/* One rule for sweeps, benchmarks and what trains side by side. */
static void what_trains_side_by_side(void **state)
{
    (void)state;
    const dam__dataset set = {.count = 20, .features = 4};
    dam__model_config model = {.kind = DAM__KIND_DENOISE};
    model.denoise.rates = DAM__RATES_SIZES;
    assert_true(dam__model_side_by_side(&model, 5, &set, false));
    /* Replicas of their own samples would be given the first one's standards. */
    assert_false(dam__model_side_by_side(&model, 5, &set, true));
    model.denoise.rates = DAM__RATES_SPECTRUM;
    assert_false(dam__model_side_by_side(&model, 5, &set, false));
    model = (dam__model_config){.kind = DAM__KIND_ENERGY};
    model.energy.task = DAM__TASK_STORE;
    assert_true(dam__model_side_by_side(&model, 20, &set, true));
    assert_false(dam__model_side_by_side(&model, 19, &set, true));
    model.energy.task = DAM__TASK_CLASSIFY;
    assert_false(dam__model_side_by_side(&model, 20, &set, true));
    model = (dam__model_config){.kind = DAM__KIND_VMF};
    assert_false(dam__model_side_by_side(&model, 20, &set, true));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_move_together),
        cmocka_unit_test(powers_of_two_are_numbers),
        cmocka_unit_test(bad_keys_and_tuples_are_refused),
        cmocka_unit_test(followers_reach_the_experiments),
        cmocka_unit_test(bad_searches_are_refused),
        cmocka_unit_test(the_vertex_is_that_of_the_parabola),
        cmocka_unit_test(a_search_goes_on_to_the_optimum),
        cmocka_unit_test(an_edge_is_no_optimum),
        cmocka_unit_test(a_search_has_a_limit),
        cmocka_unit_test(a_search_comes_back_from_its_store),
        cmocka_unit_test(curves_have_the_last_epoch),
        cmocka_unit_test(narrow_ranges_have_tics),
        cmocka_unit_test(what_trains_side_by_side),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
