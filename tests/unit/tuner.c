/* The search behind `denseam tune`, on a device that is made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "compute/tuning.h"
#include "model/model_config.h"
#include "tune/tuner.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)
/* A device of which all is known: how fast every candidate is, and which are bad. */
typedef struct fake {
    int candidates, most; /* of the budget */
    bool clblast_is_fast;
    bool clblast_is_for_many; /* only its batched products are faster */
    bool slow_steps;          /* with any tuning at all */
    bool refused_steps;       /* likewise */
    bool slow_clblast;        /* steps with it as the usual provider: batches are gathered */
    bool slow_second_preset;  /* with a panel set, by which the first is faster */
    bool slow_third_preset;   /* there is one, and it is slower with the best kernels */
    int refused_rows;         /* sets with so many rows hang */
    int step_cost;            /* of a step in candidates, besides one */
    bool seen_slow;           /* a step */
    int finds;                /* sets that are better than all others */
} fake;

static double fake_left(void *user)
{
    const fake *f = user;
    return 1 - (double)f->candidates / f->most;
}

static dam_status fake_products(void *user, const dam__tuning_part *part,
                                dam__gemm_provider provider, const dam__product_shape *shapes,
                                size_t count, double *shares, dam__candidate_status *end)
{
    fake *f = user;
    const dam__set *panel = &part->sets[DAM__SPACE_PANEL];
    if (fake_left(f) <= 0) {
        *end = DAM__CANDIDATE_SKIPPED;
        return DAM_OK;
    }
    f->candidates++;
    *end = DAM__CANDIDATE_MEASURED;
    for (size_t i = 0; i < count; i++) {
        shares[i] = provider == DAM__GEMM_PANEL ? 0.5 : f->clblast_is_fast ? 0.8 : 0.05;
        if (provider == DAM__GEMM_CLBLAST && f->clblast_is_for_many)
            shares[i] = shapes[i].count > 1 ? 0.8 : 0.2;
        if (provider == DAM__GEMM_PANEL && panel->given) {
            bool best = panel->values[DAM__PANEL_ROWS] == 8 &&
                        panel->values[DAM__PANEL_DIRECT_A] == shapes[i].a_transposed;
            shares[i] = best ? 0.9 : 0.3;
            f->finds += best;
        }
        if (provider == DAM__GEMM_CLBLAST && part->sets[DAM__SPACE_XGEMM].given)
            shares[i] *= part->sets[DAM__SPACE_XGEMM].values[6] == 64 ? 1.1 : 0.9; /* MWG */
    }
    if (panel->given && panel->values[DAM__PANEL_ROWS] == f->refused_rows)
        *end = DAM__CANDIDATE_REFUSED;
    return DAM_OK;
}

static dam_status fake_step(void *user, const dam__tuning_part *part, int preset, double *ratio,
                            dam__candidate_status *end)
{
    fake *f = user;
    const dam__set *kernels = &part->sets[DAM__SPACE_KERNELS];
    if (fake_left(f) <= 0) {
        *end = DAM__CANDIDATE_SKIPPED;
        return DAM_OK;
    }
    f->candidates += 1 + f->step_cost;
    *end = DAM__CANDIDATE_MEASURED;
    *ratio = f->slow_steps || (f->slow_clblast && part->provider == DAM__GEMM_CLBLAST) ? 1.5 : 1;
    if (f->slow_second_preset)
        for (int i = 0; i < part->count; i++)
            if (part->choices[i].panel.given && part->choices[i].shape.a_transposed)
                *ratio = preset == 1 ? 1.5 : 0.8;
    f->seen_slow = f->seen_slow || *ratio > 1;
    if (f->slow_third_preset && preset == 2 && kernels->given)
        *ratio = 1.5;
    if (f->refused_steps && (part->count > 0 || part->provider != DAM__GEMM_AUTO || kernels->given))
        *end = DAM__CANDIDATE_REFUSED;
    if (preset == 1 && kernels->given && kernels->values[DAM__KERNEL_ENERGY_STATES] == 6)
        *ratio *= 0.7;
    if (kernels->given && kernels->values[DAM__KERNEL_PARTS] == 32)
        *end = DAM__CANDIDATE_REFUSED;
    return DAM_OK;
}

