/* Tuning files and the search behind `denseam tune`: no device is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/embedded.h"
#include "base/process.h"
#include "compute/tuning.h"
#include "model/config.h"
#include "train/tried.h"
#include "train/tuner.h"

#define OK(call)                                                                                   \
    do {                                                                                           \
        if ((call) != DAM_OK)                                                                      \
            fail_msg("line %d: %s: %s", __LINE__, #call, dam_error());                             \
    } while (0)

static const dam_device_info here = {.platform = "Platform",
                                     .name = "Some GPU (rev. 2)",
                                     .driver = "1.2\n3",
                                     .version = "OpenCL 3.0",
                                     .largest_work_group = 256,
                                     .local_memory = 32768};

/* --- files ------------------------------------------------------------------------------------ */

static dam__tuning example(void)
{
    dam__tuning tuning = {0};
    dam__tuning_part *part = dam__tuning_part_of(&tuning, DAM__SHAPE_CPU, DAM__PRECISION_SINGLE);
    part->provider = DAM__GEMM_PANEL;
    OK(dam__set_parse(DAM__SPACE_KERNELS,
                      "lanes=8 group=0 parts=16 vmf.classes=0 energy.classes=0 energy.states=4 "
                      "energy.vectors=2 energy.memories=8",
                      &part->sets[DAM__SPACE_KERNELS]));
    assert_true(dam__curated(DAM__SPACE_XGEMM, 0, &part->sets[DAM__SPACE_XGEMM]));
    part->choices[0] =
        (dam__choice){.shape = {.b_transposed = true, .m = 1000, .n = 784, .k = 10, .count = 1},
                      .provider = DAM__GEMM_PANEL};
    assert_true(dam__curated(DAM__SPACE_PANEL, 0, &part->choices[0].panel));
    part->choices[1] =
        (dam__choice){.shape = {.a_transposed = true, .m = 7, .n = 8, .k = 9, .count = 3},
                      .provider = DAM__GEMM_CLBLAST};
    part->count = 2;
    dam__tuning_part_of(&tuning, DAM__SHAPE_GPU, DAM__PRECISION_DOUBLE)->provider =
        DAM__GEMM_CLBLAST;
    return tuning;
}

static dam__text example_text(void)
{
    dam__text text = {0};
    const dam__tuning tuning = example();
    OK(dam__tuning_print(&tuning, &here, &text));
    return text;
}

static void a_file_holds_all_of_it(void **state)
{
    (void)state;
    dam__text text = example_text(), again = {0};
    dam__tuning wanted = example(), got = {0};
    OK(dam__tuning_parse(text.data, text.length, &here, &got));
    memcpy(wanted.digest, got.digest, sizeof wanted.digest);
    assert_int_equal(strlen(got.digest), 64);
    assert_memory_equal(&got, &wanted, sizeof got);
    OK(dam__tuning_print(&got, &here, &again));
    assert_string_equal(again.data, text.data);
    assert_non_null(strstr(text.data, "driver = 1.2 3\n"));
    assert_non_null(strstr(text.data, "\nproduct nt 1000x784x10x1 = panel rows=12 vectors=2 "));
    assert_non_null(strstr(text.data, "\nproduct tn 7x8x9x3 = clblast\n"));
    dam__text_free(&text);
    dam__text_free(&again);
}

static void a_file_cut_anywhere_is_ignored_whole(void **state)
{
    (void)state;
    dam__text text = example_text();
    for (size_t length = 0; length < text.length; length++) {
        dam__tuning got, untouched;
        memset(&got, 7, sizeof got);
        memset(&untouched, 7, sizeof untouched);
        assert_int_equal(dam__tuning_parse(text.data, length, &here, &got), DAM_INPUT);
        assert_memory_equal(&got, &untouched, sizeof got);
    }
    dam__text_free(&text);
}

/* Replaces the first `from` of the text by `to`. */
static char *altered(const dam__text *text, const char *from, const char *to)
{
    char *result = NULL;
    const char *at = strstr(text->data, from);
    assert_non_null(at);
    OK(dam__format(&result, "%.*s%s%s", (int)(at - text->data), text->data, to, at + strlen(from)));
    return result;
}

