/* `denseam eval`: evaluates a run on a dataset. */
#include <math.h>
#include <stdlib.h>

#include "command/command.h"
#include "command/output.h"
#include "command/session.h"
#include "model/model_type.h"
#include "run/learned_notes.h"
#include "train/classification.h"
#include "train/run_evaluator.h"

/* An unsupervised model's classes are its own: there is nothing to compare them with. */
static dam_status print_loss(const dam__run *run, const dam__dataset *set,
                             const dam__metrics *metrics, bool json)
{
    dam__text text = {0};
    if (json)
        return print_json(json_pack("{so so si so}", "run", json_text(run->folder), "data",
                                    json_text(set->name), "samples", metrics->samples, "loss",
                                    json_number(metrics->loss)));
    dam__text_append(&text, "%-24s %s, %d samples\n", "data", set->name, metrics->samples);
    const dam__model_config *model = &run->experiment.model;
    dam__text_append(&text, "%-24s %.4f\n", dam__model_type_of(model)->loss_words(model),
                     metrics->loss);
    return print_text(&text);
}

/* Samples of no class are made up: their row is left out where there are none. */
static size_t rows_of(const dam__classification *result)
{
    return (size_t)result->classes + (result->unclassed > 0);
}

static dam_status print_metrics_json(const dam__run *run, const dam__dataset *set,
                                     const dam__metrics *metrics, const dam__classification *result)
{
    json_t *confusion = json_array();
    size_t width = (size_t)result->classes + 1;
    for (size_t row = 0; row < rows_of(result); row++) {
        json_t *line = json_array();
        for (size_t column = 0; column < width; column++)
            (void)json_array_append_new(
                line, json_integer((json_int_t)result->confusion[row * width + column]));
        (void)json_array_append_new(confusion, line);
    }
    return print_json(json_pack(
        "{so so si so so sI so so so so so so so}", "run", json_text(run->folder), "data",
        json_text(set->name), "samples", metrics->samples, "accuracy",
        json_number(result->accuracy), "macro_f1", json_number(result->macro_f1),
        "macro_f1_classes", (json_int_t)result->scored, "loss", json_number(metrics->loss),
        "one_nn", json_number(result->one_nn), "agreement", json_number(result->agreement),
        "agreement_right", json_number(result->agreement_right), "agreement_wrong",
        json_number(result->agreement_wrong), "confusion", confusion, "class_names",
        json_names(dam__run_class_names(run))));
}

/* Whether a class, or none of them, is a row or a column of the confusion. */
static bool occurs(const dam__classification *result, size_t class)
{
    size_t width = (size_t)result->classes + 1, all = 0;
    for (size_t other = 0; other < width; other++)
        all += result->confusion[class * width + other] + result->confusion[other * width + class];
    return all > 0;
}

/* Rows are true classes, columns predicted ones; the last column is the softening class. Classes
 * without a sample and a prediction are left out. */
static void append_confusion(dam__text *text, const dam__classification *result,
                             const dam__names *names)
{
    enum { CLASSES_SHOWN = 11 }; /* what 80 columns hold */
    size_t classes = (size_t)result->classes, width = classes + 1;
    if (result->scored > CLASSES_SHOWN) {
        dam__text_append(text, "\n%zu classes: the confusion matrix is in --json\n", classes);
        return;
    }
    dam__text_append(text, "\ntrue\\predicted");
    for (size_t column = 0; column < classes; column++)
        if (occurs(result, column))
            dam__text_append(text, " %4zu", column);
    dam__text_append(text, " none\n");
    for (size_t row = 0; row < rows_of(result); row++) {
        if (row < classes && !occurs(result, row))
            continue;
        if (row < classes && names != NULL)
            dam__text_append(text, "%-11.11s %2zu", names->items[row], row);
        else if (row < classes)
            dam__text_append(text, "%14zu", row);
        else
            dam__text_append(text, "%14s", "none");
        for (size_t column = 0; column < width; column++)
            if (column == classes || occurs(result, column))
                dam__text_append(text, " %4zu", result->confusion[row * width + column]);
        dam__text_append(text, "\n");
    }
}

