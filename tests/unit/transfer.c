/* Sizes of a transfer, the rate of a step, and slopes of what runs measured. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <unistd.h>

#include <cmocka.h>

#include "analyse/collapse.h"
#include "base/file.h"
#include "model/denoise/denoise.h"
#include "train/schedule.h"
#include "transfer/transfer.h"

static const dam__sizes small = {64, 128, 320, 32};

static void check(const char *text, int dim, int memories, int samples, int batch)
{
    dam__sizes got;
    assert_int_equal(dam__sizes_read(text, &small, &got), DAM_OK);
    assert_int_equal(got.dim, dim);
    assert_int_equal(got.memories, memories);
    assert_int_equal(got.samples, samples);
    assert_int_equal(got.batch, batch);
}

static void sizes_are_read(void **state)
{
    (void)state;
    check("1024,2048,5120,512", 1024, 2048, 5120, 512);
    check("2048,5120,512", 64, 2048, 5120, 512);
    check("1024", 1024, 2048, 5120, 512);
    check("100", 100, 200, 500, 50);
    check("65", 65, 130, 330, 33); /* ten batches as before, not 325 samples */
    check("2", 2, 4, 10, 1);
    check("1,1,1,1", 1, 1, 1, 1);
}

static void odd_sizes_are_refused(void **state)
{
    (void)state;
    static const char *const wrong[] = {"",
                                        "a",
                                        "1,2",
                                        "1,2,3,4,5",
                                        "0,2,3,1",
                                        "-1,2,3,1",
                                        "1.5,2,3,1",
                                        "1,2,3,",
                                        ",2,3,1",
                                        "1 ,2,3,1",
                                        "1e3,2,3,1",
                                        "200000000",
                                        "99999999999999999999,1,1,1"};
    dam__sizes got;
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(dam__sizes_read(wrong[i], &small, &got), DAM_USAGE);
        assert_non_null(strstr(dam_error(), "is not N,K,P,B, four whole numbers above 0"));
    }
    assert_int_equal(dam__sizes_read("64,128,31,32", &small, &got), DAM_USAGE);
    assert_string_equal(dam_error(),
                        "--to '64,128,31,32': a batch of 32 is more than 31 samples; lower B");
}

/* --- experiments -------------------------------------------------------------------------------- */

/* A small training as far as a transfer looks at it. */
static dam__tuned tuned_of(const char *preset, dam__sizes sizes, int side)
{
    dam__tuned tuned = {.name = "small", .sizes = sizes, .height = side, .width = side};
    assert_int_equal(dam__experiment_parse("p", preset, NULL, 0, &tuned.experiment), DAM_OK);
    return tuned;
}

static char warnings[1024];

static void note(void *user, dam_log_level level, const char *text)
{
    (void)user;
    (void)level;
    (void)strncat(warnings, text, sizeof warnings - strlen(warnings) - 1);
}

static const dam_log log_here = {.write = note};

#define GAUSSIAN                                                                                   \
    "title = \"vectors\" data { name = \"gaussian\" dim = 64 samples = 320 } "                     \
    "model { kind = \"denoise\" memories = 128 } train { batch = 32 eta0 = 0.03125 } "

static void vectors_are_transferred(void **state)
{
    (void)state;
    dam__experiment large;
    const dam__tuned from = tuned_of(GAUSSIAN "sweep { x = \"train.eta0=0.1,0.2\" }", small, 0);
    const dam__sizes to = {1024, 2048, 5120, 512};
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&from, &to, NULL, 0, &log_here, &large), DAM_OK);
    assert_string_equal(warnings, "");
    assert_true(large.data.dim == 1024 && large.data.samples == 5120);
    assert_true(large.model.memories == 2048 && large.train.batch == 512);
    assert_true(large.model.denoise.eta0 == 0.03125);
    assert_string_equal(large.title, "vectors, transferred to N = 1024, K = 2048");
    assert_string_equal(large.sweep.x, "");
    /* docs/models/denoise.md, Transfer: rates of W grow as N K, the function stays. */
    dam__experiment by_sgd = large;
    by_sgd.model.denoise.algorithm = DAM__ALGORITHM_SGD;
    assert_true(dam__denoise_scale(&by_sgd.model, 1024).memories == 0.03125 * 1024 * 2048);
}