static void what_is_wrong_is_named(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to, *message;
    } cases[] = {
        {"tuning 1\n", "tuning 2\n", "its line 1 is 'denseam tuning 2', but here it is"},
        {"version = ", "version = 9", "its line 2 is 'version = 9"},
        {"kernels = ", "kernels = 0", "its line 3 is 'kernels = 0"},
        {"driver = 1.2", "driver = 1.1", "its line 8 is 'driver = 1.1 3', but here it is"},
        {"lanes=8", "lanes=7", "'lanes' cannot be '7'"},
        {"lanes=8", "lanes=8 lanes=8", "'lanes=8' is no parameter of 'kernels', or stands there"},
        {"lanes=8 ", "", "'kernels' has 7 of its 8 parameters"},
        {"lanes=8", "lanes=99999999999999999999", "'lanes' cannot be"},
        {"MWG=128", "MWG=16", "the parameters of 'xgemm' do not go together"},
        {"rows=12", "rows=14", NULL},
        {"rows=12 vectors=2", "rows=14 vectors=4", "the parameters of 'panel' do not go together"},
        {"nt 1000x784x10x1", "nt 1000x784x10", "'nt 1000x784x10' is no product"},
        {"nt 1000x784x10x1", "nt 0x784x10x1", "is no product"},
        {"nt 1000x784x10x1", "nx 1000x784x10x1", "is no product"},
        {"= clblast\n\n[gpu", "= clblas\n\n[gpu", "'clblas' is no provider of products"},
        {"x9x3 = clblast", "x9x3 = clblast rows=12", "'clblast' takes no parameters here"},
        {"[cpu single]", "[cpu half]", "'[cpu half]' is not expected there"},
        {"provider = panel", "provider panel", "'provider panel' is not expected there"},
        {"provider = panel", "colour = blue", "'colour' is unknown"},
        {"\nend\n", "\nend\nend\n", "it goes on after its end"},
    };
    dam__text text = example_text();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__tuning got = {0};
        char *wrong = altered(&text, cases[i].from, cases[i].to);
        dam_status status = dam__tuning_parse(wrong, strlen(wrong), &here, &got);
        assert_int_equal(status, cases[i].message == NULL ? DAM_OK : DAM_INPUT);
        if (cases[i].message != NULL && strstr(dam_error(), cases[i].message) == NULL)
            fail_msg("case %zu: no '%s' in: %s", i, cases[i].message, dam_error());
        free(wrong);
    }
    /* A zero byte in the middle is no end. */
    text.data[text.length / 2] = '\0';
    dam__tuning got = {0};
    assert_int_equal(dam__tuning_parse(text.data, text.length, &here, &got), DAM_INPUT);
    assert_string_equal(dam_error(), "it is no text");
    dam__text_free(&text);
}

static void what_the_device_cannot_do_is_refused(void **state)
{
    (void)state;
    dam__text text = example_text();
    dam__tuning got = {0};
    dam_device_info small = here;
    small.largest_work_group = 32;
    assert_int_equal(dam__tuning_parse(text.data, text.length, &small, &got), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "work-group"));
    small = here;
    small.local_memory = 1024;
    assert_int_equal(dam__tuning_parse(text.data, text.length, &small, &got), DAM_INPUT);
    assert_non_null(strstr(dam_error(), "local memory"));
    dam__text_free(&text);
}

static void files_that_are_shipped_are_whole(void **state)
{
    (void)state;
    /* Of other devices than this: all but their header must be right. */
    for (const dam__embedded *file = dam__tuning_texts; file->name != NULL; file++) {
        dam__text text = {0};
        dam__tuning got = {0};
        const char *sections = strstr((const char *)file->bytes, "\n\n[");
        char kernels[DAM__DIGEST_HEX], *line = NULL;
        const dam_device_info any = {.largest_work_group = 1024, .local_memory = 1 << 20};
        assert_non_null(sections);
        OK(dam__tuning_header(&any, &text));
        OK(dam__text_append(&text, "%s", sections + 1));
        OK(dam__tuning_parse(text.data, text.length, &any, &got));
        dam__text_free(&text);
        /* Else nobody's device would take it. */
        OK(dam__embedded_digest(dam__kernel_sources, kernels));
        OK(dam__format(&line, "\nkernels = %s\n", kernels));
        if (strstr((const char *)file->bytes, line) == NULL)
            fail_msg("tuning/%s.tuning is of other kernels than cl/ has: measure again with "
                     "'denseam tune'",
                     file->name);
        free(line);
    }
}

