/* src/run: every way to write a preset wrongly, defaults, overrides, and text that round-trips.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/embedded.h"
#include "base/file.h"
#include "base/number.h"
#include "run/key_help.h"
#include "run/key_value.h"
#include "unit/presets.h"

static void table_is_sound(void **state)
{
    (void)state;
    size_t covered = 0;
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        assert_true(o->offset + o->size <= sizeof(dam__experiment));
        assert_ptr_equal(dam__option_find(o->section, o->key), o); /* no key twice */
        assert_true(strlen(o->help) > 10 && o->help[strlen(o->help) - 1] == '.');
        if (o->type == DAM__OPTION_INTEGER)
            assert_true(o->least >= INT32_MIN && o->most <= INT32_MAX);
        /* A key must not be taken for a section. */
        assert_null(dam__option_section(o->key));
        covered += o->size;
    }
    /* Every field has a key: what is left is padding, and what a configuration says that is none.
     */
    assert_true(sizeof(dam__experiment) - covered < 96);
}

static void defaults_are_those_of_the_specification(void **state)
{
    (void)state;
    dam__experiment e;
    memset(&e, 0xFF, sizeof e);
    accept(DATA, &e);
    assert_string_equal(e.title, "");
    assert_string_equal(e.source, "");
    assert_int_equal(e.seed, 1);
    assert_string_equal(e.data.name, "mnist");
    assert_string_equal(e.data.images, "");
    assert_int_equal(e.data.samples, 0);
    assert_true(e.data.validation == 0.1);
    assert_int_equal(e.data.memory, 0);
    assert_int_equal(e.model.kind, DAM__KIND_VMF);
    assert_int_equal(e.model.memories, 100);
    assert_int_equal(e.model.vmf.capacity, 0);
    assert_true(e.model.vmf.beta == 32);
    assert_int_equal(e.model.vmf.beta_rule, DAM__BETA_LEARNED);
    assert_true(e.model.vmf.varsigma == 0.25);
    assert_true(e.model.vmf.softening == 0.1);
    assert_int_equal(e.model.vmf.sinkhorn, 10);
    assert_true(e.model.vmf.anneal_to == 0);
    assert_int_equal(e.model.vmf.anneal_epochs, 0);
    assert_true(e.model.vmf.anneal_exponent == 1);
    assert_int_equal(e.train.batch, 1000);
    assert_int_equal(e.train.epochs, 300);
    assert_true(e.train.learning_rate == 0.1);
    assert_true(e.train.momentum == 0.99);
    assert_int_equal(e.train.patience, 1);
    assert_int_equal(e.train.checkpoint, 10);
    assert_int_equal(e.train.record, 0);
    assert_int_equal(e.train.record_memories, 400);
    assert_int_equal(e.train.precision, DAM__PRECISION_SINGLE);
    assert_round_trip(&e);
}

