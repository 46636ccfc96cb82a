/*
 * The public library: what a program sees that links libdenseam and knows nothing else of it.
 * Training, resuming, saving and classifying, against plain C in double; misuse; threads.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <pthread.h>

#include "kernel/public.h"

enum { TESTS = 300, FEATURES = 784, CLASSES = 10, MEMORIES = 12 };

static const char images[] = "data { name = random  samples = 300  validation = 0.1 }\n"
                             "model { memories = 12 }\n"
                             "train { batch = 90  epochs = 40  patience = 0 }\n";

/* A run that several tests use, and what it is asked: test samples as floats and as bytes. */
typedef struct shared {
    dam_run *run;
    dam_dataset *test;
    float *samples;
    uint8_t *bytes;
} shared;

static int open_shared(void **state)
{
    shared *s = calloc(1, sizeof *s);
    dam_preset *preset = preset_of(images);
    OK(dam_train(preset, NULL, NULL, &s->run));
    OK(dam_dataset_load(preset, DAM_SPLIT_TEST, NULL, &s->test));
    s->samples = calloc((size_t)TESTS * FEATURES, sizeof *s->samples);
    s->bytes = calloc((size_t)TESTS * FEATURES, 1);
    assert_true(dam_dataset_count(s->test) >= TESTS);
    for (size_t i = 0; i < TESTS; i++)
        OK(dam_dataset_sample(s->test, i, s->samples + i * FEATURES));
    for (size_t i = 0; i < (size_t)TESTS * FEATURES; i++)
        s->bytes[i] = (uint8_t)s->samples[i];
    dam_preset_free(preset);
    *state = s;
    return 0;
}

static int close_shared(void **state)
{
    shared *s = *state;
    dam_run_close(s->run);
    dam_dataset_free(s->test);
    free(s->samples);
    free(s->bytes);
    free(s);
    return 0;
}

/* --- classifying against docs/models/vmf.md, in double -------------------------------------------- */

/* tau(beta) of the normaliser. */
static double normaliser(double beta)
{
    const double n = FEATURES;
    double x = 2 * beta / (n - 2), q = sqrt(1 + x * x) - 1;
    return -log1p(x * x) / 4 + (n / 2 - 1) * (q - log1p(q / 2));
}

/* What the model makes of a sample: its class, how clear that is, and the class of the memory
 * nearest to it. */
static void classify(const dam_run *run, const float *sample, int32_t *class, double *margin,
                     int32_t *nearest)
{
    double *memories = parameter_of(run, "memories"), *weights = parameter_of(run, "class_weights");
    double *beta = parameter_of(run, "beta");
    double x[FEATURES], mean = 0, norm = 0, activations[MEMORIES + 1], largest = -2, second = 0;
    double scores[CLASSES + 1] = {0};
    size_t closest = 0;
    for (int i = 0; i < FEATURES; i++)
        mean += (double)sample[i] / FEATURES;
    for (int i = 0; i < FEATURES; i++) {
        x[i] = (double)sample[i] - mean;
        norm += x[i] * x[i];
    }
    for (size_t mu = 0; mu < MEMORIES; mu++) {
        double similarity = 0;
        for (size_t i = 0; i < FEATURES; i++)
            similarity += memories[mu * FEATURES + i] * x[i] / sqrt(norm);
        activations[mu] = exp(0.25 * beta[0] * similarity - normaliser(beta[0])); /* varsigma */
        if (similarity > largest) {
            largest = similarity;
            closest = mu;
        }
    }
    activations[MEMORIES] = 1;
    *class = *nearest = 0;
    for (int y = 0; y <= CLASSES; y++) {
        const double *row = weights + (size_t)y * (MEMORIES + 1);
        for (int mu = 0; mu <= MEMORIES; mu++)
            scores[y] += row[mu] * activations[mu];
        if (scores[y] > scores[*class])
            *class = y;
        if (row[closest] > weights[(size_t)*nearest * (MEMORIES + 1) + closest])
            *nearest = y;
    }
    for (int y = 0; y <= CLASSES; y++)
        second = y != *class ? fmax(second, scores[y]) : second;
    *margin = scores[*class] / second - 1;
    free(memories);
    free(weights);
    free(beta);
}