/* --- which choice ----------------------------------------------------------------------------- */

static void the_most_alike_choice_is_taken(void **state)
{
    (void)state;
    static const struct {
        int m, n, k;
        bool a_transposed;
        int wanted; /* -1: none */
    } cases[] = {{1000, 400, 784, false, 0}, {900, 400, 784, false, 0},  {1000, 100, 784, false, 1},
                 {1000, 210, 784, false, 0}, {1000, 190, 784, false, 1}, {1000, 11, 784, false, -1},
                 {1000, 400, 784, true, -1}, {0, 400, 784, false, -1}};
    dam__tuning_part part = {.count = 2};
    part.choices[0].shape = (dam__product_shape){false, true, 1000, 400, 784, 1};
    part.choices[1].shape = (dam__product_shape){false, true, 1000, 100, 784, 1};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const dam__product_shape shape = {
            cases[i].a_transposed, true, cases[i].m, cases[i].n, cases[i].k, 1};
        const dam__choice *choice = dam__tuning_choice(&part, &shape);
        if (choice != (cases[i].wanted < 0 ? NULL : &part.choices[cases[i].wanted]))
            fail_msg("case %zu", i);
    }
}

/* --- candidates ------------------------------------------------------------------------------- */

static void candidates_are_valid(void **state)
{
    (void)state;
    for (int kind = 0; kind < DAM__SPACES; kind++) {
        dam__set set, before;
        for (int i = 0; dam__curated((dam__space_kind)kind, i, &set); i++) {
            if (!dam__set_valid((dam__space_kind)kind, set.values))
                fail_msg("%s: candidate %d", dam__spaces[kind].name, i);
            /* A walk stays in the space, moves, and is the same each time. */
            for (uint32_t step = 0; step < 200; step++) {
                before = set;
                set = dam__neighbour((dam__space_kind)kind, &before, step);
                assert_true(dam__set_valid((dam__space_kind)kind, set.values));
                assert_memory_not_equal(set.values, before.values, sizeof set.values);
                const dam__set again = dam__neighbour((dam__space_kind)kind, &before, step);
                assert_memory_equal(&again, &set, sizeof set);
            }
        }
    }
}

/* --- the search ------------------------------------------------------------------------------- */

/* A device of which all is known: how fast every candidate is, and which are bad. */
typedef struct fake {
    int trials, most; /* of the budget */
    bool clblast_is_fast;
    bool clblast_is_for_many; /* only its batched products are faster */
    bool slow_steps;          /* with any tuning at all */
    bool refused_steps;       /* likewise */
    bool slow_clblast;        /* steps with it as the usual provider: batches are gathered */
    bool slow_second_preset;  /* with a panel set, by which the first is faster */
    bool slow_third_preset;   /* there is one, and it is slower with the best kernels */
    int refused_rows;         /* sets with so many rows hang */
    int step_cost;            /* of a step in trials, beside one */
    bool seen_slow;           /* a step */
    int finds;                /* sets that are better than all others */
} fake;

static double fake_left(void *user)
{
    const fake *f = user;
    return 1 - (double)f->trials / f->most;
}

static dam_status fake_products(void *user, const dam__tuning_part *part,
                                dam__gemm_provider provider, const dam__product_shape *shapes,
                                size_t count, double *shares, dam__trial_end *end)
{
    fake *f = user;
    const dam__set *panel = &part->sets[DAM__SPACE_PANEL];
    if (fake_left(f) <= 0) {
        *end = DAM__TRIAL_OVER;
        return DAM_OK;
    }
    f->trials++;
    *end = DAM__TRIAL_MEASURED;
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
        *end = DAM__TRIAL_REFUSED;
    return DAM_OK;
}