static void every_key_is_read(void **state)
{
    (void)state;
    dam__experiment e;
    accept("\xEF\xBB\xBF# a byte-order mark before, CRLF after\r\n"
           "title = \"Größe \\\"x\\\" \\\\ \\${HOME} # no comment\"\r\n"
           "source = 'it\\'s ${HOME} /* text */'  // comment\r\n"
           "seed = 9223372036854775807\r\n"
           "data { images = a/b.idx labels = \"l\" test_images = \"t\" test_labels = \"u\"\r\n"
           "  samples = 5000 validation = 0 memory = 512 }\r\n"
           "model { kind = vmf memories = 400//comment\r\n"
           "  capacity = 2000 /* over\r\n two lines */ beta = 1e+2 beta_rule = \"annealed\"\r\n"
           "  varsigma = 1 softening = .5 sinkhorn = 010 anneal_to = 150.5\r\n"
           "  anneal_epochs = 20 anneal_exponent = 2 }\r\n"
           "train { batch = 10 epochs = 7 learning_rate = 1e-3 momentum = 0 patience = 0\r\n"
           "  checkpoint = 3 record = 2 record_memories = 50 precision = double }",
           &e);
    assert_string_equal(e.title, "Größe \"x\" \\ ${HOME} # no comment");
    assert_string_equal(e.source, "it's ${HOME} /* text */");
    assert_true(e.seed == INT64_MAX);
    assert_string_equal(e.data.name, "");
    assert_string_equal(e.data.images, "a/b.idx");
    assert_string_equal(e.data.labels, "l");
    assert_string_equal(e.data.test_images, "t");
    assert_string_equal(e.data.test_labels, "u");
    assert_int_equal(e.data.samples, 5000);
    assert_true(e.data.validation == 0);
    assert_int_equal(e.data.memory, 512);
    assert_int_equal(e.model.memories, 400);
    assert_int_equal(e.model.vmf.capacity, 2000);
    assert_true(e.model.vmf.beta == 100);
    assert_int_equal(e.model.vmf.beta_rule, DAM__BETA_ANNEALED);
    assert_true(e.model.vmf.varsigma == 1);
    assert_true(e.model.vmf.softening == 0.5);
    assert_int_equal(e.model.vmf.sinkhorn, 10); /* decimal, whatever the zero in front */
    assert_true(e.model.vmf.anneal_to == 150.5);
    assert_int_equal(e.model.vmf.anneal_epochs, 20);
    assert_true(e.model.vmf.anneal_exponent == 2);
    assert_int_equal(e.train.batch, 10);
    assert_int_equal(e.train.epochs, 7);
    assert_true(e.train.learning_rate == 1e-3);
    assert_true(e.train.momentum == 0);
    assert_int_equal(e.train.patience, 0);
    assert_int_equal(e.train.checkpoint, 3);
    assert_int_equal(e.train.record, 2);
    assert_int_equal(e.train.record_memories, 50);
    assert_int_equal(e.train.precision, DAM__PRECISION_DOUBLE);
    assert_round_trip(&e);
}

static void unknown_names_are_told_with_the_closest(void **state)
{
    (void)state;
    refuse("# one\n/* two\n */ # three\nmodel {\n  memorys = 5\n}\n",
           "x.conf:5: model.memorys: unknown key; did you mean 'memories'?");
    refuse("sed = 5\n", "x.conf:1: sed: unknown key; did you mean 'seed'?");
    refuse("\n\nmodl { memories = 5 }\n", "x.conf:3: modl: unknown section; did you mean 'model'?");
    refuse("xyzzy {}",
           "x.conf:1: xyzzy: unknown section; there are data, model, train, grow, recall, sweep, "
           "expect");
    refuse("train { memories = 5 }",
           "x.conf:1: train.memories: unknown key; 'memories' belongs to section 'model'");
    refuse("memories = 5",
           "x.conf:1: memories: unknown key; 'memories' belongs to section 'model'");
    refuse("train {\nseed = 5 }",
           "x.conf:2: train.seed: unknown key; 'seed' stands outside of every section");
    refuse("model.memories = 5",
           "x.conf:1: model.memories: unknown key; write model { memories = ... }");
    refuse("zzzzzzzzzz = 5", "x.conf:1: zzzzzzzzzz: unknown key; there are base, title, source, "
                             "seed, data, model, train, grow, recall, sweep, expect");
    refuse("train { zzzzzzzzzz = 5 }",
           "x.conf:1: train.zzzzzzzzzz: unknown key; there are batch, shards, epochs, optimizer, "
           "eta0, "
           "learning_rate, momentum, decay, warmup, rates, diagnostics, patience, checkpoint, "
           "record, record_memories, precision");
    refuse("Seed = 5", "x.conf:1: Seed: unknown key; did you mean 'seed'?");
    refuse("include(\"/etc/passwd\")",
           "x.conf:1: unexpected '('; put texts in quotes, and nothing after a value");
}

