#include "run/data_notes.h"

#include <stdlib.h>
#include <string.h>

#include "base/notice.h"
#include "data/alike.h"
#include "data/holdout.h"
#include "model/model_type.h"

/* Of large sets a few equal samples are no news. */
static const double NOTEWORTHY = 0.01;

/* --- states ----------------------------------------------------------------------------------- */

void dam__note_threshold(const dam_log *log, const dam__dataset *set)
{
    const char *threshold = set->threshold;
    if (!set->threshold_is_auto || strcmp(threshold, "none") == 0)
        return;
    bool of_sample = strcmp(threshold, "mean") == 0;
    dam__info(
        log,
        "'%s': what is above %s%s became +1, the rest -1: its numbers are %g to %g, %.2g %% of "
        "them 0; data.threshold takes \"mean\", \"median\", a number or \"none\"",
        set->name, of_sample ? "the mean of its sample" : "", of_sample ? "" : threshold,
        set->survey.least, set->survey.most, 100 * set->survey.zeros);
}

static dam_status note_states(const dam_log *log, const dam__experiment *experiment,
                              const dam__dataset *set)
{
    dam_status status = DAM_OK;
    dam__alike alike = {0};
    const dam__survey *survey = &set->survey;
    bool none = set->threshold[0] == '\0' || strcmp(set->threshold, "none") == 0;
    if (strcmp(set->threshold, "grey") == 0)
        return DAM_OK; /* what looks the same as states may differ as greys */
    if (none && set->samples.element != DAM__U8 && (survey->least < -1 || survey->most > 1))
        dam__warn(
            log,
            "the numbers of '%s' go from %g to %g, and states from -1 to 1: set data.threshold "
            "to \"mean\", \"median\" or a number",
            set->name, survey->least, survey->most);
    DAM_TRY_CLEANUP(dam__alike_find(&set->samples, &alike));
    bool stores = dam__model_stores(&experiment->model);
    double worth = stores ? 0 : NOTEWORTHY * (double)set->count;
    const char *threshold = none ? "none" : set->threshold;
    if (alike.distinct == 1 && alike.count > 1)
        DAM_FAIL(
            DAM_INPUT,
            "all %zu samples of '%s' are the same as states of +1 and -1 (data.threshold = "
            "\"%s\"): there is nothing to learn; set data.threshold to \"mean\", \"median\" or a "
            "number between them",
            alike.count, set->name, threshold);
    if ((double)alike.twins > worth)
        dam__warn(
            log,
            "%zu of the %zu samples of '%s' are the same as another one, as states of +1 and "
            "-1 (data.threshold = \"%s\"): \"mean\", \"median\" or a number may tell them apart",
            alike.twins, alike.count, set->name, threshold);
    if ((double)alike.one_sided > worth)
        dam__warn(
            log,
            "%zu of the %zu samples of '%s' are +1 or -1 throughout (data.threshold = \"%s\"): "
            "take \"mean\", \"median\" or another number",
            alike.one_sided, alike.count, set->name, threshold);
cleanup:
    dam__alike_free(&alike);
    return status;
}

/* --- directions ------------------------------------------------------------------------------- */

static bool is_constant(const dam__dataset *set, size_t index)
{
    size_t bytes = set->features * dam__element_size(set->samples.element);
    size_t item = dam__element_size(set->samples.element);
    const char *row = (const char *)set->samples.data + index * bytes;
    return memcmp(row, row + item, bytes - item) == 0;
}

/* Samples without their mean: those that are one number throughout have nothing left. */
static dam_status note_blank(const dam_log *log, const dam__dataset *set)
{
    size_t blank = 0;
    if (set->on_sphere || set->patches.size > 0)
        return DAM_OK;
    for (size_t i = 0; i < set->count; i++)
        blank += is_constant(set, i);
    if (blank == set->count)
        return dam__fail(
            DAM_INPUT,
            "all samples of '%s' are blank: each is one number throughout, and without "
            "their mean nothing is left to learn; check data.images",
            set->name);
    if (blank > 0)
        dam__warn(log,
                  "%zu of the %zu samples of '%s' are blank, one number throughout: they teach "
                  "nothing; leave them out of data.images",
                  blank, set->count, set->name);
    return DAM_OK;
}

/* --- classes ---------------------------------------------------------------------------------- */

