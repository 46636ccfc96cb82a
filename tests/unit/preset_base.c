/* src/run: presets that name a base: what is inherited, replaced, found and refused. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "denseam/preset.h"
#include "unit/presets.h"

/* Every test has a folder of its own as current one. */
static int enter_folder(void **state)
{
    static char folder[64];
    strcpy(folder, "/tmp/denseam-base-XXXXXX");
    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0 || mkdir("sub", 0700) != 0;
}

static int leave_folder(void **state)
{
    char command[96];
    (void)snprintf(command, sizeof command, "rm -r %s", (const char *)*state);
    return chdir("/") != 0 || system(command) != 0;
}

static void put(const char *path, const char *text)
{
    assert_int_equal(dam__file_write(path, text, strlen(text)), DAM_OK);
}

static void load(const char *path, dam__experiment *out)
{
    if (dam__experiment_load(path, NULL, 0, out) != DAM_OK)
        fail_msg("refused: %s", dam_error());
}

static void refuse_file(const char *path, dam_status status, const char *message)
{
    dam__experiment e;
    assert_int_equal(dam__experiment_load(path, NULL, 0, &e), status);
    assert_string_equal(dam_error(), message);
}

static void keys_replace_those_of_the_base(void **state)
{
    (void)state;
    dam__experiment e, whole;
    accept("base = \"mnist\"\nmodel { memories = 7 }", &e);
    assert_int_equal(dam__experiment_load("mnist", NULL, 0, &whole), DAM_OK);
    whole.model.memories = 7;
    assert_same(&e, &whole);
    assert_round_trip(&e);
    /* Wherever `base` stands, and below what --set gives. */
    const char *const overrides[] = {"model.memories=8", "title=mine"};
    assert_int_equal(
        dam__experiment_parse("x.conf", "model { memories = 7 } base = 'mnist'", overrides, 2, &e),
        DAM_OK);
    assert_int_equal(e.model.memories, 8);
    assert_string_equal(e.title, "mine");
    assert_string_equal(e.source, whole.source);
}

static void an_axis_of_a_sweep_is_taken_back(void **state)
{
    (void)state;
    dam__experiment e;
    put("grid.conf", DATA "sweep { x = \"model.beta=1,2\" y = \"model.varsigma=0.5,1\" }");
    put("line.conf", "base = grid.conf\nsweep { y = \"\" }");
    load("line.conf", &e);
    assert_string_equal(e.sweep.x, "model.beta=1,2");
    assert_string_equal(e.sweep.y, "");
}

static void a_base_is_beside_its_file_or_built_in(void **state)
{
    (void)state;
    dam__experiment e;
    put("sub/c.conf", DATA "seed = 3 train { epochs = 3 batch = 30 }");
    put("sub/b.conf", "base = \"c.conf\" seed = 2 train { epochs = 2 }");
    put("a.conf", "base = \"sub/b.conf\" seed = 1");
    load("a.conf", &e);
    assert_true(e.seed == 1 && e.train.epochs == 2 && e.train.batch == 30);
    put("sub/up.conf", "base = \"../a.conf\"");
    load("sub/up.conf", &e);
    assert_int_equal(e.seed, 1);
    char text[160], folder[128];
    assert_non_null(getcwd(folder, sizeof folder));
    (void)snprintf(text, sizeof text, "base = \"%s/a.conf\"", folder);
    put("sub/absolute.conf", text);
    load("sub/absolute.conf", &e);
    assert_int_equal(e.seed, 1);
    /* A file goes before a preset that is built in, as on the command line; a folder does not. */
    put("built-in.conf", "base = \"mnist\"");
    assert_int_equal(mkdir("mnist", 0700), 0);
    load("built-in.conf", &e);
    assert_int_equal(e.model.memories, 400);
    assert_int_equal(rmdir("mnist"), 0);
    put("mnist", DATA "model { memories = 5 }");
    load("built-in.conf", &e);
    assert_int_equal(e.model.memories, 5);
}

static void what_is_no_base_is_refused(void **state)
{
    (void)state;
    put("sub/x.conf", "\nbase = \"mnits\"");
    refuse_file("sub/x.conf", DAM_USAGE,
                "sub/x.conf:2: base: 'mnits' is neither a file beside this one nor one of "
                "denseam's presets; did you mean 'mnist'?");
    put("x.conf", "base = zzzzzzzzzzzzzzzz");
    refuse_file("x.conf", DAM_USAGE,
                "x.conf:1: base: 'zzzzzzzzzzzzzzzz' is neither a file beside "
                "this one nor one of denseam's presets");
    assert_int_equal(dam__advice_of_error(), DAM__ADVICE_PRESETS);
    /* A text is in no folder. */
    put("c.conf", DATA);
    refuse("base = c.conf", "x.conf:1: base: 'c.conf' is not one of denseam's presets");
    refuse("base = \"\"", "x.conf:1: base: '' is not one of denseam's presets");
    refuse("base = mnist base = mnist", "x.conf:1: base is given twice, first on line 1; keep one");
    refuse("base\nmnist", "x.conf:1: expected '=' after base before mnist");
    refuse("base =", "x.conf:1: base has no value after '='");
    refuse("base {", "x.conf:1: expected '=' after base before {");
    refuse("bse = mnist", "x.conf:1: bse: unknown key; did you mean 'base'?");
    refuse("model { base = mnist }", "x.conf:1: model.base: unknown key; a preset's text can name "
                                     "a base, outside of every section");
    dam__experiment e;
    const char *const override = "base=mnist";
    assert_int_equal(dam__experiment_parse("x.conf", DATA, &override, 1, &e), DAM_USAGE);
    assert_string_equal(dam_error(), "base=mnist: base: unknown key; a preset's text can name a "
                                     "base, outside of every section");
    assert_int_equal(dam__file_write("nul", "seed = 1\n\0", 10), DAM_OK);
    put("x.conf", "base = nul");
    refuse_file("x.conf", DAM_USAGE,
                "x.conf:1: base: nul:2: a NUL byte; this is no text file, or not UTF-8: save it as "
                "UTF-8");
}