static void wrong_values_are_told_with_what_is_allowed(void **state)
{
    (void)state;
    refuse("# c\nmodel {\n varsigma = 1.5 }",
           "x.conf:3: model.varsigma = 1.5 is out of range: more than 0, at most 1");
    refuse("model { varsigma = 0 }",
           "x.conf:1: model.varsigma = 0 is out of range: more than 0, at most 1");
    refuse("train { momentum = 1 }",
           "x.conf:1: train.momentum = 1 is out of range: at least 0, less than 1");
    refuse("data { validation = 1 }",
           "x.conf:1: data.validation = 1 is out of range: at least 0, less than 1");
    refuse("model { memories = 0 }",
           "x.conf:1: model.memories = 0 is out of range: at least 1, at most 10000000");
    refuse("model { memories = 10000001 }",
           "x.conf:1: model.memories = 10000001 is out of range: at least 1, at most 10000000");
    refuse("model { memories = 99999999999999999999 }",
           "x.conf:1: model.memories = 99999999999999999999 is out of range: at least 1, at most "
           "10000000");
    refuse("seed = 9223372036854775808", "x.conf:1: seed = 9223372036854775808 is out of range: "
                                         "at least 0, at most 9223372036854775807");
    refuse("seed = -1",
           "x.conf:1: seed = -1 is out of range: at least 0, at most 9223372036854775807");
    const char *const not_whole[] = {"3x", "0x10", "1e3", "2.0", "", " 5", "5 ", "-", "nan"};
    for (size_t i = 0; i < sizeof not_whole / sizeof *not_whole; i++) {
        char text[64], message[160];
        (void)snprintf(text, sizeof text, "model { memories = \"%s\" }", not_whole[i]);
        double real;
        const char *quote = dam__real_read(not_whole[i], &real) == DAM__NUMBER_OK ? "" : "'";
        (void)snprintf(message, sizeof message,
                       "x.conf:1: model.memories = %s%s%s is not a whole number: at least 1, at "
                       "most 10000000",
                       quote, not_whole[i], quote);
        refuse(text, message);
    }
    const char *const not_real[] = {"nan", "inf", "-inf", "infinity", "0x1p3", "1,5", "",
                                    ".",   "1e",  "e5",   "1.2.3",    "--1",   "abc"};
    for (size_t i = 0; i < sizeof not_real / sizeof *not_real; i++) {
        char text[64], message[160];
        (void)snprintf(text, sizeof text, "model { beta = \"%s\" }", not_real[i]);
        (void)snprintf(message, sizeof message,
                       "x.conf:1: model.beta = '%s' is not a finite number: more than 0, at most "
                       "1000000",
                       not_real[i]);
        refuse(text, message);
    }
    refuse("model { beta = 1e999 }",
           "x.conf:1: model.beta = 1e999 is out of range: more than 0, at most 1000000");
    refuse("model { beta_rule = \"lerned\" }",
           "x.conf:1: model.beta_rule = 'lerned' is not allowed: one of learned, frozen, annealed; "
           "did you mean 'learned'?");
    refuse("train { precision = 16 }",
           "x.conf:1: train.precision = 16 is not allowed: one of single, double");
}

static void texts_must_fit_and_be_one_line_of_utf8(void **state)
{
    (void)state;
    dam__experiment e;
    char text[400], filler[300];
    memset(filler, 'a', sizeof filler);
    (void)snprintf(text, sizeof text, "title = \"%.255s\" " DATA, filler);
    accept(text, &e);
    assert_int_equal(strlen(e.title), 255);
    assert_round_trip(&e);
    (void)snprintf(text, sizeof text, "\ntitle = \"%.256s\"", filler);
    char message[400];
    (void)snprintf(message, sizeof message,
                   "x.conf:2: title = '%.68s...' is too long: at most 255 bytes", filler);
    refuse(text, message);
    refuse("title = \"a\tb\"", "x.conf:1: title = 'a?b' holds a control character: one line of "
                               "text: at most 255 bytes");
    const char *const not_utf8[] = {"\xFF",         "\xC0\xAF",         "\xC3",
                                    "\xE0\x80\x80", "\xED\xA0\x80",     "\xF0\x80\x80\x80",
                                    "\x80",         "\xF4\x90\x80\x80", "\xF5\x80\x80\x80"};
    for (size_t i = 0; i < sizeof not_utf8 / sizeof *not_utf8; i++) {
        (void)snprintf(text, sizeof text, "title = \"%s\"", not_utf8[i]);
        assert_int_equal(parse(text, &e), DAM_USAGE);
        assert_non_null(strstr(dam_error(), "is not UTF-8 text"));
    }
    accept("title = \"\xC2\x80\xE0\xA0\x80\xED\x9F\xBF\xF0\x90\x80\x80\xF4\x8F\xBF\xBF\" " DATA,
           &e);
    assert_round_trip(&e);
}