static void note_labels(const dam_log *log, const dam__dataset *set, const size_t *counts,
                        int samples)
{
    int32_t least = set->classes, occurring = 0;
    for (size_t c = (size_t)set->classes; c-- > 0;) {
        occurring += counts[2 * c] > 0;
        least = counts[2 * c] > 0 ? (int32_t)c : least;
    }
    if (occurring < set->occurring)
        dam__warn(
            log,
            "data.samples = %d leaves %d of the %d classes of '%s' without a sample: take more, "
            "or shuffle the file",
            samples, (int)(set->occurring - occurring), (int)set->occurring, set->name);
    else if (least > 0 && occurring == set->classes - least)
        dam__warn(
            log,
            "the labels of '%s' begin at %d: class%s 0%s has no sample, and is not counted in "
            "macro F1; labels from 0 on in data.labels spare it",
            set->name, (int)least, least > 1 ? "es below it, from" : "", least > 1 ? " on," : "");
    else if (occurring < set->classes)
        dam__warn(
            log,
            "the labels of '%s' are %d different numbers from %d to %d: %d classes have no "
            "sample, and are not counted in macro F1; labels without gaps in data.labels spare "
            "them",
            set->name, (int)occurring, (int)least, (int)set->classes - 1,
            (int)(set->classes - occurring));
}

/* Classes that are among the samples trained on only, or not at all. */
static void note_parts(const dam_log *log, const dam__dataset *set, const size_t *counts)
{
    int32_t untrained = 0, untested = 0, which = 0;
    for (size_t c = 0; c < (size_t)set->classes; c++) {
        size_t all = counts[2 * c], held = counts[2 * c + 1];
        if (all < 2 || (held > 0 && held < all))
            continue;
        which = untrained + untested == 0 ? (int32_t)c : which;
        untrained += held > 0;
        untested += held == 0;
    }
    if (untrained > 0)
        dam__warn(log,
                  "%d of the classes of '%s' are among the validation samples only, and are never "
                  "trained on (class %d is the first that is in one part only): set data.split = "
                  "\"stratified\"",
                  (int)untrained, set->name, (int)which);
    else if (untested > 0 && set->holdout != DAM__HOLDOUT_STRATIFIED)
        dam__warn(
            log,
            "%d of the classes of '%s' have no validation sample (class %d is the first): set "
            "data.split = \"stratified\"",
            (int)untested, set->name, (int)which);
}

static dam_status note_classes(const dam_log *log, const dam__experiment *experiment,
                               const dam__dataset *set)
{
    size_t *counts = NULL, held = dam__dataset_held(set, experiment->data.validation);
    DAM_TRY(dam__holdout_count(set, held, &counts));
    if (set->holdout_is_auto && set->holdout == DAM__HOLDOUT_STRATIFIED)
        dam__info(log,
                  "'%s' is sorted, or its end has not the classes of the rest: the validation "
                  "samples are the same share of each class (data.split = \"stratified\")",
                  set->name);
    note_labels(log, set, counts, experiment->data.samples);
    if (held > 0)
        note_parts(log, set, counts);
    free(counts);
    return DAM_OK;
}

/* --- all -------------------------------------------------------------------------------------- */

/* What float32 did to wider numbers. */
static void note_narrowing(const dam_log *log, const dam__experiment *experiment,
                           const dam__dataset *set)
{
    if (set->recentred > 0 && experiment->data.levels)
        dam__warn(
            log,
            "%zu samples of '%s' lost their mean and scale when they were read, without which "
            "float32 could not hold them, and this model needs both",
            set->recentred, set->name);
    else if (set->recentred > 0)
        dam__info(
            log,
            "%zu of the %zu samples of '%s' were centred and scaled in double while they were "
            "read: float32 would have lost what differs in them",
            set->recentred, set->count, set->name);
    if (set->lossy > 0)
        dam__warn(
            log,
            "%zu of the %zu samples of '%s' lose in float32 what differs in them: subtract what "
            "they have in common, or scale them, before you save data.images",
            set->lossy, set->count, set->name);
}

dam_status dam__note_samples(const dam_log *log, const dam__experiment *experiment,
                             const dam__dataset *set)
{
    bool states = dam__model_input(&experiment->model, 0).states;
    dam__note_reading(log, set);
    note_narrowing(log, experiment, set);
    if (states) {
        dam__note_threshold(log, set);
        DAM_TRY(note_states(log, experiment, set));
    } else if (!experiment->data.levels) {
        DAM_TRY(note_blank(log, set));
    }
    if (set->labels != NULL && dam__model_compares(&experiment->model))
        DAM_TRY(note_classes(log, experiment, set));
    return DAM_OK;
}