static dam_status fake_step(void *user, const dam__tuning_part *part, int preset, double *ratio,
                            dam__trial_end *end)
{
    fake *f = user;
    const dam__set *kernels = &part->sets[DAM__SPACE_KERNELS];
    if (fake_left(f) <= 0) {
        *end = DAM__TRIAL_OVER;
        return DAM_OK;
    }
    f->trials += 1 + f->step_cost;
    *end = DAM__TRIAL_MEASURED;
    *ratio = f->slow_steps || (f->slow_clblast && part->provider == DAM__GEMM_CLBLAST) ? 1.5 : 1;
    if (f->slow_second_preset)
        for (int i = 0; i < part->count; i++)
            if (part->choices[i].panel.given && part->choices[i].shape.a_transposed)
                *ratio = preset == 1 ? 1.5 : 0.8;
    f->seen_slow = f->seen_slow || *ratio > 1;
    if (f->slow_third_preset && preset == 2 && kernels->given)
        *ratio = 1.5;
    if (f->refused_steps && (part->count > 0 || part->provider != DAM__GEMM_AUTO || kernels->given))
        *end = DAM__TRIAL_REFUSED;
    if (preset == 1 && kernels->given && kernels->values[DAM__KERNEL_ENERGY_STATES] == 6)
        *ratio *= 0.7;
    if (kernels->given && kernels->values[DAM__KERNEL_PARTS] == 32)
        *end = DAM__TRIAL_REFUSED;
    return DAM_OK;
}

/* Two products of two presets. */
static dam__tuner *search(fake *f)
{
    dam__tuner *tuner = calloc(1, sizeof *tuner);
    const dam__judge judge = {
        .user = f, .products = fake_products, .step = fake_step, .left = fake_left};
    assert_non_null(tuner);
    tuner->shape = DAM__SHAPE_CPU;
    tuner->usual = DAM__GEMM_PANEL;
    tuner->lanes = 16;
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
    OK(dam__tuner_run(tuner, &judge));
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
    assert_true(f.trials <= f.most);
    assert_true(tuner->presets[0].ratio == 1 && tuner->presets[1].ratio == 0.7);
    /* The same answers give the same search. */
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
        assert_true(f.trials <= most);
        free(tuner);
    }
}

/* --- what was tried, and processes ------------------------------------------------------------ */

static void what_was_tried_is_kept(void **state)
{
    (void)state;
    char path[] = "/tmp/denseam-tried-XXXXXX";
    int descriptor = mkstemp(path);
    assert_true(descriptor >= 0);
    (void)close(descriptor);
    dam__tried tried;
    char *found = NULL;
    OK(dam__tried_open(path, "header\n", &tried));
    OK(dam__tried_add(&tried, "aa", "measured 1 2"));
    OK(dam__tried_add(&tried, "ab", "refused it\nhung"));
    dam__tried_free(&tried);
    OK(dam__tried_open(path, "header\n", &tried));
    OK(dam__tried_find(&tried, "ab", &found));
    assert_string_equal(found, "refused it hung");
    free(found);
    OK(dam__tried_find(&tried, "a", &found));
    assert_null(found);
    dam__tried_free(&tried);
    /* Cut off: the last line is gone, the one before stays. Of another driver: nothing stays. */
    assert_int_equal(truncate(path, 7 + 16 + 5), 0);
    OK(dam__tried_open(path, "header\n", &tried));
    OK(dam__tried_find(&tried, "ab", &found));
    assert_null(found);
    OK(dam__tried_find(&tried, "aa", &found));
    assert_string_equal(found, "measured 1 2");
    free(found);
    dam__tried_free(&tried);
    OK(dam__tried_open(path, "other\n", &tried));
    OK(dam__tried_find(&tried, "aa", &found));
    assert_null(found);
    dam__tried_free(&tried);
    (void)unlink(path);
}

