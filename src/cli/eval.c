/* `denseam eval`: evaluates a run on a dataset. */
#include <math.h>

#include "base/file.h"
#include "command/output.h"
#include "model/model_type.h"
#include "predict/confusion_picture.h"
#include "predict/evaluation.h"
#include "predict/expectation.h"

typedef struct eval_arguments {
    arguments shared;
    bool check;
} eval_arguments;

/* An unsupervised model's classes are its own: there is nothing to compare them with. */
static dam_status print_loss(const dam__run *run, const evaluation *done, bool json)
{
    dam__text text = {0};
    const dam__dataset *set = &done->set;
    const dam__metrics *metrics = &done->metrics;
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

static dam_status print_metrics_json(const dam__run *run, const evaluation *done)
{
    const dam__dataset *set = &done->set;
    const dam__metrics *metrics = &done->metrics;
    const dam__classification *result = &done->result;
    json_t *confusion = json_array();
    size_t width = (size_t)result->classes + 1;
    for (size_t row = 0; row < evaluation_rows(result); row++) {
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
        if (evaluation_occurs(result, column))
            dam__text_append(text, " %4zu", column);
    dam__text_append(text, " none\n");
    for (size_t row = 0; row < evaluation_rows(result); row++) {
        if (row < classes && !evaluation_occurs(result, row))
            continue;
        if (row < classes && names != NULL)
            dam__text_append(text, "%-11.11s %2zu", names->items[row], row);
        else if (row < classes)
            dam__text_append(text, "%14zu", row);
        else
            dam__text_append(text, "%14s", "none");
        for (size_t column = 0; column < width; column++)
            if (column == classes || evaluation_occurs(result, column))
                dam__text_append(text, " %4zu", result->confusion[row * width + column]);
        dam__text_append(text, "\n");
    }
}

static dam_status print_metrics(const dam__run *run, const evaluation *done)
{
    const dam__dataset *set = &done->set;
    const dam__metrics *metrics = &done->metrics;
    const dam__classification *result = &done->result;
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

static dam_status draw(const arguments *args, const dam__run *run, const evaluation *done,
                       const dam_log *log)
{
    if (args->out == NULL)
        return DAM_OK;
    if (!done->compares)
        return dam__fail(DAM_USAGE,
                         "'%s' has no classes to compare, so there is no confusion matrix; leave "
                         "--out out",
                         run->file);
    DAM_TRY(dam__make_folders(args->out));
    return confusion_draw(args->out, run->experiment.title, &done->result,
                          dam__run_class_names(run), log);
}

static dam_status run_eval(const arguments *args)
{
    dam_status status = DAM_OK;
    console notices = console_open(args->quiet);
    const dam_log log = console_log(&notices);
    dam__run run = {0};
    evaluation done = {0};
    DAM_TRY_CLEANUP(dam__run_open(args->operands.items[0], args->set.items, args->set.count, &run));
    DAM_TRY_CLEANUP(evaluation_make(args, &run, &log, &done));
    DAM_TRY_CLEANUP(draw(args, &run, &done, &log));
    if (!done.compares)
        DAM_TRY_CLEANUP(print_loss(&run, &done, args->json));
    else
        DAM_TRY_CLEANUP(args->json ? print_metrics_json(&run, &done) : print_metrics(&run, &done));
    if (((const eval_arguments *)args)->check)
        DAM_TRY_CLEANUP(expectation_check(&run, &done, &log));
cleanup:
    evaluation_free(&done);
    dam__run_free(&run);
    return status;
}

static const flag flags[] = {
    FLAG("out", arguments, out, "DIR",
         "also draw the confusion matrix into this folder: confusion.png"),
    FLAG("check", eval_arguments, check, NULL,
         "also compare with the preset's expect section; exit code 6 where "
         "the run is worse"),
    FLAG_SET, FLAG_DEVICE, FLAGS_WORK};

static const char *const examples[] = {
    "denseam eval runs/mnist",
    "denseam eval runs/mnist --json",
    "denseam eval runs/mnist --out runs/mnist",
    "denseam eval runs/krotov-hopfield-20 --check",
    "denseam eval runs/mnist --set data.test_images=x --set data.test_labels=y",
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
        "how often it is what the model predicts (the agreement). --out draws the confusion "
        "matrix.",
    .examples = examples,
    .flags = flags,
    .computes = true,
    .run = run_eval,
};