static void other_ratios_are_named(void **state)
{
    (void)state;
    dam__experiment large;
    const dam__tuned from = tuned_of(GAUSSIAN, small, 0);
    const dam__sizes to = {128, 512, 640, 64};
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&from, &to, NULL, 0, &log_here, &large), DAM_OK);
    assert_string_equal(warnings, "K / N changes from 2 to 4: the best train.eta0 depends on it");
    const dam__tuned plain =
        tuned_of("data { name = \"gaussian\" dim = 64 } "
                 "model { kind = \"denoise\" memories = 128 parametrisation = \"standard\" }",
                 small, 0);
    const dam__sizes twice = {128, 256, 640, 64};
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&plain, &twice, NULL, 0, &log_here, &large), DAM_OK);
    assert_string_equal(warnings,
                        "'small' has model.parametrisation = \"standard\": its train.eta0 "
                        "is not the best at other sizes; tune a run with \"transfer\"");
}

/* train says this of the large run; who is transferred hears it before. */
static void what_does_not_carry_over_is_named(void **state)
{
    (void)state;
    dam__experiment large;
    const dam__sizes to = {128, 256, 640, 64};
    const dam__tuned sgd = tuned_of("data { name = \"gaussian\" dim = 64 } train { optimizer = "
                                    "\"sgd\" } model { kind = \"denoise\" memories = 128 "
                                    "centring = \"none\" }",
                                    small, 0);
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&sgd, &to, NULL, 0, &log_here, &large), DAM_OK);
    assert_string_equal(warnings, "SGD without centring: the largest stable train.eta0 falls as 1 "
                                  "/ dim; set model.centring = \"batch\"");
    const dam__tuned softmax =
        tuned_of("data { name = \"gaussian\" dim = 64 } train { optimizer = \"sgd\" } model { "
                 "kind = \"denoise\" memories = 128 activation = \"softmax\" }",
                 small, 0);
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&softmax, &to, NULL, 0, &log_here, &large), DAM_OK);
    assert_non_null(strstr(warnings, "model.gain = 0.5 mends it"));
    const dam__sizes few = {49, 98, 240, 24}, more = {196, 392, 960, 96};
    const dam__tuned images =
        tuned_of("data { name = \"mnist\" plaquette = 4 samples = 240 } train "
                 "{ optimizer = \"sgd\" batch = 24 } model { kind = "
                 "\"denoise\" memories = 98 }",
                 few, 7);
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&images, &more, NULL, 0, &log_here, &large), DAM_OK);
    assert_non_null(strstr(warnings, "train.rates = \"spectrum\" divides by it"));
}

/* --set is for the large run alone. */
static void overrides_are_of_the_large_run(void **state)
{
    (void)state;
    dam__experiment large;
    const dam__tuned from = tuned_of(GAUSSIAN, small, 0);
    const dam__sizes to = {128, 256, 640, 64};
    const char *const plain[] = {"train.epochs=7"}, *const rate[] = {"train.eta0=0.5"};
    const char *const sgd[] = {"train.optimizer=sgd"}, *const wrong[] = {"train.eta=1"};
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&from, &to, plain, 1, &log_here, &large), DAM_OK);
    assert_string_equal(warnings, "");
    assert_true(large.train.epochs == 7 && from.experiment.train.epochs != 7);
    assert_int_equal(dam__transfer_make(&from, &to, rate, 1, &log_here, &large), DAM_OK);
    assert_string_equal(warnings, "--set changes train.eta0 from 0.03125, which was tuned, to 0.5");
    assert_true(large.model.denoise.eta0 == 0.5);
    warnings[0] = '\0';
    assert_int_equal(dam__transfer_make(&from, &to, sgd, 1, &log_here, &large), DAM_OK);
    assert_string_equal(warnings, "--set changes train.optimizer from \"adam\" to \"sgd\": "
                                  "train.eta0 was tuned for the first");
    assert_int_equal(dam__transfer_make(&from, &to, wrong, 1, &log_here, &large), DAM_USAGE);
    static const char *const others[] = {"data.dim=200", "data.samples=7", "train.batch=16",
                                         "model.memories=9", "data.validation=0.2"};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        assert_int_equal(dam__transfer_make(&from, &to, others + i, 1, &log_here, &large),
                         DAM_USAGE);
        assert_non_null(strstr(dam_error(), "--to says all sizes; leave it out"));
    }
}

