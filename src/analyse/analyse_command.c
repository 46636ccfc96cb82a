/* `denseam analyse`: statistics of a run's memories, and explanations of its predictions. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "analyse/analyse_steps.h"
#include "analyse/analysis.h"
#include "base/file.h"
#include "base/memory.h"
#include "base/number.h"
#include "command/output.h"
#include "command/session.h"
#include "data/teacher.h"
#include "model/model_type.h"

enum { MOST_SAMPLES = 100, MOST_RUNS = 64 };

static const char *const precision_choices[] = {"auto", "single", "double", NULL};

/* --- lists on the command line -------------------------------------------------------------------- */

/* The next number of a list with commas, and *text behind it; false where there is none. */
static bool next_number(const char **text, double *value)
{
    char word[DAM__NUMBER_BYTES];
    size_t length = strcspn(*text, ",");
    bool last = (*text)[length] == '\0';
    if (length >= sizeof word || (!last && (*text)[length + 1] == '\0'))
        return false;
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += last ? length : length + 1;
    return dam__real_read(word, value) == DAM__NUMBER_OK;
}

static dam_status read_samples(const analyse_arguments *own, analysis *a)
{
    const double most = 1e9;
    DAM_TRY(dam__alloc(MOST_SAMPLES, sizeof *a->chosen, &a->chosen));
    for (const char *text = own->samples;
         text != NULL && (a->chosen_count == 0 || *text != '\0');) {
        double value = 0;
        if (!next_number(&text, &value) || !(value >= 0 && value <= most) || value != floor(value))
            return dam__fail(
                DAM_USAGE,
                "--samples '%.60s' is no list of samples, counted from 0; give it as 3,17,42",
                own->samples);
        if (a->chosen_count == MOST_SAMPLES)
            return dam__fail(DAM_USAGE, "--samples lists more than %d samples; give fewer",
                             (int)MOST_SAMPLES);
        a->chosen[a->chosen_count++] = (size_t)value;
    }
    return DAM_OK;
}

/* By default where the change of a model of images is of second order, and where no longer quite.
 */
static dam_status read_steps(const analyse_arguments *own, analysis *a)
{
    const double least = 1e-6, most = 10;
    const char *text = own->steps != NULL ? own->steps : "0.01,0.02,0.05";
    while (a->embedded.steps == 0 || *text != '\0') {
        double value = 0;
        if (!next_number(&text, &value) || !(value >= least && value <= most) ||
            a->embedded.steps == DAM__EMBEDDING_STEPS)
            return dam__fail(DAM_USAGE,
                             "--steps '%.60s' is no list of at most %d lengths from 1e-6 to 10; "
                             "give it as 0.01,0.02,0.05",
                             own->steps, (int)DAM__EMBEDDING_STEPS);
        a->steps[a->embedded.steps++] = value;
    }
    return DAM_OK;
}

/* --- what is to be done --------------------------------------------------------------------------- */

/* What no file is named for has labels of its own. */
static bool has_test_labels(const dam__data_config *data)
{
    return data->images[0] == '\0' ||
           (data->test_images[0] != '\0' && data->test_labels[0] != '\0');
}

static bool asks_for_parts(const analyse_arguments *own)
{
    return own->memories || own->embedding || own->saddle > 0 || own->samples != NULL ||
           own->misclassified > 0 || own->adversarial > 0;
}

/*
 * The parts asked for; by default the memories, and some misclassified samples where there can be
 * such.
 */
static dam_status choose_parts(const analyse_arguments *own, analysis *a)
{
    const dam__model_config *model = &a->run.experiment.model;
    bool unsupervised = !dam__model_compares(model);
    bool any = asks_for_parts(own);
    if (dam__model_type_of(model)->ops->probe == NULL)
        return dam__fail(DAM_USAGE,
                         "'%s' is a run of model.kind = \"%s\", into which analyse cannot look; "
                         "'denseam show' describes it",
                         a->run.folder, dam__model_type_of(model)->name);
    if (unsupervised && (own->misclassified > 0 || own->adversarial > 0 || own->saddle > 0))
        return dam__fail(DAM_USAGE,
                         "'%s' has learnt without labels: --misclassified, --adversarial and "
                         "--saddle need a run with labels; --samples does not",
                         a->run.folder);
    if (own->samples != NULL && own->misclassified > 0)
        return dam__fail(DAM_USAGE, "--samples and --misclassified choose the same samples; give "
                                    "one of them");
    a->memories = own->memories || !any;
    a->embedding = own->embedding;
    a->saddle = own->saddle > 0;
    a->activations = own->samples != NULL || own->misclassified > 0 ||
                     (!any && !unsupervised && has_test_labels(&a->run.experiment.data));
    a->adversarial = own->adversarial > 0;
    return DAM_OK;
}