static void a_run_classifies_as_its_equations_say(void **state)
{
    const shared *s = *state;
    int32_t classes[TESTS], nearest[TESTS];
    int right = 0, compared = 0;
    assert_string_equal(dam_run_model(s->run), "vmf");
    assert_int_equal(dam_run_features(s->run), FEATURES);
    assert_int_equal(dam_run_neurons(s->run), FEATURES);
    assert_int_equal(dam_run_classes(s->run), CLASSES);
    assert_int_equal(dam_run_memories(s->run), MEMORIES);
    OK(dam_run_classify(s->run, s->samples, TESTS, classes, nearest));
    for (size_t i = 0; i < TESTS; i++) {
        int32_t class = -1, near = -1;
        double margin = 0;
        classify(s->run, s->samples + i * FEATURES, &class, &margin, &near);
        right += classes[i] == dam_dataset_label(s->test, i);
        if (margin < 1e-3)
            continue;
        compared++;
        assert_int_equal(classes[i], class);
        assert_int_equal(nearest[i], near);
    }
    assert_true(compared > TESTS * 9 / 10);
    /* One in ten by chance; the made-up classes are told apart easily. */
    assert_true(right > TESTS / 2);
}

static void samples_are_classified_alike_however_they_come(void **state)
{
    const shared *s = *state;
    int32_t classes[TESTS], nearest[TESTS], others[TESTS], alone = -1;
    OK(dam_run_classify(s->run, s->samples, TESTS, classes, nearest));
    for (size_t i = 0; i < 40; i++) {
        OK(dam_run_classify(s->run, s->samples + i * FEATURES, 1, &alone, NULL));
        assert_int_equal(alone, classes[i]);
    }
    OK(dam_run_classify(s->run, s->samples, 91, others, NULL)); /* a batch and one more */
    assert_memory_equal(others, classes, 91 * sizeof *classes);
    OK(dam_run_classify_bytes(s->run, s->bytes, TESTS, others, NULL));
    assert_memory_equal(others, classes, sizeof classes);
    OK(dam_run_classify(s->run, s->samples, TESTS, others, NULL));
    assert_memory_equal(others, classes, sizeof classes);
    OK(dam_run_classify(s->run, NULL, 0, NULL, NULL));
}

/* --- saving and resuming ---------------------------------------------------------------------- */

static void assert_same_parameters(const dam_run *a, const dam_run *b)
{
    static const char *const names[] = {"memories", "class_weights", "beta", "counts",
                                        "class_prior"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        double *first = NULL, *second = NULL;
        size_t rows[2], cols[2];
        OK(dam_run_parameter(a, names[i], &first, &rows[0], &cols[0]));
        OK(dam_run_parameter(b, names[i], &second, &rows[1], &cols[1]));
        assert_int_equal(rows[0], rows[1]);
        assert_int_equal(cols[0], cols[1]);
        assert_memory_equal(first, second, rows[0] * cols[0] * sizeof *first);
        free(first);
        free(second);
    }
}

static void a_saved_run_is_the_same(void **state)
{
    const shared *s = *state;
    char folder[64], message[160];
    dam_run *opened = NULL;
    dam_preset *preset = NULL;
    int32_t before[TESTS], after[TESTS];
    char *value = NULL;
    new_folder(folder);
    OK(dam_run_save(s->run, folder));
    OK(dam_run_open(folder, NULL, NULL, &opened));
    assert_same_parameters(s->run, opened);
    OK(dam_run_classify(s->run, s->samples, TESTS, before, NULL));
    OK(dam_run_classify(opened, s->samples, TESTS, after, NULL));
    assert_memory_equal(before, after, sizeof before);
    (void)snprintf(message, sizeof message,
                   "'%s' holds a run already; go on with it, or choose another folder", folder);
    REFUSED(dam_run_save(opened, folder), DAM_USAGE, message);
    OK(dam_preset_of_run(folder, &preset));
    OK(dam_preset_get(preset, "model.memories", &value));
    assert_string_equal(value, "12");
    REFUSED(dam_train(preset, NULL, &(dam_train_options){.folder = folder}, NULL), DAM_USAGE,
            message);
    free(value);
    dam_preset_free(preset);
    dam_run_close(opened);
    remove_folder(folder);
}