static void titles_do_not_pile_up(void **state)
{
    (void)state;
    dam__experiment large;
    dam__tuned from = tuned_of(GAUSSIAN, small, 0);
    const dam__sizes to = {128, 256, 640, 64};
    strcpy(from.experiment.title, "vectors, transferred to N = 64, K = 128");
    assert_int_equal(dam__transfer_make(&from, &to, NULL, 0, &log_here, &large), DAM_OK);
    assert_string_equal(large.title, "vectors, transferred to N = 128, K = 256");
}

static void images_take_plaquettes(void **state)
{
    (void)state;
    dam__experiment large;
    const dam__sizes few = {49, 98, 221, 24}, to = {196, 392, 882, 98}, odd = {100, 200, 500, 50};
    const dam__tuned from =
        tuned_of("data { name = \"mnist\" plaquette = 4 samples = 245 validation = 0.1 } "
                 "model { kind = \"denoise\" memories = 98 } train { batch = 24 }",
                 few, 7);
    assert_int_equal(dam__transfer_make(&from, &to, NULL, 0, &log_here, &large), DAM_OK);
    assert_int_equal(large.data.plaquette, 2);
    /* 882 are left of them when a tenth is kept for validation. */
    assert_int_equal(large.data.samples - (int)(large.data.samples * 0.1), 882);
    assert_int_equal(dam__transfer_make(&from, &odd, NULL, 0, &log_here, &large), DAM_USAGE);
    assert_string_equal(dam_error(),
                        "images of 28 x 28 pixels, averaged over square plaquettes, have 784, 196, "
                        "49, 16, 4, 1 features, not 100; give one of these as N");
}

static void what_cannot_be_transferred_is_refused(void **state)
{
    (void)state;
    dam__experiment large;
    const dam__sizes few = {10, 20, 50, 10}, to = {20, 40, 100, 20}, one = {64, 128, 320, 1};
    const dam__tuned own = tuned_of("data { images = \"x.npy\" samples = 50 } "
                                    "model { kind = \"denoise\" memories = 20 } "
                                    "train { batch = 10 }",
                                    few, 0);
    assert_int_equal(dam__transfer_make(&own, &to, NULL, 0, &log_here, &large), DAM_USAGE);
    assert_string_equal(dam_error(), "the samples of 'small' have 10 features, which their data "
                                     "fixes, not 20; give --to K,P,B");
    const dam__tuned vectors = tuned_of(GAUSSIAN, small, 0);
    assert_int_equal(dam__transfer_make(&vectors, &one, NULL, 0, &log_here, &large), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "needs train.batch of at least 2, not 1"));
}

/* --- the rate of a step --------------------------------------------------------------------------- */

static void the_rate_warms_up(void **state)
{
    (void)state;
    const dam__train_config plain = {.learning_rate = 2, .decay = 0.5};
    const dam__train_config warm = {.learning_rate = 1, .decay = 1, .warmup = 4};
    assert_true(dam__train_rate(&plain, 0, 0) == 2 && dam__train_rate(&plain, 2, 90) == 0.5);
    for (int step = 0; step < 10; step++)
        assert_true(dam__train_rate(&warm, 0, step) == (step < 3 ? (step + 1) / 4.0 : 1));
}

/* --- collapse ------------------------------------------------------------------------------------- */

static dam__run run_of(int dim)
{
    dam__run run = {.folder = "small", .dim = dim, .memories = 2 * dim};
    run.experiment.model.kind = DAM__KIND_DENOISE;
    return run;
}

