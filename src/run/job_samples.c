#include "run/job_samples.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "data/holdout.h"
#include "data/pick.h"
#include "data/teacher.h"
#include "data/threshold.h"
#include "model/model_type.h"

/* A copy of all samples, which the job owns. */
static dam_status copy_samples(dam__job *job)
{
    dam_status status = DAM_OK;
    size_t *all = NULL;
    if (job->set == &job->loaded)
        return DAM_OK;
    DAM_TRY_CLEANUP(dam__alloc(job->set->count, sizeof *all, &all));
    for (size_t i = 0; i < job->set->count; i++)
        all[i] = i;
    DAM_TRY_CLEANUP(dam__dataset_pick(job->set, all, job->set->count, &job->loaded));
    job->loaded.held = job->set->held;
    job->set = &job->loaded;
cleanup:
    free(all);
    return status;
}

/* Whether the program's samples have yet to be cut to states. */
static bool is_uncut(const dam__job *job)
{
    return job->set->threshold[0] == '\0' && dam__model_input(&job->experiment.model, 0).states;
}

static dam_status cut(dam__job *job)
{
    const char *text = job->experiment.data.threshold;
    /* Without the samples, which are borrowed: the choice alone. */
    dam__dataset like = {.samples = job->set->samples,
                         .survey = dam__survey_of(&job->set->samples)};
    DAM_TRY(dam__threshold_choose(text, &like));
    if (strcmp(like.threshold, "none") == 0)
        return DAM_OK;
    DAM_TRY(copy_samples(job));
    job->loaded.survey = like.survey;
    DAM_TRY(dam__threshold_choose(text, &job->loaded));
    return dam__threshold_apply(&job->loaded);
}

/* Scaled by the numbers of those that are trained on, once it is known which these are. */
static dam_status scale(dam__job *job)
{
    const dam__data_config *config = &job->experiment.data;
    DAM_TRY(copy_samples(job));
    dam__dataset *set = &job->loaded;
    DAM_TRY(dam__holdout_arrange(config, (uint64_t)job->experiment.seed, set));
    size_t held = dam__dataset_held(set, config->validation);
    DAM_TRY(dam__scaler_measure(config, set, set->name, set->count - held, &set->scaler));
    DAM_TRY(dam__scaler_apply(&set->scaler, set->name, set));
    set->is_arranged = true;
    return DAM_OK;
}

static dam_status arrange(dam__job *job)
{
    dam__dataset arranged = {0};
    const dam__experiment *experiment = &job->experiment;
    uint64_t seed = (uint64_t)experiment->seed;
    if (job->set == &job->loaded)
        return dam__holdout_arrange(&experiment->data, seed, &job->loaded);
    DAM_TRY(dam__holdout_arranged(&experiment->data, seed, job->set, &arranged));
    if (arranged.count == 0)
        return DAM_OK;
    job->loaded = arranged;
    job->set = &job->loaded;
    return DAM_OK;
}

/* A program's samples; a set that denseam loaded for a preset is what that preset asks for. */
static dam_status adapt(dam__job *job)
{
    if (job->set->patches.size > 0 || job->set->standard)
        return DAM_OK;
    if (dam__scaler_asked(&job->experiment.data) && job->set->scaler.features == 0)
        DAM_TRY(scale(job));
    if (is_uncut(job))
        DAM_TRY(cut(job));
    return job->set->holdout == DAM__HOLDOUT_AUTO ? arrange(job) : DAM_OK;
}

dam_status dam__job_take_samples(dam__job *job)
{
    dam__experiment *experiment = &job->experiment;
    if (job->set == NULL) {
        DAM_TRY(dam__dataset_load_on(job->device, &experiment->data, (uint64_t)experiment->seed,
                                     DAM__SPLIT_TRAIN, &job->loaded));
        job->set = &job->loaded;
    } else {
        DAM_TRY(adapt(job));
    }
    dam__dataset_resolve(job->set, &experiment->data);
    return DAM_OK;
}