/* Stops after a number of steps. */
typedef struct watch {
    int epochs, last, steps, stop_at;
    double loss;
} watch;

static void on_epoch(const dam_epoch *epoch, void *context)
{
    watch *w = context;
    w->epochs++;
    w->last = epoch->epoch;
    w->loss = epoch->loss;
    assert_true(isfinite(epoch->loss) && isfinite(epoch->validation_loss));
    assert_true(epoch->validation_accuracy >= 0 && epoch->validation_accuracy <= 1);
    assert_int_equal(epoch->epochs, 40);
    assert_int_equal(epoch->stage, 0);
    assert_int_equal(epoch->memories, MEMORIES);
}

static bool stop_at(void *context)
{
    watch *w = context;
    return ++w->steps == w->stop_at;
}

static void a_stopped_training_goes_on_as_if_it_had_not(void **state)
{
    const shared *s = *state;
    char folder[64];
    dam_preset *preset = preset_of(images);
    dam_run *part = NULL, *whole = NULL;
    watch w = {.stop_at = 20}; /* three steps an epoch */
    double *losses = NULL;
    size_t epochs = 0;
    new_folder(folder);
    dam_train_options options = {
        .folder = folder, .on_epoch = on_epoch, .should_stop = stop_at, .context = &w};
    REFUSED(dam_train(preset, NULL, &options, &part), DAM_INTERRUPTED,
            "stopped in epoch 7 after step 2 of 3; everything is saved");
    assert_int_equal(w.epochs, 6);
    assert_non_null(part);
    OK(dam_run_history(part, "loss", &losses, &epochs));
    assert_int_equal(epochs, 6);
    assert_true(losses[5] == w.loss);
    options.resume = true;
    OK(dam_train(NULL, NULL, &options, &whole));
    assert_int_equal(w.epochs, 40);
    assert_int_equal(w.last, 40);
    assert_same_parameters(whole, s->run); /* which nothing has stopped */
    free(losses);
    dam_run_close(part);
    dam_run_close(whole);
    dam_preset_free(preset);
    remove_folder(folder);
}

/* Without a folder, the run so far is all there is. */
static void what_is_stopped_in_memory_is_given(void **state)
{
    (void)state;
    dam_preset *preset = preset_of(images);
    dam_run *run = NULL;
    watch w = {.stop_at = 4};
    int32_t class = -1;
    const float blank[FEATURES] = {0};
    const dam_train_options options = {.should_stop = stop_at, .context = &w};
    REFUSED(dam_train(preset, NULL, &options, &run), DAM_INTERRUPTED,
            "stopped in epoch 2 after step 1 of 3");
    OK(dam_run_classify(run, blank, 1, &class, NULL));
    dam_run_close(run);
    dam_preset_free(preset);
}