static bool at_once(void *user)
{
    (void)user;
    return true;
}

static void processes_end_one_way_or_another(void **state)
{
    (void)state;
    static const struct {
        const char *script;
        double patience;
        bool (*stop)(void *);
        dam__ending ending;
        int code;
        const char *output;
    } cases[] = {
        {"echo $TESTED; echo two >&2; exit 3", 20, NULL, DAM__ENDED, 3, "yes\ntwo\n"},
        {"kill -SEGV $$", 20, NULL, DAM__KILLED, 11, NULL},
        /* Patience that must outlive the start of a shell is ample: the machine may be busy. */
        {"echo first; sleep 60", 5, NULL, DAM__HUNG, 9, "first\n"},
        {"sleep 60 & sleep 60", 0.4, NULL, DAM__HUNG, 9, NULL},
        {"for i in 1 2 3 4; do echo; sleep 1.5; done", 5, NULL, DAM__ENDED, 0, "\n\n\n\n"},
        {"sleep 60", 20, at_once, DAM__STOPPED, 9, NULL},
    };
    static const char *const environment[] = {"TESTED=yes", NULL};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *arguments[] = {"/bin/sh", "-c", (char *)cases[i].script, NULL};
        dam__text output = {0};
        dam__ending ending = DAM__STOPPED;
        int code = -1;
        const dam__process process = {.arguments = arguments,
                                      .environment = environment,
                                      .patience = cases[i].patience,
                                      .stop = cases[i].stop};
        OK(dam__process_run(&process, &output, &ending, &code));
        if (ending != cases[i].ending || code != cases[i].code ||
            strcmp(output.data != NULL ? output.data : "",
                   cases[i].output != NULL ? cases[i].output : "") != 0)
            fail_msg("case %zu: ending %d, code %d, output '%s'", i, (int)ending, code,
                     output.data);
        dam__text_free(&output);
    }
    char *nothing[] = {"/nonexistent/program", NULL};
    dam__text output = {0};
    dam__ending ending;
    int code = 0;
    const dam__process process = {.arguments = nothing, .environment = environment, .patience = 20};
    assert_int_equal(dam__process_run(&process, &output, &ending, &code), DAM_INTERNAL);
    assert_string_equal(dam_error(), "cannot start '/nonexistent/program'");
    dam__text_free(&output);
}

/* A driver that says much must not hide the number that a trial ends with. */
static void the_end_of_a_long_output_is_kept(void **state)
{
    (void)state;
    static const char *const environment[] = {NULL};
    char script[] = "yes 'a warning of the driver' | head -n 200000; echo 'ratio 0 1.5'";
    char *arguments[] = {"/bin/sh", "-c", script, NULL};
    const dam__process process = {
        .arguments = arguments, .environment = environment, .patience = 60};
    const char warning[] = "a warning of the driver\n", ratio[] = "ratio 0 1.5\n";
    dam__text output = {0};
    dam__ending ending = DAM__STOPPED;
    int code = -1;
    OK(dam__process_run(&process, &output, &ending, &code));
    assert_int_equal(ending, DAM__ENDED);
    assert_int_equal(code, 0);
    assert_in_range(output.length, (1 << 20) - strlen(warning), 1 << 20);
    assert_int_equal(strlen(output.data), output.length);
    assert_string_equal(output.data + output.length - strlen(ratio), ratio);
    assert_memory_equal(output.data, warning, strlen(warning));
    dam__text_free(&output);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_holds_all_of_it),
        cmocka_unit_test(a_file_cut_anywhere_is_ignored_whole),
        cmocka_unit_test(what_is_wrong_is_named),
        cmocka_unit_test(what_the_device_cannot_do_is_refused),
        cmocka_unit_test(files_that_are_shipped_are_whole),
        cmocka_unit_test(the_most_alike_choice_is_taken),
        cmocka_unit_test(candidates_are_valid),
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
        cmocka_unit_test(what_was_tried_is_kept),
        cmocka_unit_test(processes_end_one_way_or_another),
        cmocka_unit_test(the_end_of_a_long_output_is_kept),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