static void texts_fit_with_every_byte_escaped(void **state)
{
    (void)state;
    dam__experiment e;
    assert_int_equal(dam__experiment_defaults(&e), DAM_OK);
    memset(e.data.images, '"', sizeof e.data.images - 1);
    assert_round_trip(&e);
}

static void broken_form_is_told_with_its_line(void **state)
{
    (void)state;
    refuse("\nmodel {\n memories = 5\n", "x.conf:2: section 'model' is not closed; add '}'");
    refuse("model {\n memories = 5\n\ntrain {\n epochs = 3 }\n",
           "x.conf:4: section 'model' of line 1 is not closed before section 'train'; add '}'");
    refuse("model { memories = 5\n memories = 6 }",
           "x.conf:2: model.memories is given twice, first on line 1; keep one");
    refuse("seed = 1\n\nseed = 1", "x.conf:3: seed is given twice, first on line 1; keep one");
    refuse("model { }\nmodel { }", "x.conf:2: model is given twice, first on line 1; keep one");
    refuse("seed = 5\n}\n", "x.conf:2: '}' closes no section");
    refuse("{", "x.conf:1: expected a key or a section before {");
    refuse("= 5", "x.conf:1: expected a key or a section before =");
    refuse("\"seed\" = 5", "x.conf:1: expected a key or a section before \"seed\"");
    refuse("seed\n5", "x.conf:1: expected '=' after seed before 5");
    refuse("seed", "x.conf:1: expected '=' after seed before the end");
    refuse("seed += 5", "x.conf:1: expected '=' after seed before +");
    refuse("seed =", "x.conf:1: seed has no value after '='");
    refuse("model {\nmemories =\nbeta = 3 }", "x.conf:2: model.memories has no value after '='");
    refuse("model { memories = }", "x.conf:1: model.memories has no value after '='");
    refuse("model { memories = { 1, 2 } }", "x.conf:1: model.memories has no value after '='");
    refuse("model = {}", "x.conf:1: expected '{' after section 'model' before =");
    refuse("model \"title\" {}", "x.conf:1: expected '{' after section 'model' before \"title\"");
    refuse("model", "x.conf:1: expected '{' after section 'model' before the end");
    refuse("title = \"a\" \"b\"", "x.conf:1: expected a key or a section before \"b\"");
    refuse("seed = 5;", "x.conf:1: unexpected ';'; put texts in quotes, and nothing after a value");
    refuse("seed = *5", "x.conf:1: unexpected '*'; put texts in quotes, and nothing after a value");
    refuse("title = Gr\xC3\xB6\xC3\x9F"
           "e",
           "x.conf:1: unexpected byte 0xc3; put texts in quotes");
    refuse("\f", "x.conf:1: unexpected byte 0x0c; put texts in quotes");
    refuse("data|name = 5", "x.conf:1: unexpected '|'; put texts in quotes, and nothing after a "
                            "value");
    refuse("\n/* never\nclosed", "x.conf:2: the comment is not closed; add '*/' to it");
    refuse("/*/", "x.conf:1: the comment is not closed; add '*/' to it");
    const char *const open_texts[] = {
        "title = \"abc",  "title = 'abc",    "title = \"abc\ndef\"", "title = \"abc\\",
        "title = 'abc\\", "title = 'abc\\'", "title = \"abc\\\n\"",  "title = \"abc\\\r\n\""};
    for (size_t i = 0; i < sizeof open_texts / sizeof *open_texts; i++) {
        dam__experiment e;
        assert_int_equal(parse(open_texts[i], &e), DAM_USAGE);
        assert_non_null(strstr(dam_error(), "x.conf:1: the text is not closed by "));
    }
    refuse("title = \"\\x41\"",
           "x.conf:1: '\\x' means nothing in double quotes; write \\\\ for a backslash");
    refuse("title = \"\\777\"",
           "x.conf:1: '\\7' means nothing in double quotes; write \\\\ for a backslash");
    refuse("title = \"${HOME}\"",
           "x.conf:1: environment variables are not expanded in presets; write the text out, or "
           "\\${ for the characters");
    refuse("title = ${HOME}",
           "x.conf:1: unexpected '$'; put texts in quotes, and nothing after a value");
    refuse("seed = 1\n# old\rline ends", "x.conf:2: a carriage return without line feed; save the "
                                         "file with line ends of Unix (LF) or Windows (CRLF)");
}