/* The same samples by the program's hand, copied and borrowed. */
static void a_programs_own_samples_are_learned_alike(void **state)
{
    const shared *s = *state;
    enum { COUNT = 300 };
    dam_preset *preset = preset_of(images);
    dam_dataset *named = NULL, *own = NULL;
    dam_run *run = NULL;
    char folder[64];
    uint8_t *bytes = calloc((size_t)COUNT * FEATURES, 1);
    float *sample = calloc(FEATURES, sizeof *sample);
    int32_t labels[COUNT];
    OK(dam_dataset_load(preset, DAM_SPLIT_TRAIN, NULL, &named));
    assert_int_equal(dam_dataset_count(named), COUNT);
    assert_int_equal(dam_dataset_features(named), FEATURES);
    for (size_t i = 0; i < COUNT; i++) {
        OK(dam_dataset_sample(named, i, sample));
        labels[i] = dam_dataset_label(named, i);
        for (size_t j = 0; j < FEATURES; j++)
            bytes[i * FEATURES + j] = (uint8_t)sample[j];
    }
    const dam_samples samples = {.bytes = bytes,
                                 .labels = labels,
                                 .count = COUNT,
                                 .features = FEATURES,
                                 .height = 28,
                                 .width = 28,
                                 .classes = CLASSES,
                                 .borrow = true};
    OK(dam_dataset_create(&samples, &own));
    assert_int_equal(dam_dataset_classes(own), CLASSES);
    OK(dam_train(preset, own, NULL, &run));
    assert_same_parameters(run, s->run);
    /* A run whose samples are nowhere is opened again, and says so where they are asked for. */
    new_folder(folder);
    OK(dam_run_save(run, folder));
    dam_run_close(run);
    OK(dam_run_open(folder, NULL, NULL, &run));
    dam_dataset_free(named);
    dam_preset_free(preset);
    OK(dam_preset_of_run(folder, &preset));
    REFUSED(dam_dataset_load(preset, DAM_SPLIT_TRAIN, NULL, &named), DAM_INPUT,
            "the samples were handed over by a program and are in no file; name files by "
            "data.images and data.labels");
    dam_run_close(run);
    dam_dataset_free(own);
    dam_preset_free(preset);
    free(bytes);
    free(sample);
    remove_folder(folder);
}

/* --- misuse ----------------------------------------------------------------------------------- */

static void what_is_no_run_is_refused(void **state)
{
    (void)state;
    dam_run *run = NULL;
    assert_int_equal(dam_run_open("/tmp/no-such-run", NULL, NULL, &run), DAM_INPUT);
    assert_null(run);
    REFUSED(dam_run_open(NULL, NULL, NULL, &run), DAM_USAGE, "no run is given");
    dam_run_close(NULL);
    assert_null(dam_run_model(NULL));
    assert_int_equal(dam_run_features(NULL), 0);
    assert_int_equal(dam_run_neurons(NULL), 0);
    assert_int_equal(dam_run_classes(NULL), 0);
    assert_int_equal(dam_run_memories(NULL), 0);
}

static void wrong_calls_are_refused(void **state)
{
    const shared *s = *state;
    float x[FEATURES] = {0}, out[FEATURES];
    double *values = NULL, energy = 0;
    size_t rows = 0, cols = 0;
    int32_t class = -1;
    REFUSED(dam_run_recall(s->run, x, 1, out, NULL), DAM_USAGE,
            "a run of kind \"vmf\" recalls no states");
    REFUSED(dam_run_denoise(s->run, x, 1, out), DAM_USAGE,
            "a run of kind \"vmf\" denoises nothing");
    REFUSED(dam_run_energy(s->run, x, 1, &energy), DAM_USAGE,
            "a run of kind \"vmf\" has no energy");
    REFUSED(dam_run_recall(NULL, x, 1, out, NULL), DAM_USAGE, "no run is given");
    assert_int_equal(dam_run_classify(NULL, x, 1, &class, NULL), DAM_USAGE);
    assert_int_equal(dam_run_classify(s->run, NULL, 1, &class, NULL), DAM_USAGE);
    assert_int_equal(dam_run_classify(s->run, x, 1, NULL, NULL), DAM_USAGE);
    x[5] = NAN;
    REFUSED(dam_run_classify(s->run, x, 1, &class, NULL), DAM_INPUT,
            "sample 0, number 5 is not finite");
    REFUSED(dam_run_parameter(s->run, "weights", &values, &rows, &cols), DAM_USAGE,
            "the run has no parameter 'weights'; it has memories, class_weights, beta, counts, "
            "class_prior");
    assert_int_equal(dam_run_history(s->run, "weather", &values, &rows), DAM_USAGE);
    assert_int_equal(dam_train(NULL, NULL, NULL, NULL), DAM_USAGE);
    REFUSED(dam_train(NULL, NULL, &(dam_train_options){.resume = true}, NULL), DAM_USAGE,
            "a training goes on in the folder of its run; give that folder");
    assert_int_equal(dam_run_save(s->run, NULL), DAM_USAGE);
    assert_null(values);
}