/* Two products of two presets. */
static dam__tuner *search(fake *f)
{
    dam__tuner *tuner = calloc(1, sizeof *tuner);
    const dam__tuner_evaluator evaluator = {
        .user = f, .products = fake_products, .step = fake_step, .left = fake_left};
    assert_non_null(tuner);
    tuner->shape = DAM__SHAPE_CPU;
    tuner->usual = DAM__GEMM_PANEL;
    tuner->vector_width = 16;
    const dam__product_shape plain = {false, true, 1000, 400, 784, 1};
    const int count = f->clblast_is_for_many ? 50 : 1;
    const dam__product_shape other = {true, false, 400, 784, 1000, count};
    const dam__product_shape nearly = {true, false, 410, 784, 1000, count};
    dam__tuner_add(tuner, 0, &plain);
    dam__tuner_add(tuner, 0, &other);
    dam__tuner_add(tuner, 1, &nearly);
    assert_int_equal(tuner->product_count, 2);
    assert_int_equal(tuner->products[1].presets, 3);
    tuner->presets[0] = (dam__tuned_preset){.name = "one", .kind = DAM__KIND_VMF};
    tuner->presets[1] = (dam__tuned_preset){.name = "two", .kind = DAM__KIND_ENERGY};
    tuner->presets[2] = (dam__tuned_preset){.name = "three", .kind = DAM__KIND_ENERGY};
    tuner->preset_count = f->slow_third_preset ? 3 : 2;
    OK(dam__tuner_run(tuner, &evaluator));
    return tuner;
}

/* Nothing is chosen, and it is said so. */
static void assert_untuned(const dam__tuner *tuner)
{
    const dam__tuning_part nothing = {0};
    assert_memory_equal(&tuner->part, &nothing, sizeof nothing);
    for (int i = 0; i < tuner->product_count; i++)
        assert_true(tuner->products[i].best == tuner->products[i].shares[tuner->usual]);
    for (int i = 0; i < tuner->preset_count; i++)
        assert_true(tuner->presets[i].ratio == 1);
}

static void the_best_is_found_and_chosen(void **state)
{
    (void)state;
    fake f = {.most = 400};
    dam__tuner *tuner = search(&f);
    assert_true(f.finds > 0);
    assert_int_equal(tuner->part.provider, DAM__GEMM_PANEL);
    assert_int_equal(tuner->part.count, 2);
    for (int i = 0; i < 2; i++) {
        const dam__choice *choice = &tuner->part.choices[i];
        assert_int_equal(choice->provider, DAM__GEMM_PANEL);
        assert_true(choice->panel.given);
        assert_int_equal(choice->panel.values[DAM__PANEL_ROWS], 8);
        assert_int_equal(choice->panel.values[DAM__PANEL_DIRECT_A], choice->shape.a_transposed);
    }
    assert_int_equal(tuner->part.sets[DAM__SPACE_KERNELS].values[DAM__KERNEL_ENERGY_STATES], 6);
    assert_int_equal(tuner->part.sets[DAM__SPACE_KERNELS].values[DAM__KERNEL_PARTS], 0);
    /* What is ten times slower is not searched; the budget is kept. */
    assert_false(tuner->part.sets[DAM__SPACE_XGEMM].given);
    assert_true(f.candidates <= f.most);
    assert_true(tuner->presets[0].ratio == 1 && tuner->presets[1].ratio == 0.7);
    /* The same measurements give the same search. */
    fake g = {.most = 400};
    dam__tuner *again = search(&g);
    assert_memory_equal(&again->part, &tuner->part, sizeof tuner->part);
    free(again);
    free(tuner);
}

static void the_faster_provider_is_chosen(void **state)
{
    (void)state;
    fake f = {.most = 400, .clblast_is_fast = true, .refused_rows = 8};
    dam__tuner *tuner = search(&f);
    assert_int_equal(tuner->part.provider, DAM__GEMM_CLBLAST);
    assert_true(tuner->part.sets[DAM__SPACE_XGEMM].given);
    assert_int_equal(tuner->part.sets[DAM__SPACE_XGEMM].values[6], 64);
    for (int i = 0; i < 2; i++)
        assert_int_equal(tuner->part.choices[i].provider, DAM__GEMM_CLBLAST);
    assert_true(tuner->refused > 0);
    free(tuner);
}

static void what_hangs_is_never_chosen(void **state)
{
    (void)state;
    fake f = {.most = 400, .refused_rows = 8};
    dam__tuner *tuner = search(&f);
    assert_true(tuner->refused > 0);
    for (int i = 0; i < tuner->part.count; i++)
        assert_false(tuner->part.choices[i].panel.given);
    free(tuner);
}

