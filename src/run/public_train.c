/* The public interface of training: include/denseam/train.h. */
#include "denseam/train.h"

#include <stdlib.h>
#include <string.h>

#include "run/claim.h"
#include "run/job.h"
#include "run/public_handles.h"

/* All that a call of dam_train has open. */
typedef struct training {
    const dam_train_options *options;
    dam__run resumed;
    dam__lock lock;
    dam__device *device;
    dam__job job;
} training;

static void training_free(training *t)
{
    dam__job_free(&t->job);
    dam__device_close(t->device);
    dam__run_free(&t->resumed);
    dam__unlock(&t->lock);
}

/* Of the preset's data section, what is left where the samples come from elsewhere. */
static void take_origin(const dam__data_config *origin, dam__data_config *data)
{
    dam__data_config own = *origin;
    own.validation = data->validation;
    own.split = data->split;
    own.levels = data->levels;
    own.scaling = data->scaling;
    own.missing = data->missing;
    memcpy(own.threshold, data->threshold, sizeof own.threshold);
    own.memory = data->memory;
    memcpy(own.test_images, data->test_images, sizeof own.test_images);
    memcpy(own.test_labels, data->test_labels, sizeof own.test_labels);
    *data = own;
}

/* Before the run is read: another training may be about to write it. */
static dam_status claim_resumed(training *t)
{
    char *folder = NULL;
    DAM_TRY(dam__run_find_folder(t->options->folder, &folder));
    free(folder);
    return dam__folder_claim(t->options->folder, true, &t->options->log, &t->lock);
}

static dam_status read_experiment(training *t, const dam_preset *preset, const dam_dataset *set)
{
    dam__job *job = &t->job;
    if (t->options->resume) {
        if (t->options->folder == NULL)
            return dam__fail(DAM_USAGE,
                             "a training goes on in the folder of its run; give that folder");
        DAM_TRY(claim_resumed(t));
        DAM_TRY(dam__run_open(t->options->folder, NULL, 0, &t->resumed));
        job->experiment = t->resumed.experiment;
        job->resumed = &t->resumed;
        job->changed = preset != NULL || set != NULL;
    } else if (preset == NULL) {
        return dam__fail(DAM_USAGE, "no preset is given");
    }
    if (preset != NULL)
        job->experiment = preset->experiment;
    if (set != NULL) {
        take_origin(&set->origin, &job->experiment.data);
        job->set = &set->set;
    }
    return dam__experiment_check(preset != NULL ? preset->texts.parts[0].name : t->resumed.file,
                                 &job->experiment);
}

/* --- callbacks -------------------------------------------------------------------------------- */

static bool on_stop(void *user)
{
    const dam_train_options *options = ((const training *)user)->options;
    return options->should_stop != NULL && options->should_stop(options->context);
}

static void on_epoch(void *user, const dam__job *job)
{
    const dam_train_options *options = ((const training *)user)->options;
    dam__trainer *trainer = job->trainer;
    const dam__history *history = dam__trainer_history(trainer);
    const dam__position *position = dam__trainer_position(trainer);
    size_t last = history->row_count - 1;
    if (options->on_epoch == NULL)
        return;
    bool grows = job->experiment.grow.to > 0;
    const dam_epoch epoch = {
        .epoch = position->epoch,
        .epochs = position->stage_epoch +
                  (grows ? job->experiment.grow.epochs : job->experiment.train.epochs),
        .stage = position->stage,
        .memories = dam__model_parameter(dam__trainer_model(trainer), "memories")->value.rows,
        .loss = dam__history_value(history, last, "loss"),
        .validation_loss = dam__history_value(history, last, "validation_loss"),
        .validation_accuracy = dam__history_value(history, last, "validation_accuracy"),
        .seconds = dam__history_value(history, last, "seconds")};
    options->on_epoch(&epoch, options->context);
}

/* --- the call --------------------------------------------------------------------------------- */

/* The device goes over to the run. */
static dam_status publish(training *t, dam_run **out)
{
    dam_status status = DAM_OK;
    dam__container container = {0};
    dam__run run = {0};
    const char *folder = t->options->folder;
    DAM_TRY_CLEANUP(dam__job_collect(&t->job, &container));
    DAM_TRY_CLEANUP(dam__run_take(&container, folder != NULL ? folder : "the run", &run));
    dam__job_free(&t->job);
    dam__device *device = t->device;
    t->device = NULL;
    DAM_TRY_CLEANUP(dam__run_publish(&run, device, out));
    (*out)->trusted = true;
cleanup:
    dam__container_free(&container);
    return status;
}

dam_status dam_train(const dam_preset *preset, const dam_dataset *set,
                     const dam_train_options *options, dam_run **out)
{
    static const dam_train_options usual = {0};
    dam_status status = DAM_OK, ended = DAM_OK;
    training t = {.options = options != NULL ? options : &usual, .lock = DAM__UNLOCKED};
    const dam__job_callbacks callbacks = {.user = &t, .stop = on_stop, .on_epoch = on_epoch};
    dam__job *job = &t.job;
    char *why = NULL;
    DAM_TRY_CLEANUP(read_experiment(&t, preset, set));
    const dam__device_options open = {.log = t.options->log,
                                      .precision = (dam__precision)job->experiment.train.precision};
    DAM_TRY_CLEANUP(dam__device_open_selected(t.options->device, &open, &t.device));
    job->device = t.device;
    DAM_TRY_CLEANUP(dam__job_plan(job));
    if (t.options->folder != NULL && !t.options->resume)
        DAM_TRY_CLEANUP(dam__folder_claim(t.options->folder, false, &t.options->log, &t.lock));
    job->folder = t.options->folder;
    job->lock = &t.lock;
    DAM_TRY_CLEANUP(dam__job_prepare(job));
    ended = dam__job_run(job, &callbacks);
    if (ended != DAM_OK && ended != DAM_INTERRUPTED)
        DAM_TRY_CLEANUP(ended);
    DAM_TRY_CLEANUP(dam__format(&why, "%s", dam_error()));
    if (out != NULL)
        DAM_TRY_CLEANUP(publish(&t, out));
    status = ended != DAM_OK ? dam__fail(ended, "%s", why) : DAM_OK;
cleanup:
    free(why);
    training_free(&t);
    return status;
}