static void overrides_win_in_order(void **state)
{
    (void)state;
    dam__experiment e;
    const char *const overrides[] = {"model.memories=7",
                                     " model.memories = 8 ",
                                     "seed=0",
                                     "title=a \"b\" = ${c}",
                                     "data.name='fashion'",
                                     "train.precision=\"double\"",
                                     "model.beta=1e2",
                                     "source="};
    assert_int_equal(dam__experiment_parse("x.conf", "source = \"s\" " DATA, overrides,
                                           sizeof overrides / sizeof *overrides, &e),
                     DAM_OK);
    assert_int_equal(e.model.memories, 8);
    assert_int_equal(e.seed, 0);
    assert_string_equal(e.title, "a \"b\" = ${c}");
    assert_string_equal(e.source, "");
    assert_string_equal(e.data.name, "fashion");
    assert_int_equal(e.train.precision, DAM__PRECISION_DOUBLE);
    assert_true(e.model.vmf.beta == 100);
    assert_round_trip(&e);
}

static void wrong_overrides_are_told(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"model.memories", "model.memories: no assignment; write section.key=value"},
        {"", ": no assignment; write section.key=value"},
        {"model.memories=0", "model.memories=0: model.memories = 0 is out of range: at least "
                             "1, at most 10000000"},
        {"model.memorys=5",
         "model.memorys=5: model.memorys: unknown key; did you mean 'memories'?"},
        {"modl.memories=5", "modl.memories=5: modl: unknown section; did you mean 'model'?"},
        {"memories=5", "memories=5: memories: unknown key; 'memories' belongs to section 'model'"},
        {"train.learning_rate=abc",
         "train.learning_rate=abc: train.learning_rate = 'abc' is not a finite number: more "
         "than 0, at most 100"},
        {"title=a\nb", "title=a?b: title = 'a?b' holds a control character: one line of text:"
                       " at most 255 bytes"},
        {"model.capacity=5", "x.conf: model.capacity = 5 is less than model.memories = 100; raise "
                             "it, or 0 for as many as memories"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        dam__experiment e;
        assert_int_equal(dam__experiment_parse("x.conf", DATA, &cases[i][0], 1, &e), DAM_USAGE);
        assert_string_equal(dam_error(), cases[i][1]);
    }
}