static void a_circle_of_bases_is_refused(void **state)
{
    (void)state;
    put("a.conf", "base = b.conf");
    put("b.conf", "\nbase = \"sub/c.conf\"");
    put("sub/c.conf", "seed = 1\n\nbase = \"../b.conf\"");
    refuse_file("a.conf", DAM_USAGE,
                "sub/c.conf:3: base: 'sub/../b.conf' closes a circle of bases: b.conf:2 "
                "sub/c.conf:3; take one of them out");
    put("self.conf", "base = self.conf");
    refuse_file("self.conf", DAM_USAGE,
                "self.conf:1: base: 'self.conf' closes a circle of bases: "
                "self.conf:1; take one of them out");
}

static void a_chain_has_eight_bases(void **state)
{
    (void)state;
    char name[32], text[64];
    for (int i = 0; i < 9; i++) {
        (void)snprintf(name, sizeof name, "%d.conf", i);
        (void)snprintf(text, sizeof text, "base = %d.conf", i + 1);
        put(name, text);
    }
    put("9.conf", DATA "seed = 9");
    dam__experiment e;
    load("1.conf", &e);
    assert_int_equal(e.seed, 9);
    refuse_file("0.conf", DAM_USAGE,
                "8.conf:1: base: '9.conf' would be base 9 of '0.conf'; at "
                "most 8 stand behind one another");
}

static void messages_name_the_text_that_has_the_value(void **state)
{
    (void)state;
    put("b.conf", "train {\n epochs = 0\n}");
    put("a.conf", "base = b.conf " DATA "train { epochs = 3 }");
    refuse_file("a.conf", DAM_USAGE,
                "b.conf:2: train.epochs = 0 is out of range: at least 1, at most 1000000");
    put("b.conf", "train {\n epochs = 3");
    refuse_file("a.conf", DAM_USAGE, "b.conf:1: section 'train' is not closed; add '}'");
    put("b.conf", DATA);
    put("a.conf", "base = b.conf\n\ntrain { epochs = 0 }");
    refuse_file("a.conf", DAM_USAGE,
                "a.conf:3: train.epochs = 0 is out of range: at least 1, at most 1000000");
    /* What contradicts each other is the preset's own fault. */
    put("b.conf", DATA "model { memories = 50 }");
    put("a.conf", "base = b.conf\nmodel { capacity = 5 }");
    refuse_file("a.conf", DAM_USAGE,
                "a.conf: model.capacity = 5 is less than model.memories = 50; "
                "raise it, or 0 for as many as memories");
}

static void the_kind_of_model_is_that_of_all_keys(void **state)
{
    (void)state;
    dam__experiment e;
    put("b.conf", "data { name = patterns }\nmodel { kind = energy }");
    put("a.conf", "base = b.conf\ntrain { decay = 0.9 }");
    load("a.conf", &e);
    assert_true(e.train.decay == 0.9 && e.train.momentum == 0); /* the default of its kind */
    put("a.conf", "base = b.conf\nmodel { beta = 5 }");
    refuse_file("a.conf", DAM_USAGE,
                "a.conf:2: model.beta belongs to model.kind = \"vmf\", and "
                "this model is \"energy\"; leave it out");
    put("b.conf", DATA "model {\n beta = 5 }");
    put("a.conf", "base = b.conf model { kind = energy }");
    refuse_file("a.conf", DAM_USAGE,
                "b.conf:3: model.beta belongs to model.kind = \"vmf\", and "
                "this model is \"energy\"; leave it out");
}

/* A handle keeps the texts of the bases: changing a key later reads no file. */
static void a_public_preset_keeps_its_bases(void **state)
{
    (void)state;
    dam_preset *preset = NULL;
    char *text = NULL, *value = NULL;
    put("b.conf", DATA "model { memories = 50 }");
    put("a.conf", "base = b.conf");
    assert_int_equal(dam_preset_load("a.conf", &preset), DAM_OK);
    assert_int_equal(unlink("b.conf"), 0);
    assert_int_equal(dam_preset_set(preset, "seed", "5"), DAM_OK);
    assert_int_equal(dam_preset_get(preset, "model.memories", &value), DAM_OK);
    assert_string_equal(value, "50");
    assert_int_equal(dam_preset_text(preset, &text), DAM_OK);
    assert_null(strstr(text, "base"));
    assert_non_null(strstr(text, "seed = 5\n"));
    free(text);
    free(value);
    dam_preset_free(preset);
    assert_int_equal(dam_preset_parse("base = a.conf", &preset), DAM_USAGE);
    assert_int_equal(dam_preset_parse("base = demo", &preset), DAM_OK);
    dam_preset_free(preset);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_replace_those_of_the_base),
        cmocka_unit_test_setup_teardown(an_axis_of_a_sweep_is_taken_back, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_base_is_beside_its_file_or_built_in, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(what_is_no_base_is_refused, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(a_circle_of_bases_is_refused, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(a_chain_has_eight_bases, enter_folder, leave_folder),
        cmocka_unit_test_setup_teardown(messages_name_the_text_that_has_the_value, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(the_kind_of_model_is_that_of_all_keys, enter_folder,
                                        leave_folder),
        cmocka_unit_test_setup_teardown(a_public_preset_keeps_its_bases, enter_folder,
                                        leave_folder),
    };
    return cmocka_run_group_tests_name("preset_base", tests, NULL, NULL);
}