/* A run with diagnostics of steps 0 and `second`: D1W as N^0, D11F as N^1/2. */
static dam__run measured(int dim, double second)
{
    dam__run run = run_of(dim);
    dam__array steps = {0}, values = {0};
    assert_int_equal(dam__array_create(DAM__F64, 1, (const size_t[]){2}, &steps), DAM_OK);
    assert_int_equal(dam__array_create(DAM__F64, 2, (const size_t[]){2, 3}, &values), DAM_OK);
    ((double *)steps.data)[1] = second;
    for (int row = 0; row < 2; row++) {
        double *numbers = (double *)values.data + (size_t)row * 3;
        numbers[0] = 0.25;
        numbers[1] = sqrt(dim);
        numbers[2] = 1.0 / dim;
    }
    assert_int_equal(dam__container_set_text(&run.container, "diagnostics_columns", "D1W,D11F,DcF"),
                     DAM_OK);
    assert_int_equal(dam__container_add(&run.container, "diagnostics/steps", &steps), DAM_OK);
    assert_int_equal(dam__container_add(&run.container, "diagnostics/values", &values), DAM_OK);
    return run;
}

static void slopes_are_found(void **state)
{
    (void)state;
    dam__run runs[] = {measured(256, 10), measured(64, 10), measured(128, 5)};
    dam__collapse got;
    assert_int_equal(dam__collapse_make(runs, 3, &got), DAM_OK);
    assert_true(got.runs == 3 && got.rows == 1 && got.columns == 3 && got.axis == 'N');
    assert_true(got.sizes[0] == 64 && got.sizes[1] == 128 && got.sizes[2] == 256);
    assert_true(got.steps[0] == 0);
    assert_true(got.left_out_count == 2 && got.left_out[0] == 5 && got.left_out[1] == 10);
    assert_true(got.values[3] == 8 && got.values[5] == 16); /* D11F of N = 64 and 256 */
    assert_true(fabs(got.slopes[0]) < 1e-12 && fabs(got.slopes[1] - 0.5) < 1e-12);
    assert_true(fabs(got.slopes[2] + 1) < 1e-12);
    assert_true(dam__collapse_should_be_flat("D1W") && dam__collapse_should_be_flat("D22F"));
    assert_false(dam__collapse_should_be_flat("DcF") || dam__collapse_should_be_flat("lmax"));
    dam__collapse_free(&got);
    dam__run alike[] = {measured(64, 10), measured(64, 10)};
    assert_int_equal(dam__collapse_make(alike, 2, &got), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "all runs are of one size, N = 64, K = 128"));
    dam__run without[] = {run_of(64)};
    assert_int_equal(dam__collapse_make(without, 1, &got), DAM_USAGE);
    assert_non_null(strstr(dam_error(), "'small' has no diagnostics; train it with"));
    for (size_t i = 0; i < 3; i++)
        dam__container_free(&runs[i].container);
    for (size_t i = 0; i < 2; i++)
        dam__container_free(&alike[i].container);
}

/* A file may hold anything. */
static void odd_diagnostics_are_refused(void **state)
{
    (void)state;
    dam__run run = measured(64, 10);
    dam__diagnosed got;
    assert_int_equal(dam__container_set_text(&run.container, "diagnostics_columns", "D1W"), DAM_OK);
    assert_int_equal(dam__diagnosed_read(&run.container, &got), DAM_INPUT);
    assert_int_equal(dam__container_set_text(&run.container, "diagnostics_columns",
                                             "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17"),
                     DAM_OK);
    assert_int_equal(dam__diagnosed_read(&run.container, &got), DAM_INPUT);
    dam__container_free(&run.container);
}

/* Names go into a script that gnuplot runs, where ` in a string would be a command. */
static void hostile_names_are_refused(void **state)
{
    (void)state;
    static const char *const hostile[] = {"D1W'\nsystem 'touch /tmp/x'\n#,D2W,DcF",
                                          "D1W,`touch x`,DcF",
                                          "D1W,\"x,DcF",
                                          "D1W,\x1b[2J,DcF",
                                          "D1W, x,DcF",
                                          "D1W,\xc3\xa4,DcF"};
    for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
        dam__run run = measured(64, 10);
        dam__diagnosed got;
        dam__collapse collapse;
        assert_int_equal(dam__container_set_text(&run.container, "diagnostics_columns", hostile[i]),
                         DAM_OK);
        assert_int_equal(dam__diagnosed_read(&run.container, &got), DAM_INPUT);
        assert_non_null(strstr(dam_error(), "other than letters, digits and '_'"));
        assert_int_equal(dam__collapse_make(&run, 1, &collapse), DAM_INPUT);
        dam__container_free(&run.container);
    }
}