/* Double where it is asked for; for the embedding check, whose changes are small, where it can be.
 */
static dam_status choose_precision(analysis *a)
{
    enum { AUTO, SINGLE, DOUBLE };
    dam_device_info info;
    DAM_TRY(dam__device_find(a->args->device, &info));
    a->double_precision = a->own->precision == DOUBLE ||
                          (a->own->precision == AUTO &&
                           (a->run.experiment.train.precision == (int)DAM__PRECISION_DOUBLE ||
                            ((a->embedding || a->saddle) && info.fp64)));
    return DAM_OK;
}

static dam_status open_it(analysis *a)
{
    const dam__experiment *experiment = &a->run.experiment;
    DAM_TRY(choose_precision(a));
    DAM_TRY(open_device(a->args,
                        a->double_precision ? DAM__PRECISION_DOUBLE : DAM__PRECISION_SINGLE,
                        &a->log, &a->device));
    if (a->memories || a->embedding || a->saddle || a->adversarial)
        DAM_TRY(dam__run_load(&a->run, a->device, DAM__SPLIT_TRAIN, &a->train));
    if (a->activations || a->adversarial)
        DAM_TRY(dam__run_load(&a->run, a->device, DAM__SPLIT_TEST, &a->test));
    /* Checks that the parts would otherwise make only after minutes. */
    if (a->adversarial || (a->activations && a->own->samples == NULL))
        DAM_TRY(dam__workbench_labels(&a->test, a->run.classes, "data.test_labels"));
    size_t held_out = dam__dataset_held(&a->train, experiment->data.validation);
    a->trained = a->train.count - held_out;
    if (a->own->limit > 0 && (size_t)a->own->limit < a->trained)
        a->trained = (size_t)a->own->limit;
    int memories = a->embedding ? 2 * a->run.memories : a->run.memories;
    const dam__selftest_subject subject = {.model = &experiment->model,
                                           .memories = memories,
                                           .dim = a->run.dim,
                                           .batch = experiment->train.batch,
                                           .classes = a->run.classes};
    return check_device(a->args, a->device, &subject);
}

static void free_analysis(analysis *a)
{
    for (int i = 0; i < 2; i++)
        dam__margins_free(&a->margins[i]);
    for (int i = 0; i < ANALYSIS_FILES; i++)
        free(a->files[i]);
    dam__linear_fit_free(&a->linear);
    dam__activations_free(&a->activated);
    dam__dataset_free(&a->picked);
    free(a->chosen);
    dam__memory_table_free(&a->table);
    dam__saddle_free(&a->solved);
    for (int i = 0; i < 2; i++)
        dam__teacher_match_free(&a->teacher[i]);
    dam__dataset_free(&a->train);
    dam__dataset_free(&a->test);
    dam__device_close(a->device);
    dam__run_free(&a->run);
}