static void wrong_samples_are_refused(void **state)
{
    (void)state;
    float x[2][3] = {{1, 2, 3}, {4, 5, 6}};
    int32_t labels[] = {0, 1};
    dam_dataset *set = NULL;
    OK(dam_dataset_from_floats(&x[0][0], labels, 2, 3, &set));
    float sample[3];
    OK(dam_dataset_sample(set, 1, sample));
    assert_memory_equal(sample, x[1], sizeof sample);
    assert_int_equal(dam_dataset_label(set, 1), 1);
    assert_int_equal(dam_dataset_label(set, 2), -1);
    REFUSED(dam_dataset_sample(set, 2, sample), DAM_USAGE,
            "there is no sample 2; the dataset has 2");
    dam_dataset_free(set);
    set = NULL;
    labels[1] = -3;
    REFUSED(dam_dataset_from_floats(&x[0][0], labels, 2, 3, &set), DAM_INPUT,
            "sample 1 has the label -3; labels are 0 ... 65535");
    x[1][2] = INFINITY;
    REFUSED(dam_dataset_from_floats(&x[0][0], NULL, 2, 3, &set), DAM_INPUT,
            "sample 1, number 2 is not finite");
    REFUSED(dam_dataset_from_floats(&x[0][0], NULL, 0, 3, &set), DAM_USAGE,
            "a dataset needs a sample of a feature at least");
    REFUSED(dam_dataset_from_floats(NULL, NULL, 2, 3, &set), DAM_USAGE,
            "samples are given either as floats or as bytes");
    x[1][2] = 0;
    const dam_samples odd = {
        .floats = &x[0][0], .count = 2, .features = 3, .height = 2, .width = 2};
    REFUSED(dam_dataset_create(&odd, &set), DAM_USAGE,
            "samples of 3 features are no images of 2 x 2");
    labels[1] = 4;
    const dam_samples few = {
        .floats = &x[0][0], .labels = labels, .count = 2, .features = 3, .classes = 3};
    REFUSED(dam_dataset_create(&few, &set), DAM_INPUT,
            "sample 1 has the label 4; labels are 0 ... 2");
    assert_int_equal(dam_dataset_read("/tmp/no-such-file.npy", NULL, &set), DAM_INPUT);
    assert_int_equal(dam_dataset_read(NULL, NULL, &set), DAM_USAGE);
    assert_null(set);
    OK(dam_dataset_read(GOLDEN_FOLDER "/data/f4.npy", NULL, &set));
    assert_true(dam_dataset_count(set) > 0);
    dam_dataset_free(set);
    assert_int_equal(dam_dataset_count(NULL), 0);
    dam_dataset_free(NULL);
}

static void presets_are_read_and_changed(void **state)
{
    (void)state;
    dam_preset *preset = NULL, *again = NULL;
    char *value = NULL, *text = NULL;
    assert_non_null(dam_preset_name(0));
    assert_null(dam_preset_name(100000));
    OK(dam_preset_load("demo", &preset));
    OK(dam_preset_set(preset, "model.memories", "7"));
    OK(dam_preset_set(preset, "title", "Mine"));
    REFUSED(dam_preset_set(preset, "model.memorys", "7"), DAM_USAGE,
            "model.memorys=7: model.memorys: unknown key; did you mean 'memories'?");
    assert_int_equal(dam_preset_set(preset, "model.memories", "none"), DAM_USAGE);
    assert_int_equal(dam_preset_set(preset, "model.memories", "0"), DAM_USAGE);
    assert_int_equal(dam_preset_set(preset, "model.exponent", "3"), DAM_USAGE);
    assert_int_equal(dam_preset_set(preset, "model.memories", NULL), DAM_USAGE);
    OK(dam_preset_get(preset, "model.memories", &value));
    assert_string_equal(value, "7");
    free(value);
    OK(dam_preset_get(preset, "title", &value));
    assert_string_equal(value, "Mine");
    free(value);
    OK(dam_preset_get(preset, "model.kind", &value));
    assert_string_equal(value, "vmf");
    free(value);
    OK(dam_preset_text(preset, &text));
    OK(dam_preset_parse(text, &again));
    OK(dam_preset_text(again, &value));
    assert_string_equal(text, value);
    free(text);
    free(value);
    dam_preset_free(again);
    dam_preset_free(preset);
    again = NULL;
    assert_int_equal(dam_preset_parse("model { memories = 1", &again), DAM_USAGE);
    assert_int_equal(dam_preset_parse(NULL, &again), DAM_USAGE);
    assert_int_equal(dam_preset_load("no such preset", &again), DAM_USAGE);
    assert_null(again);
    dam_preset_free(NULL);
    /* Values that do not go together are told where they are used. */
    preset = preset_of("data { name = random } model { memories = 5  capacity = 3 }");
    assert_int_equal(dam_train(preset, NULL, NULL, NULL), DAM_USAGE);
    dam_preset_free(preset);
    preset = preset_of("model { memories = 5 }");
    REFUSED(dam_train(preset, NULL, NULL, NULL), DAM_USAGE,
            "preset: no data; give data.name (such as \"mnist\") or data.images");
    dam_preset_free(preset);
}

