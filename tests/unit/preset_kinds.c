/* Presets of each kind of model: keys that it lacks, and values that contradict each other. */
#include "unit/presets.h"

static void contradictions_are_told(void **state)
{
    (void)state;
    refuse("", "x.conf: no data; give data.name (such as \"mnist\") or data.images");
    refuse("data { images = \"a\" resize = \"28\" }",
           "x.conf: data.resize = \"28\" is no size of pictures; give WIDTHxHEIGHT, such as "
           "\"28x28\", up to 65535 a side");
    refuse("data { images = \"a\" validation_labels = \"b\" }",
           "x.conf: data.validation_labels is given without data.validation_images; give both");
    refuse("data { name = \"mnist\" validation_images = \"b\" }",
           "x.conf: data.validation_images goes with data.images, and not with patches; "
           "data.validation keeps a share of other samples");
    refuse("data { name = \"mnist\" scaling = \"standard\" }",
           "x.conf: data.scaling and data.missing are for whole samples of files; leave them out "
           "with data.name, data.patch and data.plaquette");
    refuse("data { images = \"a\" patch = 8 missing = \"mean\" }",
           "x.conf: data.scaling and data.missing are for whole samples of files; leave them out "
           "with data.name, data.patch and data.plaquette");
    refuse("data { images = \"a\" colour = \"blue\" }",
           "x.conf:1: data.colour = 'blue' is not allowed: one of auto, grey, rgb");
    refuse("data { name = \"mnist\" images = \"a\" }",
           "x.conf: data.name and data.images are both given; keep one");
    refuse("data { name = \"mnist\" labels = \"a\" }",
           "x.conf: data.labels is given without data.images; the set called data.name has its "
           "own");
    refuse("data { name = \"mnist\" test_labels = \"a\" }",
           "x.conf: data.test_labels is given without data.test_images; give both");
    refuse("data { images = \"a\" test_labels = \"b\" }",
           "x.conf: data.test_labels is given without data.test_images; give both");
    refuse(DATA "model { capacity = 99 }",
           "x.conf: model.capacity = 99 is less than model.memories = 100; raise it, or 0 for as "
           "many as memories");
    refuse(DATA "model { beta_rule = annealed }",
           "x.conf: model.beta_rule = \"annealed\" needs model.anneal_to, beta at the end of the "
           "schedule");
    refuse(DATA "model { beta_rule = annealed anneal_to = 100 }",
           "x.conf: model.beta_rule = \"annealed\" needs model.anneal_epochs, the length of the "
           "schedule");
    refuse(DATA "grow { to = 100 }",
           "x.conf: grow.to = 100 is not more than model.memories = 100; raise it, or 0 for no "
           "growth");
    refuse(DATA "model { capacity = 300 } grow { to = 400 }",
           "x.conf: model.capacity = 300, but grow.to = 400 is the capacity of a model that grows; "
           "leave out model.capacity");
    refuse(DATA "model { class_counts = \"1,2\" }",
           "x.conf: model.class_counts goes with model.loss = \"unsupervised\" only; labels have "
           "counts of their own");
    refuse(DATA "model { loss = unsupervised classes = 3 }",
           "x.conf: model.classes = 3 needs model.class_counts, as many different counts "
           "(\"110,132,121\"): classes of equal counts would stay equal");
    refuse(DATA "model { loss = unsupervised classes = 2 class_counts = \"1,x\" }",
           "x.conf: model.class_counts = \"1,x\": entry 2 is no whole number from 1 to 1000000000");
    refuse("data { name = teacher patch = 3 }",
           "x.conf: a teacher makes no images to cut; set data.patch = 0");
    refuse("data { images = a labels = b patch = 3 }",
           "x.conf: patches have no labels; leave out data.labels, or set data.patch = 0");
    refuse("data { name = mnist threshold = 1.5x } model { kind = energy }",
           "x.conf: data.threshold = \"1.5x\" is none of mean, median, grey, none, "
           "auto, and no number");
    dam__experiment e;
    accept("data { name = mnist threshold = -1.5e3 } model { kind = energy }", &e);
    accept(DATA "grow { to = 101 }", &e);
    accept(DATA "model { capacity = 400 } grow { to = 400 }", &e);
    accept(DATA "model { capacity = 100 }", &e);
    accept(DATA "model { loss = unsupervised }", &e);
    accept(DATA "model { loss = unsupervised classes = 2 class_counts = \"1,2\" }", &e);
    accept("data { name = teacher }", &e);
    accept("data { images = a patch = 3 }", &e);
    accept(DATA "model { beta_rule = annealed anneal_to = 100 anneal_epochs = 1 }", &e);
}