/* Were a name hostile after all, the script would hold it as one string. */
static void names_are_strings_in_the_script(void **state)
{
    (void)state;
    dam_log log = {0};
    char folder[] = "/tmp/denseam-collapse.XXXXXX", *path = NULL, *script = NULL;
    const char *path_before = getenv("PATH");
    char *kept = strdup(path_before != NULL ? path_before : "");
    size_t length = 0;
    dam__run runs[] = {measured(64, 10), measured(128, 10)};
    dam__collapse got;
    assert_non_null(kept);
    assert_non_null(mkdtemp(folder));
    assert_int_equal(dam__collapse_make(runs, 2, &got), DAM_OK);
    got.first.names[0] = "D1W'\nsystem 'touch x'\n#";
    assert_int_equal(setenv("PATH", "/proc/absent", 1), 0);
    assert_int_equal(dam__collapse_write(folder, &got, &log), DAM_OK);
    assert_int_equal(setenv("PATH", kept, 1), 0);
    assert_int_equal(dam__path_join(&path, folder, "collapse.gp"), DAM_OK);
    assert_int_equal(dam__file_read(path, 1 << 20, &script, &length), DAM_OK);
    assert_non_null(strstr(script, "\nname[1] = 'D1W\u2019 system \u2019touch x\u2019 #, "
                                   "steepest slope +0.00'\n"));
    assert_null(strstr(script, "\nsystem"));
    static const char *const files[] = {"collapse.gp", "collapse.dat", "collapse.csv"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        free(path);
        assert_int_equal(dam__path_join(&path, folder, files[i]), DAM_OK);
        assert_int_equal(unlink(path), 0);
    }
    assert_int_equal(rmdir(folder), 0);
    free(path);
    free(script);
    free(kept);
    dam__collapse_free(&got);
    for (size_t i = 0; i < 2; i++)
        dam__container_free(&runs[i].container);
}

/* A change of 0 has no slope: it is neither the steepest nor does it hide the one that is. */
static void the_steepest_slope_is_found_beside_none(void **state)
{
    (void)state;
    const double nothings[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < sizeof nothings / sizeof *nothings; i++) {
        double none = nothings[i];
        /* Three steps of D1W, D11F and DcF. */
        double slopes[] = {0.1, none, 5, none, -0.4, none, 0.3, 0.2, -6};
        dam__collapse c = {.runs = 2, .rows = 3, .columns = 3, .slopes = slopes};
        c.first.names[0] = "D1W";
        c.first.names[1] = "D11F";
        c.first.names[2] = "DcF";
        assert_int_equal(dam__collapse_steepest(&c, -1, true), 4);
        assert_int_equal(dam__collapse_steepest(&c, -1, false), 8);
        assert_int_equal(dam__collapse_steepest(&c, 0, false), 6);
        assert_int_equal(dam__collapse_steepest(&c, 1, false), 4);
        assert_int_equal(dam__collapse_steepest(&c, 2, false), 8);
        assert_int_equal(dam__collapse_steepest(&c, 2, true), 9);
        for (size_t s = 0; s < 9; s++)
            slopes[s] = none;
        assert_int_equal(dam__collapse_steepest(&c, -1, false), 9);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_read),
        cmocka_unit_test(odd_sizes_are_refused),
        cmocka_unit_test(vectors_are_transferred),
        cmocka_unit_test(other_ratios_are_named),
        cmocka_unit_test(what_does_not_carry_over_is_named),
        cmocka_unit_test(overrides_are_of_the_large_run),
        cmocka_unit_test(titles_do_not_pile_up),
        cmocka_unit_test(images_take_plaquettes),
        cmocka_unit_test(what_cannot_be_transferred_is_refused),
        cmocka_unit_test(the_rate_warms_up),
        cmocka_unit_test(slopes_are_found),
        cmocka_unit_test(odd_diagnostics_are_refused),
        cmocka_unit_test(hostile_names_are_refused),
        cmocka_unit_test(names_are_strings_in_the_script),
        cmocka_unit_test(the_steepest_slope_is_found_beside_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
