/* Tuning files, what is chosen of them, and candidates for them: no device is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/embedded.h"
#include "compute/tuning.h"
#include "tune/tuner.h"

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
        dam__text_append(&text, "%s", sections + 1);
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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