static dam_status print_metrics(const dam__run *run, const dam__dataset *set,
                                const dam__metrics *metrics, const dam__classification *result)
{
    dam__text text = {0};
    const dam__model_config *model = &run->experiment.model;
    const struct {
        const char *name;
        double value;
    } rows[] = {{"accuracy", result->accuracy},
                {"macro F1", result->macro_f1},
                {dam__model_type_of(model)->loss_words(model), metrics->loss},
                {"nearest-memory accuracy", result->one_nn},
                {"nearest-memory agreement", result->agreement},
                {"  on right predictions", result->agreement_right},
                {"  on wrong predictions", result->agreement_wrong}};
    dam__text_append(&text, "%-24s %s, %d samples\n", "data", set->name, metrics->samples);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (isfinite(rows[i].value))
            dam__text_append(&text, "%-24s %.4f\n", rows[i].name, rows[i].value);
    if (result->scored < (size_t)result->classes)
        dam__text_append(&text, "%-24s %zu of %d: the others have no sample and no prediction\n",
                         "classes in macro F1", result->scored, (int)result->classes);
    append_confusion(&text, result, dam__run_class_names(run));
    return print_text(&text);
}

/* What is likely wrong where the predictions are no better than guesses. */
static void note(const dam_log *log, const dam__run *run, const dam__dataset *set,
                 const int32_t *predicted)
{
    const dam__learned learned = {.which = "test",
                                  .labels = set->labels,
                                  .predicted = predicted,
                                  .count = set->count,
                                  .classes = run->classes,
                                  .memories = run->memories,
                                  .is_unlike = dam__note_unlike(log, run, set)};
    if (dam__model_compares(&run->experiment.model))
        dam__note_learned(log, &run->experiment, &learned);
}

static dam_status run_eval(const arguments *args)
{
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    dam_log log = console_log(&notices);
    dam__run run = {0};
    dam__dataset set = {0};
    dam__device *device = NULL;
    dam__run_evaluator *evaluator = NULL;
    dam__metrics metrics;
    dam__classification result = {0};
    int32_t *predicted = NULL, *nearest = NULL;
    DAM_TRY_CLEANUP(dam__run_open(args->operands.items[0], args->set.items, args->set.count, &run));
    DAM_TRY_CLEANUP(
        open_device(args, (dam__precision)run.experiment.train.precision, &log, &device));
    DAM_TRY_CLEANUP(dam__run_load(&run, device, DAM__SPLIT_TEST, &set));
    /* Chunks are no larger than the set; --set may have asked for more. */
    int batch = run.experiment.train.batch;
    if ((size_t)batch > set.count)
        batch = (int)set.count;
    const dam__selftest_subject subject = {.model = &run.experiment.model,
                                           .set = &set,
                                           .memories = run.memories,
                                           .dim = run.dim,
                                           .batch = batch,
                                           .classes = run.classes};
    DAM_TRY_CLEANUP(check_device(args, device, &subject));
    DAM_TRY_CLEANUP(dam__run_evaluator_create(device, gemm_choice(args), &run.experiment.model,
                                              run.dim, run.classes, &run.container, &set, batch,
                                              &evaluator));
    DAM_TRY_CLEANUP(dam__run_evaluator_run(evaluator, &metrics, &predicted, &nearest));
    note(&log, &run, &set, predicted);
    if (!dam__model_compares(&run.experiment.model)) {
        DAM_TRY_CLEANUP(print_loss(&run, &set, &metrics, args->json));
    } else {
        DAM_TRY_CLEANUP(
            dam__classify(set.labels, predicted, nearest, set.count, run.classes, &result));
        DAM_TRY_CLEANUP(args->json ? print_metrics_json(&run, &set, &metrics, &result)
                                   : print_metrics(&run, &set, &metrics, &result));
    }
    DAM_TRY_CLEANUP(give_profile(args, device, &log));
cleanup:
    dam__classification_free(&result);
    free(predicted);
    free(nearest);
    dam__run_evaluator_destroy(evaluator);
    dam__device_close(device);
    dam__dataset_free(&set);
    dam__run_free(&run);
    return status;
}

static const flag flags[] = {FLAG_SET, FLAG_DEVICE, FLAGS_WORK};

static const char *const examples[] = {"denseam eval runs/mnist", "denseam eval runs/mnist --json",
                                       "denseam eval runs/mnist --set data.test_images=x "
                                       "--set data.test_labels=y",
                                       NULL};

const command eval_command = {
    .name = "eval",
    .operands = "RUN",
    .least = 1,
    .most = 1,
    .summary = "evaluate a run on its test set",
    .text =
        "Evaluates a run on the test set of its preset, or on another that --set names: accuracy, "
        "macro F1, the confusion matrix, how often the class of the nearest memory is right, and "
        "how often it is what the model predicts (the agreement).",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_eval,
};