/* A run that was written before there were these keys was trained as they now say. */
static void runs_without_younger_keys_are_what_they_were(void **state)
{
    (void)state;
    static const char energy[] = DATA "model { kind = energy }",
                      given[] = "data { name = mnist split = auto threshold = median }"
                                "model { kind = energy }";
    dam__experiment e;
    assert_int_equal(dam__experiment_parse_run("run.h5", energy, NULL, 0, &e), DAM_OK);
    assert_string_equal(e.data.threshold, "none");
    assert_int_equal(e.data.split, DAM__HOLDOUT_END);
    assert_int_equal(dam__experiment_parse_run("run.h5", DATA, NULL, 0, &e), DAM_OK);
    assert_int_equal(e.data.split, DAM__HOLDOUT_END);
    assert_false(e.data.levels);
    accept(energy, &e);
    assert_string_equal(e.data.threshold, "auto");
    assert_int_equal(e.data.split, DAM__HOLDOUT_AUTO);
    assert_true(e.data.levels);
    assert_int_equal(dam__experiment_parse_run("run.h5", given, NULL, 0, &e), DAM_OK);
    assert_string_equal(e.data.threshold, "median");
    assert_int_equal(e.data.split, DAM__HOLDOUT_AUTO);
    static const char *const overrides[] = {"data.threshold=mean"};
    assert_int_equal(dam__experiment_parse_run("run.h5", energy, overrides, 1, &e), DAM_OK);
    assert_string_equal(e.data.threshold, "mean");
}

/* Keys belong to kinds of models, wherever in the preset the kind stands. */
static void keys_of_another_kind_are_refused(void **state)
{
    (void)state;
    dam__experiment e;
    dam__text text = {0};
    refuse(
        DATA "model { exponent = 3 }",
        "x.conf:2: model.exponent belongs to model.kind = \"energy\", and this model is \"vmf\"; "
        "leave it out");
    refuse(DATA "model { varsigma = 0.5 kind = \"energy\" }",
           "x.conf:2: model.varsigma belongs to model.kind = \"vmf\", and this model is "
           "\"energy\"; leave it out");
    refuse(DATA "grow { to = 200 } model { kind = \"energy\" interaction = \"leaky\" }",
           "x.conf: grow.to = 200: memories of model.interaction = \"leaky\" and \"exp\" have no "
           "halves, since F is no power; take \"rect\" or \"poly\", or set grow.to = 0");
    refuse(DATA "grow { to = 200 } model { kind = \"denoise\" } train { diagnostics = \"0\" }",
           "x.conf: train.diagnostics looks into steps of one width; set grow.to = 0, or leave it "
           "out");
    accept(DATA "grow { to = 200 } model { kind = \"denoise\" }", &e);
    assert_true(e.model.max_memories == 200 && e.grow.gain == 0.001);
    accept(DATA "model { exponent = 320 kind = \"energy\" }", &e);
    assert_int_equal(e.model.kind, DAM__KIND_ENERGY);
    assert_int_equal(e.model.energy.interaction.exponent, 320);
    /* Defaults of the kind, unless given. */
    assert_true(e.train.momentum == 0 && e.train.learning_rate == 0.5 && e.train.decay == 0.999);
    assert_true(e.data.validation == 0 && e.train.patience == 0);
    assert_round_trip(&e);
    dam__experiment_print(&e, &text);
    assert_null(strstr(text.data, "varsigma"));
    assert_null(strstr(text.data, "anneal"));
    assert_non_null(strstr(text.data, "    exponent = 320\n"));
    dam__text_free(&text);
    accept(DATA "model { kind = \"energy\" } train { momentum = 0.25 }", &e);
    assert_true(e.train.momentum == 0.25);
    accept(DATA "", &e);
    assert_true(e.train.momentum == 0.99 && e.train.decay == 1 && e.data.validation == 0.1);
    refuse(DATA "model { kind = \"energy\" rule = \"shift\" }",
           "x.conf: model.rule = \"shift\" is for model.interaction = \"exp\" alone; take "
           "\"modified\"");
    refuse(DATA "model { kind = \"energy\" temperature_to = 1 }",
           "x.conf: model.temperature_to and model.temperature_epochs, the end of the ramp and its "
           "length, go together; give both or leave out both");
    refuse(DATA "model { kind = \"energy\" exponent = 321 }",
           "x.conf:2: model.exponent = 321 is out of range: at least 2, at most 320");
}

