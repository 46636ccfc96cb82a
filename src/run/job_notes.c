#include "run/job_notes.h"

#include <string.h>

#include "base/notice.h"

static const dam_log *log_of(const dam__job *job)
{
    return dam__device_log(job->device);
}

/* Warns about a key that the preset sets but growth ignores. */
dam_status dam__job_warn_of_unused(const dam__job *job)
{
    dam__experiment usual;
    const dam__train_config *train = &job->experiment.train;
    dam_status status = dam__experiment_defaults(&usual);
    if (status != DAM_OK || job->experiment.grow.to == 0)
        return status;
    if (train->epochs != usual.train.epochs)
        dam__warn(
            log_of(job),
            "train.epochs = %d is not used: the model grows, and grow.epochs = %d is the most "
            "epochs of a stage",
            train->epochs, job->experiment.grow.epochs);
    if (train->patience != usual.train.patience)
        dam__warn(log_of(job),
                  "train.patience = %d is not used: the model grows, and a stage has grow.patience "
                  "= %d",
                  train->patience, job->experiment.grow.patience);
    return DAM_OK;
}

/* What follows from the sizes is shown before training. */
dam_status dam__job_describe(const dam__job *job)
{
    dam__text text = {0};
    const char *caution = NULL;
    const dam__model *model = dam__trainer_model(job->trainer);
    if (model->ops->describe == NULL)
        return DAM_OK;
    model->ops->describe(model, &text, &caution);
    dam_status status = dam__text_status(&text);
    if (status == DAM_OK)
        dam__info(log_of(job), "%s", text.data);
    if (caution != NULL)
        dam__warn(log_of(job), "%s", caution);
    dam__text_free(&text);
    return status;
}

/* Full batches leave samples out. */
void dam__job_note_left_out(const dam__job *job)
{
    size_t samples = dam__trainer_model(job->trainer)->task.trained;
    size_t taken = (size_t)dam__trainer_steps(job->trainer) * (size_t)job->experiment.train.batch;
    if (taken < samples)
        dam__info(log_of(job),
                  "%zu of %zu samples are left out each epoch, because train.batch = %d does not "
                  "divide them",
                  samples - taken, samples, job->experiment.train.batch);
}

static bool is(const char *text, const char *wanted)
{
    return text != NULL && strcmp(text, wanted) == 0;
}

/* A run is bit-identical only on the device, driver, kernels and tuning it began with. */
void dam__job_compare_device(const dam__job *job)
{
    const dam_device_info *info = dam__device_facts(job->device);
    const char *device = dam__container_text(&job->resumed->container, "device");
    const char *driver = dam__container_text(&job->resumed->container, "driver");
    const char *kernels = dam__container_text(&job->resumed->container, "kernels");
    const char *gemm = dam__container_text(&job->resumed->container, "gemm");
    const char *tuning = dam__container_text(&job->resumed->container, "tuning");
    bool cpu = dam__device_shape(job->device) == DAM__SHAPE_CPU;
    if (!is(tuning != NULL ? tuning : "none", dam__device_tuning_digest(job->device)))
        dam__warn(log_of(job),
                  "the run began with another tuning of the device: results will differ "
                  "in the last bits");
    if (!is(device, info->name) || !is(driver, info->driver) || !is(kernels, cpu ? "cpu" : "gpu") ||
        !is(gemm, dam__trainer_gemm(job->trainer)))
        dam__warn(log_of(job),
                  "the run began on '%s' (driver %s, %s kernels, gemm %s): results will differ in "
                  "the last bits",
                  device != NULL ? device : "?", driver != NULL ? driver : "?",
                  kernels != NULL ? kernels : "?", gemm != NULL ? gemm : "?");
}

/* Before a run that is over is reported once more. */
void dam__job_note_over(const dam__job *job)
{
    int epochs = dam__trainer_position(job->trainer)->epoch;
    if (!dam__trainer_is_over(job->trainer))
        return;
    if (job->experiment.grow.to > 0)
        dam__info(log_of(job),
                  "the run has grown to its end in %d epochs; a higher grow.%s goes on", epochs,
                  dam__trainer_stopped_early(job->trainer) ? "patience" : "epochs");
    else if (dam__trainer_stopped_early(job->trainer))
        dam__info(log_of(job),
                  "the run stopped early after %d epochs; a higher train.patience goes on", epochs);
    else
        dam__info(log_of(job), "the run has all of its %d epochs; a higher train.epochs goes on",
                  epochs);
}

/* Steps that were to be looked into, but that the training was too short for. */
void dam__job_note_unreached(const dam__job *job)
{
    double steps[DAM__DIAGNOSED_STEPS];
    int count = 0, reached = 0;
    const dam__position *position = dam__trainer_position(job->trainer);
    double taken = (double)position->epoch * dam__trainer_steps(job->trainer) + position->step;
    const char *list = job->experiment.train.diagnostics;
    if (list[0] == '\0' || dam__diagnosed_steps(list, steps, &count) != DAM_OK)
        return;
    while (reached < count && steps[reached] < taken)
        reached++;
    if (reached < count)
        dam__info(log_of(job),
                  "%d of the %d steps of train.diagnostics = \"%s\" were not reached: the last is "
                  "%.0f, counted from 0",
                  count - reached, count, list, taken - 1);
}