static void every_embedded_preset_parses(void **state)
{
    (void)state;
    size_t count = 0;
    for (const dam__embedded *p = dam__preset_texts; p->name != NULL; p++, count++) {
        dam__experiment e;
        if (dam__experiment_load(p->name, NULL, 0, &e) != DAM_OK)
            fail_msg("%s", dam_error());
        assert_true(e.title[0] != '\0' && e.source[0] != '\0');
        assert_round_trip(&e);
    }
    assert_true(count >= 3);
    dam__experiment e;
    const char *const overrides[] = {"model.memories=5"};
    assert_int_equal(dam__experiment_load("mnist", overrides, 1, &e), DAM_OK);
    assert_int_equal(e.model.memories, 5);
    assert_int_equal(dam__experiment_load("mnits", NULL, 0, &e), DAM_USAGE);
    assert_string_equal(dam_error(), "'mnits' is neither a file nor one of denseam's presets; did "
                                     "you mean 'mnist'?");
    assert_int_equal(dam__experiment_load("presetz/mnist.conf", NULL, 0, &e), DAM_USAGE);
    assert_string_equal(dam_error(), "'presetz/mnist.conf' is neither a file nor one of denseam's "
                                     "presets; did you mean 'mnist'?");
    assert_int_equal(dam__experiment_load("", NULL, 0, &e), DAM_USAGE);
    assert_int_equal(dam__experiment_load("zzzzzzzzzzzzzzzz", NULL, 0, &e), DAM_USAGE);
    assert_int_equal(dam__advice_of_error(), DAM__ADVICE_PRESETS);
}

static void files_are_read_whole_or_refused(void **state)
{
    (void)state;
    char folder[] = "/tmp/denseam-preset-XXXXXX", path[64], expected[160];
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof path, "%s/p.conf", folder);
    dam__experiment e;

    static const char good[] = DATA "model { memories = 3 }"; /* no line end at the end */
    assert_int_equal(dam__file_write(path, good, sizeof good - 1), DAM_OK);
    assert_int_equal(dam__experiment_load(path, NULL, 0, &e), DAM_OK);
    assert_int_equal(e.model.memories, 3);

    static const char nul[] = DATA "seed = 5\0seed = 7";
    assert_int_equal(dam__file_write(path, nul, sizeof nul - 1), DAM_OK);
    assert_int_equal(dam__experiment_load(path, NULL, 0, &e), DAM_USAGE);
    (void)snprintf(expected, sizeof expected,
                   "%s:2: a NUL byte; this is no text file, or not UTF-8: save it as UTF-8", path);
    assert_string_equal(dam_error(), expected);

    size_t size = DAM__PRESET_LIMIT + 1;
    char *huge = malloc(size + 1);
    assert_non_null(huge);
    memset(huge, ' ', size);
    huge[size] = '\0';
    assert_int_equal(dam__file_write(path, huge, size), DAM_OK);
    assert_int_equal(dam__experiment_load(path, NULL, 0, &e), DAM_INPUT);
    assert_int_equal(parse(huge, &e), DAM_USAGE);
    assert_string_equal(dam_error(), "x.conf: a preset has at most 1048576 bytes");
    huge[size - 1] = '\0';
    memcpy(huge, DATA, sizeof DATA - 1);
    accept(huge, &e); /* as large as may be */
    memset(huge, '{', size - 1);
    assert_int_equal(parse(huge, &e), DAM_USAGE);
    for (size_t i = 0; i + 8 < size; i += 8)
        memcpy(huge + i, "model { ", 8);
    assert_int_equal(parse(huge, &e), DAM_USAGE);
    memset(huge, 'a', size - 1);
    assert_int_equal(parse(huge, &e), DAM_USAGE);
    memcpy(huge, "title=\"", 7);
    huge[size - 2] = '"';
    assert_int_equal(parse(huge, &e), DAM_USAGE);
    assert_string_equal(dam_error(),
                        "x.conf:1: the value of title has 1048570 bytes; at most 4096 are allowed");
    free(huge);

    unlink(path);
    assert_int_equal(dam__experiment_load(path, NULL, 0, &e), DAM_USAGE);
    assert_int_equal(dam__experiment_load(folder, NULL, 0, &e), DAM_USAGE);
    rmdir(folder);
}