static void many_products_weigh_as_many(void **state)
{
    (void)state;
    /* 50 small steps of one product by CLBlast against one of the other by panel. */
    fake f = {.most = 400, .clblast_is_for_many = true, .refused_rows = 8};
    dam__tuner *tuner = search(&f);
    assert_int_equal(tuner->part.choices[0].provider, DAM__GEMM_PANEL);
    assert_int_equal(tuner->part.choices[1].provider, DAM__GEMM_CLBLAST);
    assert_int_equal(tuner->part.provider, DAM__GEMM_CLBLAST);
    free(tuner);
}

static void what_slows_a_step_is_taken_back(void **state)
{
    (void)state;
    for (int clblast = 0; clblast < 2; clblast++)
        for (int refused = 0; refused < 2; refused++) {
            fake f = {.most = 400,
                      .clblast_is_fast = clblast != 0,
                      .slow_steps = refused == 0,
                      .refused_steps = refused != 0};
            dam__tuner *tuner = search(&f);
            assert_untuned(tuner);
            free(tuner);
        }
}

static void a_provider_that_slows_steps_is_taken_back(void **state)
{
    (void)state;
    fake f = {.most = 400, .clblast_is_fast = true, .slow_clblast = true, .refused_rows = 8};
    dam__tuner *tuner = search(&f);
    assert_int_equal(tuner->part.provider, DAM__GEMM_AUTO);
    assert_int_equal(tuner->part.count, 2);
    for (int i = 0; i < tuner->part.count; i++)
        assert_int_equal(tuner->part.choices[i].provider, DAM__GEMM_PANEL);
    assert_true(tuner->presets[0].ratio == 1);
    free(tuner);
}

static void ratios_are_of_what_is_left(void **state)
{
    (void)state;
    fake f = {.most = 400, .slow_second_preset = true};
    dam__tuner *tuner = search(&f);
    assert_int_equal(tuner->part.count, 2);
    assert_true(tuner->part.choices[0].panel.given);
    assert_false(tuner->part.choices[1].panel.given);
    assert_true(tuner->products[0].best == 0.9 && tuner->products[1].best == 0.5);
    /* The first was 0.8 with what the second could not bear. */
    assert_true(tuner->presets[0].ratio == 1);
    free(tuner);
}

static void what_is_not_seen_to_be_better_is_not_kept(void **state)
{
    (void)state;
    /* The time ends while the steps are measured. */
    bool ended = false;
    for (int cost = 10; cost < 250; cost += 5) {
        fake f = {.most = 400, .slow_second_preset = true, .step_cost = cost};
        dam__tuner *tuner = search(&f);
        const dam__tuning_part *part = &tuner->part;
        bool slow = part->count == 2 && part->choices[1].panel.given;
        double first = tuner->presets[0].ratio, second = tuner->presets[1].ratio;
        /* What was seen slower is gone, and seen to be; the other's ratio is not of before that. */
        if ((slow && (second != 0 || f.seen_slow)) || (!slow && (first == 0.8 || second == 0)))
            fail_msg("steps of %d: slow %d, ratios %g %g", cost, slow, first, second);
        ended = ended || first == 0 || second == 0;
        free(tuner);
    }
    assert_true(ended);
}

static void kernels_that_slow_a_preset_cost_nothing_else(void **state)
{
    (void)state;
    fake f = {.most = 400, .slow_third_preset = true};
    dam__tuner *tuner = search(&f);
    assert_false(tuner->part.sets[DAM__SPACE_KERNELS].given);
    assert_int_equal(tuner->part.provider, DAM__GEMM_PANEL);
    for (int i = 0; i < 2; i++) {
        assert_true(tuner->part.choices[i].panel.given);
        assert_true(tuner->products[i].best == 0.9);
    }
    for (int i = 0; i < 3; i++)
        assert_true(tuner->presets[i].ratio == 1);
    free(tuner);
}

static void a_budget_of_nothing_finds_nothing(void **state)
{
    (void)state;
    for (int most = 1; most < 30; most++) {
        fake f = {.most = most};
        dam__tuner *tuner = search(&f);
        assert_true(f.candidates <= most);
        free(tuner);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_best_is_found_and_chosen),
        cmocka_unit_test(the_faster_provider_is_chosen),
        cmocka_unit_test(what_hangs_is_never_chosen),
        cmocka_unit_test(many_products_weigh_as_many),
        cmocka_unit_test(what_slows_a_step_is_taken_back),
        cmocka_unit_test(a_provider_that_slows_steps_is_taken_back),
        cmocka_unit_test(ratios_are_of_what_is_left),
        cmocka_unit_test(what_is_not_seen_to_be_better_is_not_kept),
        cmocka_unit_test(kernels_that_slow_a_preset_cost_nothing_else),
        cmocka_unit_test(a_budget_of_nothing_finds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
