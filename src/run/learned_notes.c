#include "run/learned_notes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/notice.h"
#include "data/holdout.h"
#include "model/model_type.h"
#include "run/data_notes.h"

enum {
    LEAST_SAMPLES = 20, /* fewer tell nothing */
    FIRST_EPOCHS = 5    /* a training that stops within them has hardly begun */
};

/* Of what could be learned beyond the most frequent class. */
static const double LITTLE = 0.25;

/* The accuracy of a model that does well with fewer memories than classes: the background is one,
 * too. */
static const double MUCH = 0.9;

/* Predictions, counted. */
typedef struct tally {
    int32_t classes; /* that have a sample */
    int32_t only;    /* the one that is predicted throughout; -1 where there are several */
    double accuracy, chance;
    bool is_chance; /* no better than the most frequent class, but for chance */
    bool is_little; /* hardly better */
} tally;

static dam_status count(const dam__learned *learned, tally *out)
{
    size_t *sizes = NULL, right = 0, most = 0;
    double samples = (double)learned->count;
    *out = (tally){.only = learned->predicted[0]};
    DAM_TRY(dam__alloc((size_t)learned->classes + 1, sizeof *sizes, &sizes));
    for (size_t i = 0; i < learned->count; i++) {
        if (learned->labels[i] < 0 || learned->labels[i] > learned->classes)
            continue;
        size_t size = ++sizes[learned->labels[i]];
        out->classes += size == 1;
        most = size > most ? size : most;
        right += learned->predicted[i] == learned->labels[i];
        if (learned->predicted[i] != out->only)
            out->only = -1;
    }
    free(sizes);
    out->accuracy = (double)right / samples;
    out->chance = (double)most / samples;
    double spread = sqrt(out->chance * (1 - out->chance) / samples);
    out->is_chance = out->accuracy <= out->chance + 2 * spread;
    out->is_little = out->accuracy - out->chance < LITTLE * (1 - out->chance);
    return DAM_OK;
}

/* Why, most likely, and which key to change. */
static void append_cause(const dam__experiment *experiment, const dam__learned *learned,
                         const tally *of, dam__text *out)
{
    if (learned->advice != NULL)
        dam__text_append(out, "%s", learned->advice);
    else if (learned->is_unlike)
        dam__text_append(out,
                         "these samples are unlike those that were trained on: see data.invert, "
                         "data.transpose and data.test_images");
    else if (learned->memories < of->classes)
        dam__text_append(out,
                         "%d memor%s cannot stand for %d classes: raise model.memories above that",
                         learned->memories, learned->memories == 1 ? "y" : "ies", (int)of->classes);
    else if (learned->epochs > 0 && learned->epochs <= FIRST_EPOCHS)
        dam__text_append(out,
                         "training stopped after %d of %d epochs, when the validation loss rose "
                         "(train.patience = %d): set train.patience = 0, or higher",
                         learned->epochs, experiment->train.epochs, experiment->train.patience);
    else if (learned->epochs == 0 && experiment->train.epochs <= FIRST_EPOCHS &&
             experiment->grow.to == 0)
        dam__text_append(out, "%d epochs are few: raise train.epochs", experiment->train.epochs);
    else
        dam__text_append(out, "check that the samples go with their labels; else change "
                              "train.learning_rate, train.epochs or model.memories");
    if (learned->advice == NULL && learned->memories < of->classes && learned->epochs > 0 &&
        learned->epochs <= FIRST_EPOCHS)
        dam__text_append(out,
                         "; training also stopped after %d of %d epochs: train.patience = 0 "
                         "goes on",
                         learned->epochs, experiment->train.epochs);
}

static void append_finding(const dam__learned *learned, const tally *of, dam__text *out)
{
    if (of->only >= learned->classes)
        dam__text_append(out, "nothing was learned: no %s sample is predicted to be of any class",
                         learned->which);
    else if (of->only >= 0)
        dam__text_append(out, "nothing was learned: every %s sample is predicted to be class %d",
                         learned->which, (int)of->only);
    else
        dam__text_append(
            out,
            "%s learned: the accuracy on %s samples is %.3f, and the most frequent class is "
            "%.3f of them",
            of->is_chance   ? "nothing was"
            : of->is_little ? "little was"
                            : "not all classes were",
            learned->which, of->accuracy, of->chance);
}