/* --- threads ---------------------------------------------------------------------------------- */

typedef struct worker {
    pthread_t thread;
    const char *folder;
    const shared *given;
    int number;
    int32_t classes[TESTS];
    dam_status status;
    char message[256];
} worker;

/* Asserts belong to the main thread. */
static void *work(void *argument)
{
    worker *w = argument;
    dam_run *run = NULL;
    const float number = 0;
    w->status = dam_run_open(w->folder, NULL, NULL, &run);
    for (int round = 0; round < 3 && w->status == DAM_OK; round++)
        w->status = dam_run_classify(run, w->given->samples, TESTS, w->classes, NULL);
    /* A failure of each thread's own, with a message of its own. */
    dam_dataset *set = NULL;
    const int32_t label = -1 - w->number;
    if (w->status == DAM_OK)
        (void)dam_dataset_from_floats(&number, &label, 1, 1, &set);
    (void)snprintf(w->message, sizeof w->message, "%s", dam_error());
    dam_run_close(run);
    return NULL;
}

static void twelve_threads_with_a_run_each_agree_with_one(void **state)
{
    enum { THREADS = 12 };
    const shared *s = *state;
    static worker workers[THREADS];
    char folder[64], wanted[80];
    int32_t classes[TESTS];
    new_folder(folder);
    OK(dam_run_save(s->run, folder));
    OK(dam_run_classify(s->run, s->samples, TESTS, classes, NULL));
    for (int i = 0; i < THREADS; i++) {
        workers[i] = (worker){.folder = folder, .given = s, .number = i};
        assert_int_equal(pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(workers[i].thread, NULL), 0);
    for (int i = 0; i < THREADS; i++) {
        if (workers[i].status != DAM_OK)
            fail_msg("thread %d: %s", i, workers[i].message);
        assert_memory_equal(workers[i].classes, classes, sizeof classes);
        (void)snprintf(wanted, sizeof wanted, "sample 0 has the label %d; labels are 0 ... 65535",
                       -1 - i);
        assert_string_equal(workers[i].message, wanted);
    }
    remove_folder(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_classifies_as_its_equations_say),
        cmocka_unit_test(samples_are_classified_alike_however_they_come),
        cmocka_unit_test(a_saved_run_is_the_same),
        cmocka_unit_test(a_stopped_training_goes_on_as_if_it_had_not),
        cmocka_unit_test(what_is_stopped_in_memory_is_given),
        cmocka_unit_test(a_programs_own_samples_are_learned_alike),
        cmocka_unit_test(what_is_no_run_is_refused),
        cmocka_unit_test(wrong_calls_are_refused),
        cmocka_unit_test(wrong_samples_are_refused),
        cmocka_unit_test(presets_are_read_and_changed),
        cmocka_unit_test(twelve_threads_with_a_run_each_agree_with_one),
    };
    return cmocka_run_group_tests_name("public_run", tests, open_shared, close_shared);
}