static dam_status run_analyse(const arguments *args)
{
    const analyse_arguments *own = (const analyse_arguments *)args;
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    analysis a = {.args = args, .own = own, .log = console_log(&notices)};
    DAM_TRY_CLEANUP(read_samples(own, &a));
    DAM_TRY_CLEANUP(read_steps(own, &a));
    DAM_TRY_CLEANUP(
        dam__run_open(args->operands.items[0], args->set.items, args->set.count, &a.run));
    if (dam__model_type_of(&a.run.experiment.model)->ops->diagnose != NULL) {
        if (asks_for_parts(own))
            DAM_FAIL(DAM_USAGE,
                     "'%s' is a denoiser: of its runs analyse shows the diagnostics, without "
                     "--memories, --embedding, --saddle, --samples, --misclassified or "
                     "--adversarial",
                     a.run.folder);
        DAM_TRY_CLEANUP(analyse_steps(args));
        goto cleanup;
    }
    if (args->operands.count > 1)
        DAM_FAIL(DAM_USAGE, "'%s' is no denoiser: only runs of these are compared; give one run",
                 a.run.folder);
    DAM_TRY_CLEANUP(choose_parts(own, &a));
    a.folder = args->out != NULL ? args->out : a.run.folder;
    DAM_TRY_CLEANUP(dam__make_writable(a.folder));
    DAM_TRY_CLEANUP(open_it(&a));
    if (a.memories || a.embedding)
        DAM_TRY_CLEANUP(analyse_memories(&a));
    if (a.saddle)
        DAM_TRY_CLEANUP(analyse_saddle(&a));
    if (a.activations)
        DAM_TRY_CLEANUP(analyse_activations(&a));
    if (a.adversarial)
        DAM_TRY_CLEANUP(analyse_adversary(&a));
    DAM_TRY_CLEANUP(args->json ? print_analysis_json(&a) : print_analysis(&a));
    DAM_TRY_CLEANUP(give_profile(args, a.device, &a.log));
cleanup:
    free_analysis(&a);
    return status;
}

#define MOST 1e9

static const flag flags[] = {
    FLAG("memories", analyse_arguments, memories, NULL,
         "mass, purity, roughness, splitting eigenvalue of every memory: memories.csv"),
    FLAG("embedding", analyse_arguments, embedding, NULL,
         "double every memory and check that the wide model lies at a saddle"),
    FLAG("saddle", analyse_arguments, saddle, "N",
         "solve the saddle-point equations from here, by at most N iterations: saddle.csv",
         .least = 1, .most = MOST),
    FLAG("samples", analyse_arguments, samples, "I,J,...",
         "draw which memories answer to these test samples, counted from 0"),
    FLAG("misclassified", analyse_arguments, misclassified, "N",
         "the same for the first N test samples that are predicted wrongly", .least = 1,
         .most = MOST_SAMPLES),
    FLAG("adversarial", analyse_arguments, adversarial, "N",
         "the smallest changes along the gradient that change the predictions of the first N "
         "test samples, against a linear classifier",
         .least = 1, .most = MOST),
    FLAG("top", analyse_arguments, top, "N", "memories shown of a sample; else 6", .least = 1,
         .most = MOST_SAMPLES),
    FLAG("iterations", analyse_arguments, iterations, "N",
         "of the power iteration that finds the eigenvalues; else 30", .least = 1, .most = MOST),
    FLAG("steps", analyse_arguments, steps, "A,B,...",
         "how far --embedding moves the pairs apart; else 0.01,0.02,0.05"),
    FLAG("limit", analyse_arguments, limit, "N",
         "look at no more than the first N training samples", .least = 1, .most = MOST),
    FLAG("precision", analyse_arguments, precision, NULL,
         "of the numbers; auto is the run's, and double for --embedding and --saddle where the "
         "device can",
         .choices = precision_choices),
    FLAG_OUT,
    FLAG_SET,
    FLAG_DEVICE,
    FLAGS_WORK};

static const char *const examples[] = {
    "denseam analyse runs/mnist",
    "denseam analyse runs/mnist --embedding --limit 10000",
    "denseam analyse runs/mnist --saddle 200",
    "denseam analyse runs/mnist --samples 3,17,42 --out pictures",
    "denseam analyse runs/mnist --adversarial 1000 --json",
    "denseam analyse runs/n64 runs/n128 runs/n256 --out collapse",
    NULL};

const command analyse_command = {
    .name = "analyse",
    .operands = "RUN [RUN ...]",
    .least = 1,
    .most = MOST_RUNS,
    .summary = "look into a run's memories, predictions or steps",
    .text =
        "Measures what the memories of a run are like, on the samples it was trained on, and "
        "draws which of them answer to test samples. Each part has a flag; without one of "
        "them, it looks at the memories and at misclassified samples. The run file is not "
        "changed; tables (CSV) and pictures go into the run's folder, or into --out. Of runs of "
        "denoisers that were trained with train.diagnostics, it shows what those steps "
        "changed; of several runs of different sizes, also how that grows with the size: where "
        "rates transfer, changes of W, Z and F are flat. --out then has it as collapse.csv and "
        "collapse.png.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_analyse,
};