void dam__note_learned(const dam_log *log, const dam__experiment *experiment,
                       const dam__learned *learned)
{
    tally of;
    dam__text text = {0};
    if (learned->count < LEAST_SAMPLES || count(learned, &of) != DAM_OK || of.classes < 2)
        return;
    bool is_short = learned->epochs > 0 && learned->epochs <= FIRST_EPOCHS;
    bool has_cause =
        is_short || learned->memories < of.classes || learned->advice != NULL || learned->is_unlike;
    bool too_few = learned->memories < of.classes && of.accuracy < MUCH;
    if (of.only < 0 && !of.is_chance && !(of.is_little && has_cause) && !too_few)
        return;
    append_finding(learned, &of, &text);
    dam__text_append(&text, "; likely cause: ");
    append_cause(experiment, learned, &of, &text);
    if (dam__text_status(&text) == DAM_OK)
        dam__warn(log, "%s", text.data);
    dam__text_free(&text);
}

/* What was wrong with the samples already. */
static const char *advice_on(const dam__experiment *experiment, const dam__dataset *set)
{
    bool none = set->threshold[0] == '\0' || strcmp(set->threshold, "none") == 0;
    bool states = dam__model_input(&experiment->model, 0).states;
    bool beyond =
        set->samples.element != DAM__U8 && (set->survey.least < -1 || set->survey.most > 1);
    if (set->lossy > 0)
        return "float32 loses what differs in the samples: subtract what they have in common "
               "before "
               "you save data.images";
    if (states && none && beyond)
        return "states go from -1 to 1, and these numbers beyond: set data.threshold";
    return NULL;
}

/* Without predictions: fewer memories than classes are a cause all the same. */
static dam_status note_memories(const dam_log *log, const dam__dataset *set, int memories)
{
    size_t *counts = NULL;
    int classes = 0;
    DAM_TRY(dam__holdout_count(set, 0, &counts));
    for (size_t c = 0; c < (size_t)set->classes; c++)
        classes += counts[2 * c] > 0;
    if (memories < classes)
        dam__warn(log,
                  "there are %d classes and %d memor%s, which cannot stand for all of them: raise "
                  "model.memories",
                  classes, memories, memories == 1 ? "y" : "ies");
    free(counts);
    return DAM_OK;
}

dam_status dam__note_trained(const dam_log *log, const dam__experiment *experiment,
                             const dam__dataset *set, dam__trainer *trainer)
{
    int32_t *predicted = NULL;
    size_t count = 0;
    dam__model *model = dam__trainer_model(trainer);
    if (set->labels == NULL || !dam__model_compares(&experiment->model))
        return DAM_OK;
    DAM_TRY(dam__trainer_predictions(trainer, &predicted, &count));
    int memories = dam__model_parameter(model, "memories")->value.rows;
    if (predicted == NULL)
        return dam__dataset_held(set, experiment->data.validation) > 0
                   ? DAM_OK
                   : note_memories(log, set, memories);
    bool early = dam__trainer_stopped_early(trainer) && experiment->grow.to == 0;
    const dam__learned learned = {.which = "validation",
                                  .labels = set->labels + (set->count - count),
                                  .predicted = predicted,
                                  .count = count,
                                  .classes = model->task.classes,
                                  .memories = memories,
                                  .epochs = early ? dam__trainer_position(trainer)->epoch : 0,
                                  .advice = advice_on(experiment, set)};
    dam__note_learned(log, experiment, &learned);
    free(predicted);
    return DAM_OK;
}

bool dam__note_unlike(const dam_log *log, const dam__run *run, const dam__dataset *set)
{
    const dam__survey trained = dam__run_survey(run);
    dam__note_reading(log, set);
    if (!dam__survey_differs(&trained, &set->survey, run->experiment.data.levels))
        return false;
    dam__warn(
        log,
        "'%s' looks unlike the samples that were trained on: its numbers go from %g to %g with "
        "a mean of %.4g, theirs from %g to %g with %.4g; see data.invert and data.transpose",
        set->name, set->survey.least, set->survey.most, set->survey.mean, trained.least,
        trained.most, trained.mean);
    return true;
}