/* The denoiser's keys, defaults and contradictions. */
static void denoisers_are_checked(void **state)
{
    (void)state;
    dam__experiment e;
#define DENOISER DATA "model { kind = \"denoise\" "
    accept(DENOISER "}", &e);
    assert_true(e.model.denoise.eta0 == 0.0625 && e.model.denoise.noise == 0.5);
    assert_true(e.train.learning_rate == 1 && e.train.momentum == 0 && e.train.patience == 0);
    assert_int_equal(e.model.denoise.activation, DAM__ACTIVATION_RELU);
    assert_int_equal(e.model.denoise.centring, DAM__CENTRING_BATCH);
    assert_int_equal(e.model.denoise.algorithm, DAM__ALGORITHM_ADAM);
    assert_round_trip(&e);
    accept("data { name = \"mnist\" plaquette = 4 noise = 0.25 pairs = \"fresh\" } "
           "model { kind = \"denoise\" activation = \"softmax\" regime = \"width\" gain = 0.5 } "
           "train { optimizer = \"sgd\" eta0 = 0.001 momentum = 0.9 }",
           &e);
    assert_int_equal(e.data.plaquette, 4);
    assert_int_equal(e.model.denoise.pairing, DAM__PAIRING_FRESH);
    assert_true(e.model.denoise.eta0 == 0.001 && e.train.momentum == 0.9);
    assert_round_trip(&e);
    accept(DENOISER "} train { warmup = 50 rates = \"spectrum\" diagnostics = \"0,10,100\" } "
                    "recall { dt = 0.01 steps = 100 clip = 3 noise = 0.25 count = 7 }",
           &e);
    assert_true(e.train.warmup == 50 && e.recall.dt == 0.01 && e.recall.steps == 100);
    assert_int_equal(e.model.denoise.rates, DAM__RATES_SPECTRUM);
    assert_true(e.recall.clip == 3 && e.recall.noise == 0.25 && e.recall.count == 7);
    assert_round_trip(&e);
    refuse(DENOISER "} train { diagnostics = \"10,5\" }",
           "x.conf: train.diagnostics = \"10,5\" is no list of rising steps, counted from 0; give "
           "it as \"0,10,100\"");
    refuse(DENOISER "} recall { dt = 2 }",
           "x.conf:2: recall.dt = 2 is out of range: more than 0, at most 1");
    refuse(DENOISER "} recall { flips = \"2\" }",
           "x.conf:2: recall.flips belongs to model.kind = \"energy\", and this model is "
           "\"denoise\"; leave it out");
    accept(DENOISER "bound = \"tanh\" bound_at = 1.5 power = 2 }", &e);
    assert_int_equal(e.model.denoise.bound, DAM__BOUND_TANH);
    assert_true(e.model.denoise.bound_at == 1.5);
    assert_round_trip(&e);
    refuse(DENOISER "bound_at = 0 }",
           "x.conf:2: model.bound_at = 0 is out of range: more than 0, at most 1000");
    refuse(DENOISER "} recall { scale = 2 }",
           "x.conf:2: recall.scale belongs to model.kind = \"energy\", and this model is "
           "\"denoise\"; leave it out");
    refuse(DENOISER "activation = \"softmax\" power = 2 }",
           "x.conf: model.power = 2 is for model.activation = \"relu\" alone; leave it out");
    refuse(DENOISER "} train { momentum = 0.5 }",
           "x.conf: train.momentum = 0.5 is for train.optimizer = \"sgd\" alone; leave it out");
    refuse(DENOISER "} train { batch = 1 }",
           "x.conf: model.centring = \"batch\" needs train.batch of at least 2, not 1");
    refuse(DENOISER "} train { eta0 = 0 }",
           "x.conf:2: train.eta0 = 0 is out of range: more than 0, at most 1000000");
    refuse(DENOISER "} train { learning_rate = 1 }",
           "x.conf:2: train.learning_rate belongs to model.kind = \"vmf\" or \"energy\", and this "
           "model is \"denoise\"; leave it out");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_another_kind_are_refused),
        cmocka_unit_test(denoisers_are_checked),
        cmocka_unit_test(contradictions_are_told),
        cmocka_unit_test(runs_without_younger_keys_are_what_they_were),
    };
    return cmocka_run_group_tests_name("preset_kinds", tests, NULL, NULL);
}