/* Threads that read presets at the same time must not swap keys nor messages. */
static void *parse_often(void *wrong)
{
    for (intptr_t i = 0; i < 300; i++) {
        dam__experiment e;
        char text[128];
        (void)snprintf(text, sizeof text, DATA "model { memories = %d beta = %s }", (int)i + 1,
                       wrong != NULL ? "0" : "5");
        dam_status status = parse(text, &e);
        if (wrong != NULL
                ? status != DAM_USAGE || strstr(dam_error(), "x.conf:2: model.beta") == NULL
                : status != DAM_OK || e.model.memories != i + 1)
            return (void *)(i + 1);
    }
    return NULL;
}

static void threads_do_not_disturb_each_other(void **state)
{
    (void)state;
    pthread_t threads[4];
    int wrong = 1;
    for (int i = 0; i < 4; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, parse_often, i % 2 ? &wrong : NULL), 0);
    for (int i = 0; i < 4; i++) {
        void *failed = NULL;
        assert_int_equal(pthread_join(threads[i], &failed), 0);
        assert_null(failed);
    }
}

static void descriptions_name_every_key(void **state)
{
    (void)state;
    dam__text text = {0}, roff = {0};
    dam__presets_describe(&text);
    dam__presets_describe_roff(&roff);
    for (const dam__option *o = dam__options; o->key != NULL; o++) {
        char head[128];
        (void)snprintf(head, sizeof head, "\n%s%s = ", o->section[0] ? "    " : "", o->key);
        assert_non_null(strstr(text.data, head));
        (void)snprintf(head, sizeof head, "\n.B %s = ", o->key);
        assert_non_null(strstr(roff.data, head));
    }
    size_t column = 0;
    for (const char *at = text.data; *at != '\0'; at++) {
        column = *at == '\n' ? 0 : column + 1;
        assert_true(column <= 80 && (unsigned char)*at < 0x7F);
        assert_false(*at == ' ' && at[1] == '\n');
    }
    assert_non_null(strstr(
        text.data, "model {\n    kind = \"vmf\"\n        Choice, one of vmf, energy, denoise. "));
    assert_non_null(strstr(text.data, "Whole number (memories), at least 1, at most 10000000."));
    /* Nothing in roff but the requests meant, and no backslash but an escape of ours. */
    for (const char *at = roff.data; *at != '\0'; at++) {
        if (*at == '\\')
            assert_true(at[1] != '\0' && strchr("e-(&", at[1]) != NULL);
        if (at == roff.data || at[-1] == '\n')
            assert_true(*at != '\'' &&
                        (*at != '.' || strncmp(at, ".TP\n", 4) == 0 || strncmp(at, ".B ", 3) == 0 ||
                         strncmp(at, ".SS", 3) == 0 || strncmp(at, ".PP", 3) == 0 ||
                         strncmp(at, ".RS", 3) == 0 || strncmp(at, ".RE", 3) == 0 ||
                         strncmp(at, ".nf", 3) == 0 || strncmp(at, ".fi", 3) == 0));
    }
    dam__text_free(&text);
    dam__text_free(&roff);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_is_sound),
        cmocka_unit_test(defaults_are_those_of_the_specification),
        cmocka_unit_test(every_key_is_read),
        cmocka_unit_test(unknown_names_are_told_with_the_closest),
        cmocka_unit_test(wrong_values_are_told_with_what_is_allowed),
        cmocka_unit_test(texts_must_fit_and_be_one_line_of_utf8),
        cmocka_unit_test(texts_fit_with_every_byte_escaped),
        cmocka_unit_test(broken_form_is_told_with_its_line),
        cmocka_unit_test(overrides_win_in_order),
        cmocka_unit_test(wrong_overrides_are_told),
        cmocka_unit_test(every_embedded_preset_parses),
        cmocka_unit_test(files_are_read_whole_or_refused),
        cmocka_unit_test(threads_do_not_disturb_each_other),
        cmocka_unit_test(descriptions_name_every_key),
    };
    return cmocka_run_group_tests_name("preset", tests, NULL, NULL);
}
